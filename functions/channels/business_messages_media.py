"""Pictures as Business Messages has them: one that it takes, or none. Pure.

Source: Business Messages REST reference v1 (ContentInfo), guide "send messages": jpg, jpeg or png of at most 5 MB.
"""

from functions.channels.business_messages_limits import MAX_IMAGE_BYTES
from functions.channels.google_chips import is_openable
from functions.channels.google_media import kind_told
from functions.handoff.content import Media
from functions.handoff.events import JsonObject

_KINDS = {"image/jpeg", "image/jpg", "image/png"}


def find_picture(media: Media | None) -> JsonObject | None:
    """The API's `contentInfo`, or None for what is not certain to be taken.

    The type is the one that was told, else the one the address ends in; of a picture whose size nobody told it is taken
    that it is small enough. An unknown type is a link: whether a wrong guess is refused or just never appears is not
    documented.
    """
    if media is None or not is_openable(media.url):
        return None
    if kind_told(media) not in _KINDS or media.size_bytes > MAX_IMAGE_BYTES:
        return None
    alt_text = media.alt_text.strip() or media.name.strip()
    return {"fileUrl": media.url, **({"altText": alt_text} if alt_text else {})}
