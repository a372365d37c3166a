"""Chips as Google's messaging channels have them, and which of too many become words instead. Pure.

Source: Business Messages and RCS for Business, REST references v1 (Suggestion); limits in `google_limits`.
"""

import re
import sys
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from functions.channels.google_form import Form, size_of
from functions.channels.google_limits import MAX_LABEL, MAX_URL, URL
from functions.handoff.content import Suggestion, link_text
from functions.handoff.events import JsonObject
from functions.handoff.text import cut_at_word

Chips = tuple[Suggestion, ...]
AsChip = Callable[[Suggestion], JsonObject | None]
_KEPT_FIRST = {"live_agent": 0, "reply": 1}  # a link is worth as much in words, a request for a person has none
_KEPT_LAST = 2


def divide(chips: Sequence[Suggestion], limit: int, form: Form) -> tuple[Chips, Chips]:
    """The chips that can be chips, at most `limit`, and the others, for `in_words`; both in their order.

    Of too many, links and phone numbers go first. A second request for a person is dropped, as the first does it.
    """
    chips = _with_one_live_agent(chips)
    sizes = {number: size_of(made) for number, chip in enumerate(chips) if (made := form.as_chip(chip))}
    kept: set[int] = set()
    room = form.max_chips_bytes
    for number in sorted(sizes, key=lambda number: (_KEPT_FIRST.get(chips[number].kind, _KEPT_LAST), number)):
        if len(kept) < limit and sizes[number] <= room:
            kept.add(number)
            room -= sizes[number]
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


def chip_maker(live_agent: AsChip, max_postback: int = sys.maxsize) -> AsChip:
    """The `as_chip` of a channel that has its own form for a request for a person."""
    makers: dict[str, AsChip] = {"reply": _reply, "open_url": _open_url, "dial": _dial, "live_agent": live_agent}

    def as_chip(chip: Suggestion) -> JsonObject | None:
        make = makers.get(chip.kind)
        made = make(chip) if make else None
        is_taken = made and all(len(inner.get("postbackData", "")) <= max_postback for inner in made.values())
        return made if is_taken else None

    return as_chip


def is_openable(url: str) -> bool:
    """Tell whether the API takes this address, for a chip or a picture."""
    return len(url) <= MAX_URL and re.fullmatch(URL, url) is not None and _has_host(url)


def _has_host(url: str) -> bool:
    try:
        return bool(urlsplit(url).hostname)
    except ValueError:  # "https://[": brackets that hold no address
        return False


def reply_chip(text: str, postback: str) -> JsonObject:
    """A chip that answers; its label is cut to the limit."""
    return {"reply": {"text": _label(text), "postbackData": postback}}


def _reply(chip: Suggestion) -> JsonObject | None:
    return reply_chip(chip.text, chip.postback or chip.text) if chip.text.strip() else None


def _open_url(chip: Suggestion) -> JsonObject | None:
    url = chip.url.strip()
    return _action(chip, url, {"openUrlAction": {"url": url}}) if is_openable(url) else None


def _dial(chip: Suggestion) -> JsonObject | None:
    phone = chip.phone.strip()
    return _action(chip, phone, {"dialAction": {"phoneNumber": phone}}) if phone else None


def _action(chip: Suggestion, target: str, action: JsonObject) -> JsonObject:
    text = chip.text.strip() or target
    return {"action": {"text": _label(text), "postbackData": chip.postback or text, **action}}


def _label(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= MAX_LABEL else cut_at_word(text, MAX_LABEL - 1) + "…"
