"""What Business Messages shows of a neutral message: one body of conversations.messages per part. Pure.

=====================  =======================================  =====================================================
of the message         shown as                                 where that is not possible
=====================  =======================================  =====================================================
text, any length       texts of at most 3072 characters         –
Markdown               text without its marks                   as typed
picture (jpg, png)     image                                    text: what it shows, its name, its link
any other file         text: name and link                      –
one card               standalone card                          what has no room goes on in a text behind it
cards                  carousels of 2 to 10, a rest of one      the same
reply, link, dial      chip, at most 13 (4 on a card)           link and number as text, a reply is named in the text
live agent             chip                                     –
native                 as its author wrote it                   the rest of the message
=====================  =======================================  =====================================================

Chips hang under the last part, as they vanish with the next message. Each body has a `fallback`, for devices that
can't show the rest: its words, links and labels, as far as 3072 characters go.

Source: Business Messages REST reference v1 (conversations.messages), guide "send messages", as of 2024-11.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

import msgspec

from functions.channels.business_messages_cards import LaidCard, lay_out, rich_cards, shortened
from functions.channels.business_messages_chips import Chips, as_chip, divide, in_words
from functions.channels.business_messages_limits import MAX_CHIPS, MAX_FALLBACK, MAX_TEXT
from functions.channels.business_messages_media import find_picture, media_in_words
from functions.channels.business_messages_native import find_native
from functions.channels.markdown import as_plain
from functions.handoff.content import COMMONMARK, Media, OutboundMessage
from functions.handoff.events import JsonObject
from functions.handoff.json_fields import clean_json
from functions.handoff.text import split_text

_WITHOUT_WORDS = "…"  # chips need a message to hang under
_Block = str | JsonObject
"""Words of any length, or a body of another kind."""


def compose(message: OutboundMessage) -> list[JsonObject]:
    """The bodies that show the message, in order, without messageId and representative; none for an empty one."""
    native = find_native(message)
    if native:
        return [native]
    message = _cleaned(message)
    laid = [lay_out(card) for card in message.cards]
    chips, surplus = divide([*message.suggestions, *(chip for card in laid for chip in card.below)], MAX_CHIPS)
    blocks = list(_blocks(message, laid))
    last_words = [line for line in map(in_words, surplus) if line]
    if not blocks and (message.fallback.strip() or (chips and not last_words)):
        blocks = [message.fallback.strip() or _WITHOUT_WORDS]
    bodies = list(_bodies([*blocks, "\n".join(last_words)]))
    if bodies and chips:
        bodies[-1] = _with_chips(bodies[-1], chips)
    return _with_authors_fallback(bodies, message.fallback.strip())


def _cleaned(message: OutboundMessage) -> OutboundMessage:
    """Without characters that no JSON writer or API takes."""
    plain = msgspec.structs.replace(message, native={})
    return msgspec.convert(clean_json(msgspec.to_builtins(plain)), OutboundMessage)


def _blocks(message: OutboundMessage, laid: Sequence[LaidCard]) -> Iterator[_Block]:
    blocks: list[_Block] = [_media(message.media), _words(message)]
    blocks += [block for body, beyond in rich_cards(laid) for block in (body, beyond)]
    yield from (block for block in blocks if not isinstance(block, str) or block.strip())


def _media(media: Media | None) -> _Block:
    picture = find_picture(media)
    words = media_in_words(media)
    return {"image": {"contentInfo": picture}, "fallback": shortened(words)} if picture else words


def _words(message: OutboundMessage) -> str:
    return as_plain(message.text) if message.formatting == COMMONMARK else message.text


def _bodies(blocks: Iterable[_Block]) -> Iterator[JsonObject]:
    """Words that follow each other are one text, as far as there is room."""
    for are_words, together in groupby(blocks, key=lambda block: isinstance(block, str)):
        if not are_words:
            yield from (block for block in together if isinstance(block, dict))
            continue
        text = "\n\n".join(block for block in together if isinstance(block, str) and block.strip())
        parts = split_text(text, MAX_TEXT) if text else []
        yield from ({"text": part, "fallback": part} for part in parts if part.strip())


def _with_chips(body: JsonObject, chips: Chips) -> JsonObject:
    """The body with its chips; they are named in its fallback as far as there is room, whole lines only."""
    fallback = body["fallback"]
    for line in map(in_words, chips):
        longer = f"{fallback}\n{line}" if fallback else line
        fallback = longer if line and len(longer) <= MAX_FALLBACK else fallback
    return {**body, "suggestions": [as_chip(chip) for chip in chips], "fallback": fallback}


def _with_authors_fallback(bodies: list[JsonObject], fallback: str) -> list[JsonObject]:
    """The author's own words go to the one part they can be meant for; of several each says what it shows."""
    rich = [number for number, body in enumerate(bodies) if "text" not in body]
    meant = rich or list(range(len(bodies)))
    if fallback and len(meant) == 1:
        bodies[meant[0]] = {**bodies[meant[0]], "fallback": shortened(fallback)}
    return bodies
