"""The desk as a customer: tapped buttons, notes into what is closed, and what the users' phones report."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from functions.handoff.content import AgentButton
from functions.handoff.errors import (
    ChatInactive,
    HandoffError,
    ProviderError,
    ProviderRefused,
    ProviderUnavailable,
)
from functions.handoff.interfaces import Note
from tests.livechat_customers import CUSTOM_ID, Desk, error
from tests.scripted_server import Answer, scripted_server

SENT = Answer(200, {"event_id": "T1_3"})
INVALID = error("validation", "`postback` is wrong")
BUTTON = AgentButton(thread_id="T1", event_id="T1_2", button_id="yes", kind="message", value="Yes!")


@pytest.fixture
def desk() -> Iterator[Desk]:
    with scripted_server() as server:
        yield Desk(server)


def events(desk: Desk) -> list[dict[str, Any]]:
    return [asked.body["event"] for asked in desk.asked("send_event")]


# --- answers to buttons ----------------------------------------------------------------------------------------------


def answer(desk: Desk, button: AgentButton = BUTTON, timeout_s: float = 8) -> str:
    return desk.customer().send_message("C1", "Yes", custom_id=CUSTOM_ID, timeout_s=timeout_s, button=button)


def test_a_tapped_button_is_answered_by_its_ids(desk: Desk) -> None:
    desk.answers("send_event", SENT)

    event_id = answer(desk)

    assert event_id == "T1_3"
    assert desk.asked("send_event")[0].body == {
        "chat_id": "C1",
        "attach_to_last_thread": False,
        "event": {
            "type": "message",
            "custom_id": CUSTOM_ID,
            "text": "Yes",
            "recipients": "all",
            "postback": {"id": "yes", "thread_id": "T1", "event_id": "T1_2", "type": "message", "value": "Yes!"},
        },
    }


@pytest.mark.parametrize(("kind", "value"), [("", ""), ("message", ""), ("", "Yes!")])
def test_type_and_value_go_together_or_not_at_all(desk: Desk, kind: str, value: str) -> None:
    desk.answers("send_event", SENT)

    answer(desk, AgentButton("T1", "T1_2", "yes", kind, value))

    assert events(desk)[0]["postback"] == {"id": "yes", "thread_id": "T1", "event_id": "T1_2"}


def test_words_without_a_button_carry_no_postback(desk: Desk) -> None:
    desk.answers("send_event", SENT)

    desk.customer().send_message("C1", "hi", custom_id=CUSTOM_ID, timeout_s=8)

    assert events(desk) == [{"type": "message", "custom_id": CUSTOM_ID, "text": "hi", "recipients": "all"}]


def test_an_answer_that_is_called_invalid_goes_as_words_under_the_same_id(desk: Desk) -> None:
    desk.answers("send_event", INVALID, SENT)

    event_id = answer(desk)

    first, second = events(desk)
    assert event_id == "T1_3"
    assert first["custom_id"] == second["custom_id"] == CUSTOM_ID
    assert second == {name: value for name, value in first.items() if name != "postback"}


def test_words_that_are_called_invalid_are_refused_and_not_repeated(desk: Desk) -> None:
    desk.answers("send_event", INVALID)

    with pytest.raises(ProviderRefused):
        answer(desk)

    assert len(events(desk)) == 2


@pytest.mark.parametrize(
    ("refusal", "expected"),
    [
        (error("chat_inactive"), ChatInactive),
        (error("validation", "Chat not active"), ChatInactive),
        (error("customer_banned"), ProviderRefused),
        (error("internal", status=500), ProviderUnavailable),
        (Answer(200, {"event_id": ""}), ProviderUnavailable),
    ],
)
def test_an_answer_refused_for_other_reasons_is_not_sent_as_words(
    desk: Desk, refusal: Answer, expected: type[HandoffError]
) -> None:
    desk.answers("send_event", refusal)

    with pytest.raises(expected):
        answer(desk)

    assert len(events(desk)) == 1


def test_the_second_try_has_its_own_second_to_begin_in_but_not_more_time(desk: Desk) -> None:
    def slow(_asked: Any) -> Answer:
        desk.clock.sleep(2)
        return INVALID

    desk.answers("send_event", slow, SENT)

    event_id = answer(desk, timeout_s=3)

    assert event_id == "T1_3"


def test_no_second_try_begins_after_the_time_is_over(desk: Desk) -> None:
    def slow(_asked: Any) -> Answer:
        desk.clock.sleep(3)
        return INVALID

    desk.answers("send_event", slow, SENT)

    with pytest.raises(ProviderUnavailable) as caught:
        answer(desk, timeout_s=3)

    assert (caught.value.error_type, caught.value.undelivered) == ("out_of_time", True)
    assert len(events(desk)) == 1


# --- notes into what is closed ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("to_closed", [False, True])
def test_a_note_goes_into_a_closed_thread_only_when_that_is_asked_for(desk: Desk, to_closed: bool) -> None:
    desk.answers("send_event", INVALID, SENT)
    note = Note("Note", (("Note", "The survey says: good."),))

    desk.customer().send_note("C1", note, custom_id=CUSTOM_ID, timeout_s=5, to_closed=to_closed)

    asked = desk.asked("send_event")
    assert [one.body["event"]["type"] for one in asked] == ["filled_form", "message"]
    assert [one.body["attach_to_last_thread"] for one in asked] == [to_closed, to_closed]


# --- receipts --------------------------------------------------------------------------------------------------------

_AT = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (_AT, "2026-01-02T03:04:05.678901Z"),
        (_AT.replace(microsecond=0), "2026-01-02T03:04:05.000000Z"),
        (_AT.astimezone(timezone(timedelta(hours=5, minutes=30))), "2026-01-02T03:04:05.678901Z"),
    ],
)
def test_what_was_read_is_marked_by_its_time_in_utc(desk: Desk, at: datetime, expected: str) -> None:
    desk.answers("mark_events_as_seen", Answer(200))

    desk.customer().mark_seen("C1", at, timeout_s=5)

    asked = desk.asked("mark_events_as_seen")[0]
    assert asked.query == {"organization_id": "org-1"}
    assert asked.body == {"chat_id": "C1", "seen_up_to": expected}


def test_what_arrived_is_marked_on_its_event(desk: Desk) -> None:
    desk.answers("update_event_properties", Answer(200))

    desk.customer().mark_delivered("C1", "T1", "T1_3", timeout_s=5)

    assert desk.asked("update_event_properties")[0].body == {
        "chat_id": "C1",
        "thread_id": "T1",
        "event_id": "T1_3",
        "properties": {"status": {"delivered": True}},
    }


@pytest.mark.parametrize(
    ("answer", "expected"),
    [(error("validation"), ProviderRefused), (Answer(503), ProviderUnavailable), (Answer(429), ProviderUnavailable)],
)
def test_a_mark_that_is_refused_is_not_kept_quiet(desk: Desk, answer: Answer, expected: type[ProviderError]) -> None:
    desk.answers("mark_events_as_seen", answer)
    desk.answers("update_event_properties", answer)

    with pytest.raises(expected):
        desk.customer().mark_seen("C1", _AT, timeout_s=5)
    with pytest.raises(expected):
        desk.customer().mark_delivered("C1", "T1", "T1_3", timeout_s=5)
