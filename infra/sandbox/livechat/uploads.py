"""Files: taken by `upload_file`, served under a hard-to-guess URL without a login.

Source: Customer Chat API 3.6, upload_file: at most 10 MB, no executables.
"""

import mimetypes
import os
import uuid

from flask import Response
from werkzeug.datastructures import FileStorage
from werkzeug.utils import secure_filename

from infra.sandbox.livechat.errors import ApiError
from infra.sandbox.livechat.licence import Licence
from infra.sandbox.livechat.model import JsonObject, Upload

MAX_UPLOAD_BYTES = 10 * 1024 * 1024
_EXECUTABLE = {".bat", ".cmd", ".com", ".dll", ".exe", ".jar", ".msi", ".ps1", ".scr", ".sh", ".vbs"}


def upload_file(licence: Licence, file: FileStorage | None, base_url: str) -> JsonObject:
    """Keep a file under a URL of this server.

    Raises:
        ApiError: no `file`, more than 10 MB, or an executable.
    """
    if file is None or not file.filename:
        raise ApiError("validation", "file: a multipart file is required")
    name = secure_filename(file.filename) or "file"
    if os.path.splitext(name)[1].lower() in _EXECUTABLE:
        raise ApiError("validation", "file: executables are not allowed")
    content = file.read()
    if len(content) > MAX_UPLOAD_BYTES:
        raise ApiError("entity_too_large", "file: larger than 10 MB")
    url = keep(licence, name, file.mimetype or _guess(name), content, base_url)
    return {"url": url}


def keep(licence: Licence, name: str, content_type: str, content: bytes, base_url: str) -> str:
    """Keep a file; answers its URL on this server."""
    url = f"{base_url}/api/file/lc/att/{licence.options.license_id}/{uuid.uuid4().hex}/{name}"
    licence.uploads[url] = Upload(name, content_type, content)
    return url


def _guess(name: str) -> str:
    return mimetypes.guess_type(name)[0] or "application/octet-stream"


def serve(licence: Licence, url: str) -> Response:
    """The file under `url`, or 404."""
    upload = licence.uploads.get(url)
    if upload is None:
        return Response(status=404)
    return Response(upload.content, mimetype=upload.content_type)
