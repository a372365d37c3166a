"""What we put into a chat as the customer, in LiveChat's own form. Pure.

Events for agents alone are in `notes`. Source: LiveChat Customer Chat API 3.6, methods and data structures.
"""

from datetime import UTC, datetime

from functions.handoff.content import AgentButton
from functions.handoff.events import JsonObject
from functions.handoff.interfaces import Note
from functions.livechat.notes import as_form, as_message

DELIVERED: JsonObject = {"status": {"delivered": True}}
"""The property of an event that was carried to the other side of an integration."""


def messages(text: str, custom_id: str, button: AgentButton | None) -> list[JsonObject]:
    """The user's words as an event, best first: as the answer to that button, then, if there is one, as words alone."""
    event: JsonObject = {"type": "message", "custom_id": custom_id, "text": text, "recipients": "all"}
    return [event] if button is None else [{**event, "postback": _postback(button)}, event]


def _postback(button: AgentButton) -> JsonObject:
    """Which button was tapped. `type` and `value`: both or neither.

    Source: data structures, "Message": each of the two requires the other.
    """
    does = {"type": button.kind, "value": button.value} if button.kind and button.value else {}
    return {"id": button.button_id, "thread_id": button.thread_id, "event_id": button.event_id, **does}


def uploaded_file(url: str, custom_id: str) -> JsonObject:
    """A file of the user's; `url` is what `upload_file` answered."""
    return {"type": "file", "custom_id": custom_id, "url": url, "recipients": "all"}


def openings(briefing: Note | None, custom_id: str) -> list[list[JsonObject]]:
    """Initial events, best first; without a briefing in the end, because a refused one must not stop the hand-off."""
    if briefing is None:
        return [[]]
    return [[as_form(briefing, custom_id)], [as_message(briefing, custom_id)], []]


def opening(group_id: int, events: list[JsonObject]) -> JsonObject:
    """The body of start_chat and resume_chat; bots of the licence must not take a chat that asks for a person."""
    thread: JsonObject = {"properties": {"routing": {"ignore_bots": True}}}
    if events:
        thread["events"] = events
    return {"active": True, "continuous": True, "chat": {"access": {"group_ids": [group_id]}, "thread": thread}}


def written_time(at: datetime) -> str:
    """A time as LiveChat writes it: RFC 3339 with microseconds, UTC."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
