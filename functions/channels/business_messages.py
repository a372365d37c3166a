"""Business Messages, from the user to us: reads webhooks. Pure; knows no store, no bot and no clock.

Body shape: plain JSON with one payload key beside the envelope; the base64 `data` wrapper of the REST reference is read
too. Every field but `conversationId` may be missing, in Google's own fixtures and in observed traffic.

Source: developers.google.com/business-communications/business-messages: REST reference v1 (UserMessage, Context,
SuggestionResponse, Receipts), guides "receive messages" and "set your webhook", as of 2024-11.
"""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from functions.channels.business_messages_bot import ReadPayload, parse_dialogflow_response
from functions.channels.business_messages_signature import parse_handshake, verify_signature
from functions.handoff import ids
from functions.handoff.errors import WebhookRejected
from functions.handoff.events import HandoffAsked, HandoffSignal, InboundEvent, JsonObject, ReturnAsked, UserMessage
from functions.handoff.json_fields import clean_json, is_true, object_at, text_at

__all__ = ["NAME", "ParsedWebhook", "parse_handshake", "parse_webhook", "verify_signature"]

NAME = "business_messages"
_ENVELOPE = {"agent", "conversationId", "customAgentId", "requestId", "sendTime", "context", "name"}
_CONTEXT_FIELDS = ("entryPoint", "placeId", "nearPlaceId", "customContext")
_MAX_CONTEXT_CHARACTERS = 1000
_MAX_NAME_CHARACTERS = 200
_MAX_TEXT_CHARACTERS = 64_000  # far beyond what a phone sends; a store takes one megabyte with everything around it
_MAX_CONVERSATION_ID_CHARACTERS = 500
_MAX_EVENT_ID_CHARACTERS = 200  # those of 200 waiting events stand in one record
_MAX_KINDS_NAMED = 5
_LOCALE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8}){0,4}")
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")


class ParsedWebhook(msgspec.Struct, frozen=True, kw_only=True):
    """What one webhook says: an `event` for the core, or in `ignored` the name of what is not for it.

    `address` is what the client sends by; `locale` is BCP 47; "" where the webhook does not say.
    """

    conversation_key: str
    address: JsonObject
    user_name: str = ""
    locale: str = ""
    context: dict[str, str] = {}
    event: InboundEvent | None = None
    ignored: str = ""


class _Delivery(NamedTuple):
    """One webhook body with what is needed to read it."""

    body: JsonObject
    received_at: datetime
    read_payload: ReadPayload
    return_keywords: Collection[str]


def parse_webhook(
    body: object, *, received_at: datetime, read_payload: ReadPayload, return_keywords: Collection[str] = frozenset()
) -> ParsedWebhook:
    """Read one webhook body, already verified.

    Args:
        body: the decoded JSON.
        received_at: stands in where the webhook has no time.
        read_payload: reads a bot's custom payload, for Google's native Dialogflow integration.
        return_keywords: texts, trimmed and case-folded, by which the user asks for the bot again.

    Raises:
        WebhookRejected: 400, `conversationId` or a field of a known kind is missing or can't be used; names it.
    """
    content = _unwrapped(clean_json(body))
    conversation_id = _conversation_id(content)
    event, ignored = _find_event(_Delivery(content, received_at, read_payload, return_keywords))
    user = object_at(object_at(content, "context"), "userInfo")
    return ParsedWebhook(
        conversation_key=ids.conversation_key(NAME, conversation_id),
        address={"conversationId": conversation_id, "agent": text_at(content, "agent")[:_MAX_CONTEXT_CHARACTERS]},
        user_name=text_at(user, "displayName").strip()[:_MAX_NAME_CHARACTERS],
        locale=_locale(object_at(content, "context"), "resolvedLocale") or _locale(user, "userDeviceLocale"),
        context=_read_context(content),
        event=event,
        ignored=ignored,
    )


def _unwrapped(body: object) -> JsonObject:
    """The bare object: as it is, or out of `{"data"}` or `{"message": {"data"}}`.

    The REST reference of UserMessage describes the wrapper; guides, fixtures and receivers all show the bare object.
    """
    if not isinstance(body, dict):
        raise _wrong("the body", "a JSON object")
    data = text_at(body, "data") or text_at(object_at(body, "message"), "data")
    if "conversationId" in body or not data:
        return body
    try:
        inner = clean_json(json.loads(base64.b64decode(data, validate=True)))
    except (binascii.Error, ValueError, RecursionError) as e:
        raise _wrong("data", "base64 of JSON") from e
    if not isinstance(inner, dict):
        raise _wrong("data", "base64 of a JSON object")
    return inner


def _conversation_id(content: JsonObject) -> str:
    """It becomes a step in the path of every call to the API, where dots lead elsewhere."""
    given = text_at(content, "conversationId")
    if given in {"", ".", ".."} or len(given) > _MAX_CONVERSATION_ID_CHARACTERS:
        raise _wrong("conversationId", "a string of an id's length, and no dots alone")
    return given


def _locale(holder: JsonObject, name: str) -> str:
    """What has not the form of a locale counts as absent: the bot would refuse every turn in such a language."""
    given = text_at(holder, name)
    return given if _LOCALE.fullmatch(given) else ""


