"""LiveChat's webhooks: each documented action in each of its forms, one fixture each."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from functions.handoff.events import (
    Agent,
    AgentJoined,
    AgentLeft,
    AgentMessage,
    ChatClosed,
    ChatStarted,
    ChatTransferred,
    DeskEvent,
    WithheldEvent,
)
from functions.livechat.webhook import LIFECYCLE_PREFIX, ParsedWebhook, parse_webhook

FIXTURES = Path(__file__).parent / "fixtures" / "livechat"
RECEIVED_AT = datetime(2026, 1, 2, 3, 4, 7, tzinfo=UTC)
WRITTEN_AT = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
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


def said(text: str, event_id: str = "THREAD0001_2", name: str = "") -> AgentMessage:
    agent = Agent("jane@shop.example", name)
    return AgentMessage(id=event_id, source_at=WRITTEN_AT, agent=agent, text=text, **PLACE)


WITHHELD = WithheldEvent(id="THREAD0001_2", source_at=WRITTEN_AT, **PLACE)
LIFECYCLE: dict[str, Any] = {"id": "", "source_at": RECEIVED_AT}
JANE = Agent("jane@shop.example", "Jane Doe")

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
    "incoming_event__file": said("invoice.pdf\nhttps://cdn.livechat-files.example/api/file/lc/att/1/abc/invoice.pdf"),
    "incoming_event__rich_message": said(
        "Blue shoes\nSize 42\nSee them: https://shop.example/shoes\nI take them\nCall us: +1 555 0100\n\nRed shoes"
    ),
    "incoming_event__sticker": said("https://cdn.shop.example/thumbs-up.png"),
    "incoming_event__system_message": WITHHELD,
    "incoming_event__system": WITHHELD,
    "incoming_event__form": WITHHELD,
    "incoming_event__filled_form": WITHHELD,
    "incoming_event__custom": WITHHELD,
    "incoming_event__unknown_type": WITHHELD,
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
    "chat_transferred__queued": ChatTransferred(queued=True, **LIFECYCLE, **PLACE),
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
    "event_deleted__message": "action event_deleted",
    "event_updated__button": "action event_updated",
    "thread_summary_set__text": "action thread_summary_set",
    "auto_accesses_updated__list": "action auto_accesses_updated",
}


def test_every_fixture_is_tested() -> None:
    assert {path.stem for path in FIXTURES.glob("*.json")} == {*EVENTS, *IGNORED}


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
