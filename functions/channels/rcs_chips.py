"""Chips as RCS for Business has them. Pure.

Source: RCS for Business REST reference v1 (Suggestion), as of 2026-04: nothing in it asks for a person, so that is a
reply whose postback is ours.
"""

from functions.channels.google_chips import chip_maker, reply_chip
from functions.channels.rcs_limits import MAX_POSTBACK
from functions.handoff.content import Suggestion
from functions.handoff.events import JsonObject

ASK_FOR_PERSON = "handoff:person"
"""The postback of the chip that asks for a person."""

_WITHOUT_WORDS = "…"


def _live_agent(chip: Suggestion) -> JsonObject:
    return reply_chip(chip.text.strip() or _WITHOUT_WORDS, ASK_FOR_PERSON)


as_chip = chip_maker(_live_agent, MAX_POSTBACK)
