"""What the page shows of requests, answers and log lines: everything but secrets.

Masked are values by their name, whatever looks like a token or a signature inside a text, and the sandbox's own secrets
wherever they stand.
"""

import json
import re
from collections.abc import Iterable
from typing import Any

MASK = "••••••"
_MAX_TEXT = 6_000
_MAX_ITEMS = 300
_MAX_DEPTH = 40
_SHORTEST_SECRET = 6
_SECRET_NAMES = re.compile(
    r"^code$|(^|[^a-z])(authorization|cookie|credential|token|secret|secret_?key|password|signature|api_?key)$",
    re.IGNORECASE,
)
_CAMEL_CASE = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_INSIDE = (
    (
        re.compile(r"(?i)((?:signature|token|secret|secret_key|password|credential|[?&]code)=)[^&\s\"'<>]+"),
        rf"\1{MASK}",
    ),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=:-]{6,}"), rf"\1 {MASK}"),
    (re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]*"), MASK),
)


class Masks:
    """Masks what is to be shown.

    Args:
        secrets: values that must not be shown anywhere; empty and very short ones are left out.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        known = sorted({one for one in secrets if len(one) >= _SHORTEST_SECRET}, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, known))) if known else None

    def headers(self, headers: dict[str, str]) -> dict[str, str]:
        """Headers, those that prove something with their kind alone ("Bearer ••••••")."""
        return {name: self._field(name, value) for name, value in headers.items()}

    def body(self, body: Any) -> Any:
        """A body (JSON as bytes, text or value; any other text), long texts and lists cut."""
        if isinstance(body, bytes):
            body = body.decode(errors="replace")
        if isinstance(body, str):
            body = _json_or_text(body)
        return self._value(body, _MAX_DEPTH)

    def text(self, text: str) -> str:
        """A text without what looks like a secret in it."""
        for pattern, instead in _INSIDE:
            text = pattern.sub(instead, text)
        if self._known:
            text = self._known.sub(MASK, text)
        return text if len(text) <= _MAX_TEXT else f"{text[:_MAX_TEXT]}… ({len(text) - _MAX_TEXT} characters more)"

    def _value(self, value: Any, depth: int) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if not depth:
            return "…"
        if isinstance(value, dict):
            return {self.text(str(k)): self._field(str(k), v, depth - 1) for k, v in list(value.items())[:_MAX_ITEMS]}
        if isinstance(value, list | tuple):
            return [self._value(one, depth - 1) for one in value[:_MAX_ITEMS]]
        return value

    def _field(self, name: str, value: Any, depth: int = 0) -> Any:
        """Only texts are masked by name: an error's `code` and a `token` that holds more fields are none."""
        is_secret = isinstance(value, str) and value and _SECRET_NAMES.search(_CAMEL_CASE.sub("_", name))
        if not is_secret:
            return self._value(value, depth)
        scheme, blank, _ = value.partition(" ")
        return f"{scheme} {MASK}" if blank and scheme in {"Bearer", "Basic"} else MASK


def _json_or_text(body: str) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return body
