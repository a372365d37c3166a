"""What an agent may send, change and take back, beyond what every sender must keep to.

Source: Agent Chat API 3.6, send_event; rich messages (what each type of button needs). How LiveChat refuses a change of
somebody else's words is not documented.
"""

from collections.abc import Sequence
from typing import NamedTuple

from infra.sandbox.livechat import events
from infra.sandbox.livechat.agent_shapes import AgentEvent
from infra.sandbox.livechat.errors import ApiError
from infra.sandbox.livechat.licence import Licence
from infra.sandbox.livechat.membership import check_present
from infra.sandbox.livechat.model import Cause, Chat, JsonObject, Thread
from infra.sandbox.livechat.shapes import Button, SentRichMessage

_SHELL = ("id", "type", "created_at", "author_id", "visibility")


def check_sent(chat: Chat, event: AgentEvent, user_id: str) -> None:
    """Only users of the chat write; who is there for agents only can't write to everybody.

    Raises:
        ApiError: `validation` or `authorization`.
    """
    check_words([event])
    check_present(chat, user_id)
    if chat.members[user_id].visibility == "agents" and event.visibility != "agents":
        raise ApiError("authorization", "Requester with visibility agents can't send an event visible to all")


def check_words(sent: Sequence[AgentEvent]) -> None:
    """Agents say `visibility`, not `recipients`; a button has what its type needs, and nothing of another type.

    Raises:
        ApiError: `validation`.
    """
    for event in sent:
        if event.recipients is not None:
            raise ApiError("validation", "event.recipients: unknown field")
        if isinstance(event, SentRichMessage):
            for button in (button for element in event.elements for button in element.buttons):
                _check_button(button)


def _check_button(button: Button) -> None:
    if (button.type is None) != (button.value is None):
        raise ApiError("validation", "event.elements.buttons.type: requires value, and value requires type")
    if (button.type == "webview") != (button.webview_height is not None):
        raise ApiError("validation", "event.elements.buttons.webview_height: of webview buttons, and required there")
    if button.target is not None and (button.type != "url" or button.target not in {"new", "current"}):
        raise ApiError("validation", "event.elements.buttons.target: new or current, and of url buttons")


class Changes(NamedTuple):
    """What a message says from now on. `properties`: by namespace, in place of those that it has."""

    event_id: str
    text: str
    properties: JsonObject


def edit(licence: Licence, chat: Chat, changes: Changes, cause: Cause) -> None:
    """Change a message of the agent's own, and tell.

    Raises:
        ApiError: there is no such event, or it is no message of theirs.
    """
    thread, event = _find(chat, changes.event_id)
    if event["type"] != "message" or event.get("author_id") != cause.user_id or event.get("deleted"):
        raise ApiError("validation", "event_id: not a message of the requester's")
    properties = {**event.get("properties", {}), **changes.properties}
    changed = {**event, "text": changes.text, **({"properties": properties} if properties else {})}
    _replace(thread, event, changed)
    thread.edits[changes.event_id] = thread.edits.get(changes.event_id, 0) + 1
    events.announce_update(licence, chat, thread, changed, cause)


def delete(licence: Licence, chat: Chat, event_id: str, cause: Cause) -> None:
    """Leave nothing of an event but its shell, and tell.

    Raises:
        ApiError: there is no such event.
    """
    thread, event = _find(chat, event_id)
    shell = {**{name: event[name] for name in _SHELL if name in event}, "deleted": True}
    _replace(thread, event, shell)
    payload = {"chat_id": chat.id, "thread_id": thread.id, "event_id": event_id}
    if "event_deleted" in licence.options.deletion_webhooks:
        licence.webhooks.emit("event_deleted", payload, cause, chat)
    if "event_updated" in licence.options.deletion_webhooks:
        events.announce_update(licence, chat, thread, shell, cause)


def _find(chat: Chat, event_id: str) -> tuple[Thread, JsonObject]:
    for thread in chat.threads:
        for event in thread.events:
            if event["id"] == event_id:
                return thread, event
    raise ApiError("not_found", "event_id: Event not found")


def _replace(thread: Thread, old: JsonObject, new: JsonObject) -> None:
    """A new object, so that nobody who holds the old one sees it change."""
    thread.events = [new if event is old else event for event in thread.events]
