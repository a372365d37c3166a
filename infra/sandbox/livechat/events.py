"""Events: checking what is sent, keeping it, announcing it."""

import struct
import uuid
from typing import Any

import msgspec

from infra.sandbox.livechat.agent_shapes import AgentEvent
from infra.sandbox.livechat.errors import ApiError
from infra.sandbox.livechat.licence import Licence
from infra.sandbox.livechat.model import Cause, Chat, JsonObject, Thread, Upload
from infra.sandbox.livechat.shapes import MAX_TEXT_BYTES, Properties, SentFile, SentMessage

_PNG = b"\x89PNG\r\n\x1a\n"
_WRITABLE = {
    "chat": {"routing.ignore_agents_routing", "rating.score", "rating.comment"},
    "thread": {"routing.ignore_bots", "rating.score", "rating.comment"},
    "event": {"status.delivered", "chats.formatting", "rating.score", "rating.comment"},
    "agent's event": {
        *("status.delivered", "chats.formatting", "lc2.file_safety_confirmation"),
        *("translation.source_lang_code", "translation.target_lang_code", "translation.target_message"),
    },
}
"""By location, as customers may write them; and those that agents (and LiveChat for them) may write on events."""
SYSTEM_TEXTS = {
    "agent_added": "{initiator} added {agent} to the chat",
    "agent_joined": "{agent} joined the chat",
    "agent_left": "{agent} left the chat",
    "agent_removed": "{initiator} removed {agent} from the chat",
    "chat_transferred": "{initiator} transferred the chat to {targets}",
    "manual_archived_agent": "{agent} archived the chat",
    "manual_archived_customer": "{customer} archived the chat",
    "routing.archived_inactive": "The chat was closed due to inactivity",
    "routing.assigned_inactive": "The chat was reassigned to {agent}: the previous agent was inactive",
    "routing.assigned_signed_out": "The chat was reassigned to {agent}: the previous agent signed out",
    "routing.unassigned_signed_out": "The chat was unassigned: the agent signed out",
    "system_archived": "The chat was closed",
}
"""Wording per system_message_type, after the reference's list."""


def check_event(licence: Licence, event: AgentEvent, *, by_agent: bool) -> None:
    """Refuse what LiveChat would refuse for its content.

    Raises:
        ApiError: `validation`, naming the field.
    """
    if isinstance(event, SentMessage):
        check_text(event.text)
    if isinstance(event, SentFile) and event.url not in licence.uploads:
        raise ApiError("validation", "event.url: must point to the LiveChat CDN")
    check_properties("agent's event" if by_agent else "event", event.properties)


def check_text(text: str) -> None:
    """Refuse a message's text that is too long.

    Raises:
        ApiError: `validation`.
    """
    if len(text.encode("utf-8", "surrogatepass")) > MAX_TEXT_BYTES:
        raise ApiError("validation", f"event.text: longer than {MAX_TEXT_BYTES} bytes")


def check_properties(location: str, properties: Properties) -> None:
    """Refuse properties that are not registered, or can't be written, at this location (chat, thread, event).

    Raises:
        ApiError: `validation`, naming the property.
    """
    for namespace, values in properties.items():
        for name in values:
            if f"{namespace}.{name}" not in _WRITABLE[location]:
                raise ApiError("validation", f"properties.{namespace}.{name}: no such writable {location} property")


def keep_event(licence: Licence, chat: Chat, event: AgentEvent, author_id: str) -> JsonObject:
    """Append a sent event to the newest thread; answers it as agents see it."""
    body = msgspec.to_builtins(event)
    audience = body.pop("visibility", None) or body.pop("recipients", None) or "all"
    body.pop("recipients", None)
    if isinstance(event, SentFile):
        body |= _file_fields(licence.uploads[event.url])
    author = {} if body["type"] == "system_message" else {"author_id": author_id}
    kept = _append(licence, chat.newest, {**body, **author}, audience)
    chat.members[author_id].seen_up_to = kept["created_at"]
    return kept


def _append(licence: Licence, thread: Thread, body: JsonObject, audience: str) -> JsonObject:
    is_uuid = licence.dice.random() < licence.options.uuid_event_share
    event_id = str(uuid.uuid4()) if is_uuid else f"{thread.id}_{len(thread.events) + 1}"
    event = {"id": event_id, "created_at": licence.now(), "visibility": audience, **body}
    thread.events.append(event)
    return event


def _file_fields(upload: Upload) -> JsonObject:
    fields: JsonObject = {"name": upload.name, "content_type": upload.content_type}
    if upload.content_type.startswith("image/"):
        fields["size"] = len(upload.content)
        fields |= _png_size(upload.content)
    return fields


def _png_size(content: bytes) -> dict[str, Any]:
    if not content.startswith(_PNG) or len(content) < 24:
        return {}
    width, height = struct.unpack(">II", content[16:24])
    return {"width": width, "height": height}


def announce_event(licence: Licence, chat: Chat, event: JsonObject, cause: Cause) -> None:
    """Send the `incoming_event` webhook."""
    payload = {"chat_id": chat.id, "thread_id": chat.newest.id, "event": event}
    licence.webhooks.emit("incoming_event", payload, cause, chat, author_type(licence, event))


def announce_update(licence: Licence, chat: Chat, thread: Thread, event: JsonObject, cause: Cause) -> None:
    """Send the `event_updated` webhook."""
    payload = {"chat_id": chat.id, "thread_id": thread.id, "event": event}
    licence.webhooks.emit("event_updated", payload, cause, chat, author_type(licence, event))


def author_type(licence: Licence, event: JsonObject) -> str:
    """ "agent" (bots too), "customer", or "" for an event without an author."""
    author_id = event.get("author_id")
    if author_id is None:
        return ""
    return "agent" if author_id in licence.agents else "customer"


def say_as_system(licence: Licence, chat: Chat, kind: str, **names: str) -> None:
    """Add and announce a system message of LiveChat's own."""
    body: JsonObject = {
        "type": "system_message",
        "system_message_type": kind,
        "text": SYSTEM_TEXTS[kind].format(**names),
        "text_vars": names,
    }
    event = _append(licence, chat.newest, body, "all")
    announce_event(licence, chat, event, Cause("", None))


def say_as_agent(licence: Licence, chat: Chat, agent_id: str, text: str, properties: JsonObject) -> None:
    """Add and announce a message that LiveChat itself sends in an agent's (or its bot's) name."""
    body = {"type": "message", "text": text, "author_id": agent_id, "properties": properties}
    event = _append(licence, chat.newest, body, "all")
    announce_event(licence, chat, event, Cause("", None))


def name_of(licence: Licence, user_id: str) -> str:
    """How system messages call a user."""
    if user_id in licence.agents:
        return licence.agents[user_id].profile.name
    return str(licence.customers[user_id].details.get("name", "Customer"))
