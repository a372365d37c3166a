"""What a message looks like on a user's screen: a line of the transcript.

Source: Business Messages, "Send messages" (fallback; FAILED_PRECONDITION without one), conversations.messages.create
(forceFallback).
"""

from typing import Any

from infra.sandbox.business_messages_schema import Message, Representative, as_read
from infra.sandbox.google_api import ApiError
from infra.sandbox.phone_screen import all_chips, chip_label

JsonObject = dict[str, Any]
_RICH = ("image", "richCard")


class Screens:
    """What each phone can show. The caller holds the stand-in's lock."""

    def __init__(self) -> None:
        self._words_only: set[str] = set()

    def change(self, conversation: str, *, words_only: bool) -> None:
        """Let that user have a phone that can show no images and cards, or one that can."""
        change = self._words_only.add if words_only else self._words_only.discard
        change(conversation)

    def line(self, conversation: str, message: Message, raw: JsonObject, *, forced: bool) -> JsonObject:
        """The message as that phone shows it; `forced`: as a phone that can show no more than its fallback.

        Raises:
            ApiError: FAILED_PRECONDITION, it can't be shown and has no fallback.
        """
        can_show = message.text is not None or conversation not in self._words_only
        if not can_show and not message.fallback:
            raise ApiError("FAILED_PRECONDITION", "The user's device can't show this, and there is no fallback.")
        return message_line(message, raw) if can_show and not (forced and message.fallback) else fallback_line(message)


def message_line(message: Message, raw: JsonObject) -> JsonObject:
    """The message with all that can be shown of it, as it was sent.

    `text`: its words. `image`, `richCard`: as sent. `suggestions`: the labels of all chips, those on cards first;
    `chips`: those under the message, as sent. `fallback`: what was not shown.
    """
    line = _head(message) | {
        "text": as_read(message),
        "suggestions": [chip_label(chip) for chip in all_chips(raw)],
        "chips": raw.get("suggestions") or [],
        "fallback": message.fallback,
    }
    return line | {key: raw[key] for key in _RICH if raw.get(key)}


def fallback_line(message: Message) -> JsonObject:
    """The message in words alone."""
    return _head(message) | {"text": message.fallback, "suggestions": [], "chips": [], "as_fallback": True}


def speaker(voice: Representative) -> JsonObject:
    """Who speaks, as the user sees it."""
    shown = {"representative": voice.representativeType, "name": voice.displayName}
    return shown | ({"avatar": voice.avatarImage} if voice.avatarImage else {})


def _head(message: Message) -> JsonObject:
    return {"kind": "message", "id": message.messageId, **speaker(message.representative)}
