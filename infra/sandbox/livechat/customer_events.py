"""What a customer may send and mark, beyond what every sender must keep to. Strict, so that it finds our own mistakes.

Source: Customer Chat API 3.6, data structures ("Message": `postback` names a button's postback_id, thread and event)
and default properties. What LiveChat itself checks of a postback is not documented.
"""

from infra.sandbox.livechat import events, uploads
from infra.sandbox.livechat.errors import ApiError
from infra.sandbox.livechat.licence import Licence
from infra.sandbox.livechat.model import Chat, JsonObject, Thread
from infra.sandbox.livechat.shapes import (
    Postback,
    Properties,
    SentEvent,
    SentFilledForm,
    SentMessage,
    SentSystemMessage,
    UpdateEventProperties,
)

_FOR_AGENTS = SentFilledForm | SentSystemMessage
_TYPE_OF = {"status.delivered": bool, "chats.formatting": str, "rating.score": int, "rating.comment": str}


def check_events(licence: Licence, chat: Chat | None, sent: list[SentEvent]) -> None:
    """Refuse what only agents may say, files whose day is over, and answers to no button.

    `chat`: where they are to go; None if it is about to be made.

    Raises:
        ApiError: `validation`, naming the field.
    """
    uploads.forget_unsent(licence)
    for event in sent:
        if event.visibility is not None:
            raise ApiError("validation", "event.visibility: unknown field")
        if event.recipients == "agents" and not isinstance(event, _FOR_AGENTS):
            raise ApiError("validation", "event.recipients: must be all for this type of event")
        if isinstance(event, SentMessage) and event.postback:
            _check_answer(chat, event.postback)


def _check_answer(chat: Chat | None, postback: Postback) -> None:
    named = [button for button in _buttons(chat, postback) if button["postback_id"] == postback.id]
    if not named:
        raise ApiError("validation", "event.postback.id: Button not found")
    if postback.type and (postback.type, postback.value) not in {(one.get("type"), one.get("value")) for one in named}:
        raise ApiError("validation", "event.postback.value: not the button's")


def _buttons(chat: Chat | None, postback: Postback) -> list[JsonObject]:
    if chat is None or postback.thread_id not in {thread.id for thread in chat.threads}:
        raise ApiError("validation", "event.postback.thread_id: Thread not found")
    found = find_event(chat, postback.thread_id, postback.event_id)
    if found is None or found[1]["type"] != "rich_message":
        raise ApiError("validation", "event.postback.event_id: Rich message not found")
    _, event = found
    return [button for element in event.get("elements", ()) for button in element.get("buttons", ())]


def find_event(chat: Chat, thread_id: str, event_id: str) -> tuple[Thread, JsonObject] | None:
    """An event that the customer may see, and its thread."""
    for thread in chat.threads:
        for event in thread.events:
            if (thread.id, event["id"], event["visibility"]) == (thread_id, event_id, "all"):
                return thread, event
    return None


def set_event_properties(chat: Chat, wanted: UpdateEventProperties) -> None:
    """Write these properties on an event and leave its others as they are.

    Raises:
        ApiError: `validation`, there is no such event for the customer, or these can't be written.
    """
    _check_event_properties(wanted.properties)
    found = find_event(chat, wanted.thread_id, wanted.event_id)
    if found is None:
        raise ApiError("validation", "event_id: Event not found")
    thread, event = found
    kept = event.get("properties", {})
    properties = kept | {name: kept.get(name, {}) | values for name, values in wanted.properties.items()}
    changed = {**event, "properties": properties}  # a new object: whoever holds the old one does not see it change
    thread.events = [changed if one is event else one for one in thread.events]


def _check_event_properties(properties: Properties) -> None:
    events.check_properties("event", properties)
    for namespace, values in properties.items():
        for name, value in values.items():
            if type(value) is not _TYPE_OF.get(f"{namespace}.{name}", type(value)):
                raise ApiError("validation", f"properties.{namespace}.{name}: wrong type")
