"""Business Messages, from the user to us: what every kind of webhook has, its id and its time. Pure."""

import hashlib
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from functions.channels.business_messages_bot import ReadPayload
from functions.channels.webhook_fields import MAX_EVENT_ID_CHARACTERS, digest, find_time
from functions.handoff.events import JsonObject
from functions.handoff.json_fields import text_at


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


def source_at(delivery: Delivery, payload: JsonObject) -> datetime:
    """When the user did it, else when it was sent, else when it arrived."""
    times = (find_time(text_at(payload, "createTime")), find_time(text_at(delivery.body, "sendTime")))
    return times[0] or times[1] or delivery.received_at
