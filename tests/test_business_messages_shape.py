"""Business Messages: bodies that are not as documented."""

import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.channels.business_messages import ParsedWebhook, parse_webhook
from functions.handoff.entries import decode, encode
from functions.handoff.errors import WebhookRejected
from functions.handoff.events import BotAnswer, UserMessage
from tests.examples import examples

FIXTURES = Path(__file__).parent / "fixtures" / "business_messages"
RECEIVED_AT = datetime(2024, 1, 2, 3, 5, tzinfo=UTC)


def fixture(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text())
    return content


def body(**fields: Any) -> dict[str, Any]:
    return {"agent": "brands/1/agents/2", "conversationId": "c-1", "requestId": "r-1"} | fields


def parse(content: object) -> ParsedWebhook:
    return parse_webhook(
        content,
        received_at=RECEIVED_AT,
        read_payload=lambda _: BotAnswer(),
        attachment_hosts=("storage.googleapis.com",),
        with_receipts=True,
    )


@pytest.mark.parametrize("wrap", [lambda data: {"data": data}, lambda data: {"message": {"data": data}}])
def test_the_wrapper_of_the_reference_is_unwrapped(wrap: Any) -> None:
    data = base64.b64encode(json.dumps(fixture("message__text")).encode()).decode()

    assert parse(wrap(data)) == parse(fixture("message__text"))


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ([], "the body"),
        (None, "the body"),
        ({}, "conversationId"),
        (body(conversationId=""), "conversationId"),
        (body(conversationId=10**30), "conversationId"),
        (body(message="Hi"), "message"),
        (body(message={"messageId": "m-1"}), "message.text"),
        (body(message={"messageId": "m-1", "text": ["Hi"]}), "message.text"),
        (body(suggestionResponse=[1]), "suggestionResponse"),
        (body(suggestionResponse={"text": 7}), "suggestionResponse.text"),
        (body(suggestionResponse={"text": "a", "postbackData": {}}), "suggestionResponse.postbackData"),
        (body(userStatus="typing"), "userStatus"),
        (body(authenticationResponse="code"), "authenticationResponse"),
        (body(surveyResponse=5), "surveyResponse"),
        (body(receipts=[{}]), "receipts"),
        ({"data": "***"}, "data"),
        ({"data": base64.b64encode(b"[1]").decode()}, "data"),
        ({"data": base64.b64encode(b"[" * 100_000).decode()}, "data"),
    ],
)
def test_a_malformed_body_is_rejected_naming_the_field(content: object, field: str) -> None:
    with pytest.raises(WebhookRejected, match=f"^{field} must be") as rejected:
        parse(content)

    assert (rejected.value.status, rejected.value.reason) == (400, "field")


@pytest.mark.parametrize("malformed", [{"userStatus": "typing"}, {"suggestionResponse": 7}, {"receipts": []}])
def test_a_malformed_kind_does_not_hide_the_message_beside_it(malformed: dict[str, Any]) -> None:
    event = parse(body(message={"messageId": "m-1", "text": "Hi"}, **malformed)).event

    assert event == UserMessage(id="m-1", source_at=RECEIVED_AT, text="Hi")


def test_nothing_of_the_body_is_repeated_in_a_rejection() -> None:
    with pytest.raises(WebhookRejected) as rejected:
        parse(body(message={"text": ["a private word"]}))

    assert "private" not in str(rejected.value)


def test_nuls_and_half_characters_are_taken_out_of_ids_and_texts() -> None:
    content = {"conversationId": "c\0-\ud800", "message": {"messageId": "m\0-\udfff", "text": "a\0b\ud83d"}}

    parsed = parse(content)

    assert parsed.address["conversationId"] == "c-\ufffd"
    assert parsed.event == UserMessage(id="m-\ufffd", source_at=RECEIVED_AT, text="ab\ufffd")


_WORDS = st.text(st.sampled_from("aé\0\ud800😀 "), max_size=4)
_LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | _WORDS
_JSON = st.recursive(_LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_WORDS, inner, max_size=3))
_KINDS = (
    *("message", "suggestionResponse", "userStatus", "receipts", "authenticationResponse", "surveyResponse"),
    *("dialogflowResponse", "context", "sendTime", "agent"),
)
_FIELDS = (
    *("text", "messageId", "postbackData", "requestedLiveAgent", "createTime", "intentResponses", "autoResponded"),
    *("receipts", "code", "errorDetails", "rating", "questionResponseText", "questionIndex"),
)


@settings(deadline=None, max_examples=examples(50))
@given(st.dictionaries(st.sampled_from(_KINDS), _JSON | st.dictionaries(st.sampled_from(_FIELDS), _JSON, max_size=3)))
def test_no_body_crashes_the_parser_and_every_event_can_be_stored(fields: dict[str, Any]) -> None:
    try:
        parsed = parse(body(**fields))
    except WebhookRejected:
        return

    assert (parsed.event is None) == bool(parsed.ignored)
    if parsed.event:
        assert decode(json.loads(json.dumps(encode(parsed.event)))) == parsed.event
