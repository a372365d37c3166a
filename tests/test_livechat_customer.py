"""The desk as a customer: opening the chat, with the briefing in whatever form LiveChat takes."""

from collections.abc import Iterator
from typing import Any

import pytest

from functions.handoff.errors import (
    ChatAlreadyActive,
    ProviderRefused,
    ProviderUnavailable,
)
from functions.handoff.ids import is_own_event
from functions.handoff.interfaces import Note, OpenedChat
from tests.livechat_customers import BRIEFING, CUSTOM_ID, Desk, error
from tests.scripted_server import Answer, scripted_server

STARTED = Answer(200, {"chat_id": "C1", "thread_id": "T1", "event_ids": ["T1_1"]})
RESUMED = Answer(200, {"thread_id": "T2", "event_ids": ["T2_1"]})
INVALID = error("validation", "`events` is wrong")


@pytest.fixture
def desk() -> Iterator[Desk]:
    with scripted_server() as server:
        yield Desk(server)


def start(desk: Desk, briefing: Note | None = BRIEFING) -> OpenedChat:
    return desk.customer().start_chat(7, briefing, custom_id=CUSTOM_ID, timeout_s=8)


def resume(desk: Desk, briefing: Note | None = BRIEFING) -> OpenedChat:
    return desk.customer().resume_chat("C1", 7, briefing, custom_id=CUSTOM_ID, timeout_s=8)


# --- opening ---------------------------------------------------------------------------------------------------------

FORM = {
    "type": "filled_form",
    "custom_id": CUSTOM_ID,
    "form_id": "handoff-note",
    "recipients": "agents",
    "fields": [
        {"type": "subject", "id": "0", "label": "Handed over by the bot", "answer": "Handed over by the bot"},
        {"type": "textarea", "id": "1", "label": "Reason", "answer": "asked for a person"},
        {"type": "textarea", "id": "2", "label": "Conversation", "answer": "user: hello\nbot: hi"},
    ],
}


def test_a_chat_is_started_with_the_briefing_for_agents_only(desk: Desk) -> None:
    desk.answers("start_chat", STARTED)

    opened = start(desk)

    asked = desk.asked("start_chat")[0]
    assert opened == OpenedChat("C1", "T1", ("T1_1",))
    assert (asked.path, asked.query) == ("/v3.6/customer/action/start_chat", {"organization_id": "org-1"})
    assert asked.body == {
        "active": True,
        "continuous": True,
        "chat": {
            "access": {"group_ids": [7]},
            "thread": {"properties": {"routing": {"ignore_bots": True}}, "events": [FORM]},
        },
    }


def test_a_chat_is_resumed_with_its_group_each_time(desk: Desk) -> None:
    desk.answers("resume_chat", RESUMED)

    opened = resume(desk)

    assert opened == OpenedChat("C1", "T2", ("T2_1",))
    assert desk.asked("resume_chat")[0].body == {
        "active": True,
        "continuous": True,
        "chat": {
            "id": "C1",
            "access": {"group_ids": [7]},
            "thread": {"properties": {"routing": {"ignore_bots": True}}, "events": [FORM]},
        },
    }


def test_without_a_briefing_no_events_are_sent(desk: Desk) -> None:
    desk.answers("start_chat", Answer(200, {"chat_id": "C1", "thread_id": "T1"}))

    opened = start(desk, None)

    assert opened == OpenedChat("C1", "T1")
    assert "events" not in desk.asked("start_chat")[0].body["chat"]["thread"]


def events_of(desk: Desk, action: str) -> list[list[dict[str, Any]]]:
    return [asked.body["chat"]["thread"].get("events", []) for asked in desk.asked(action)]


@pytest.mark.parametrize(("action", "answer"), [("start_chat", STARTED), ("resume_chat", RESUMED)])
def test_a_form_that_is_refused_becomes_a_message_that_says_who_wrote_it(
    desk: Desk, action: str, answer: Answer
) -> None:
    desk.answers(action, INVALID, answer)

    _ = start(desk) if action == "start_chat" else resume(desk)

    message = events_of(desk, action)[1][0]
    assert (message["type"], message["custom_id"]) == ("message", CUSTOM_ID)
    assert is_own_event(message["custom_id"])
    assert "not written by the customer" in message["text"].splitlines()[0]
    assert "asked for a person" in message["text"]


@pytest.mark.parametrize(("action", "answer"), [("start_chat", STARTED), ("resume_chat", RESUMED)])
def test_a_briefing_that_is_refused_in_any_form_never_stops_the_handoff(
    desk: Desk, action: str, answer: Answer
) -> None:
    desk.answers(action, INVALID, INVALID, answer)

    opened = start(desk) if action == "start_chat" else resume(desk)

    assert opened.chat_id == "C1"
    assert [len(events) for events in events_of(desk, action)] == [1, 1, 0]


def test_an_opening_that_is_invalid_for_other_reasons_is_refused(desk: Desk) -> None:
    desk.answers("start_chat", INVALID)

    with pytest.raises(ProviderRefused) as caught:
        start(desk)

    assert caught.value.error_type == "validation"
    assert len(desk.asked("start_chat")) == 3


@pytest.mark.parametrize("error_type", ["groups_offline", "group_not_found", "customer_banned", "license_expired"])
def test_an_opening_refused_for_good_is_not_tried_in_other_forms(desk: Desk, error_type: str) -> None:
    desk.answers("start_chat", error(error_type))

    with pytest.raises(ProviderRefused) as caught:
        start(desk)

    assert caught.value.error_type == error_type
    assert len(desk.asked("start_chat")) == 1


_CLASHES = [
    error("chat_already_active"),
    error("chat_limit_reached"),
    error("validation", "Chat is already active"),
    error("validation", "Customer already has an active thread"),
    error("brand_new", "Thread already open", 409),
]


@pytest.mark.parametrize("answer", [*_CLASHES, error("limit_reached")])
def test_a_customer_who_has_a_chat_already_is_told_apart(desk: Desk, answer: Answer) -> None:
    desk.answers("start_chat", answer)

    with pytest.raises(ChatAlreadyActive):
        start(desk)

    assert len(desk.asked("start_chat")) == 1


@pytest.mark.parametrize("answer", _CLASHES)
def test_a_chat_that_is_active_already_is_told_apart(desk: Desk, answer: Answer) -> None:
    desk.answers("resume_chat", answer)

    with pytest.raises(ChatAlreadyActive):
        resume(desk)

    assert len(desk.asked("resume_chat")) == 1


@pytest.mark.parametrize("answer", [Answer(200), Answer(200, {"chat_id": "C1"}), Answer(200, {"thread_id": "T1"})])
def test_an_opening_that_is_not_confirmed_is_in_doubt(desk: Desk, answer: Answer) -> None:
    desk.answers("start_chat", answer)

    with pytest.raises(ProviderUnavailable) as caught:
        start(desk)

    assert not caught.value.undelivered
