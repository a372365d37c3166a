"""Messages that a bot's author wrote for RCS: passed on as they are if the API takes them. Pure.

Understood is an AgentContentMessage, bare or as the `contentMessage` of an AgentMessage, and the form
`{"type", "params"}` of Google's sample of RCS with Dialogflow.

Source: RCS for Business REST reference v1 (phones.agentMessages), as of 2026-04; rcs-business-messaging/
rbm-api-examples, Dialogflow templates.
"""

from collections.abc import Callable

from functions.channels.google_cards import shortened
from functions.channels.google_form import size_of
from functions.channels.google_limits import MAX_TEXT
from functions.channels.google_native import words_in
from functions.channels.google_shapes import has_shape
from functions.channels.rcs_chips import ASK_FOR_PERSON, as_chip
from functions.channels.rcs_limits import MAX_CARDS_BYTES, MAX_CHIPS
from functions.channels.rcs_shapes import ContentMessage
from functions.handoff.content import OutboundMessage, plain_text
from functions.handoff.events import JsonObject
from functions.handoff.json_fields import clean_json, list_at, object_at, objects_at, text_at

KEY = "rcs"
"""The key of `OutboundMessage.native`, and of a custom payload, that holds such a message."""


def find_native(message: OutboundMessage) -> JsonObject | None:
    """The author's message as a part, or None where there is none or it breaks a documented rule: then the rest is
    shown.

    Id, kind of traffic and time to live are ours to say and left out. The way to a person is added where the rest of
    the message offers it and this does not.
    """
    given = clean_json(message.native.get(KEY))
    if not isinstance(given, dict):
        return None
    content = _content(given)
    if not has_shape(content, ContentMessage) or size_of(content) > MAX_CARDS_BYTES:
        return None
    words = clean_json(plain_text(message)) or words_in(content)
    return {"contentMessage": _with_person(content, message), "fallback": shortened(words, MAX_TEXT)}


def _content(given: JsonObject) -> JsonObject:
    if isinstance(given.get("contentMessage"), dict):
        return object_at(given, "contentMessage")
    read = _OF_SAMPLE.get(text_at(given, "type"))
    return read(object_at(given, "params")) if read else given


def _with_person(content: JsonObject, message: OutboundMessage) -> JsonObject:
    chips = objects_at(content, "suggestions")
    offered = [chip for chip in message.suggestions if chip.kind == "live_agent"]
    is_there = any(text_at(object_at(chip, "reply"), "postbackData") == ASK_FOR_PERSON for chip in chips)
    if not offered or is_there or len(chips) >= MAX_CHIPS:
        return content
    return {**content, "suggestions": [*chips, as_chip(offered[0])]}


# --- the sample's form -----------------------------------------------------------------------------------------------


def _text(params: JsonObject) -> JsonObject:
    return _filled({"text": params.get("messageText"), "suggestions": list_at(params, "suggestions")})


def _rich_card(params: JsonObject) -> JsonObject:
    media = {"height": text_at(params, "height") or "MEDIUM", "contentInfo": {"fileUrl": params.get("imageUrl")}}
    content = {
        "title": params.get("messageText"),
        "description": params.get("messageDescription"),
        "media": media if params.get("imageUrl") else None,
        "suggestions": list_at(params, "suggestions"),
    }
    return {"richCard": {"standaloneCard": {"cardOrientation": "VERTICAL", "cardContent": _filled(content)}}}


def _file(params: JsonObject) -> JsonObject:
    info = _filled({"fileUrl": params.get("fileUrl"), "thumbnailUrl": params.get("thumbnailUrl")})
    return _filled({"contentInfo": info, "suggestions": list_at(params, "suggestions")})


def _filled(fields: JsonObject) -> JsonObject:
    return {name: value for name, value in fields.items() if value}


_OF_SAMPLE: dict[str, Callable[[JsonObject], JsonObject]] = {
    "text": _text,
    "suggestedReplies": _text,
    "suggestedActions": _text,
    "richCard": _rich_card,
    "fileTransfer": _file,
}
