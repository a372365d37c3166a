"""How much of a bot's answer is kept: it waits in one record with everything around it, which takes a megabyte.

Far above what a bot says and a channel shows; only what is hostile or broken is cut. Pure.
"""

from collections.abc import Iterable

import msgspec
from msgspec.structs import replace

from functions.handoff.content import Card, Media, OutboundMessage, Suggestion, plain_text

MAX_CHIPS = 50  # of one message; a channel shows a dozen
_MAX_NATIVE_BYTES = 32 * 1024
_MAX_MESSAGES = 30  # each is at least one call to the channel
_MAX_BYTES = 256 * 1024  # of all messages together, as they are stored
_MAX_CARDS = 30
_MAX_TEXT = 64_000
_MAX_DESCRIPTION = 10_000
_MAX_TITLE = 1_000
_MAX_LABEL = 256  # a bot hears no more of it
_MAX_ADDRESS = 2_048  # a longer one is left out: cut, it leads elsewhere
_MAX_LAST_WORDS = 4_000


def bounded(messages: Iterable[OutboundMessage]) -> tuple[OutboundMessage, ...]:
    """The messages, in order, as far as they can be kept: of one that is too large as much as there is room for."""
    kept: list[OutboundMessage] = []
    left = _MAX_BYTES
    for message in messages:
        short = _shortened(message)
        if short.is_empty and not message.is_empty:
            continue
        said = next((one for one in _ever_less(short) if _size(one) <= left), None)
        if said is None or len(kept) == _MAX_MESSAGES:
            break
        kept.append(said)
        left -= _size(said)
    return tuple(kept)


def _ever_less(message: OutboundMessage) -> Iterable[OutboundMessage]:
    yield message
    yield replace(message, native={})
    yield OutboundMessage(plain_text(message)[:_MAX_LAST_WORDS])


def _size(value: object) -> int:
    return len(msgspec.json.encode(value))


def _shortened(message: OutboundMessage) -> OutboundMessage:
    return replace(
        message,
        text=message.text[:_MAX_TEXT],
        suggestions=_chips(message.suggestions),
        media=_media(message.media),
        cards=tuple(_card(card) for card in message.cards[:_MAX_CARDS]),
        fallback=message.fallback[:_MAX_LAST_WORDS],
        native=message.native if _size(message.native) <= _MAX_NATIVE_BYTES else {},
    )


def _card(card: Card) -> Card:
    return replace(
        card,
        title=card.title[:_MAX_TITLE],
        description=card.description[:_MAX_DESCRIPTION],
        media=_media(card.media),
        suggestions=_chips(card.suggestions),
    )


def _media(media: Media | None) -> Media | None:
    if media is None or len(media.url) > _MAX_ADDRESS:
        return None
    return replace(media, alt_text=media.alt_text[:_MAX_TITLE])


def _chips(chips: tuple[Suggestion, ...]) -> tuple[Suggestion, ...]:
    whole = (chip for chip in chips if len(chip.url + chip.phone) <= _MAX_ADDRESS)
    return tuple(replace(chip, text=chip.text[:_MAX_LABEL], postback=chip.postback[:_MAX_ADDRESS]) for chip in whole)[
        :MAX_CHIPS
    ]
