"""A LiveChat webhook's payload in hand, and what its readers may make of it beside an event."""

import hashlib
import json
from datetime import datetime
from typing import Any, NamedTuple

from functions.handoff.errors import WebhookRejected
from functions.handoff.events import DeskEvent, JsonObject
from functions.livechat.mapping import id_in, read_time

LIFECYCLE_PREFIX = "lifecycle:"
"""Starts the id of an event made from a webhook without one: a digest of its payload, so that the same thing happening
again later has the same id. Whoever stores it adds a time."""


class Notice(NamedTuple):
    """One webhook's payload in hand."""

    action: str
    payload: JsonObject
    received_at: datetime

    @property
    def lifecycle_id(self) -> str:
        """The same for the same payload, whatever the order of its fields."""
        data = json.dumps(self.payload, sort_keys=True, separators=(",", ":")).encode()
        return f"{LIFECYCLE_PREFIX}{self.action}:{hashlib.sha256(data).hexdigest()[:32]}"


class Ignored(NamedTuple):
    """A valid webhook that means nothing to the core."""

    reason: str


class Seen(NamedTuple):
    """An agent has read everything up to that moment. No event: it is passed on at once or not at all."""

    up_to: datetime
    agent_id: str


Found = DeskEvent | Ignored | Seen


def need(values: JsonObject, name: str, kind: type[Any], where: str = "") -> Any:
    """A documented field of `values`; `where` is their place in the body, for the message.

    Raises:
        WebhookRejected: 400, it is missing, of the wrong type, or an empty string.
    """
    value = values.get(name)
    if not isinstance(value, kind) or value == "":
        what = "is missing" if value is None else "is not what the API documents"
        raise WebhookRejected(400, "field", f"{where}{name} {what}")
    return value


def need_id(values: JsonObject, name: str, where: str = "payload.") -> str:
    """A documented id; raises as `need`, and where it can't be one."""
    need(values, name, str, where)
    value = id_in(values, name)
    if not value:
        raise WebhookRejected(400, "field", f"{where}{name} is too long, or nothing but NULs")
    return value


def need_time(values: JsonObject, name: str, where: str = "payload.") -> datetime:
    """A documented time; raises as `need`, and where it can't be one."""
    found = read_time(need(values, name, str, where))
    if found is None:
        raise WebhookRejected(400, "field", f"{where}{name} is not a time")
    return found
