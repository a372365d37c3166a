"""What hostile requests once broke, one by one."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from functions.channels.business_messages import ParsedWebhook, parse_webhook
from functions.dialogflow.payloads import parse_payload, read_payload
from functions.dialogflow.signals import SignalRules, find_signal
from functions.handoff.errors import WebhookRejected
from functions.handoff.events import UserMessage
from tests.doors import BOT, CHANNEL, DESK, RCS
from tests.fuzz_pairs import BUSINESS_MESSAGES_ES, PHONE, RCS_AGENT, RCS_CX
from tests.fuzz_rules import a_good_message_gets_through, check_log
from tests.fuzz_world import CHAT, JANE, THREAD, World, temporary_world

_MESSAGE = {"messageId": "m-9", "text": "hello"}


@pytest.fixture(scope="module", params=[BUSINESS_MESSAGES_ES], ids=str)
def fuzzed(request: pytest.FixtureRequest) -> Iterator[World]:
    with temporary_world(request.param) as one:
        yield one


ON_RCS = pytest.mark.parametrize("fuzzed", [RCS_CX], indirect=True, ids=str)


def _parsed(**body: Any) -> ParsedWebhook:
    content = {"conversationId": "c-1", "message": _MESSAGE} | body
    return parse_webhook(content, received_at=datetime(2026, 1, 2, tzinfo=UTC), read_payload=read_payload)


def _said(**body: Any) -> UserMessage:
    event = _parsed(**body).event
    assert isinstance(event, UserMessage)
    return event


@pytest.mark.parametrize("given", ["USER_LOCALE", "e", "en\n", "en-", "../x", "d" * 300, "٢٣"])
def test_what_has_not_the_form_of_a_locale_is_none(given: str) -> None:
    parsed = _parsed(context={"resolvedLocale": given, "userInfo": {"userDeviceLocale": "de_AT"}})

    assert parsed.locale == "de_AT"


@pytest.mark.parametrize("given", [".", "..", "\0..", "x" * 501])
def test_a_conversation_id_that_would_lead_elsewhere_is_refused(given: str) -> None:
    with pytest.raises(WebhookRejected, match="conversationId"):
        _parsed(conversationId=given)


def test_a_message_id_too_long_to_keep_is_kept_as_its_digest() -> None:
    first, again = (_said(message=_MESSAGE | {"messageId": "a" * 10_000}) for _ in range(2))
    other = _said(message=_MESSAGE | {"messageId": "a" * 10_001})

    assert (first.id, 64) == (again.id, len(first.id))
    assert first.id != other.id


def test_of_a_native_answer_no_more_is_kept_than_can_be_shown() -> None:
    answer = {"intentResponses": [{"fulfillmentMessages": [{"text": "x" * 5_000}] * 100}]}

    heard = _said(dialogflowResponse=answer).bot_answer

    assert heard is not None
    assert (13, 64_000) == (len(heard.messages), sum(len(message.text) for message in heard.messages))


def test_a_payload_has_no_more_chips_than_can_be_shown() -> None:
    assert 50 == len(parse_payload({"text": "x", "suggestions": ["a"] * 1000}).suggestions)


def test_of_what_a_signal_carries_only_what_can_be_kept_is() -> None:
    parameters = {"long": "x" * 20_000, "department": "billing", **{f"n{n}": "y" * 100 for n in range(1000)}}

    signal = find_signal({"action": "handoff", "parameters": parameters}, SignalRules(actions=("handoff",)))

    assert signal is not None
    assert "billing" == signal.metadata["department"]
    assert len(json.dumps(signal.metadata)) < 20_000


_LONG = "x" * 900_000
_EVENT = {"id": "e-1", "type": "message", "text": "hi", "visibility": "all", "author_id": JANE}
_PLACE = {"chat_id": CHAT, "thread_id": THREAD, "event": _EVENT | {"created_at": "2026-01-02T03:04:05Z"}}


@pytest.mark.parametrize(
    ("door", "body", "status"),
    [
        (CHANNEL, {"conversationId": _LONG, "message": _MESSAGE}, 200),
        (CHANNEL, {"conversationId": "c-1", "requestId": _LONG, "userStatus": {"requestedLiveAgent": True}}, 200),
        (CHANNEL, {"conversationId": "c-1", "agent": _LONG, "message": _MESSAGE}, 200),
        (CHANNEL, {"conversationId": "c-1", "context": {"resolvedLocale": _LONG}, "message": _MESSAGE}, 200),
        (DESK, {"action": "incoming_event", "payload": _PLACE | {"thread_id": _LONG}}, 400),
        (DESK, {"action": "incoming_event", "payload": _PLACE | {"event": _PLACE["event"] | {"id": _LONG}}}, 400),  # type: ignore[operator]
        (DESK, {"action": "chat_deactivated", "payload": {"chat_id": CHAT, "thread_id": "\0"}}, 400),
        (BOT, {"session": "s", "responseId": _LONG, "queryResult": {"action": "handoff"}}, 400),
    ],
)
def test_no_id_is_too_long_for_the_store(fuzzed: World, door: str, body: Any, status: int) -> None:
    fuzzed.begin("agent")

    answered = fuzzed.send_proven(door, body)

    assert status == answered.status, answered.text
    a_good_message_gets_through(fuzzed)
    _check_small(fuzzed)


def _check_small(fuzzed: World) -> None:
    place = f"conversations/{fuzzed.pair.key}"
    assert all(len(row[-1]) < 100_000 for row in fuzzed.rows() if row[0].startswith(place))


_OF_PHONE = {"agentId": RCS_AGENT, "senderPhoneNumber": PHONE}
_MUCH = "x" * 700_000


@ON_RCS
@pytest.mark.parametrize(
    "content",
    [
        _OF_PHONE | {"messageId": _MUCH, "text": "hi"},
        _OF_PHONE | {"eventId": _MUCH, "eventType": "UNSUBSCRIBE"},
        _OF_PHONE | {"eventId": "e", "eventType": "READ", "messageId": _MUCH},
        _OF_PHONE | {"agentId": _MUCH, "messageId": "m-9", "text": "hi"},
        _OF_PHONE | {"senderPhoneNumber": f"+{'1' * 700_000}", "messageId": "m-9", "text": "hi"},
        _OF_PHONE | {"messageId": "m-9", "text": _MUCH},
    ],
)
def test_nothing_of_rcs_is_too_long_for_the_store(fuzzed: World, content: Any) -> None:
    fuzzed.begin("agent")

    answered = fuzzed.send_proven(RCS, content)

    assert 200 == answered.status, answered.text
    a_good_message_gets_through(fuzzed)
    _check_small(fuzzed)


@ON_RCS
@pytest.mark.parametrize("kind", [{"eventType": PHONE}, {"eventType": "jane@shop.example"}, {PHONE: 1}, {PHONE[1:]: 1}])
def test_no_name_of_a_kind_puts_a_person_into_the_log(fuzzed: World, kind: Any) -> None:
    answered = fuzzed.send_proven(RCS, _OF_PHONE | kind)

    check_log(answered)
    assert "jane" not in answered.log


def test_a_bot_s_answer_too_large_to_keep_loses_its_surplus_and_not_the_user_s_words(fuzzed: World) -> None:
    fuzzed.begin("bot")
    answer = {"intentResponses": [{"fulfillmentMessages": [{"text": "x"}, {"jsonPayload": _payload_of_a_megabyte()}]}]}

    answered = fuzzed.send_proven(CHANNEL, {"conversationId": "c-1", "message": _MESSAGE, "dialogflowResponse": answer})

    assert (200, "handled") == (answered.status, json.loads(answered.log)["outcome"])
    assert all(len(row[-1]) < 300_000 for row in fuzzed.rows())


def _payload_of_a_megabyte() -> str:
    reply = {"text": "a", "postbackData": "x" * 18_000}
    return json.dumps({"text": "x", "suggestions": [{"reply": reply}] * 50})


def test_no_nul_of_the_desk_reaches_the_user(fuzzed: World) -> None:
    fuzzed.begin("agent")
    event = _EVENT | {"created_at": "2026-01-02T03:04:05Z", "text": "a\0b"}

    fuzzed.send_proven(DESK, {"action": "incoming_event", "payload": _PLACE | {"event": event}})

    assert ["ab"] == fuzzed.outside.shown
