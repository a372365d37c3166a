"""Readers of the webhook actions about single events: one came, was changed, was taken back, was read.

Source: LiveChat Configuration API 3.6, webhooks. What makes `event_updated` is not documented beyond its name: only a
message of an agent's counts as changed by its writer.
"""

import hashlib

from functions.handoff.errors import WebhookRejected
from functions.handoff.events import MessageDeleted, MessageEdited
from functions.handoff.ids import is_own_event
from functions.handoff.json_fields import clean_text
from functions.livechat.content import formatting_of, message_words
from functions.livechat.mapping import (
    MAX_ID_CHARACTERS,
    find_writer,
    is_agent_id,
    is_bot_id,
    read_event,
    text_in,
)
from functions.livechat.notices import LIFECYCLE_PREFIX, Found, Ignored, Notice, Seen, need, need_id, need_time

_KIND_SHOWN = 50  # characters of a kind's name that go into logs
_IN_EVENT = "payload.event."


def incoming_event(notice: Notice) -> Found:
    """What an agent wrote, or that something is there which is not for the user."""
    chat_id, thread_id = need_id(notice.payload, "chat_id"), need_id(notice.payload, "thread_id")
    event = need(notice.payload, "event", dict, "payload.")
    need_id(event, "id", _IN_EVENT)
    kind = need(event, "type", str, _IN_EVENT)
    source_at = need_time(event, "created_at", _IN_EVENT)
    if is_own_event(text_in(event, "custom_id")):
        return Ignored("own echo")
    if kind == "message" and not event.get("deleted"):
        _need_text(event)
    return read_event(event, chat_id=chat_id, thread_id=thread_id, people={}, source_at=source_at)


def event_updated(notice: Notice) -> Found:
    """An agent's message as it says now, with the time of arrival: LiveChat does not give that of the change.

    The same words again are the same change for a minute or two: nothing tells a second one from a webhook that comes
    twice.
    """
    chat_id, thread_id = need_id(notice.payload, "chat_id"), need_id(notice.payload, "thread_id")
    event = need(notice.payload, "event", dict, "payload.")
    event_id = need_id(event, "id", _IN_EVENT)
    kind = clean_text(need(event, "type", str, _IN_EVENT))
    if is_own_event(text_in(event, "custom_id")):
        return Ignored("own echo")
    if event.get("deleted"):
        return _taken_back(notice, chat_id, thread_id, event_id)
    if kind != "message":
        return Ignored(f"update of {kind[:_KIND_SHOWN]}")
    _need_text(event)
    writer, words = find_writer(event, {}), message_words(event)
    if writer is None or not words.strip():
        return Ignored("update that is not for the user")
    return MessageEdited(
        # A notice without a time of its own: the same words come again when an agent changes them there and back.
        id=LIFECYCLE_PREFIX + _made_id("edit", event_id, hashlib.sha256(words.encode()).hexdigest()[:32]),
        source_at=notice.received_at,
        chat_id=chat_id,
        thread_id=thread_id,
        event_id=event_id,
        agent=writer,
        text=words,
        formatting=formatting_of(event),
    )


def event_deleted(notice: Notice) -> Found:
    """Something was taken back; LiveChat says no more than its id."""
    chat_id, thread_id = need_id(notice.payload, "chat_id"), need_id(notice.payload, "thread_id")
    return _taken_back(notice, chat_id, thread_id, need_id(notice.payload, "event_id"))


def events_marked_as_seen(notice: Notice) -> Found:
    """How far an agent has read."""
    need_id(notice.payload, "chat_id")
    user_id = need_id(notice.payload, "user_id")
    up_to = need_time(notice.payload, "seen_up_to")
    if is_agent_id(user_id):
        return Seen(up_to, user_id)
    return Ignored("seen by a bot" if is_bot_id(user_id) else "seen by the customer")


def _need_text(event: dict[str, object]) -> None:
    if not isinstance(event.get("text"), str):
        raise WebhookRejected(400, "field", f"{_IN_EVENT}text is missing or not a string")


def _taken_back(notice: Notice, chat_id: str, thread_id: str, event_id: str) -> MessageDeleted:
    return MessageDeleted(
        id=_made_id("deleted", thread_id, event_id),
        source_at=notice.received_at,
        chat_id=chat_id,
        thread_id=thread_id,
        event_id=event_id,
    )


def _made_id(kind: str, *parts: str) -> str:
    """An id made of others, a digest of them where that would be too long for one."""
    joined = ":".join((kind, *parts))
    if len(joined) <= MAX_ID_CHARACTERS - len(LIFECYCLE_PREFIX):
        return joined
    return f"{kind}:{hashlib.sha256(joined.encode()).hexdigest()}"
