"""What the LiveChat stand-in takes of a customer besides words: answers to buttons, and marks on what was received."""

from typing import Any

import pytest

from infra.sandbox.livechat.webhooks import Filters, Registration
from tests.sandbox_livechat_desk import JANE, SECRET, Desk, Json, Receiver, message

pytest_plugins = ("tests.sandbox_livechat_desk",)

YES = {"type": "message", "text": "Yes", "postback_id": "yes", "user_ids": [], "value": "Yes!"}
PLAIN = {"text": "No", "postback_id": "no", "user_ids": []}


def ask(desk: Desk, chat_id: str, **more: Any) -> str:
    event = {"type": "rich_message", "template_id": "quick_replies", "elements": [{"buttons": [YES, PLAIN]}], **more}
    return str(desk.play("event", agent=JANE.id, chat_id=chat_id, event=event).json()["event_id"])


def watch(desk: Desk, receiver: Receiver, action: str, **filters: Any) -> None:
    registration = Registration(
        action=action,
        secret_key=SECRET,
        url=receiver.url,
        owner_client_id=desk.options.client_id,
        type="license",
        filters=Filters(**filters),
    )
    desk.stand_in.licence.webhooks.register(registration)


# --- answers to buttons ----------------------------------------------------------------------------------------------


def answer(thread_id: str, event_id: str, changes: Json | None = None) -> Json:
    return message(postback={"id": "yes", "thread_id": thread_id, "event_id": event_id} | (changes or {}))


@pytest.mark.parametrize("more", [{}, {"type": "message", "value": "Yes!"}])
def test_agents_see_which_button_was_answered(desk: Desk, more: Json) -> None:
    token, chat_id, thread_id = desk.started()
    question = ask(desk, chat_id)

    desk.as_customer(token, "send_event", chat_id=chat_id, event=answer(thread_id, question, more))

    kept = desk.chat_state(chat_id)["threads"][0]["events"][-1]
    assert kept["postback"] == {"id": "yes", "thread_id": thread_id, "event_id": question, **more}


def test_a_button_of_an_older_thread_can_be_answered(desk: Desk) -> None:
    token, chat_id, thread_id = desk.started()
    question = ask(desk, chat_id)
    desk.as_customer(token, "deactivate_chat", id=chat_id)

    desk.as_customer(token, "resume_chat", chat={"id": chat_id, "thread": {"events": [answer(thread_id, question)]}})

    assert desk.chat_state(chat_id)["threads"][1]["events"][0]["postback"]["event_id"] == question


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"id": "maybe"}, "postback.id"),
        ({"id": ""}, "postback.id"),
        ({"thread_id": "NOSUCHTHREAD"}, "postback.thread_id"),
        ({"event_id": "nosuchevent"}, "postback.event_id"),
        ({"type": "message"}, "postback.value"),
        ({"value": "Yes!"}, "postback.type"),
        ({"type": "message", "value": "No!"}, "postback.value"),
        ({"type": "url", "value": "Yes!"}, "postback.value"),
        ({"toggled": True}, "toggled"),
    ],
)
def test_an_answer_to_no_button_is_refused_naming_the_field(desk: Desk, changes: Json, field: str) -> None:
    token, chat_id, thread_id = desk.started()
    event = answer(thread_id, ask(desk, chat_id), changes)

    error = desk.refused(token, "send_event", {"chat_id": chat_id, "event": event})

    assert error["type"] == "validation"
    assert field in error["message"]


def test_only_a_rich_message_that_the_customer_got_can_be_answered(desk: Desk) -> None:
    token, chat_id, thread_id = desk.started()
    for_agents = ask(desk, chat_id, visibility="agents")
    words = desk.play("reply", agent=JANE.id, chat_id=chat_id, text="hi").json()["event_id"]
    gone = ask(desk, chat_id)
    desk.play("delete", agent=JANE.id, chat_id=chat_id, event_id=gone)

    errors = [
        desk.refused(token, "send_event", {"chat_id": chat_id, "event": answer(thread_id, one)})
        for one in (for_agents, words, gone)
    ]

    assert ["validation"] * 3 == [error["type"] for error in errors]
    fields = [error["message"].partition(":")[0] for error in errors]
    assert fields == ["event.postback.event_id", "event.postback.event_id", "event.postback.id"]


def test_nothing_can_be_answered_in_somebody_elses_chat_or_a_new_one(desk: Desk) -> None:
    _, chat_id, thread_id = desk.started()
    event = answer(thread_id, ask(desk, chat_id))
    _, other = desk.customer()

    error = desk.refused(other, "start_chat", {"chat": {"thread": {"events": [event]}}, "continuous": True})
    desk.as_customer(other, "start_chat", continuous=True)
    chat_of_other = desk.stand_in.state()["chats"][-1]["id"]
    foreign = desk.refused(other, "send_event", {"chat_id": chat_of_other, "event": event})

    assert "postback.thread_id" in error["message"]
    assert "postback.thread_id" in foreign["message"]


# --- closed threads --------------------------------------------------------------------------------------------------


