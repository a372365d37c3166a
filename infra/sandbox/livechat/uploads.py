"""Files: taken by `upload_file`, served under a hard-to-guess URL without a login, gone after a day if never sent.

Source: Customer Chat API 3.6, upload_file: at most 10 MB, no executables; the URL expires after 24 hours unless it is
used in send_event. How LiveChat tells an executable is not documented: here by its name, type or first bytes.
"""

import mimetypes
import re
import uuid
from collections.abc import Mapping
from pathlib import PurePosixPath
from urllib.parse import quote

from flask import Response
from werkzeug.datastructures import FileStorage

from infra.sandbox.livechat.errors import ApiError
from infra.sandbox.livechat.licence import Licence
from infra.sandbox.livechat.model import JsonObject, Upload

MAX_UPLOAD_BYTES = 10 * 1024 * 1024
LIFETIME_S = 24 * 3600.0
_FOR_EVER = float("inf")
_PLAIN_IN_URLS = ":/"
_SUFFIXES = {".apk", ".bat", ".cmd", ".com", ".dll", ".exe", ".jar", ".msi", ".ps1", ".scr", ".sh", ".vbs"}
_TYPES = {
    "application/java-archive",
    "application/vnd.android.package-archive",
    "application/x-dosexec",
    "application/x-executable",
    "application/x-msdos-program",
    "application/x-msdownload",
    "application/x-sh",
}
_BEGINNINGS = (b"MZ", b"\x7fELF", b"#!")


def upload_file(
    licence: Licence, files: Mapping[str, FileStorage], form: Mapping[str, str], base_url: str
) -> JsonObject:
    """Keep a file under a URL of this server.

    Raises:
        ApiError: no `file` or more than that, over 10 MB, or an executable.
    """
    file = files.get("file")
    if file is None or not file.filename:
        raise ApiError("validation", "file: a multipart file is required")
    unknown = sorted({*files, *form} - {"file"})
    if unknown:
        raise ApiError("validation", f"{unknown[0]}: unknown field")
    content = file.read()
    if len(content) > MAX_UPLOAD_BYTES:
        raise ApiError("entity_too_large", "file: larger than 10 MB")
    upload = Upload(_name(file.filename), file.mimetype or _guess(file.filename), content)
    if _is_executable(upload):
        raise ApiError("validation", "file: executables are not allowed")
    return {"url": _keep(licence, upload, base_url)}


def keep(licence: Licence, name: str, content_type: str, content: bytes, base_url: str) -> str:
    """Keep a file of any kind and size; answers its URL on this server."""
    return _keep(licence, Upload(_name(name), content_type, content), base_url)


def _keep(licence: Licence, upload: Upload, base_url: str) -> str:
    folder = f"{base_url}/api/file/lc/att/{licence.options.license_id}/{uuid.uuid4().hex}"
    url = quote(f"{folder}/{upload.name}", safe=_PLAIN_IN_URLS)
    upload.kept_at = licence.clock.time()
    licence.uploads[url] = upload
    return url


def _name(given: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f]", "", re.split(r"[/\\]", given)[-1]) or "file"


def _guess(name: str) -> str:
    return mimetypes.guess_type(name)[0] or "application/octet-stream"


def _is_executable(upload: Upload) -> bool:
    suffix = PurePosixPath(upload.name.rstrip(". ")).suffix.lower()
    return suffix in _SUFFIXES or upload.content_type in _TYPES or upload.content.startswith(_BEGINNINGS)


def forget_unsent(licence: Licence) -> None:
    """Take away the files whose day is over and that were never sent; those that were stay for ever."""
    over = [url for url, upload in licence.uploads.items() if upload.kept_at <= licence.clock.time() - LIFETIME_S]
    if not over:
        return
    threads = [thread for chat in licence.chats.values() for thread in chat.threads]
    sent = {event.get("url") for thread in threads for event in thread.events}
    for url in over:
        if url in sent:
            licence.uploads[url].kept_at = _FOR_EVER
        else:
            del licence.uploads[url]


def serve(licence: Licence, url: str) -> Response:
    """The file under `url` (unquoted), or 404."""
    forget_unsent(licence)
    upload = licence.uploads.get(quote(url, safe=_PLAIN_IN_URLS))
    if upload is None:
        return Response(status=404)
    return Response(upload.content, mimetype=upload.content_type)
