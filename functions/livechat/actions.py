"""One reader for each webhook action the bridge goes by. Fields that are not documented are not looked at.

Source: LiveChat Configuration API 3.6, webhooks: lifecycle actions carry neither id nor time.
"""

from collections.abc import Callable
from typing import Any

from functions.handoff.events import AgentJoined, AgentLeft, AgentMessage, ChatClosed, ChatStarted, ChatTransferred
from functions.livechat.event_actions import event_deleted, event_updated, events_marked_as_seen, incoming_event
from functions.livechat.mapping import (
    MAX_ID_CHARACTERS,
    id_in,
    is_agent_id,
    is_bot_id,
    objects_in,
    read_event,
    read_people,
    read_person,
    read_time,
    text_in,
    value_in,
)
from functions.livechat.notices import Found, Ignored, Notice, need, need_id

_MAX_EVENTS = 100  # a thread that has just begun; more is found when the thread is read
_MAX_PEOPLE = 50
_MAX_GROUP_ID = 2**31 - 1  # what the API calls an int


def _incoming_chat(notice: Notice) -> Found:
    chat = need(notice.payload, "chat", dict, "payload.")
    chat_id = need_id(chat, "id", "payload.chat.")
    thread = need(chat, "thread", dict, "payload.chat.")
    thread_id = need_id(thread, "id", "payload.chat.thread.")
    people = read_people(chat.get("users"))
    events = (
        read_event(
            event,
            chat_id=chat_id,
            thread_id=thread_id,
            people=people,
            source_at=read_time(event.get("created_at")) or notice.received_at,
        )
        for event in objects_in(thread.get("events"))[:_MAX_EVENTS]
        if id_in(event, "id")
    )
    agents = (p.agent for p in people.values() if p.is_human_agent and p.is_visible and p.is_present)
    return ChatStarted(
        id=notice.lifecycle_id,
        source_at=notice.received_at,
        chat_id=chat_id,
        thread_id=thread_id,
        agents=tuple(agents)[:_MAX_PEOPLE],
        messages=tuple(event for event in events if isinstance(event, AgentMessage)),
    )


def _user_added(notice: Notice) -> Found:
    chat_id = need_id(notice.payload, "chat_id")
    user = need(notice.payload, "user", dict, "payload.")
    need_id(user, "id", "payload.user.")
    kind = notice.payload.get("user_type") or user.get("type")
    person = read_person({"type": kind, **user})
    if person is None or not person.is_human_agent or kind != "agent":
        return Ignored("not an agent")
    if not person.is_visible:
        return Ignored("agent not visible")
    return AgentJoined(
        id=notice.lifecycle_id,
        source_at=notice.received_at,
        chat_id=chat_id,
        thread_id=id_in(notice.payload, "thread_id"),
        agent=person.agent,
    )


def _user_removed(notice: Notice) -> Found:
    chat_id = need_id(notice.payload, "chat_id")
    user_id = need_id(notice.payload, "user_id")
    kind = notice.payload.get("user_type") or ("agent" if is_agent_id(user_id) else "")
    if kind != "agent" or is_bot_id(user_id):
        return Ignored("not an agent")
    return AgentLeft(
        id=notice.lifecycle_id,
        source_at=notice.received_at,
        chat_id=chat_id,
        thread_id=id_in(notice.payload, "thread_id"),
        agent_id=user_id,
    )


def _chat_transferred(notice: Notice) -> Found:
    agent_ids = value_in(notice.payload, "transferred_to", "agent_ids")
    group_ids = value_in(notice.payload, "transferred_to", "group_ids")
    return ChatTransferred(
        id=notice.lifecycle_id,
        source_at=notice.received_at,
        chat_id=need_id(notice.payload, "chat_id"),
        thread_id=id_in(notice.payload, "thread_id"),
        agent_ids=tuple(one for one in _listed(agent_ids) if isinstance(one, str) and len(one) <= MAX_ID_CHARACTERS),
        group_ids=tuple(one for one in _listed(group_ids) if _is_group_id(one)),
        queued=isinstance(notice.payload.get("queue"), dict),
    )


def _listed(value: object) -> list[Any]:
    return value[:_MAX_PEOPLE] if isinstance(value, list) else []


def _is_group_id(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MAX_GROUP_ID


def _chat_deactivated(notice: Notice) -> Found:
    return ChatClosed(
        id=notice.lifecycle_id,
        source_at=notice.received_at,
        chat_id=need_id(notice.payload, "chat_id"),
        thread_id=need_id(notice.payload, "thread_id"),
        closed_by=_closer(text_in(notice.payload, "user_id")),
    )


def _closer(user_id: str) -> str:
    """Who ended the thread: nobody is named for the router's timeouts, and one of LiveChat's bots counts as those."""
    if not user_id or is_bot_id(user_id):
        return "system"
    return "agent" if is_agent_id(user_id) else "user"


READERS: dict[str, Callable[[Notice], Found]] = {
    "incoming_chat": _incoming_chat,
    "incoming_event": incoming_event,
    "event_updated": event_updated,
    "event_deleted": event_deleted,
    "events_marked_as_seen": events_marked_as_seen,
    "user_added_to_chat": _user_added,
    "user_removed_from_chat": _user_removed,
    "chat_transferred": _chat_transferred,
    "chat_deactivated": _chat_deactivated,
}
"""What the bridge goes by; every other action (thread_tagged, incoming_rich_message_postback, …) is ignored by name."""
