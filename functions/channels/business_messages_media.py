"""Pictures and files as Business Messages has them: a picture it takes, or words with a link. Pure.

Source: Business Messages REST reference v1 (ContentInfo), guide "send messages": jpg, jpeg or png of at most 5 MB.
"""

import re
from urllib.parse import urlsplit

from functions.channels.business_messages_chips import is_openable
from functions.channels.business_messages_limits import MAX_IMAGE_BYTES
from functions.handoff.content import Media
from functions.handoff.events import JsonObject

_MIME_TYPES = {"image/jpeg", "image/jpg", "image/png"}
_ENDINGS = re.compile(r"\.(jpe?g|png)", re.IGNORECASE)


def find_picture(media: Media | None) -> JsonObject | None:
    """The API's `contentInfo`, or None for what is not certain to be taken.

    The type is the one that was told, else the one the address ends in; of a picture whose size nobody told it is taken
    that it is small enough. An unknown type is a link: whether a wrong guess is refused or just never appears is not
    documented.
    """
    if media is None or not is_openable(media.url):
        return None
    if not _is_picture(media) or media.size_bytes > MAX_IMAGE_BYTES:
        return None
    alt_text = media.alt_text.strip() or media.name.strip()
    return {"fileUrl": media.url, **({"altText": alt_text} if alt_text else {})}


def _is_picture(media: Media) -> bool:
    told = media.mime_type.partition(";")[0].strip().casefold()
    return told in _MIME_TYPES if told else _ending(media.url) is not None


def _ending(url: str) -> re.Match[str] | None:
    try:
        path = urlsplit(url).path
    except ValueError:  # "https://[": brackets that hold no address
        return None
    return _ENDINGS.fullmatch(path[path.rfind(".") :]) if "." in path else None


def media_in_words(media: Media | None) -> str:
    """What it shows, what it is called, and where it is: a line each; "" for none."""
    if media is None:
        return ""
    lines = (media.alt_text.strip(), media.name.strip(), media.url.strip())
    return "\n".join(dict.fromkeys(line for line in lines if line))
