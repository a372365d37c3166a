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

from functions.channels.business_messages_chips import as_chip
from functions.channels.business_messages_limits import MAX_CHIPS
from functions.channels.business_messages_media import find_picture
from functions.channels.business_messages_native import find_native
from functions.channels.google_content import bodies
from functions.channels.google_form import Form
from functions.handoff.content import Media, OutboundMessage
from functions.handoff.events import JsonObject


def _find_image(media: Media | None) -> JsonObject | None:
    picture = find_picture(media)
    return {"image": {"contentInfo": picture}} if picture else None


FORM = Form(as_chip=as_chip, find_media=find_picture, find_message=_find_image, max_chips=MAX_CHIPS, card_alone={})


def compose(message: OutboundMessage) -> list[JsonObject]:
    """The bodies that show the message, in order, without messageId and representative; none for an empty one."""
    native = find_native(message)
    return [native] if native else bodies(message, FORM)
