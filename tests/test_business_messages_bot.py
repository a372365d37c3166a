"""Business Messages: what Google's native Dialogflow integration already heard from the bot."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from functions.channels.business_messages import parse_webhook
from functions.channels.business_messages_bot import ReadPayload
from functions.dialogflow.payloads import read_payload
from functions.handoff.content import Card, OutboundMessage, Suggestion
from functions.handoff.events import BotAnswer, HandoffSignal, UserMessage
from tests.examples import examples

FIXTURES = Path(__file__).parent / "fixtures" / "business_messages"
RECEIVED_AT = datetime(2024, 1, 2, 3, 5, tzinfo=UTC)


def fixture(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text())
    return content


def read_text_payload(payload: dict[str, Any]) -> BotAnswer:
    """Stands for the bot's side: shows that the payload reached it."""
    return BotAnswer(messages=(OutboundMessage(payload["text"]),) if payload else ())


def heard(content: dict[str, Any]) -> UserMessage:
    event = parse_webhook(content, received_at=RECEIVED_AT, read_payload=read_text_payload).event
    assert isinstance(event, UserMessage)
    return event


def test_an_answer_google_got_but_did_not_show_is_the_bots_answer() -> None:
    event = heard(fixture("dialogflow_response__not_shown"))

    assert not event.answered
    assert event.bot_answer == BotAnswer(
        messages=(OutboundMessage("Connecting you"), OutboundMessage("Meanwhile:")),
        handoff=HandoffSignal("bot", {"department": "billing"}, "escalate"),
        intent="escalate",
    )


def test_an_answer_google_has_shown_is_marked_so() -> None:
    event = heard(fixture("dialogflow_response__shown"))

    assert event.answered
    assert event.bot_answer == BotAnswer(
        messages=(OutboundMessage("Connecting you"),),
        handoff=HandoffSignal("bot", {"department": "billing"}, "escalate"),
        intent="escalate",
    )


def test_without_an_intent_the_best_faq_answers() -> None:
    event = heard(fixture("dialogflow_response__faq"))

    assert event.bot_answer == BotAnswer(messages=(OutboundMessage("We open at nine."),))


@pytest.mark.parametrize(
    "response",
    [
        None,
        {},
        [],
        "x",
        {"intentResponses": 7},
        {"intentResponses": [None, {"intentDetectionConfidence": "x", "fulfillmentMessages": [[], {"text": 1}]}]},
        {"intentResponses": [{"fulfillmentMessages": [{"jsonPayload": "{not json"}, {"jsonPayload": "[" * 5000}]}]},
        {"intentResponses": [{"fulfillmentMessages": [{"error": {"code": 13}}]}], "autoResponded": "false"},
    ],
)
def test_a_dialogflow_response_without_use_leaves_the_bot_to_be_asked(response: object) -> None:
    event = heard(
        {"conversationId": "c-1", "message": {"messageId": "m-1", "text": "Hi"}, "dialogflowResponse": response}
    )

    assert event == UserMessage(id="m-1", source_at=RECEIVED_AT, text="Hi")


# --- what the bot's own payloads hold --------------------------------------------------------------------------------

_CARD = {"standaloneCard": {"cardContent": {"title": "Shoe", "description": "Soft"}}}
_CHIPS = {"suggestions": [{"reply": {"text": "Hours", "postbackData": "hours"}}, {"liveAgentRequest": {}}]}
_READ_CHIPS = (Suggestion("reply", "Hours", "hours"), Suggestion("live_agent"))


def said(*parts: dict[str, Any] | str, reader: ReadPayload = read_payload, **more: Any) -> tuple[OutboundMessage, ...]:
    """What is read of an answer in these texts and payloads."""
    written = [{"text": part} if isinstance(part, str) else {"jsonPayload": json.dumps(part)} for part in parts]
    response = {"intentResponses": [{"fulfillmentMessages": written}], **more}
    content = {"conversationId": "c-1", "message": {"messageId": "m-1", "text": "Hi"}, "dialogflowResponse": response}
    event = parse_webhook(content, received_at=RECEIVED_AT, read_payload=reader).event
    assert isinstance(event, UserMessage)
    return event.bot_answer.messages if event.bot_answer else ()


