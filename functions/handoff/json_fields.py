"""Tolerant reading of JSON that somebody else wrote: what is absent or of another type reads as empty."""

import math
import re
from typing import Any

from functions.handoff.events import JsonObject

_LONE_SURROGATES = re.compile("[\ud800-\udfff]")
_MAX_DEPTH = 64
_MAX_INT_BITS = 63
_MAX_FLOAT_BITS = 1023


def clean_text(text: str) -> str:
    """The text without NULs, U+FFFD in place of half characters (lone surrogates): any store and API takes it."""
    return _LONE_SURROGATES.sub("\ufffd", text.replace("\0", ""))


def clean_json(value: Any, depth: int = 0) -> Any:
    """A JSON value that every JSON writer accepts.

    Texts are cleaned, whole numbers beyond 64 bits become floats; NaN, infinities and what is nested deeper than 64
    become None.
    """
    if depth > _MAX_DEPTH:
        return None
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, dict):
        return {clean_text(str(name)): clean_json(item, depth + 1) for name, item in value.items()}
    if isinstance(value, list):
        return [clean_json(item, depth + 1) for item in value]
    return _clean_number(value)


def _clean_number(value: Any) -> Any:
    if isinstance(value, int) and value.bit_length() > _MAX_INT_BITS:
        value = float(value) if value.bit_length() < _MAX_FLOAT_BITS else None
    return None if isinstance(value, float) and not math.isfinite(value) else value


def text_at(holder: Any, name: str) -> str:
    """The text under `name`, else ""."""
    value = holder.get(name) if isinstance(holder, dict) else None
    return value if isinstance(value, str) else ""


def object_at(holder: Any, name: str) -> JsonObject:
    """The object under `name`, else {}."""
    value = holder.get(name) if isinstance(holder, dict) else None
    return value if isinstance(value, dict) else {}


def objects_at(holder: Any, name: str) -> list[JsonObject]:
    """The objects in the list under `name`, else []."""
    return [item for item in list_at(holder, name) if isinstance(item, dict)]


def texts_at(holder: Any, name: str) -> list[str]:
    """The non-blank texts in the list under `name`, else []."""
    return [item for item in list_at(holder, name) if isinstance(item, str) and item.strip()]


def list_at(holder: Any, name: str) -> list[Any]:
    """The list under `name`, else []."""
    value = holder.get(name) if isinstance(holder, dict) else None
    return value if isinstance(value, list) else []


def is_true(value: Any) -> bool:
    """Tell whether a flag is set: `true`, or the text "true" in any case. The text "false" is not."""
    return value is True or (isinstance(value, str) and value.strip().casefold() == "true")
