"""Pictures and files for Google's messaging channels: of what kind they are, and what they are in words. Pure."""

from urllib.parse import urlsplit

from functions.handoff.content import Media

_KINDS = {
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "pdf": "application/pdf",
    "mp4": "video/mp4",
    "m4v": "video/m4v",
    "webm": "video/webm",
    "mp3": "audio/mp3",
    "aac": "audio/aac",
    "ogg": "audio/ogg",
}


def kind_told(media: Media) -> str:
    """Its MIME type: the one that was told, else of what its address ends in; "" for neither."""
    told = media.mime_type.partition(";")[0].strip().casefold()
    return told or _KINDS.get(_ending(media.url), "")


def _ending(url: str) -> str:
    try:
        path = urlsplit(url).path
    except ValueError:  # "https://[": brackets that hold no address
        return ""
    return path.rpartition(".")[2].casefold() if "." in path else ""


def media_in_words(media: Media | None) -> str:
    """What it shows, what it is called, and where it is: a line each; "" for none."""
    if media is None:
        return ""
    lines = (media.alt_text.strip(), media.name.strip(), media.url.strip())
    return "\n".join(dict.fromkeys(line for line in lines if line))
