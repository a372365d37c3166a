"""What Google's messaging channels show of a neutral message, a body per part. Pure.

A picture or file, then words, then cards. Words that follow each other are one text, as far as there is room. Chips
hang under the last part, as they vanish with the next message. Each body has a `fallback`: its words, links and labels,
as far as there is room, for what can't show the rest.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

import msgspec

from functions.channels.google_cards import LaidCard, lay_out, rich_cards, shortened
from functions.channels.google_chips import Chips, divide, in_words
from functions.channels.google_form import Form
from functions.channels.google_media import media_in_words
from functions.channels.markdown import as_plain
from functions.handoff.content import COMMONMARK, Media, OutboundMessage
from functions.handoff.events import JsonObject
from functions.handoff.json_fields import clean_json
from functions.handoff.text import split_text

_WITHOUT_WORDS = "…"  # chips need a message to hang under
_Block = str | JsonObject
"""Words of any length, or a body of another kind."""


def bodies(message: OutboundMessage, form: Form) -> list[JsonObject]:
    """The bodies that show the message, in order; none for an empty one. Whatever is native in it is left out."""
    message = _cleaned(message)
    laid = [lay_out(card, form) for card in message.cards]
    below = [*message.suggestions, *(chip for card in laid for chip in card.below)]
    chips, surplus = divide(below, form.max_chips, form)
    blocks = list(_blocks(message, laid, form))
    last_words = [line for line in map(in_words, surplus) if line]
    if not blocks and (message.fallback.strip() or (chips and not last_words)):
        blocks = [message.fallback.strip() or _WITHOUT_WORDS]
    parts = list(_parts([*blocks, "\n".join(last_words)], form.max_text))
    if parts and chips:
        parts[-1] = _with_chips(parts[-1], chips, form)
    return _with_authors_fallback(parts, message.fallback.strip(), form.max_text)


def _cleaned(message: OutboundMessage) -> OutboundMessage:
    """Without characters that no JSON writer or API takes."""
    plain = msgspec.structs.replace(message, native={})
    return msgspec.convert(clean_json(msgspec.to_builtins(plain)), OutboundMessage)


def _blocks(message: OutboundMessage, laid: Sequence[LaidCard], form: Form) -> Iterator[_Block]:
    blocks: list[_Block] = [_media(message.media, form), _words(message)]
    blocks += [block for body, beyond in rich_cards(laid, form) for block in (body, beyond)]
    yield from (block for block in blocks if not isinstance(block, str) or block.strip())


def _media(media: Media | None, form: Form) -> _Block:
    shown = form.find_message(media)
    words = media_in_words(media)
    return {**shown, "fallback": shortened(words, form.max_text)} if shown else words


def _words(message: OutboundMessage) -> str:
    return as_plain(message.text) if message.formatting == COMMONMARK else message.text


def _parts(blocks: Iterable[_Block], max_text: int) -> Iterator[JsonObject]:
    """Words that follow each other are one text, as far as there is room."""
    for are_words, together in groupby(blocks, key=lambda block: isinstance(block, str)):
        if not are_words:
            yield from (block for block in together if isinstance(block, dict))
            continue
        text = "\n\n".join(block for block in together if isinstance(block, str) and block.strip())
        parts = split_text(text, max_text) if text else []
        yield from ({"text": part, "fallback": part} for part in parts if part.strip())


def _with_chips(body: JsonObject, chips: Chips, form: Form) -> JsonObject:
    """The body with its chips; they are named in its fallback as far as there is room, whole lines only."""
    fallback = body["fallback"]
    for line in map(in_words, chips):
        longer = f"{fallback}\n{line}" if fallback else line
        fallback = longer if line and len(longer) <= form.max_text else fallback
    return {**body, "suggestions": [form.as_chip(chip) for chip in chips], "fallback": fallback}


def _with_authors_fallback(parts: list[JsonObject], fallback: str, limit: int) -> list[JsonObject]:
    """The author's own words go to the one part they can be meant for; of several each says what it shows."""
    rich = [number for number, body in enumerate(parts) if "text" not in body]
    meant = rich or list(range(len(parts)))
    if fallback and len(meant) == 1:
        parts[meant[0]] = {**parts[meant[0]], "fallback": shortened(fallback, limit)}
    return parts
