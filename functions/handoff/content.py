"""What a message can hold, free of any provider's field names: words, pictures, files, cards, chips.

Pure. A side that can't show one of these shows `plain_text` of it instead.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

COMMONMARK = "commonmark"
"""A `formatting`: the text is Markdown."""


class AgentButton(msgspec.Struct, frozen=True, omit_defaults=True):
    """A button under an agent's message, by the desk's ids; tapping it answers that message.

    `kind` and `value` are the desk's own words for what the button does, given back to it as they were.
    """

    thread_id: str
    event_id: str
    button_id: str
    kind: str = ""
    value: str = ""


class Suggestion(msgspec.Struct, frozen=True, omit_defaults=True):
    """A chip under a message. `kind`: "reply", "open_url", "dial" or "live_agent" (asks for a person).

    `postback`: what the bot hears when it is tapped; an `AgentButton` stands in it as `postbacks` writes it.
    """

    kind: str
    text: str = ""
    postback: str = ""
    url: str = ""
    phone: str = ""


class Media(msgspec.Struct, frozen=True, omit_defaults=True):
    """A picture or file, by its address. `mime_type` "" and `size_bytes` 0: not known. `alt_text`: what it shows."""

    url: str
    name: str = ""
    mime_type: str = ""
    size_bytes: int = 0
    alt_text: str = ""


class Card(msgspec.Struct, frozen=True, omit_defaults=True):
    """A picture with words and chips that belong together."""

    title: str = ""
    description: str = ""
    media: Media | None = None
    suggestions: tuple[Suggestion, ...] = ()


class OutboundMessage(msgspec.Struct, frozen=True, omit_defaults=True):
    """One message for the user, of any length: the channel cuts it to what it takes. Shown in this order.

    Attributes:
        text: the words; may be "" where there is something else.
        suggestions: chips, under the last thing shown.
        formatting: "" = as typed, `COMMONMARK`.
        media: shown before the words.
        cards: shown after the words; one card, or a carousel of several.
        fallback: the author's own words for where media or cards can't be shown.
        native: channel name → the whole message in that channel's own form, as the bot's author wrote it. The channel
            checks it; what it can't use it replaces by the rest of this.
    """

    text: str = ""
    suggestions: tuple[Suggestion, ...] = ()
    formatting: str = ""
    media: Media | None = None
    cards: tuple[Card, ...] = ()
    fallback: str = ""
    native: dict[str, dict[str, Any]] = {}

    @property
    def is_empty(self) -> bool:
        """Nothing in it can be shown; chips alone can't."""
        return not (self.text.strip() or self.media or self.cards or self.native)


def plain_text(message: OutboundMessage) -> str:
    """The message in words alone: the author's own for that, else all of its words and the addresses of its media."""
    if message.fallback.strip() and not message.text.strip():
        return message.fallback.strip()
    blocks = [_media_text(message.media), message.text.strip(), *(card_text(card) for card in message.cards)]
    return "\n\n".join(block for block in blocks if block)


def card_text(card: Card) -> str:
    """A card in words, its links and phone numbers behind their labels; a chip that only replies is not among them."""
    return "\n".join(line for line in _card_lines(card) if line)


def _card_lines(card: Card) -> Iterator[str]:
    yield card.title.strip()
    yield card.description.strip()
    yield from (link_text(chip) for chip in card.suggestions)
    if not (card.title.strip() or card.description.strip()):
        yield _media_text(card.media)


def link_text(chip: Suggestion) -> str:
    """A chip that leads somewhere as words ("Shop: https://shop.example"); "" for others."""
    target = {"open_url": chip.url, "dial": chip.phone}.get(chip.kind, "").strip()
    label = chip.text.strip()
    return f"{label}: {target}" if label and target and label != target else target


def _media_text(media: Media | None) -> str:
    if media is None:
        return ""
    label = media.alt_text.strip() or media.name.strip()
    return f"{label}\n{media.url}" if label else media.url
