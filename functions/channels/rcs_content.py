"""What RCS for Business shows of a neutral message: one part per message of phones.agentMessages. Pure.

=====================  =======================================  =====================================================
of the message         shown as                                 where that is not possible
=====================  =======================================  =====================================================
text, any length       texts of at most 3072 characters         –
Markdown               text without its marks                   as typed
picture, film, sound,  file                                     text: what it shows, its name, its link
PDF
any other file         text: name and link                      –
one card               standalone card                          what has no room goes on in a text behind it
cards                  carousels of 2 to 10, a rest of one      the same
reply, link, dial      chip, at most 11 (4 on a card)           link and number as text, a reply is named in the text
live agent             reply with our own postback              –
native                 as its author wrote it                   the rest of the message
=====================  =======================================  =====================================================

Each part has beside its `contentMessage` a `fallback`: the same in words, for a phone that refuses the rest. Chips of
more than 2048 characters are words, and what is too large for one message of 250 KB is several.

Source: RCS for Business REST reference v1 (phones.agentMessages), guide "send messages", as of 2026-04.
"""

from functions.channels.google_content import bodies
from functions.channels.google_form import Form
from functions.channels.google_limits import MAX_TEXT
from functions.channels.rcs_chips import as_chip
from functions.channels.rcs_limits import MAX_CARDS_BYTES, MAX_CHIPS, MAX_CHIPS_BYTES, NAME_ROOM
from functions.channels.rcs_media import find_file, find_media
from functions.channels.rcs_native import find_native
from functions.handoff.content import OutboundMessage
from functions.handoff.events import JsonObject
from functions.handoff.text import cut_at_word

_FORM = Form(
    as_chip=as_chip,
    find_media=find_media,
    find_message=find_file,
    max_chips=MAX_CHIPS,
    card_alone={"cardOrientation": "VERTICAL"},
    max_chips_bytes=MAX_CHIPS_BYTES,
    max_cards_bytes=MAX_CARDS_BYTES,
)
_AFTER_NAME = ": "
_MAX_NAME = NAME_ROOM - len(_AFTER_NAME)


def compose(message: OutboundMessage, *, with_name: bool) -> list[JsonObject]:
    """The parts that show the message, in order; none for an empty one.

    `with_name`: whether every text leaves room for the name of who speaks; how long it is makes no difference.
    """
    native = find_native(message)
    if native:
        return [native]
    form = _FORM._replace(max_text=MAX_TEXT - NAME_ROOM) if with_name else _FORM
    return [_part(body) for body in bodies(message, form)]


def _part(body: JsonObject) -> JsonObject:
    content = {name: value for name, value in body.items() if name != "fallback"}
    return {"contentMessage": content, "fallback": body["fallback"]}


def named(text: str, name: str) -> str:
    """The text with the name of who speaks in front of it, as far as there is room for a name."""
    name = " ".join(name.split())
    if len(name) > _MAX_NAME:
        name = cut_at_word(name, _MAX_NAME - 1) + "…"
    return f"{name}{_AFTER_NAME}{text}" if name else text