def _read_context(body: JsonObject) -> dict[str, str]:
    context = object_at(body, "context")
    fields = {name: text_at(context, name) for name in _CONTEXT_FIELDS}
    fields["agent"] = text_at(body, "agent")
    fields["customAgentId"] = text_at(body, "customAgentId")
    fields["widgetUrl"] = text_at(object_at(context, "widget"), "url")
    fields["widgetContext"] = text_at(object_at(context, "widget"), "widgetContext")
    return {name: value[:_MAX_CONTEXT_CHARACTERS] for name, value in fields.items() if value.strip()}


def _find_event(delivery: _Delivery) -> tuple[InboundEvent | None, str]:
    """The first kind that is an event, else the names of what was there."""
    ignored = [name for kind, name in _IGNORED.items() if kind in delivery.body]
    for kind, read in _READERS.items():
        payload = delivery.body.get(kind)
        if payload is None:
            continue
        if not isinstance(payload, dict):
            raise _wrong(kind, "an object")
        found = read(delivery, payload)
        if not isinstance(found, str):
            return found, ""
        ignored.append(found)
    unknown = sorted(delivery.body.keys() - _ENVELOPE - _READERS.keys() - _IGNORED.keys())
    return None, _named(ignored + unknown) or "empty"


def _named(kinds: list[str]) -> str:
    return ",".join(re.sub(r"[^\w.]", "?", kind[:40]) for kind in kinds[:_MAX_KINDS_NAMED])


# --- the kinds -------------------------------------------------------------------------------------------------------


def _read_status(delivery: _Delivery, status: JsonObject) -> InboundEvent | str:
    """`requestedLiveAgent` first: a fixture carries it beside `isTyping`, though the reference makes them exclusive.

    Typing changes come as true, "true", false, or by leaving the field out.
    """
    if is_true(status.get("requestedLiveAgent")):
        return HandoffAsked(
            id=_event_id(delivery), source_at=_source_at(delivery, status), signal=HandoffSignal("user")
        )
    unknown = sorted(status.keys() - {"isTyping", "requestedLiveAgent", "createTime"})
    return f"userStatus.{unknown[0]}" if unknown else "typing"


def _read_message(delivery: _Delivery, message: JsonObject) -> InboundEvent | str:
    """An image is a text, too: a signed storage.googleapis.com URL, good for seven days."""
    text = message.get("text")
    if not isinstance(text, str):
        raise _wrong("message.text", "a string")
    return _said(delivery, message, text, None)


def _read_suggestion(delivery: _Delivery, response: JsonObject) -> InboundEvent | str:
    """Its kind (`type` in the reference, `suggestionType` in guide and fixture; values unpublished) changes nothing."""
    for name in ("text", "postbackData"):
        if not isinstance(response.get(name, ""), str):
            raise _wrong(f"suggestionResponse.{name}", "a string")
    postback = text_at(response, "postbackData")
    return _said(delivery, response, text_at(response, "text") or postback, postback or None)


def _said(delivery: _Delivery, payload: JsonObject, text: str, postback: str | None) -> InboundEvent | str:
    if not text.strip():
        return "empty"
    event_id = _event_id(delivery, text_at(payload, "messageId"))
    source_at = _source_at(delivery, payload)
    if any(words.strip().casefold() in delivery.return_keywords for words in (text, postback) if words):
        return ReturnAsked(id=event_id, source_at=source_at)
    heard = parse_dialogflow_response(object_at(delivery.body, "dialogflowResponse"), delivery.read_payload)
    return UserMessage(
        id=event_id,
        source_at=source_at,
        text=text[:_MAX_TEXT_CHARACTERS],
        postback=postback[:_MAX_TEXT_CHARACTERS] if postback else None,
        bot_answer=heard.answer,
        answered=heard.was_shown,
    )


_READERS: dict[str, Callable[[_Delivery, JsonObject], InboundEvent | str]] = {
    "userStatus": _read_status,
    "message": _read_message,
    "suggestionResponse": _read_suggestion,
}
_IGNORED = {
    "receipts": "receipt",  # several per delivery, and no requestId
    "authenticationResponse": "authenticationResponse",
    "surveyResponse": "surveyResponse",
}


# --- fields ----------------------------------------------------------------------------------------------------------


def _event_id(delivery: _Delivery, message_id: str = "") -> str:
    """What stays the same when the webhook comes again; a digest where nothing is given that can be kept as an id."""
    given = message_id or text_at(delivery.body, "requestId")
    if 0 < len(given) <= _MAX_EVENT_ID_CHARACTERS:
        return given
    return hashlib.sha256((given or json.dumps(delivery.body, sort_keys=True)).encode()).hexdigest()


def _source_at(delivery: _Delivery, payload: JsonObject) -> datetime:
    times = (_find_time(text_at(payload, "createTime")), _find_time(text_at(delivery.body, "sendTime")))
    return times[0] or times[1] or delivery.received_at


def _find_time(text: str) -> datetime | None:
    """An RFC 3339 time in UTC, cut to microseconds; None for anything else."""
    if not _RFC3339.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _wrong(field: str, expected: str) -> WebhookRejected:
    return WebhookRejected(400, "field", f"{field} must be {expected}")
