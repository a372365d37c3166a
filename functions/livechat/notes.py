"""What the bridge itself says to agents: an agents-only form, or, where LiveChat refuses one, a message that says so.

The Customer API always writes as the customer; a `filled_form` with recipients "agents" is what it can say to agents
alone. Source: LiveChat Customer Chat API 3.6, data structures, "Filled form".
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

from functions.handoff.errors import ChatAlreadyActive, ChatInactive, ProviderRefused
from functions.handoff.events import JsonObject
from functions.handoff.interfaces import Note
from functions.livechat.errors import VALIDATION

TEXT_LIMIT_BYTES = 16_000
"""Longest message text, in UTF-8 bytes: LiveChat takes 16 KB."""

_FROM_BRIDGE = "[Automatic note from the messaging bridge: not written by the customer]"
_FORM_ID = "handoff-note"
_A = TypeVar("_A")
_R = TypeVar("_R")


def as_form(note: Note, custom_id: str) -> JsonObject:
    """The note as a form that only agents see; a title that is only repeated by its field is left out."""
    rows = [(label, text) for label, text in note.fields if text]
    fields = [
        {"type": "textarea", "id": str(number), "label": label or note.title, "answer": text}
        for number, (label, text) in enumerate(rows, start=1)
    ]
    if note.title not in {label for label, _ in rows}:
        fields.insert(0, {"type": "subject", "id": "0", "label": note.title, "answer": note.title})
    return {
        "type": "filled_form",
        "custom_id": custom_id,
        "form_id": _FORM_ID,
        "recipients": "agents",
        "fields": fields,
    }


def as_message(note: Note, custom_id: str) -> JsonObject:
    """The note as a message; its first line says that the bridge wrote it."""
    rows = [f"{label}: {text}" if label != note.title else text for label, text in note.fields if text]
    text = "\n".join([_FROM_BRIDGE, note.title, *rows])
    return {
        "type": "message",
        "custom_id": custom_id,
        "text": _cut(text, TEXT_LIMIT_BYTES),
        "recipients": "all",
    }


def _cut(text: str, limit_bytes: int) -> str:
    data = text.encode("utf-8", "replace")
    if len(data) <= limit_bytes:
        return text
    return data[: limit_bytes - len("…".encode())].decode("utf-8", "ignore") + "…"


def first_valid(attempts: Sequence[_A], send: Callable[[_A], _R]) -> _R:
    """Send the first of `attempts` that LiveChat does not call invalid; what is wrong with the last one is raised."""
    for attempt in attempts[:-1]:
        try:
            return send(attempt)
        except (ChatInactive, ChatAlreadyActive):
            raise
        except ProviderRefused as e:
            if e.error_type != VALIDATION:
                raise
    return send(attempts[-1])
