"""The desk as a customer: notes to agents, who is there, finding the chat, closing it, and the customer's details."""

from collections.abc import Iterator
from typing import Any

import pytest

from functions.handoff.errors import ProviderRefused, ProviderUnavailable
from functions.handoff.interfaces import ChatSummary, Note
from tests.livechat_customers import CUSTOM_ID, Desk, error
from tests.scripted_server import Answer, scripted_server


@pytest.fixture
def desk() -> Iterator[Desk]:
    with scripted_server() as server:
        yield Desk(server)


# --- notes -----------------------------------------------------------------------------------------------------------

NOTE = Note("Note from the bridge", (("Note from the bridge", "The user did not get your file."),))


def test_a_note_is_for_agents_only(desk: Desk) -> None:
    desk.answers("send_event", Answer(200, {"event_id": "T1_3"}))

    event_id = desk.customer().send_note("C1", NOTE, custom_id=CUSTOM_ID, timeout_s=5)

    event = desk.asked("send_event")[0].body["event"]
    assert event_id == "T1_3"
    assert (event["type"], event["recipients"], event["custom_id"]) == ("filled_form", "agents", CUSTOM_ID)
    assert event["fields"] == [
        {
            "type": "textarea",
            "id": "1",
            "label": "Note from the bridge",
            "answer": "The user did not get your file.",
        }
    ]


def test_a_note_that_is_refused_becomes_a_message_that_says_who_wrote_it(desk: Desk) -> None:
    desk.answers("send_event", error("validation"), Answer(200, {"event_id": "T1_3"}))

    event_id = desk.customer().send_note("C1", NOTE, custom_id=CUSTOM_ID, timeout_s=5)

    event = desk.asked("send_event")[1].body["event"]
    assert event_id == "T1_3"
    assert (event["type"], event["custom_id"]) == ("message", CUSTOM_ID)
    assert event["text"].splitlines() == [
        "[Automatic note from the messaging bridge: not written by the customer]",
        "Note from the bridge",
        "The user did not get your file.",
    ]


def test_a_long_note_is_cut_to_what_a_message_may_hold(desk: Desk) -> None:
    desk.answers("send_event", error("validation"), Answer(200, {"event_id": "T1_3"}))
    note = Note("Title", (("Conversation", "👋" * 5000),))

    desk.customer().send_note("C1", note, custom_id=CUSTOM_ID, timeout_s=5)

    text = desk.asked("send_event")[1].body["event"]["text"]
    assert 15_990 <= len(text.encode()) <= 16_000
    assert text.endswith("👋…")


def test_a_note_refused_in_every_form_is_refused(desk: Desk) -> None:
    desk.answers("send_event", error("validation"))

    with pytest.raises(ProviderRefused):
        desk.customer().send_note("C1", NOTE, custom_id=CUSTOM_ID, timeout_s=5)


# --- who is there, and the chat --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ({"7": "online"}, "online"),
        ({"7": "offline", "8": "online"}, "offline"),
        ({"7": "online_for_queue"}, "online_for_queue"),
        ({"7": "brand_new"}, "unknown"),
        ({"7": ["online"]}, "unknown"),
        ({}, "unknown"),
    ],
)
def test_the_group_s_status_is_known_or_unknown(desk: Desk, statuses: dict[str, Any], expected: str) -> None:
    desk.answers("list_group_statuses", Answer(200, {"groups_status": statuses}))

    status = desk.customer().group_status(7, timeout_s=5)

    assert status == expected
    assert desk.asked("list_group_statuses")[0].body == {"group_ids": [7]}


def summary(chat_id: str, **fields: Any) -> dict[str, Any]:
    return {"id": chat_id, "last_thread_id": f"{chat_id}-T", "active": False, **fields}


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        ([], None),
        ([summary("C1")], ChatSummary("C1", "C1-T", active=False)),
        ([summary("C1", active=True)], ChatSummary("C1", "C1-T", active=True)),
        ([summary("C1"), summary("C2", active=True)], ChatSummary("C2", "C2-T", active=True)),
        ([summary("C1"), summary("C2")], ChatSummary("C1", "C1-T", active=False)),
        ([{"id": "C1"}], ChatSummary("C1", "", active=False)),
    ],
)
def test_the_customer_s_chat_is_found(desk: Desk, listed: list[Any], expected: ChatSummary | None) -> None:
    desk.answers("list_chats", Answer(200, {"chats_summary": listed, "total_chats": len(listed)}))

    assert desk.customer().find_chat(timeout_s=5) == expected


def test_an_unreadable_list_is_not_taken_for_no_chat(desk: Desk) -> None:
    desk.answers("list_chats", Answer(200, {}))

    with pytest.raises(ProviderUnavailable):
        desk.customer().find_chat(timeout_s=5)


def test_a_chat_is_closed_by_its_id(desk: Desk) -> None:
    desk.answers("deactivate_chat", Answer(200))

    desk.customer().close_chat("C1", timeout_s=5)

    assert desk.asked("deactivate_chat")[0].body == {"id": "C1"}


def test_a_chat_that_can_not_be_closed_now_is_not_taken_for_closed(desk: Desk) -> None:
    desk.answers("deactivate_chat", error("internal", status=500))

    with pytest.raises(ProviderUnavailable):
        desk.customer().close_chat("C1", timeout_s=5)


# --- details ---------------------------------------------------------------------------------------------------------


def test_details_are_shown_without_what_is_empty(desk: Desk) -> None:
    desk.answers("update_customer", Answer(200))

    desk.customer().update_details("A user", {"order": "4711", "empty": "", "": "nameless"}, timeout_s=5)

    assert desk.asked("update_customer")[0].body == {"name": "A user", "session_fields": [{"order": "4711"}]}


@pytest.mark.parametrize(
    ("name", "fields", "expected"),
    [("A user", {}, {"name": "A user"}), ("", {"order": "4711"}, {"session_fields": [{"order": "4711"}]})],
)
def test_either_detail_may_be_missing(desk: Desk, name: str, fields: dict[str, str], expected: object) -> None:
    desk.answers("update_customer", Answer(200))

    desk.customer().update_details(name, fields, timeout_s=5)

    assert desk.asked("update_customer")[0].body == expected


def test_nothing_to_show_is_no_call(desk: Desk) -> None:
    desk.customer().update_details("", {"empty": ""}, timeout_s=5)

    assert desk.server.asked == []


def test_at_most_a_hundred_fields_are_shown(desk: Desk) -> None:
    desk.answers("update_customer", Answer(200))

    desk.customer().update_details("", {f"key {n}": "x" for n in range(150)}, timeout_s=5)

    assert len(desk.asked("update_customer")[0].body["session_fields"]) == 100


# --- time ------------------------------------------------------------------------------------------------------------


def test_an_operation_of_several_calls_ends_in_its_time(desk: Desk) -> None:
    def slow(_asked: Any) -> Answer:
        desk.clock.sleep(3)
        return error("validation")

    desk.answers("send_event", slow)

    with pytest.raises(ProviderUnavailable) as caught:
        desk.customer().send_note("C1", NOTE, custom_id=CUSTOM_ID, timeout_s=3)

    assert (caught.value.error_type, caught.value.undelivered) == ("out_of_time", True)
    assert len(desk.asked("send_event")) == 1
