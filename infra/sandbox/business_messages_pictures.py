"""Where the pictures that users send lie: addresses with a signature and an end, as Cloud Storage gives them out.

Known of the real one: the form of such an address (a sample payload of Business Messages), that an object is not given
to whom it is not signed for (403), and that a signed address that has ended is refused with 400 and `ExpiredToken`.
How the signature is made is ours.

Source: business-messages-test-framework, image-message.json; Cloud Storage's XML API as seen in public bug reports
(googleapis/python-storage 456, fog/fog-google 264, floci-io/floci-gcp 33).
"""

import hashlib
import hmac
import secrets
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Protocol
from urllib.parse import urlencode

from flask import Flask, Response, request

from infra.sandbox.clock import Clock
from infra.sandbox.google_api import require

WEEK_S = 7 * 24 * 3600
_FOLDER = "/business-messages-us"
_SIGNATURE = "x-goog-signature"
_DATE_FORMAT = "%Y%m%dT%H%M%SZ"
_STATUS = {"AccessDenied": 403, "SignatureDoesNotMatch": 403, "ExpiredToken": 400, "NoSuchKey": 404}


class _Picture(NamedTuple):
    content: bytes
    mime_type: str


class Served(Protocol):
    """The stand-in that answers for the files; `base_url` is "" while it does not."""

    app: Flask
    base_url: str


class Pictures:
    """What was uploaded, and by which addresses it can be fetched. Nothing is forgotten before the process ends."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._held: dict[str, _Picture] = {}
        self._standin: Served | None = None

    def serve_by(self, standin: Served) -> None:
        """Let the stand-in answer for the pictures."""
        self._standin = standin
        standin.app.add_url_rule(f"{_FOLDER}/<number>/<name>", "pictures", view_func=self._answer)

    def upload(self, content: bytes, mime_type: str, expires_s: int) -> str:
        """Keep the picture; answers the address under which it can be had for so long.

        Raises:
            ApiError: INVALID_ARGUMENT while nobody answers for the pictures.
        """
        base_url = self._standin.base_url if self._standin else ""
        require(base_url, "The stand-in is not served: nobody could fetch the picture.")
        path = f"{_FOLDER}/{secrets.randbelow(10**12)}/{secrets.token_urlsafe(18)}"
        self._held[path] = _Picture(content, mime_type)
        day = self._clock.now().astimezone(UTC)
        parameters = {
            "x-goog-algorithm": "GOOG4-RSA-SHA256",
            "x-goog-credential": f"stand-in@shop.example/{day:%Y%m%d}/auto/storage/goog4_request",
            "x-goog-date": day.strftime(_DATE_FORMAT),
            "x-goog-expires": str(expires_s),
            "x-goog-signedheaders": "host",
        }
        parameters[_SIGNATURE] = self._signature(path, parameters)
        return f"{base_url}{path}?{urlencode(parameters)}"

    def _answer(self, number: str, name: str) -> Response:
        path = f"{_FOLDER}/{number}/{name}"
        parameters = request.args.to_dict()
        signature = parameters.pop(_SIGNATURE, "")
        if not signature:
            return _refusal("AccessDenied")
        if not hmac.compare_digest(signature.encode(), self._signature(path, parameters).encode()):
            return _refusal("SignatureDoesNotMatch")
        if self._clock.now() > _end(parameters):
            return _refusal("ExpiredToken")
        picture = self._held.get(path)
        return Response(picture.content, content_type=picture.mime_type) if picture else _refusal("NoSuchKey")

    def _signature(self, path: str, parameters: dict[str, str]) -> str:
        signed = f"{path}?{urlencode(sorted(parameters.items()))}"
        return hmac.new(self._key, signed.encode(), hashlib.sha256).hexdigest()


def _end(parameters: dict[str, str]) -> datetime:
    """When an address, rightly signed, ceases to be good."""
    signed_at = datetime.strptime(parameters["x-goog-date"], _DATE_FORMAT).replace(tzinfo=UTC)
    return signed_at + timedelta(seconds=int(parameters["x-goog-expires"]))


def _refusal(code: str) -> Response:
    body = f"<?xml version='1.0' encoding='UTF-8'?><Error><Code>{code}</Code></Error>"
    return Response(body, _STATUS[code], content_type="application/xml; charset=UTF-8")
