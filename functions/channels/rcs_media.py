"""Pictures and files as RCS for Business has them: what it shows, or words with a link. Pure.

Source: RCS for Business REST reference v1 (files.create, ContentInfo, RichCard), guide "send messages", as of 2026-04.
A PDF on a card is for some countries only, so none is put there.
"""

from functions.channels.google_chips import is_openable
from functions.channels.google_media import kind_told
from functions.channels.rcs_limits import MAX_FILE_BYTES
from functions.handoff.content import Media
from functions.handoff.events import JsonObject

_ON_CARDS = {
    *(f"image/{kind}" for kind in ("jpeg", "jpg", "gif", "png")),
    *(f"video/{kind}" for kind in ("h263", "m4v", "mp4", "mpeg", "mpeg4", "webm")),
}
_ALONE = {
    *_ON_CARDS,
    *(f"audio/{kind}" for kind in ("aac", "mp3", "mpeg", "mpg", "mp4", "mp4-latm", "3gpp", "ogg")),
    *("application/ogg", "application/pdf"),
}


def find_media(media: Media | None) -> JsonObject | None:
    """The API's `contentInfo` for a card, or None for what is not certain to be taken."""
    return _content_info(media, _ON_CARDS)


def find_file(media: Media | None) -> JsonObject | None:
    """The fields of a message that is this file, or None for the same."""
    info = _content_info(media, _ALONE)
    return {"contentInfo": info} if info else None


def _content_info(media: Media | None, kinds: set[str]) -> JsonObject | None:
    """Of a file whose size nobody told it is taken that it is small enough. An unknown kind is a link."""
    if media is None or not is_openable(media.url):
        return None
    if kind_told(media) not in kinds or media.size_bytes > MAX_FILE_BYTES:
        return None
    return {"fileUrl": media.url}
