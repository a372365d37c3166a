"""Chips as Business Messages has them, and which of too many become words instead. Pure.

Source: Business Messages REST reference v1 (Suggestion); limits in `business_messages_limits`.
"""

import re
from collections.abc import Callable, Sequence

from functions.channels.business_messages_limits import MAX_LABEL, MAX_URL, URL
from functions.handoff.content import Suggestion, link_text
from functions.handoff.events import JsonObject
from functions.handoff.text import cut_at_word

Chips = tuple[Suggestion, ...]
_KEPT_FIRST = {"live_agent": 0, "reply": 1}  # a link is worth as much in words, a request for a person has none
_KEPT_LAST = 2


def divide(chips: Sequence[Suggestion], limit: int) -> tuple[Chips, Chips]:
    """The chips that can be chips, at most `limit`, and the others, for `in_words`; both in their order.

    Of too many, links and phone numbers go first. A second request for a person is dropped, as the first does it.
    """
    chips = _with_one_live_agent(chips)
    usable = [number for number, chip in enumerate(chips) if as_chip(chip)]
    usable.sort(key=lambda number: (_KEPT_FIRST.get(chips[number].kind, _KEPT_LAST), number))
    kept = set(usable[:limit])
    shown = tuple(chip for number, chip in enumerate(chips) if number in kept)
    return shown, tuple(chip for number, chip in enumerate(chips) if number not in kept)


def _with_one_live_agent(chips: Sequence[Suggestion]) -> Chips:
    first = next((number for number, chip in enumerate(chips) if chip.kind == "live_agent"), None)
    return tuple(chip for number, chip in enumerate(chips) if chip.kind != "live_agent" or number == first)


def in_words(chip: Suggestion) -> str:
    """A chip as a line of text: where it leads, or what it says; "" for a request for a person."""
    label = chip.text.strip()
    if chip.kind == "live_agent":
        return ""
    return link_text(chip) or (f"• {label}" if label else "")


def as_chip(chip: Suggestion) -> JsonObject | None:
    """The API's form, None for one that it has no form for: it would have the whole message refused."""
    make = _CHIPS.get(chip.kind)
    return make(chip) if make else None


def is_openable(url: str) -> bool:
    """Tell whether the API takes this address, for a chip or a picture."""
    return len(url) <= MAX_URL and re.fullmatch(URL, url) is not None


def _reply(chip: Suggestion) -> JsonObject | None:
    if not chip.text.strip():
        return None
    return {"reply": {"text": _label(chip.text), "postbackData": chip.postback or chip.text}}


def _open_url(chip: Suggestion) -> JsonObject | None:
    url = chip.url.strip()
    return _action(chip, url, {"openUrlAction": {"url": url}}) if is_openable(url) else None


def _dial(chip: Suggestion) -> JsonObject | None:
    phone = chip.phone.strip()
    return _action(chip, phone, {"dialAction": {"phoneNumber": phone}}) if phone else None


def _action(chip: Suggestion, target: str, action: JsonObject) -> JsonObject:
    text = chip.text.strip() or target
    return {"action": {"text": _label(text), "postbackData": chip.postback or text, **action}}


_CHIPS: dict[str, Callable[[Suggestion], JsonObject | None]] = {
    "reply": _reply,
    "open_url": _open_url,
    "dial": _dial,
    "live_agent": lambda _: {"liveAgentRequest": {}},  # has no fields: its label is Google's
}


def _label(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= MAX_LABEL else cut_at_word(text, MAX_LABEL - 1) + "…"
