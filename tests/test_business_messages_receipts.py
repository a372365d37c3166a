"""Business Messages: receipts, and which of several kinds in one webhook counts."""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from functions.channels.business_messages import ParsedWebhook, parse_webhook
from functions.handoff.events import BotAnswer, HandoffAsked, UserAction, UserMessage, UserReceipt

FIXTURES = Path(__file__).parent / "fixtures" / "business_messages"
RECEIVED_AT = datetime(2024, 1, 2, 3, 5, tzinfo=UTC)
CREATED_AT = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)


def fixture(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text())
    return content


def body(**fields: Any) -> dict[str, Any]:
    return {"agent": "brands/1/agents/2", "conversationId": "c-1", "requestId": "r-1"} | fields


def parsed_from(content: object, *, with_receipts: bool) -> ParsedWebhook:
    return parse_webhook(
        content, received_at=RECEIVED_AT, read_payload=lambda _: BotAnswer(), with_receipts=with_receipts
    )


def parse(content: object) -> Any:
    return parsed_from(content, with_receipts=True).event


def receipts(*given: tuple[object, object]) -> dict[str, Any]:
    return {"receipts": [{"message": name, "receiptType": kind} for name, kind in given]}


def of(message_id: str, conversation: str = "c-1") -> str:
    return f"conversations/{conversation}/messages/{message_id}"


def test_a_delivery_mark_names_the_message() -> None:
    event = parse(fixture("receipts__placeholders"))

    assert (event.message_ids, event.read, event.source_at) == (("MESSAGE_ID",), False, RECEIVED_AT)


@pytest.mark.parametrize(
    ("name", "message_ids"), [("receipts__several", ("m-0",)), ("receipts__mixed", ("m-1", "m-2"))]
)
def test_where_something_was_read_only_that_counts(name: str, message_ids: tuple[str, ...]) -> None:
    event = parse(fixture(name))

    assert event == UserReceipt(id=event.id, source_at=CREATED_AT, message_ids=message_ids, read=True)


def test_the_same_receipts_are_the_same_event_whatever_they_come_with() -> None:
    first = parse(body(receipts=receipts((of("m-1"), "READ"), (of("m-2"), "READ"))))
    again = parse(
        body(
            requestId="r-2",
            sendTime="x",
            receipts=receipts((of("m-2"), "READ"), (of("m-1"), "READ"), (of("m-1"), "READ")),
        )
    )
    delivered = parse(body(receipts=receipts((of("m-1"), "DELIVERED"), (of("m-2"), "DELIVERED"))))

    assert first.id == again.id != delivered.id
    assert len(first.id) == len(hashlib.sha256().hexdigest())


@pytest.mark.parametrize(
    "name",
    [
        of("m-1", "c-2"),
        of("m-1", "c-1/messages/c-1"),
        of(""),
        of(" "),
        of("m-1/receipt"),
        of("m" * 201),
        "m-1",
        "conversations/c-1",
        None,
        7,
        ["conversations/c-1/messages/m-1"],
    ],
)
def test_a_receipt_for_what_is_not_a_message_of_this_conversation_is_dropped(name: object) -> None:
    event = parse(body(receipts=receipts((name, "READ"), (of("m" * 200), "DELIVERED"))))

    assert (event.message_ids, event.read) == (("m" * 200,), False)


@pytest.mark.parametrize("count", [50, 51, 10_000])
def test_of_many_receipts_the_last_fifty_are_kept(count: int) -> None:
    event = parse(body(receipts=receipts(*((of(f"m-{number}"), "READ") for number in range(count)))))

    assert event.message_ids == tuple(f"m-{number}" for number in range(count - 50, count))


@pytest.mark.parametrize(
    "payload",
    [{}, {"receipts": None}, {"receipts": [7, None]}, receipts((of("m-1"), "SEEN"), (of("m-1"), None), (None, "READ"))],
)
def test_receipts_that_say_nothing_are_ignored_by_name(payload: dict[str, Any]) -> None:
    parsed = parsed_from(body(receipts=payload), with_receipts=True)

    assert (parsed.event, parsed.ignored) == (None, "receipt")


@pytest.mark.parametrize("payload", [receipts((of("m-1"), "READ")), {}, None, "READ", []])
def test_unless_somebody_wants_them_receipts_are_ignored_unread(payload: object) -> None:
    parsed = parsed_from(body(receipts=payload), with_receipts=False)

    assert (parsed.event, parsed.ignored) == (None, "receipt")


# --- several at once -------------------------------------------------------------------------------------------------

_IN_ORDER: list[tuple[dict[str, Any], type]] = [
    ({"userStatus": {"requestedLiveAgent": True, "isTyping": True}}, HandoffAsked),
    ({"message": {"messageId": "m-1", "text": "Hi"}}, UserMessage),
    ({"suggestionResponse": {"text": "Hours", "postbackData": "hours"}}, UserMessage),
    ({"authenticationResponse": {"code": "c"}}, UserAction),
    ({"surveyResponse": {"rating": "5"}}, UserAction),
    ({"receipts": receipts((of("m-1"), "READ"))}, UserReceipt),
]


@pytest.mark.parametrize("first", range(len(_IN_ORDER)))
def test_of_several_kinds_the_one_that_says_most_counts(first: int) -> None:
    content: dict[str, Any] = {}
    for fields, _ in reversed(_IN_ORDER[first:]):
        content |= fields

    together, alone = parse(body(**content)), parse(body(**_IN_ORDER[first][0]))

    assert together == alone
    assert isinstance(together, _IN_ORDER[first][1])


def test_typing_hides_nothing() -> None:
    assert isinstance(parse(body(userStatus={"isTyping": True}, surveyResponse={"rating": "5"})), UserAction)


def test_what_was_parsed_says_what_was_ignored_only_without_an_event() -> None:
    parsed = parsed_from(body(receipts={}, userStatus={"isTyping": True}, futureThing=1), with_receipts=False)

    assert parsed.ignored == "receipt,typing,futureThing"
