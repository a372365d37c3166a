"""What a log line may hold: ids and numbers. Texts, tokens, phone numbers and e-mail addresses stay out.

Phone numbers and addresses inside an id are replaced by a short digest: the same for the same person, so that lines can
be joined, and found again by whoever knows the number. It is a pseudonym, no more.
"""

import hashlib
import math
import re
import traceback
from collections.abc import Iterator, Mapping
from datetime import datetime
from types import TracebackType
from typing import Any

from functions.handoff.errors import ConfigError, HandoffError

_MAX_TEXT = 200
_MAX_ITEMS = 20
_WITHHELD = "(withheld)"
_PRIVATE_NAMES = re.compile(r"(^|_)(text|texts|token|secret|password|phone|email|e_mail|body|payload|name)s?$")
_LOCAL, _DOMAIN = r"[\w.%+'-]", r"[\w-]+(?:\.[\w-]+)*"
# An address begins where nothing of one is before it: to look for it at every letter of a long word takes too long.
_PERSON = re.compile(rf"(?<!{_LOCAL}){_LOCAL}+@{_DOMAIN}(?:{_LOCAL}*@{_DOMAIN})*|(?:\+|%2B)[0-9]{{7,15}}")
_PHONE_CHANNEL = "rcs:"  # its ids are phone numbers

# Errors whose message holds names of code and settings alone; any other may quote what a user wrote.
_SPEAKING_ERRORS = (HandoffError, ConfigError, TypeError, AttributeError, NameError, ImportError)


def safe(fields: Mapping[str, object]) -> dict[str, Any]:
    """The fields a log may hold, in a form JSON can hold.

    Numbers, truth values, times, short texts and lists of these pass; long texts are cut; anything else, and any field
    named for something private, is withheld.
    """
    return {name: _safe_field(name, value) for name, value in fields.items()}


def _safe_field(name: str, value: object) -> Any:
    if name == "conversation" and isinstance(value, str):
        return _safe_text(shown_conversation(value))
    if _PRIVATE_NAMES.search(name):
        return _WITHHELD
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_safe_value(item) for item in list(value)[:_MAX_ITEMS]]
    return _safe_value(value)


def _safe_value(value: object) -> Any:
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str):
        return _safe_text(value)
    return _WITHHELD


def _safe_text(text: str) -> str:
    shown = _PERSON.sub(lambda found: _digest(found.group().lower()), text[: 10 * _MAX_TEXT])
    return shown if len(shown) <= _MAX_TEXT else shown[:_MAX_TEXT] + "…"


def shown_conversation(key: str) -> str:
    """A conversation key as logs show it: where it holds a phone number, a digest in its place."""
    if key.startswith(_PHONE_CHANNEL) and not key.startswith(_PHONE_CHANNEL + "#"):
        return _PHONE_CHANNEL + _digest(key)
    return key


def _digest(text: str) -> str:
    return "#" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def stack_of(error: BaseException) -> str:
    """The stack of an error and of those behind it, as Error Reporting reads it, without what users wrote."""
    return "\n".join(_stacks(error, set()))


def _stacks(error: BaseException, seen: set[int]) -> Iterator[str]:
    seen.add(id(error))
    behind = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if behind is not None and id(behind) not in seen:
        yield from _stacks(behind, seen)
        yield "\nWhile handling it:\n"
    yield _one_stack(error, error.__traceback__)


def _one_stack(error: BaseException, stack: TracebackType | None) -> str:
    kind = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
    message = _safe_text(str(error)) if isinstance(error, _SPEAKING_ERRORS) else "(message withheld)"
    return f"Traceback (most recent call last):\n{''.join(traceback.format_tb(stack))}{kind}: {message}"
