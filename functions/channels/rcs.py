"""RCS for Business, from the user to us: reads webhooks. Pure; knows no store, no bot and no clock.

Body shape: an envelope as Pub/Sub has it, with JSON in base64 as `message.data`. Only this data is signed: nothing else
of the envelope, and no header, is ever looked at. What the kinds of data say is in `rcs_kinds`.

Source: developers.google.com/business-communications/rcs-business-messaging: guide "webhooks", REST reference v1
(UserMessage, UserEvent, ServerEvent, AgentLaunchEvent), as of 2026-04.
"""

import base64
import binascii
import re
from collections.abc import Collection
from datetime import datetime

from functions.channels.google_signature import parse_handshake, verify_signature
from functions.channels.parsed_webhook import ParsedWebhook
from functions.channels.rcs_ids import NAME, rcs_key
from functions.channels.rcs_kinds import EVENTS, MESSAGES, Delivery, Reader, event_id_of
from functions.channels.webhook_fields import named, wrong
from functions.handoff.errors import WebhookRejected
from functions.handoff.events import InboundEvent, JsonObject
from functions.handoff.json_fields import clean_json, object_at, text_at

__all__ = [
    "NAME",
    "ParsedWebhook",
    "find_agent",
    "parse_handshake",
    "parse_webhook",
    "rcs_key",
    "signed_data",
    "verify_signature",
]

_PHONE = re.compile(r"\+[0-9]{5,15}")
_MAX_AGENT_CHARACTERS = 500
_ENVELOPE = {"agentId", "senderPhoneNumber", "phoneNumber", "messageId", "eventId", "eventType", "sendTime"}
_LAUNCH_NOTICE = "newLaunchState"


def signed_data(body: object) -> bytes:
    """The decoded data of an envelope: what is signed, and nothing of it is known yet.

    Raises:
        WebhookRejected: 400, there is none.
    """
    data = object_at(body, "message").get("data")
    if not isinstance(data, str):
        raise wrong("message.data", "a string")
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        raise wrong("message.data", "base64") from None


def find_agent(content: object) -> str:
    """The agent that the decoded data names, "" for none: as `parse_webhook` reads it, so that the key is its own."""
    return text_at(clean_json(content), "agentId")


def parse_webhook(
    content: object,
    *,
    received_at: datetime,
    return_keywords: Collection[str] = frozenset(),
    with_receipts: bool = False,
    agent_id: str = "",
    hash_phones: bool = False,
) -> ParsedWebhook:
    """Read the decoded data of one webhook, already verified.

    Args:
        content: the JSON in the data.
        received_at: stands in where the webhook has no time.
        return_keywords: texts, trimmed and case-folded, by which the user asks for the bot again.
        with_receipts: whether anybody wants to know what was delivered and read; else receipts are ignored.
        agent_id: the brand's agent, where the data names none.
        hash_phones: whether the conversation's key holds a digest in place of the phone number.

    Raises:
        WebhookRejected: 400, phone or agent, or the fields of all kinds that are there, can't be used; names one.
    """
    if not isinstance(content, dict):
        raise wrong("the data", "a JSON object")
    cleaned: JsonObject = clean_json(content)
    readers = _readers(cleaned)
    if not readers:
        return ParsedWebhook(conversation_key="", address={}, ignored=_kind_of_no_use(cleaned))
    phone, agent_id = _phone(cleaned), find_agent(cleaned) or agent_id
    if len(agent_id) > _MAX_AGENT_CHARACTERS:
        raise wrong("agentId", "a string of an id's length")
    delivery = Delivery(cleaned, event_id_of(content), phone, received_at, return_keywords, with_receipts)
    event, ignored = _find_event(delivery, readers)
    return ParsedWebhook(
        conversation_key=rcs_key(agent_id, phone, hashed=hash_phones),
        address={"phone": phone, "agentId": agent_id},
        context={"agent": agent_id, "phone": phone} if agent_id else {"phone": phone},
        event=event,
        ignored=ignored,
    )


def _phone(content: JsonObject) -> str:
    """E.164 with +, as user and server events have it under two names. It becomes a step in the path of every call."""
    phone = text_at(content, "senderPhoneNumber") or text_at(content, "phoneNumber")
    if not _PHONE.fullmatch(phone):
        raise wrong("senderPhoneNumber", "a phone number in E.164")
    return phone


def _readers(content: JsonObject) -> list[Reader]:
    """One for an event of a known type, else one for each kind of message that is there."""
    event_type = text_at(content, "eventType")
    if event_type in EVENTS:
        return [EVENTS[event_type]]
    return [read for kind, read in MESSAGES.items() if content.get(kind) is not None]


def _find_event(delivery: Delivery, readers: list[Reader]) -> tuple[InboundEvent | None, str]:
    """The first that is an event, else the names of what was there. A malformed kind does not hide another one."""
    ignored: list[str] = []
    rejected: WebhookRejected | None = None
    for read in readers:
        try:
            found = read(delivery)
        except WebhookRejected as e:
            rejected = rejected or e
            continue
        if not isinstance(found, str):
            return found, ""
        ignored.append(found)
    if rejected:
        raise rejected
    return None, named(ignored)


def _kind_of_no_use(content: JsonObject) -> str:
    if _LAUNCH_NOTICE in content:
        return "agent_launch_event"
    if "eventType" in content:
        return named([f"eventType.{text_at(content, 'eventType')}"])
    return named(sorted(content.keys() - _ENVELOPE)) or "empty"
