"""Business Messages, from the user to us: what every kind of webhook has, its id and its time. Pure."""

import hashlib
import json
import re
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from functions.channels.business_messages_bot import ReadPayload
from functions.handoff.errors import WebhookRejected
from functions.handoff.events import JsonObject
from functions.handoff.json_fields import text_at

MAX_EVENT_ID_CHARACTERS = 200  # those of 200 waiting events stand in one record
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")


class Delivery(NamedTuple):
    """One webhook body with what is needed to read it, as `parse_webhook` describes it."""

    body: JsonObject
    conversation_id: str
    received_at: datetime
    read_payload: ReadPayload
    return_keywords: Collection[str]
    attachment_hosts: Sequence[str]


def event_id(delivery: Delivery, message_id: str = "") -> str:
    """What stays the same when the webhook comes again; a digest where nothing is given that can be kept as an id."""
    given = message_id or text_at(delivery.body, "requestId")
    if 0 < len(given) <= MAX_EVENT_ID_CHARACTERS:
        return given
    return hashlib.sha256(given.encode()).hexdigest() if given else digest(delivery.body)


def digest(value: Any) -> str:
    """The same for the same JSON value, whatever the order of its names."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def source_at(delivery: Delivery, payload: JsonObject) -> datetime:
    """When the user did it, else when it was sent, else when it arrived."""
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


def wrong(field: str, expected: str) -> WebhookRejected:
    """The refusal of a body for one field of it."""
    return WebhookRejected(400, "field", f"{field} must be {expected}")
