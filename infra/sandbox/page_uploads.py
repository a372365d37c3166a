"""Files that are given to the page: a picture of the user's, any file of an agent's. The body is the file itself."""

import base64
from collections.abc import Callable, Mapping
from typing import Any

from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from infra.sandbox.page_actions import MAX_ID_CHARACTERS
from infra.sandbox.sandbox import Sandbox

JsonObject = dict[str, Any]
MAX_UPLOAD_BYTES = 10 * 1024 * 1024
_MAX_NAME_CHARACTERS = 200
_ANY_TYPE = "application/octet-stream"


def _picture(sandbox: Sandbox, query: Mapping[str, str], mime_type: str, content: bytes) -> JsonObject:
    if not mime_type.startswith("image/"):
        raise UnsupportedMediaType("this is not a picture, and phones send nothing else")
    conversation = _wanted(query, "conversation")
    sandbox.channels[sandbox.channel].phone.send_image(conversation, content=content, mime_type=mime_type)
    return {}


def _file(sandbox: Sandbox, query: Mapping[str, str], mime_type: str, content: bytes) -> JsonObject:
    return sandbox.livechat.play(
        "file",
        agent=_wanted(query, "agent"),
        chat_id=_wanted(query, "chat_id"),
        name=query.get("name", "")[:_MAX_NAME_CHARACTERS] or "file",
        content=base64.b64encode(content).decode(),
        content_type=mime_type or _ANY_TYPE,
        visibility="agents" if query.get("private") == "true" else "all",
    )


UPLOADS: dict[str, Callable[[Sandbox, Mapping[str, str], str, bytes], JsonObject]] = {
    "phone/picture": _picture,
    "agent/file": _file,
}
"""By path: what becomes of a file, with the query's arguments and its type."""


def upload(sandbox: Sandbox, path: str, query: Mapping[str, str], mime_type: str, content: bytes) -> JsonObject:
    """Send the file of one that may be uploaded.

    Raises:
        BadRequest: it is empty, or an argument is missing.
        UnsupportedMediaType: it is not of the kind that can be sent there.
    """
    if not content:
        raise BadRequest("the file is empty")
    return UPLOADS[path](sandbox, query, mime_type, content)


def _wanted(query: Mapping[str, str], name: str) -> str:
    given = query.get(name, "")
    if not 0 < len(given) <= MAX_ID_CHARACTERS:
        raise BadRequest(f"{name} must be given, with at most {MAX_ID_CHARACTERS} characters")
    return given
