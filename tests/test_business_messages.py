"""Business Messages: what a webhook says."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from functions.channels.business_messages import ParsedWebhook, parse_webhook
from functions.handoff.events import BotAnswer, HandoffAsked, HandoffSignal, ReturnAsked, UserMessage

FIXTURES = Path(__file__).parent / "fixtures" / "business_messages"
RECEIVED_AT = datetime(2024, 1, 2, 3, 5, tzinfo=UTC)
CREATED_AT = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
SENT_AT = datetime(2024, 1, 2, 3, 4, 6, 500_000, tzinfo=UTC)


def fixture(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text())
    return content


def body(**fields: Any) -> dict[str, Any]:
    return {"agent": "brands/1/agents/2", "conversationId": "c-1", "requestId": "r-1"} | fields


def parse(content: object, return_keywords: frozenset[str] = frozenset()) -> ParsedWebhook:
    return parse_webhook(
        content, received_at=RECEIVED_AT, read_payload=lambda _: BotAnswer(), return_keywords=return_keywords
    )


# --- who and where ---------------------------------------------------------------------------------------------------


def test_a_message_tells_the_user_and_the_context() -> None:
    parsed = parse(fixture("message__text"))

    assert parsed.conversation_key == "business_messages:c-1"
    assert parsed.address == {"conversationId": "c-1", "agent": "brands/1/agents/2"}
    assert (parsed.user_name, parsed.locale) == ("Ada Example", "de")
    assert parsed.context == {
        "entryPoint": "SITELINKS",
        "nearPlaceId": "place-7",
        "customContext": "campaign-9",
        "agent": "brands/1/agents/2",
        "widgetUrl": "https://shop.example/help",
        "widgetContext": "cart",
    }


def test_without_context_the_user_is_nameless() -> None:
    parsed = parse(fixture("message__image"))

    assert (parsed.user_name, parsed.locale, parsed.context) == ("", "", {"agent": "brands/1/agents/2"})


def test_the_device_locale_stands_in_for_a_missing_match() -> None:
    parsed = parse(body(context={"resolvedLocale": "", "userInfo": {"userDeviceLocale": "fr-CA"}}))

    assert parsed.locale == "fr-CA"


@pytest.mark.parametrize("context", [None, [], "x", {"userInfo": []}, {"userInfo": {"displayName": 7}}])
def test_a_malformed_context_never_costs_the_message(context: object) -> None:
    parsed = parse(body(context=context, message={"messageId": "m-1", "text": "Hi"}))

    assert isinstance(parsed.event, UserMessage)


def test_an_endless_context_is_cut() -> None:
    parsed = parse(body(context={"customContext": "x" * 100_000, "userInfo": {"displayName": "n" * 100_000}}))

    assert (len(parsed.context["customContext"]), len(parsed.user_name)) == (1000, 200)


# --- kinds -----------------------------------------------------------------------------------------------------------


def test_a_text_is_a_user_message_at_its_creation_time_cut_to_microseconds() -> None:
    event = parse(fixture("message__text")).event

    expected = UserMessage(id="m-1", source_at=CREATED_AT.replace(microsecond=123456), text="Where is my order?")
    assert event == expected


def test_a_tapped_chip_says_its_label_and_carries_its_postback() -> None:
    event = parse(fixture("suggestion_response__reply")).event

    assert event == UserMessage(id="r-1", source_at=CREATED_AT, text="Order status", postback="order_status")


def test_a_chip_without_time_or_postback_is_taken_at_its_sending_time() -> None:
    event = parse(fixture("suggestion_response__label_only")).event

    assert event == UserMessage(id="r-1", source_at=SENT_AT, text="Order status")


def test_a_chip_without_label_says_its_postback() -> None:
    event = parse(body(suggestionResponse={"postbackData": "order_status"})).event

    assert event == UserMessage(id="r-1", source_at=RECEIVED_AT, text="order_status", postback="order_status")


@pytest.mark.parametrize("name", ["user_status__requested_live_agent", "user_status__requested_while_typing"])
def test_a_request_for_a_person_comes_before_typing(name: str) -> None:
    event = parse(fixture(name)).event

    assert isinstance(event, HandoffAsked)
    assert ("r-1", HandoffSignal("user")) == (event.id, event.signal)


@pytest.mark.parametrize(
    ("name", "ignored"),
    [
        ("user_status__typing", "typing"),
        ("user_status__typing_as_text", "typing"),
        ("user_status__typing_stopped", "typing"),
        ("user_status__typing_left_out", "typing"),
        ("user_status__live_agent_false_as_text", "typing"),
        ("user_status__unknown", "userStatus.blocked"),
        ("receipts__several", "receipt"),
        ("receipts__placeholders", "receipt"),
        ("receipts__mixed", "receipt"),
        ("unknown__kind", "futureThing"),
    ],
)
def test_what_is_not_for_the_core_is_ignored_by_name(name: str, ignored: str) -> None:
    parsed = parse(fixture(name))

    assert (None, ignored) == (parsed.event, parsed.ignored)


@pytest.mark.parametrize(
    ("name", "text"),
    [("message__placeholders", "MESSAGE_TEXT"), ("suggestion_response__placeholders", "SUGGESTION_TEXT")],
)
def test_googles_samples_are_read_with_the_arrival_as_time(name: str, text: str) -> None:
    event = parse(fixture(name)).event

    assert isinstance(event, UserMessage)
    assert (text, RECEIVED_AT) == (event.text, event.source_at)


def test_an_unknown_kind_beside_a_message_does_not_hide_it() -> None:
    parsed = parse(body(futureThing={}, userStatus={"isTyping": True}, message={"messageId": "m-1", "text": "Hi"}))

    assert isinstance(parsed.event, UserMessage)
    assert parsed.ignored == ""


def test_names_of_unknown_kinds_are_made_safe_for_the_log() -> None:
    parsed = parse(body(**{"x\ny" + "z" * 1000: 1}))

    assert parsed.ignored == "x?y" + "z" * 37


@pytest.mark.parametrize(
    "content", [{}, {"message": None}, {"message": {"messageId": "m", "text": " \0\n"}}, {"suggestionResponse": {}}]
)
def test_nothing_said_is_ignored(content: dict[str, Any]) -> None:
    parsed = parse(body(**content))

    assert (parsed.event, parsed.ignored) == (None, "empty")


# --- ids and times ---------------------------------------------------------------------------------------------------


def test_a_redelivered_webhook_without_any_id_gets_the_same_one() -> None:
    content = {"conversationId": "c-1", "message": {"text": "Hi"}}

    first, again = parse(content).event, parse(dict(reversed(content.items()))).event
    other = parse({"conversationId": "c-1", "message": {"text": "Hello"}}).event

    assert first is not None
    assert again is not None
    assert other is not None
    assert first.id == again.id != other.id


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-01-02T03:04:05Z", CREATED_AT),
        ("2024-01-02t03:04:05z", CREATED_AT),
        ("2024-01-02T05:04:05.000000000+02:00", CREATED_AT),
        ("2024-01-02", RECEIVED_AT),
        ("2024-01-02T03:04:05", RECEIVED_AT),
        ("2024-13-45T99:99:99Z", RECEIVED_AT),
        ("0001-01-01T00:00:00+14:00", RECEIVED_AT),
        (1704164645, RECEIVED_AT),
        (None, RECEIVED_AT),
    ],
)
def test_times_are_rfc3339_or_the_arrival(text: object, expected: datetime) -> None:
    event = parse(body(message={"messageId": "m-1", "text": "Hi", "createTime": text})).event

    assert event is not None
    assert event.source_at == expected


# --- back to the bot -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"message": {"messageId": "r-1", "text": "  /BOT "}}, "  /BOT "),
        ({"suggestionResponse": {"text": "Back to the assistant", "postbackData": "/bot"}}, "Back to the assistant"),
        ({"suggestionResponse": {"postbackData": "/bot"}}, "/bot"),
    ],
)
def test_a_return_keyword_asks_for_the_bot_and_is_kept_as_it_was_said(content: dict[str, Any], said: str) -> None:
    event = parse(body(**content), frozenset({"/bot"})).event

    assert event == ReturnAsked(id="r-1", source_at=RECEIVED_AT, text=said)


def test_a_return_keyword_inside_a_sentence_is_a_message() -> None:
    event = parse(body(message={"messageId": "m-1", "text": "what does /bot do?"}), frozenset({"/bot"})).event

    assert isinstance(event, UserMessage)
