"""LiveChat's webhooks: each documented action in each of its forms, one fixture each."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from functions.handoff.content import COMMONMARK, AgentButton, Card, Media, OutboundMessage, Suggestion
from functions.handoff.events import (
    Agent,
    AgentJoined,
    AgentLeft,
    AgentMessage,
    ChatClosed,
    ChatStarted,
    ChatTransferred,
    DeskEvent,
    MessageDeleted,
    MessageEdited,
    WithheldEvent,
)
from functions.handoff.postbacks import as_postback
from functions.livechat.webhook import LIFECYCLE_PREFIX, ParsedWebhook, parse_webhook

FIXTURES = Path(__file__).parent / "fixtures" / "livechat"
RECEIVED_AT = datetime(2026, 1, 2, 3, 4, 7, tzinfo=UTC)
WRITTEN_AT = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
Shown = tuple[OutboundMessage, ...]
PLACE: dict[str, Any] = {"chat_id": "CHAT000001", "thread_id": "THREAD0001"}


def load(name: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text())
    return body


def parse(body: object) -> ParsedWebhook:
    return parse_webhook(
        body,
        accepted_secrets=("example-webhook-secret", "the-one-before"),
        client_id="0123456789abcdef0123456789abcd00",
        organization_id="11111111-2222-4333-8444-555555555555",
        received_at=RECEIVED_AT,
    )


def said(text: str, event_id: str = "THREAD0001_2", name: str = "", *, shown: Shown = ()) -> AgentMessage:
    agent = Agent("jane@shop.example", name)
    return AgentMessage(id=event_id, source_at=WRITTEN_AT, agent=agent, text=text, messages=shown, **PLACE)


def withheld(unsupported: str = "") -> WithheldEvent:
    return WithheldEvent(id="THREAD0001_2", source_at=WRITTEN_AT, unsupported=unsupported, **PLACE)


def markdown(text: str) -> AgentMessage:
    return said(text, shown=(OutboundMessage(text=text, formatting=COMMONMARK),))


def chip(label: str, button_id: str, kind: str = "", value: str = "") -> Suggestion:
    button = AgentButton("THREAD0001", "THREAD0001_2", button_id, kind, value)
    return Suggestion("reply", label, postback=as_postback(button))


def file(text: str, media: Media) -> AgentMessage:
    return said(text, shown=(OutboundMessage(media=media),))


CDN = "https://cdn.livechat-files.example/api/file/lc/att/1/abc"
WITHHELD = withheld()
SHOES = OutboundMessage(
    cards=(
        Card(
            title="Blue shoes",
            description="Size 42",
            media=Media("https://cdn.shop.example/shoes.png"),
            suggestions=(
                Suggestion("open_url", "See them", url="https://shop.example/shoes"),
                chip("I take them", "buy", "message", "I take them"),
                Suggestion("dial", "Call us", phone="+1 555 0100"),
            ),
        ),
        Card(title="Red shoes"),
    )
)
SIZE = OutboundMessage(
    text="Which size?\nWe have two.",
    suggestions=(chip("42", "size-42", "message", "42"), chip("43", "size-43", "message", "43")),
)
COLOUR = OutboundMessage(
    text="Which colour?",
    suggestions=(chip("Blue", "blue"),),
    media=Media("https://cdn.shop.example/colours.png"),
)
STICKER = Media("https://cdn.shop.example/thumbs-up.png")
INVOICE = Media(f"{CDN}/invoice.pdf", name="invoice.pdf", mime_type="application/pdf")
SHOE = Media(f"{CDN}/shoe.png", name="shoe.png", mime_type="image/png", size_bytes=1024, alt_text="A blue shoe")
LIFECYCLE: dict[str, Any] = {"id": "", "source_at": RECEIVED_AT}
JANE = Agent("jane@shop.example", "Jane Doe")
DELETED = MessageDeleted(id="deleted:THREAD0001:THREAD0001_2", source_at=RECEIVED_AT, event_id="THREAD0001_2", **PLACE)

EVENTS: dict[str, DeskEvent] = {
    "incoming_event__agent_text": said("Hello, this is Jane."),
    "incoming_event__agents_only": WITHHELD,
    "incoming_event__no_visibility": WITHHELD,
    "incoming_event__unknown_visibility": WITHHELD,
    "incoming_event__customer_text": WITHHELD,
    "incoming_event__livechat_bot": WITHHELD,
    "incoming_event__welcome_message": WITHHELD,
    "incoming_event__deleted": WITHHELD,
    "incoming_event__deleted_with_text": WITHHELD,
    "incoming_event__translated": said("Guten Morgen"),
    "incoming_event__markdown": markdown("**Hello**, see [our shop](https://shop.example)."),
    "incoming_event__translated_markdown": markdown("**Guten** Morgen"),
    "incoming_event__file": file(f"invoice.pdf\n{CDN}/invoice.pdf", INVOICE),
    "incoming_event__image": file(f"shoe.png\n{CDN}/shoe.png", SHOE),
    "incoming_event__rich_message": said(
        "Blue shoes\nSize 42\nSee them: https://shop.example/shoes\nI take them\nCall us: +1 555 0100\n\nRed shoes",
        shown=(SHOES,),
    ),
    "incoming_event__quick_replies": said(
        "Which size?\nWe have two.\n42\n43\n\nWhich colour?\nBlue", shown=(SIZE, COLOUR)
    ),
    "incoming_event__sticker": file(STICKER.url, STICKER),
    "incoming_event__empty_rich_message": withheld("rich_message"),
    "incoming_event__system_message": WITHHELD,
    "incoming_event__system": WITHHELD,
    "incoming_event__form": withheld("form"),
    "incoming_event__survey": said("Your name\nCountry (USA / UK)"),
    "incoming_event__form_of_the_system": WITHHELD,
    "incoming_event__filled_form": WITHHELD,
    "incoming_event__custom": withheld("custom"),
    "incoming_event__unknown_type": withheld("hologram"),
    "event_updated__message": MessageEdited(
        id="",
        source_at=RECEIVED_AT,
        event_id="THREAD0001_2",
        agent=Agent("jane@shop.example"),
        text="Hello, this is Jane Doe.",
        **PLACE,
    ),
    "event_updated__deleted": DELETED,
    "event_deleted__message": DELETED,
    "incoming_chat__started_by_us": ChatStarted(**LIFECYCLE, **PLACE),
    "incoming_chat__agent_present": ChatStarted(
        agents=(JANE,),
        messages=(said("Hello, we saw your order.", "THREAD0001_1", "Jane Doe"),),
        **LIFECYCLE,
        **PLACE,
    ),
    "user_added_to_chat__agent": AgentJoined(agent=JANE, **LIFECYCLE, **PLACE),
    "user_added_to_chat__no_thread": AgentJoined(agent=JANE, chat_id="CHAT000001", **LIFECYCLE),
    "user_added_to_chat__email_as_name": AgentJoined(agent=Agent("jane@shop.example"), **LIFECYCLE, **PLACE),
    "user_removed_from_chat__agent": AgentLeft(agent_id="jane@shop.example", **LIFECYCLE, **PLACE),
    "chat_transferred__to_agent": ChatTransferred(agent_ids=("sam@shop.example",), **LIFECYCLE, **PLACE),
    "chat_transferred__queued": ChatTransferred(group_ids=(9,), queued=True, **LIFECYCLE, **PLACE),
    "chat_deactivated__by_agent": ChatClosed(closed_by="agent", **LIFECYCLE, **PLACE),
    "chat_deactivated__by_customer": ChatClosed(closed_by="user", **LIFECYCLE, **PLACE),
    "chat_deactivated__by_router": ChatClosed(closed_by="system", **LIFECYCLE, **PLACE),
    "chat_deactivated__by_bot": ChatClosed(closed_by="system", **LIFECYCLE, **PLACE),
}
IGNORED = {
    "incoming_event__own_echo": "own echo",
    "user_added_to_chat__supervisor": "agent not visible",
    "user_added_to_chat__customer": "not an agent",
    "user_added_to_chat__bot": "not an agent",
    "user_removed_from_chat__customer": "not an agent",
    "user_removed_from_chat__bot": "not an agent",
    "event_updated__button": "update of rich_message",
    "event_updated__agents_only": "update that is not for the user",
    "event_updated__own_echo": "own echo",
    "events_marked_as_seen__customer": "seen by the customer",
    "events_marked_as_seen__bot": "seen by a bot",
    "incoming_rich_message_postback__button": "action incoming_rich_message_postback",
    "thread_summary_set__text": "action thread_summary_set",
    "auto_accesses_updated__list": "action auto_accesses_updated",
}


SEEN = "events_marked_as_seen__agent"


def test_every_fixture_is_tested() -> None:
    assert {path.stem for path in FIXTURES.glob("*.json")} == {*EVENTS, *IGNORED, SEEN}


@pytest.mark.parametrize("name", EVENTS)
def test_an_action_becomes_its_event(name: str) -> None:
    parsed = parse(load(name))

    event = parsed.event
    assert event is not None
    if event.id.startswith(LIFECYCLE_PREFIX):
        event = type(event)(**{**{field: getattr(event, field) for field in event.__struct_fields__}, "id": ""})
    assert event == EVENTS[name]
    assert (parsed.action, parsed.chat_id, parsed.ignored) == (name.split("__", maxsplit=1)[0], "CHAT000001", "")


@pytest.mark.parametrize("name", IGNORED)
def test_what_means_nothing_to_the_core_is_ignored_by_name(name: str) -> None:
    parsed = parse(load(name))

    assert (parsed.event, parsed.ignored) == (None, IGNORED[name])
    assert parsed.action == name.split("__", maxsplit=1)[0]


def test_what_an_agent_has_read_is_no_event() -> None:
    parsed = parse(load(SEEN))

    assert (parsed.event, parsed.ignored, parsed.seen_up_to) == (None, "", WRITTEN_AT)
    assert (parsed.action, parsed.chat_id, parsed.ours) == ("events_marked_as_seen", "CHAT000001", True)


# --- whose chat ------------------------------------------------------------------------------------------------------


def test_a_chat_that_our_app_started_is_ours() -> None:
    assert parse(load("incoming_event__agent_text")).ours


def test_a_chat_that_says_so_only_in_itself_is_ours() -> None:
    body = load("incoming_chat__started_by_us")
    del body["additional_data"]

    assert parse(body).ours


@pytest.mark.parametrize("additional_data", [None, {}, [], "x", {"chat_properties": {"source": {"client_id": "else"}}}])
def test_any_other_chat_is_not_ours(additional_data: object) -> None:
    body = {**load("incoming_event__agent_text"), "additional_data": additional_data}

    parsed = parse(body)

    assert not parsed.ours
    assert parsed.event is not None


def test_another_organization_is_ignored() -> None:
    parsed = parse({**load("incoming_event__agent_text"), "organization_id": "another"})

    assert (parsed.event, parsed.ignored, parsed.ours) == (None, "other organization", False)


# --- ids and times ---------------------------------------------------------------------------------------------------


def test_a_redelivered_lifecycle_webhook_has_the_same_id() -> None:
    body = load("chat_deactivated__by_agent")
    shuffled = {**body, "payload": dict(reversed(body["payload"].items())), "webhook_id": "another-registration"}

    first, second = parse(body).event, parse(shuffled).event

    assert first
    assert second
    assert first.id == second.id
    assert first.id.startswith("lifecycle:chat_deactivated:")


def test_different_lifecycle_webhooks_have_different_ids() -> None:
    lifecycle = [parse(load(name)).event for name, event in EVENTS.items() if event.id == ""]

    assert len({event.id for event in lifecycle if event}) == len(lifecycle)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2026-01-02T03:04:05.678901Z", WRITTEN_AT),
        ("2026-01-02T05:04:05.678901+02:00", WRITTEN_AT),
        ("2026-01-02T03:04:05.678901", WRITTEN_AT),
        ("2026-01-02T03:04:05.678901234Z", WRITTEN_AT),
    ],
)
def test_the_sender_s_time_is_kept_in_utc(written: str, expected: datetime) -> None:
    body = load("incoming_event__agent_text")
    body["payload"]["event"]["created_at"] = written

    event = parse(body).event

    assert event
    assert event.source_at == expected
    assert event.source_at.tzinfo is UTC
