"""Buttons of agents' messages as chips: what a chip carries so that its tap becomes an answer at the desk. Pure."""

import msgspec

from functions.handoff.content import AgentButton

_PREFIX = "agent-button:"
MAX_POSTBACK_CHARACTERS = 2000
"""A longer one is not made: channels limit what a chip may carry."""


def as_postback(button: AgentButton) -> str:
    """What a chip carries for this button; "" when that would be too long."""
    postback = _PREFIX + msgspec.json.encode(button).decode()
    return postback if len(postback) <= MAX_POSTBACK_CHARACTERS else ""


def find_button(postback: str | None) -> AgentButton | None:
    """The button that was tapped, or None for every other chip."""
    if not postback or not postback.startswith(_PREFIX):
        return None
    try:
        return msgspec.json.decode(postback.removeprefix(_PREFIX), type=AgentButton)
    except (msgspec.DecodeError, UnicodeError):
        return None
