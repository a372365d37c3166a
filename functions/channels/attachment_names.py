"""What a fetched file is called: never a path, nothing that hides what it is, with the extension of its kind.

Source: RFC 6266 and RFC 8187 (Content-Disposition and its `filename*`).
"""

import re
import unicodedata
from urllib.parse import unquote

from functions.channels.attachment_kinds import EXTENSIONS, extension_of, is_extension

MAX_NAME_CHARACTERS = 100
_LONGEST_READ = 4096
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}  # control, direction marks, broken or private characters
_PARAMETER = re.compile(r';\s*([\w*.-]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^;"]*)', re.ASCII)
_EXTENDED = re.compile(r"(utf-8|iso-8859-1)'[^']*'(.*)", re.IGNORECASE)


def file_name(said: str, disposition: str, path: str, mime_type: str) -> str:
    """The name to show: as said with the message, else by the server, else the end of the path, else "file".

    Args:
        said: the name that came with the message, or "".
        disposition: the Content-Disposition header, or "".
        path: path of the URL, as it was asked for; a query behind it is left out.
        mime_type: one of `EXTENSIONS`.
    """
    from_path = unquote(path[:_LONGEST_READ].partition("?")[0])
    names = (_clean(one) for one in (said, _disposition_name(disposition), from_path))
    name = next(filter(None, names), "file")
    return _with_extension(name, EXTENSIONS[mime_type])


def _clean(name: str) -> str:
    """The last part of a path, without what can't be seen or has a meaning to some file system."""
    last = re.split(r"[/\\]", name[-_LONGEST_READ:])[-1]
    seen = "".join(c for c in unicodedata.normalize("NFC", last) if unicodedata.category(c) not in _HIDDEN)
    return re.sub(r'[<>:"|?*]', "_", " ".join(seen.split())).strip(". ")


def _with_extension(name: str, allowed: tuple[str, ...]) -> str:
    """The name with an extension of its kind: that of another kind is replaced, what else it ends in stays."""
    stem, extension = name, extension_of(name)
    if extension in allowed or is_extension(extension):
        stem = name[: -len(extension) - 1]
    extension = extension if extension in allowed else allowed[0]
    return f"{stem[: MAX_NAME_CHARACTERS - len(extension) - 1].rstrip('. ')}.{extension}"


def _disposition_name(header: str) -> str:
    """The file name that a Content-Disposition gives, its extended form first; "" for none."""
    parameters: dict[str, str] = {}
    for name, value in _PARAMETER.findall(header[:_LONGEST_READ]):
        parameters.setdefault(name.lower(), value.strip())
    return _extended(parameters.get("filename*", "")) or _plain(parameters.get("filename", ""))


def _extended(value: str) -> str:
    found = _EXTENDED.fullmatch(value)
    return unquote(found[2], encoding=found[1].lower(), errors="replace") if found else ""


def _plain(value: str) -> str:
    text = re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value
    try:
        return text.encode("latin-1").decode("utf-8")  # a header comes as Latin-1; most servers write UTF-8
    except ValueError:
        return text
