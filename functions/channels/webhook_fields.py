"""What the webhooks of all channels have in common: times, digests, the refusal of a field. Pure."""

import hashlib
import json
import re
from datetime import UTC, datetime
from typing import Any

from functions.handoff.errors import WebhookRejected

MAX_EVENT_ID_CHARACTERS = 200  # those of 200 waiting events stand in one record
MAX_TEXT_CHARACTERS = 64_000  # far beyond what a phone sends; a store takes one megabyte with everything around it
MAX_URL_CHARACTERS = 4_000
MAX_CONTEXT_CHARACTERS = 1_000
_MAX_KINDS_NAMED = 5
_NOT_OF_A_KIND = re.compile(r"[^\s@]*@\S*|[0-9]{5,}|[^\w.]")
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")


def digest(value: Any) -> str:
    """The same for the same JSON value, whatever the order of its names."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def find_time(text: str) -> datetime | None:
    """An RFC 3339 time in UTC, cut to microseconds; None for anything else."""
    if not _RFC3339.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def named(kinds: list[str]) -> str:
    """Kinds that are ignored, as words for a log: no addresses and no numbers, whatever a sender calls a kind."""
    return ",".join(_NOT_OF_A_KIND.sub("?", kind[:40]) for kind in kinds[:_MAX_KINDS_NAMED])


def wrong(field: str, expected: str) -> WebhookRejected:
    """The refusal of a body for one field of it."""
    return WebhookRejected(400, "field", f"{field} must be {expected}")
