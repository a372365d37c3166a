"""What kind of file may be passed on, and what kind one is: by its bytes where they tell, else as it is named.

A table of what is allowed; all else is refused: pages, scripts, drawings with scripts in them, programs, archives.
"""

import re

from functions.handoff.content import Media
from functions.handoff.errors import FileRefused

_OFFICE = "application/vnd.openxmlformats-officedocument."
_OPEN_DOCUMENT = "application/vnd.oasis.opendocument."

EXTENSIONS: dict[str, tuple[str, ...]] = {  # allowed type → its file extensions, the usual one first
    "image/jpeg": ("jpg", "jpeg", "jpe", "jfif"),
    "image/png": ("png",),
    "image/gif": ("gif",),
    "image/webp": ("webp",),
    "image/heic": ("heic",),
    "image/heif": ("heif", "heic"),
    "image/bmp": ("bmp",),
    "audio/mpeg": ("mp3", "mpga"),
    "audio/mp4": ("m4a",),
    "audio/aac": ("aac",),
    "audio/ogg": ("ogg", "oga"),
    "audio/opus": ("opus", "ogg"),
    "audio/wav": ("wav",),
    "audio/flac": ("flac",),
    "audio/amr": ("amr",),
    "audio/webm": ("weba",),
    "video/mp4": ("mp4", "m4v"),
    "video/3gpp": ("3gp", "3gpp"),
    "audio/3gpp": ("3gp", "3gpp"),
    "video/quicktime": ("mov", "qt"),
    "video/webm": ("webm",),
    "video/mpeg": ("mpeg", "mpg"),
    "video/ogg": ("ogv",),
    "application/pdf": ("pdf",),
    "application/rtf": ("rtf",),
    "application/msword": ("doc",),
    "application/vnd.ms-excel": ("xls",),
    "application/vnd.ms-powerpoint": ("ppt",),
    f"{_OFFICE}wordprocessingml.document": ("docx",),
    f"{_OFFICE}spreadsheetml.sheet": ("xlsx",),
    f"{_OFFICE}presentationml.presentation": ("pptx",),
    f"{_OPEN_DOCUMENT}text": ("odt",),
    f"{_OPEN_DOCUMENT}spreadsheet": ("ods",),
    f"{_OPEN_DOCUMENT}presentation": ("odp",),
    "text/plain": ("txt", "text"),
    "text/csv": ("csv",),
    "text/vcard": ("vcf",),
    "text/calendar": ("ics",),
}
_OTHER_NAMES = {
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/x-ms-bmp": "image/bmp",
    "audio/mp3": "audio/mpeg",
    "audio/m4a": "audio/mp4",
    "audio/x-m4a": "audio/mp4",
    "audio/x-wav": "audio/wav",
    "audio/wave": "audio/wav",
    "audio/x-flac": "audio/flac",
    "application/ogg": "audio/ogg",
    "application/csv": "text/csv",
    "text/rtf": "application/rtf",
    "text/x-vcard": "text/vcard",
}
_SAYS_NOTHING = {"", "application/octet-stream", "binary/octet-stream"}
_KIND_OF_EXTENSION = {name: kind for kind, names in reversed(EXTENSIONS.items()) for name in names}  # first one wins

_SIGNATURES = {
    kind: re.compile(pattern, re.DOTALL)
    for kind, pattern in {
        "image/jpeg": rb"\xff\xd8\xff",
        "image/png": rb"\x89PNG\r\n\x1a\n",
        "image/gif": rb"GIF8[79]a",
        "image/webp": rb"RIFF.{4}WEBP",
        "image/heic": rb".{4}ftyphe(?:i[cxms]|v[cxms])",
        "image/heif": rb".{4}ftyp(?:mif1|msf1)",
        "image/bmp": rb"BM.{4}\0{4}",
        "application/pdf": rb"(?:\xef\xbb\xbf)?\s{0,8}%PDF-",
    }.items()
}
# Windows (with the zeros of its header), Linux, macOS and Java.
_PROGRAM = re.compile(rb"MZ.{0,62}\0|\x7fELF|\xfe\xed\xfa[\xce\xcf]|[\xce\xcf]\xfa\xed\xfe|\xca\xfe\xba\xbe", re.DOTALL)
_MARKUP = re.compile(rb"(?:\xef\xbb\xbf)?\s*<")
_HEAD_BYTES = 1024


def claimed_kind(content_type: str) -> str:
    """The kind that a Content-Type names, its parameters ignored; "" when it says nothing.

    Raises:
        FileRefused: one that is not allowed.
    """
    name = content_type.partition(";")[0].strip().lower()
    if name in _SAYS_NOTHING:
        return ""
    kind = _OTHER_NAMES.get(name, name)
    if kind not in EXTENSIONS:
        raise FileRefused("not_allowed")
    return kind


def kind_of(claimed: str, media: Media, content: bytes) -> str:
    """The kind a file is: as its bytes show, else as claimed, else as the channel or the file's name has it.

    An image or PDF that is named as another one is what its bytes say; what is named as one and is none is refused, and
    so are a page or a program under any other name.

    Raises:
        FileRefused: not allowed, not what it is named, or not known.
    """
    claimed = claimed or _kind_said(media)
    head = content[:_HEAD_BYTES]
    seen = next((kind for kind, signature in _SIGNATURES.items() if signature.match(head)), "")
    is_text = claimed.startswith("text/")
    if seen and not is_text:
        return seen
    if not claimed or claimed in _SIGNATURES or _PROGRAM.match(head) or (_MARKUP.match(head) and not is_text):
        raise FileRefused("not_allowed")
    return claimed


def _kind_said(media: Media) -> str:
    """The kind by what came with the message: its type, else its name."""
    name = media.mime_type.partition(";")[0].strip().lower()
    kind = _OTHER_NAMES.get(name, name)
    return kind if kind in EXTENSIONS else _KIND_OF_EXTENSION.get(extension_of(media.name), "")


def extension_of(name: str) -> str:
    """The extension of a file name in small letters, without its dot; "" when there is none."""
    stem, _, extension = name.rpartition(".")
    return extension.lower() if stem else ""


def is_extension(text: str) -> bool:
    """Tell whether this is the extension of any kind that is allowed."""
    return text in _KIND_OF_EXTENSION
