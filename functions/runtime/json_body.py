"""Reads a request's body as JSON, more strictly than Python would."""

import json
import math
from typing import Any

from functions.handoff.errors import WebhookRejected
from functions.handoff.events import JsonObject


def parse_json(raw: bytes) -> Any:
    """Read a body as JSON, strictly: UTF-8, finite numbers, no name twice in one object, not too deep.

    Half of a surrogate pair (a character cut in two by the sender) becomes U+FFFD: no store or provider takes it.

    Raises:
        WebhookRejected: 400, it is not that.
    """
    try:
        value = _loads(raw.decode("utf-8"))
        return _loads(_whole_characters(value)) if b"\\ud" in raw.lower() else value
    except (ValueError, RecursionError):
        raise WebhookRejected(400, "json", "the body is not JSON") from None


def _loads(text: str) -> Any:
    return json.loads(text, parse_constant=_finite, parse_float=_finite, object_pairs_hook=_no_name_twice)


def _whole_characters(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _finite(number: str) -> float:
    value = float(number)
    if not math.isfinite(value):
        raise ValueError("not a finite number")
    return value


def _no_name_twice(pairs: list[tuple[str, Any]]) -> JsonObject:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a name twice in one object")
    return value
