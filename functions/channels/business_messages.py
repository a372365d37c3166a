"""Business Messages, from the user to us: reads webhooks. Pure; knows no store, no bot and no clock.

Body shape: plain JSON with one payload key beside the envelope; the base64 `data` wrapper of the REST reference is read
too. Every field but `conversationId` may be missing, in Google's own fixtures and in observed traffic.

What the kinds of payload say is in `business_messages_kinds`.

Source: developers.google.com/business-communications/business-messages: REST reference v1 (UserMessage, Context),
guides "receive messages" and "set your webhook", as of 2024-11.
"""

import base64
import binascii
import json
import re
from collections.abc import Collection, Sequence
from datetime import datetime

from functions.channels.business_messages_bot import ReadPayload
from functions.channels.business_messages_fields import Delivery
from functions.channels.business_messages_kinds import IGNORED_RECEIPTS, READERS
from functions.channels.google_signature import parse_handshake, verify_signature
from functions.channels.parsed_webhook import ParsedWebhook
from functions.channels.webhook_fields import MAX_CONTEXT_CHARACTERS, named, wrong
from functions.handoff import ids
from functions.handoff.errors import WebhookRejected
from functions.handoff.events import InboundEvent, JsonObject
from functions.handoff.json_fields import clean_json, object_at, text_at

__all__ = ["NAME", "ParsedWebhook", "find_agent", "parse_handshake", "parse_webhook", "verify_signature"]

NAME = "business_messages"
_ENVELOPE = {"agent", "conversationId", "customAgentId", "requestId", "sendTime", "context", "name"}
_CONTEXT_FIELDS = ("entryPoint", "placeId", "nearPlaceId", "customContext")
_MAX_NAME_CHARACTERS = 200
_MAX_CONVERSATION_ID_CHARACTERS = 500
_LOCALE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8}){0,4}")


def find_agent(body: object) -> str:
    """The brand's agent that a body names, "" for none: also of a body that nothing is known of yet, or unreadable."""
    try:
        return text_at(_unwrapped(clean_json(body)), "agent")
    except WebhookRejected:
        return ""


def parse_webhook(
    body: object,
    *,
    received_at: datetime,
    read_payload: ReadPayload,
    return_keywords: Collection[str] = frozenset(),
    attachment_hosts: Sequence[str] = (),
    with_receipts: bool = False,
    brand: str = "",
) -> ParsedWebhook:
    """Read one webhook body, already verified.

    Args:
        body: the decoded JSON.
        received_at: stands in where the webhook has no time.
        read_payload: reads a bot's custom payload, for Google's native Dialogflow integration.
        return_keywords: texts, trimmed and case-folded, by which the user asks for the bot again.
        attachment_hosts: where files may be fetched from: an address there, alone in a message, is a picture.
        with_receipts: whether anybody wants to know what was delivered and read; else receipts are ignored.
        brand: whose conversation it is; those of a brand have keys of their own.

    Raises:
        WebhookRejected: 400, `conversationId` or the fields of all kinds that are there can't be used; names one.
    """
    content = _unwrapped(clean_json(body))
    conversation_id = _conversation_id(content)
    delivery = Delivery(content, conversation_id, received_at, read_payload, return_keywords, attachment_hosts)
    event, ignored = _find_event(delivery, with_receipts=with_receipts)
    user = object_at(object_at(content, "context"), "userInfo")
    return ParsedWebhook(
        conversation_key=ids.conversation_key(NAME, *([brand] if brand else []), conversation_id),
        address={"conversationId": conversation_id, "agent": text_at(content, "agent")[:MAX_CONTEXT_CHARACTERS]},
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
        raise wrong("the body", "a JSON object")
    data = text_at(body, "data") or text_at(object_at(body, "message"), "data")
    if "conversationId" in body or not data:
        return body
    try:
        inner = clean_json(json.loads(base64.b64decode(data, validate=True)))
    except (binascii.Error, ValueError, RecursionError) as e:
        raise wrong("data", "base64 of JSON") from e
    if not isinstance(inner, dict):
        raise wrong("data", "base64 of a JSON object")
    return inner


def _conversation_id(content: JsonObject) -> str:
    """It becomes a step in the path of every call to the API, where dots lead elsewhere."""
    given = text_at(content, "conversationId")
    if given in {"", ".", ".."} or len(given) > _MAX_CONVERSATION_ID_CHARACTERS:
        raise wrong("conversationId", "a string of an id's length, and no dots alone")
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
    return {name: value[:MAX_CONTEXT_CHARACTERS] for name, value in fields.items() if value.strip()}


def _find_event(delivery: Delivery, *, with_receipts: bool) -> tuple[InboundEvent | None, str]:
    """The first kind that is an event, else the names of what was there. A malformed kind does not hide another one."""
    ignored = [IGNORED_RECEIPTS] if "receipts" in delivery.body and not with_receipts else []
    wanted = [kind for kind in READERS if delivery.body.get(kind) is not None and (kind != "receipts" or with_receipts)]
    rejected: WebhookRejected | None = None
    for kind in wanted:
        try:
            found = _read(delivery, kind)
        except WebhookRejected as e:
            rejected = rejected or e
            continue
        if not isinstance(found, str):
            return found, ""
        ignored.append(found)
    if rejected:
        raise rejected
    unknown = sorted(delivery.body.keys() - _ENVELOPE - READERS.keys())
    return None, named(ignored + unknown) or "empty"


def _read(delivery: Delivery, kind: str) -> InboundEvent | str:
    payload = delivery.body[kind]
    if not isinstance(payload, dict):
        raise wrong(kind, "an object")
    return READERS[kind](delivery, payload)
