"""One reader for each webhook action the bridge goes by. Fields that are not documented are not looked at.

Source: LiveChat Configuration API 3.6, webhooks: lifecycle actions carry neither id nor time.
"""

import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from functions.handoff.errors import WebhookRejected
from functions.handoff.events import (
    AgentJoined,
    AgentLeft,
    AgentMessage,
    ChatClosed,
    ChatStarted,
    ChatTransferred,
    DeskEvent,
    JsonObject,
)
from functions.handoff.ids import is_own_event
from functions.livechat.mapping import (
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

_MAX_EVENTS = 100  # a thread that has just begun; more is found when the thread is read
_MAX_PEOPLE = 50
LIFECYCLE_PREFIX = "lifecycle:"
"""Starts the id of an event made from a webhook without one: a digest of its payload, so that the same thing happening
again later has the same id. Whoever stores it adds a time."""


class Notice(NamedTuple):
    """One webhook's payload in hand."""

    action: str
    payload: JsonObject
    received_at: datetime

    @property
    def lifecycle_id(self) -> str:
        """The same for the same payload, whatever the order of its fields."""
        data = json.dumps(self.payload, sort_keys=True, separators=(",", ":")).encode()
        return f"{LIFECYCLE_PREFIX}{self.action}:{hashlib.sha256(data).hexdigest()[:32]}"


class Ignored(NamedTuple):
    """A valid webhook that means nothing to the core."""

    reason: str


def need(values: JsonObject, name: str, kind: type[Any], where: str = "") -> Any:
    """A documented field of `values`; `where` is their place in the body, for the message.

    Raises:
        WebhookRejected: 400, it is missing, of the wrong type, or an empty string.
    """
    value = values.get(name)
    if not isinstance(value, kind) or value == "":
        what = "is missing" if value is None else "is not what the API documents"
        raise WebhookRejected(400, "field", f"{where}{name} {what}")
    return value


def _need_id(values: JsonObject, name: str, where: str) -> str:
    """A documented id; raises as `need`, and where it can't be one."""
    need(values, name, str, where)
    value = id_in(values, name)
    if not value:
        raise WebhookRejected(400, "field", f"{where}{name} is too long, or nothing but NULs")
    return value


def _incoming_chat(notice: Notice) -> DeskEvent | Ignored:
    chat = need(notice.payload, "chat", dict, "payload.")
    chat_id = _need_id(chat, "id", "payload.chat.")
    thread = need(chat, "thread", dict, "payload.chat.")
    thread_id = _need_id(thread, "id", "payload.chat.thread.")
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


def _incoming_event(notice: Notice) -> DeskEvent | Ignored:
    chat_id = _need_id(notice.payload, "chat_id", "payload.")
    thread_id = _need_id(notice.payload, "thread_id", "payload.")
    event = need(notice.payload, "event", dict, "payload.")
    _need_id(event, "id", "payload.event.")
    kind = need(event, "type", str, "payload.event.")
    source_at = read_time(need(event, "created_at", str, "payload.event."))
    if source_at is None:
        raise WebhookRejected(400, "field", "payload.event.created_at is not a time")
    if is_own_event(text_in(event, "custom_id")):
        return Ignored("own echo")
    if kind == "message" and not event.get("deleted") and not isinstance(event.get("text"), str):
        raise WebhookRejected(400, "field", "payload.event.text is missing or not a string")
    return read_event(event, chat_id=chat_id, thread_id=thread_id, people={}, source_at=source_at)


def _user_added(notice: Notice) -> DeskEvent | Ignored:
    chat_id = _need_id(notice.payload, "chat_id", "payload.")
    user = need(notice.payload, "user", dict, "payload.")
    _need_id(user, "id", "payload.user.")
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


def _user_removed(notice: Notice) -> DeskEvent | Ignored:
    chat_id = _need_id(notice.payload, "chat_id", "payload.")
    user_id = _need_id(notice.payload, "user_id", "payload.")
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


def _chat_transferred(notice: Notice) -> DeskEvent | Ignored:
    return ChatTransferred(
        id=notice.lifecycle_id,
        source_at=notice.received_at,
        chat_id=_need_id(notice.payload, "chat_id", "payload."),
        thread_id=id_in(notice.payload, "thread_id"),
        agent_ids=_texts(value_in(notice.payload, "transferred_to", "agent_ids")),
        queued=isinstance(notice.payload.get("queue"), dict),
    )


def _texts(value: object) -> tuple[str, ...]:
    return tuple(one for one in value if isinstance(one, str))[:_MAX_PEOPLE] if isinstance(value, list) else ()


def _chat_deactivated(notice: Notice) -> DeskEvent | Ignored:
    return ChatClosed(
        id=notice.lifecycle_id,
        source_at=notice.received_at,
        chat_id=_need_id(notice.payload, "chat_id", "payload."),
        thread_id=_need_id(notice.payload, "thread_id", "payload."),
        closed_by=_closer(text_in(notice.payload, "user_id")),
    )


def _closer(user_id: str) -> str:
    """Who ended the thread: nobody is named for the router's timeouts, and one of LiveChat's bots counts as those."""
    if not user_id or is_bot_id(user_id):
        return "system"
    return "agent" if is_agent_id(user_id) else "user"


READERS: dict[str, Callable[[Notice], DeskEvent | Ignored]] = {
    "incoming_chat": _incoming_chat,
    "incoming_event": _incoming_event,
    "user_added_to_chat": _user_added,
    "user_removed_from_chat": _user_removed,
    "chat_transferred": _chat_transferred,
    "chat_deactivated": _chat_deactivated,
}
"""What the bridge goes by; every other action (event_deleted, thread_tagged, …) is ignored by name."""