def test_what_is_attached_to_the_last_thread_leaves_it_closed(desk: Desk, receiver: Receiver) -> None:
    token, chat_id, thread_id = desk.started()
    desk.as_customer(token, "deactivate_chat", id=chat_id)
    watch(desk, receiver, "incoming_event")
    form = {"type": "filled_form", "form_id": "f", "recipients": "agents", "fields": []}

    sent = desk.as_customer(token, "send_event", chat_id=chat_id, event=form, attach_to_last_thread=True)
    without = desk.refused(token, "send_event", {"chat_id": chat_id, "event": form, "attach_to_last_thread": False})

    assert desk.stand_in.wait_idle()
    (thread,) = desk.chat_state(chat_id)["threads"]
    assert (thread["active"], thread["events"][-1]["id"]) == (False, sent["event_id"])
    assert [body["payload"]["thread_id"] for body in receiver.got] == [thread_id]
    assert without["type"] in {"chat_inactive", "validation"}


# --- marks -----------------------------------------------------------------------------------------------------------


def test_agents_see_how_far_the_customer_has_read(desk: Desk, receiver: Receiver) -> None:
    entity_id, token = desk.customer()
    chat_id = desk.as_customer(token, "start_chat", continuous=True)["chat_id"]
    watch(desk, receiver, "events_marked_as_seen")
    at = "2026-01-02T03:04:05.678901Z"

    desk.as_customer(token, "mark_events_as_seen", chat_id=chat_id, seen_up_to=at)

    assert desk.stand_in.wait_idle()
    customer = next(user for user in desk.chat_state(chat_id)["users"] if user["type"] == "customer")
    assert customer["events_seen_up_to"] == at
    assert [body["payload"] for body in receiver.got] == [{"user_id": entity_id, "chat_id": chat_id, "seen_up_to": at}]


def test_marks_of_our_own_can_be_filtered_out(desk: Desk, receiver: Receiver) -> None:
    token, chat_id, _ = desk.started()
    watch(desk, receiver, "events_marked_as_seen", source_type=["other_clients", "system"])

    desk.as_customer(token, "mark_events_as_seen", chat_id=chat_id, seen_up_to="2026-01-02T03:04:05Z")
    desk.play("seen", agent=JANE.id, chat_id=chat_id)

    assert desk.stand_in.wait_idle()
    assert [body["payload"]["user_id"] for body in receiver.got] == [JANE.id]


@pytest.mark.parametrize("at", ["2026-13-02T03:04:05Z", "2026-01-02T25:04:05Z", "2026-01-02 03:04:05Z", "2026-01-02"])
def test_a_time_that_is_none_is_refused(desk: Desk, at: str) -> None:
    token, chat_id, _ = desk.started()

    error = desk.refused(token, "mark_events_as_seen", {"chat_id": chat_id, "seen_up_to": at})

    assert (error["type"], "seen_up_to" in error["message"]) == ("validation", True)


DELIVERED = {"status": {"delivered": True}}


def test_an_event_is_marked_as_delivered_for_agents_and_webhooks(desk: Desk, receiver: Receiver) -> None:
    token, chat_id, thread_id = desk.started()
    watch(desk, receiver, "event_properties_updated")
    said = message(properties={"chats": {"formatting": "commonmark"}})
    event_id = desk.play("event", agent=JANE.id, chat_id=chat_id, event=said).json()["event_id"]
    where = {"chat_id": chat_id, "thread_id": thread_id, "event_id": event_id}

    desk.as_customer(token, "update_event_properties", **where, properties=DELIVERED)

    assert desk.stand_in.wait_idle()
    kept = desk.chat_state(chat_id)["threads"][0]["events"][-1]
    assert kept["properties"] == {"chats": {"formatting": "commonmark"}, **DELIVERED}
    assert [body["payload"] for body in receiver.got] == [{**where, "properties": DELIVERED}]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"thread_id": "NOSUCHTHREAD"}, "event_id"),
        ({"event_id": "nosuchevent"}, "event_id"),
        ({"chat_id": "NOSUCHCHAT"}, "chat_id"),
        ({"properties": {}}, "properties"),
        ({"properties": {"status": {"seen": True}}}, "status.seen"),
        ({"properties": {"status": {"delivered": "yes"}}}, "status.delivered"),
        ({"properties": {"lc2": {"welcome_message": True}}}, "lc2.welcome_message"),
        ({"id": "x"}, "id"),
    ],
)
def test_a_mark_that_can_not_be_made_is_refused_naming_the_field(desk: Desk, changes: Json, field: str) -> None:
    token, chat_id, thread_id = desk.started()
    event_id = desk.play("reply", agent=JANE.id, chat_id=chat_id, text="hi").json()["event_id"]
    body = {"chat_id": chat_id, "thread_id": thread_id, "event_id": event_id, "properties": DELIVERED, **changes}

    error = desk.refused(token, "update_event_properties", body)

    assert error["type"] == "validation"
    assert field in error["message"]


def test_a_note_among_agents_can_not_be_marked_by_the_customer(desk: Desk) -> None:
    token, chat_id, thread_id = desk.started()
    note_id = desk.play("note", agent=JANE.id, chat_id=chat_id, text="secret").json()["event_id"]
    body = {"chat_id": chat_id, "thread_id": thread_id, "event_id": note_id, "properties": DELIVERED}

    assert desk.refused(token, "update_event_properties", body)["type"] == "validation"
