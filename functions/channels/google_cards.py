"""Cards as Google's messaging channels have them: one card or a carousel, and what has no room in them. Pure.

Source: Business Messages and RCS for Business, REST references v1 (RichCard, CardContent); limits in `google_limits`.
That a card needs a title, a description or a picture is only in the second; one without them is not sent.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from functions.channels.google_chips import Chips, divide, in_words
from functions.channels.google_form import Form, size_of
from functions.channels.google_limits import (
    MAX_CARD_CHIPS,
    MAX_CARD_DESCRIPTION,
    MAX_CARD_TITLE,
    MAX_CAROUSEL_CARDS,
    MIN_CAROUSEL_CARDS,
)
from functions.channels.google_media import media_in_words
from functions.handoff.content import Card, link_text
from functions.handoff.events import JsonObject
from functions.handoff.text import cut_at_word, split_text


class LaidCard(NamedTuple):
    """One card: its `content`, chips that belong `below` the message, and words `beyond` its room.

    `lines` is the card in words without its description, which is `description`.
    """

    content: JsonObject
    below: Chips
    beyond: str
    description: str
    lines: tuple[str, ...]


def lay_out(card: Card, form: Form) -> LaidCard:
    """Fit a card into the limits; nothing of it is left out.

    Of more than four chips the links become lines of the description, the replies go below the message; a request for a
    person always does. A title or description that is too long goes on in the description, then beyond the card.
    """
    picture = form.find_media(card.media)
    own = [chip for chip in card.suggestions if chip.kind != "live_agent"]
    shown, surplus = divide(own, MAX_CARD_CHIPS, form)
    if not (card.title.strip() or card.description.strip() or media_in_words(card.media)):
        return LaidCard({}, card.suggestions, "", "", ())
    title, more = _head(card.title, MAX_CARD_TITLE)
    link = "" if picture else media_in_words(card.media)
    links = [link_text(chip) for chip in surplus]
    description, beyond = _head(_lines(more, card.description, link, *links), MAX_CARD_DESCRIPTION)
    content = {
        "title": title,
        "description": description,
        "media": {"height": "MEDIUM", "contentInfo": picture} if picture else None,
        "suggestions": [form.as_chip(chip) for chip in shown],
    }
    live_agent = [chip for chip in card.suggestions if chip.kind == "live_agent"]
    return LaidCard(
        content={name: value for name, value in content.items() if value},
        below=(*(chip for chip in surplus if not link_text(chip)), *live_agent),
        beyond=beyond,
        description=description,
        lines=(title, media_in_words(card.media) if picture else "", *(in_words(chip) for chip in shown)),
    )


def rich_cards(laid: Sequence[LaidCard], form: Form) -> list[tuple[JsonObject, str]]:
    """The message of each ten cards, or as many as it takes, with the words that did not fit into them."""
    cards = [card for card in laid if card.content]
    return [(_rich_card(group, form), _beyond(group)) for group in _groups(cards, form.max_cards_bytes)]


def _groups(cards: Sequence[LaidCard], max_bytes: int) -> Iterator[list[LaidCard]]:
    group: list[LaidCard] = []
    size = 0
    for card in cards:
        added = size_of(card.content)
        if group and (len(group) == MAX_CAROUSEL_CARDS or size + added > max_bytes):
            yield group
            group, size = [], 0
        group.append(card)
        size += added
    if group:
        yield group


def _rich_card(group: Sequence[LaidCard], form: Form) -> JsonObject:
    contents = [card.content for card in group]
    if len(contents) < MIN_CAROUSEL_CARDS:
        rich: JsonObject = {"standaloneCard": {**form.card_alone, "cardContent": contents[0]}}
    else:
        rich = {"carouselCard": {"cardWidth": "MEDIUM", "cardContents": contents}}
    return {"richCard": rich, "fallback": _fallback(group, form.max_text)}


def _beyond(group: Sequence[LaidCard]) -> str:
    """Of several cards each says which one goes on here."""
    return "\n\n".join(
        _lines(str(card.content.get("title", "")) if len(group) > 1 else "", card.beyond)
        for card in group
        if card.beyond
    )


def _fallback(group: Sequence[LaidCard], limit: int) -> str:
    """The cards in words: without descriptions where those are too much, so that every card and link is there."""
    whole = "\n\n".join(_lines(card.lines[0], card.description, *card.lines[1:]) for card in group)
    if len(whole) <= limit:
        return whole
    return shortened("\n\n".join(_lines(*card.lines) or card.description for card in group), limit)


def shortened(text: str, limit: int) -> str:
    """As much of it as there is room for."""
    return text if len(text) <= limit else cut_at_word(text, limit - 1) + "…"


def _head(text: str, limit: int) -> tuple[str, str]:
    """What fits, and the rest."""
    text = text.strip()
    head = split_text(text, limit)[0] if text else ""
    return head, text[len(head) :].strip()


def _lines(*texts: str) -> str:
    return "\n".join(text.strip() for text in texts if text.strip())
