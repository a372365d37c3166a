"""Files, both ways: those that users send, to be had at an address; those of agents, fetched as Google does.

Source: RCS for Business, UserFile ("Receive events" for its fields), phones.agentMessages (ContentInfo: addresses must
not redirect, and name the content's type). That users' files are kept for 60 days is an aggregator's word.
"""

import secrets
import uuid
from datetime import datetime, timedelta
from typing import NamedTuple
from urllib.parse import urlsplit

import requests
from flask import Response

from infra.sandbox.business_messages_pictures import Served
from infra.sandbox.clock import Clock
from infra.sandbox.google_api import ApiError, require
from infra.sandbox.rcs_schema import LOOPBACK, Content, files

_FOLDER = "/rcs-user-content"
_KEPT_FOR = timedelta(days=60)
_MAX_FILE_BYTES = 100 * 1024 * 1024
_MAX_THUMBNAIL_BYTES = 100 * 1000
_LONGEST_FETCH_S = 20.0


class _File(NamedTuple):
    content: bytes
    mime_type: str
    sent_at: datetime


class UserFiles:
    """What users sent. Its addresses carry no signature: whoever knows one may fetch."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._held: dict[str, _File] = {}
        self._standin: Served | None = None

    def serve_by(self, standin: Served) -> None:
        """Let the stand-in answer for the files."""
        self._standin = standin
        standin.app.add_url_rule(f"{_FOLDER}/<folder>/<name>", "user_files", view_func=self._answer)

    def upload(self, content: bytes, mime_type: str) -> str:
        """Keep the file; answers the address under which it can be had.

        Raises:
            ApiError: INVALID_ARGUMENT while nobody answers for the files.
        """
        base_url = self._standin.base_url if self._standin else ""
        require(base_url, "The stand-in is not served: nobody could fetch the file.")
        path = somewhere()
        self._held[path] = _File(content, mime_type, self._clock.now())
        return base_url + path

    def _answer(self, folder: str, name: str) -> Response:
        file = self._held.get(f"{_FOLDER}/{folder}/{name}")
        if file is None or self._clock.now() - file.sent_at > _KEPT_FOR:
            return Response("<Error><Code>NoSuchKey</Code></Error>", 404, content_type="application/xml")
        return Response(file.content, content_type=file.mime_type)


def somewhere() -> str:
    """A path that nobody can guess."""
    return f"{_FOLDER}/{uuid.uuid4()}/{secrets.token_hex(28)}"


def fetch(content: Content) -> None:
    """Fetch what lies on this machine of the files of a message.

    Raises:
        ApiError: INVALID_ARGUMENT when one can't be had: it is redirected, too large or of no type.
    """
    for one in files(content):
        _fetch(one.fileUrl, _MAX_FILE_BYTES)
        if one.thumbnailUrl:
            _fetch(one.thumbnailUrl, _MAX_THUMBNAIL_BYTES)


def _fetch(url: str, max_bytes: int) -> None:
    if urlsplit(url).hostname not in LOOPBACK:
        return
    try:
        answer = requests.get(url, timeout=_LONGEST_FETCH_S, allow_redirects=False)
    except requests.RequestException as e:
        raise ApiError("INVALID_ARGUMENT", f"{url} can't be fetched.") from e
    require(answer.status_code == 200, f"{url} answers {answer.status_code}.")
    require(answer.headers.get("Content-Type"), f"{url} has no Content-Type.")
    require(len(answer.content) <= max_bytes, f"{url} has more than {max_bytes} bytes.")