def test_rich_content_of_a_payload_is_kept() -> None:
    payload = {"richCard": _CARD, "fallback": "A shoe", **_CHIPS}

    [message] = said(payload)

    expected = OutboundMessage(suggestions=_READ_CHIPS, cards=(Card("Shoe", "Soft"),), fallback="A shoe")
    assert replace(message, native={}) == expected
    assert message.native == {"businessMessages": payload}


def test_chips_in_a_payload_of_their_own_go_under_what_was_said_before() -> None:
    assert said("One", "Two", _CHIPS) == (OutboundMessage("One"), OutboundMessage("Two", _READ_CHIPS))
    assert said({"richCard": _CARD}, _CHIPS) == (
        OutboundMessage(suggestions=_READ_CHIPS, cards=(Card("Shoe", "Soft"),)),
    )


def test_chips_with_nothing_before_them_are_not_lost() -> None:
    assert said(_CHIPS, "One") == (OutboundMessage("One", _READ_CHIPS),)
    assert said(_CHIPS) == (OutboundMessage("…", _READ_CHIPS),)


def test_what_google_has_shown_itself_is_kept_for_the_record_only() -> None:
    shown = [{"message": {"richCard": _CARD, "fallback": "A shoe"}, "responseSource": "INTENT"}]

    messages = said("Not shown", autoResponded=True, autoRespondedMessages=shown)

    assert messages == (OutboundMessage(cards=(Card("Shoe", "Soft"),), fallback="A shoe"),)


@pytest.mark.parametrize(("over", "kept"), [(0, True), (1, False)])
def test_of_a_message_only_as_much_is_kept_as_can_be_shown(over: int, kept: bool) -> None:
    around = len(msgspec.json.encode({"businessMessages": {"text": ""}}))
    native = {"businessMessages": {"text": "x" * (32 * 1024 - around + over)}}
    chips = (Suggestion("live_agent"),) * (50 + over)
    large = OutboundMessage("A", chips, cards=(Card("Shoe"),) * (30 + over), native=native)

    [message] = said({"any": 1}, reader=lambda _payload: BotAnswer(messages=(large,)))

    assert (len(message.suggestions), len(message.cards), bool(message.native)) == (50, 30, kept)


@pytest.mark.parametrize(("count", "kept"), [(30, 30), (31, 30)])
def test_no_more_messages_are_kept_than_can_be_shown(count: int, kept: int) -> None:
    assert said(*["A"] * count) == (OutboundMessage("A"),) * kept


def test_a_megabyte_of_cards_leaves_what_can_be_kept_and_its_words() -> None:
    content = {"title": "Shoe", "description": "d" * 2_000}
    card = {"richCard": {"carouselCard": {"cardContents": [content] * 8}}}

    messages = said(*[card] * 30)

    assert len(messages[0].cards) == 8
    assert [message.cards for message in messages[-2:]] == [messages[0].cards, ()]
    assert messages[-1].text.startswith("Shoe\nddd")
    assert len(msgspec.json.encode(messages)) <= 256 * 1024 + 25_000


_KEYS = st.sampled_from(
    ["text", "suggestions", "richCard", "standaloneCard", "cardContent", "title", "businessMessages"]
)
_LEAVES = st.none() | st.booleans() | st.integers() | st.sampled_from(["", "a", "\0", "\ud800", "x" * 50_000])
_JSON = st.recursive(_LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=3))
_PARTS = st.lists(st.text(max_size=3) | st.dictionaries(_KEYS, _JSON, max_size=3), max_size=6)


@settings(deadline=None, max_examples=examples(80))
@given(_PARTS)
def test_no_answer_crashes_the_reader_or_grows_beyond_bounds(parts: list[Any]) -> None:
    messages = said(*parts)

    assert not any(message.is_empty for message in messages)
    assert sum(len(message.text) for message in messages) <= 64_000
    assert len(msgspec.json.encode(messages)) <= 256 * 1024 + 25_000
