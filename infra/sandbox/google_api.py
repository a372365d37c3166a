"""What the stand-ins of Google's APIs share: the error envelope, strict request bodies, times and identity tokens.

Source: Google API design guide (errors, standard query parameters), as seen in the discovery documents.
"""

import base64
import json
import time
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec
from flask import Flask, Response, jsonify, request

from infra.sandbox.clock import Clock

JsonObject = dict[str, Any]
T = TypeVar("T")
STATUS_CODES = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "ALREADY_EXISTS": 409,
    "RESOURCE_EXHAUSTED": 429,
}
_STANDARD_PARAMETERS = frozenset(
    (
        "$.xgafv",
        "access_token",
        "alt",
        "callback",
        "fields",
        "key",
        "oauth_token",
        "prettyPrint",
        "quotaUser",
        "uploadType",
        "upload_protocol",
    )
)


class ApiError(Exception):
    """A refusal; `status` is one of `STATUS_CODES`."""

    def __init__(self, status: str, message: str) -> None:
        super().__init__(message)
        self.status = status


class Violation(msgspec.Struct, frozen=True):
    """Something a caller did that the provider's documentation forbids, whether or not it was refused."""

    at: str
    rule: str
    detail: str


def answer_errors(app: Flask) -> None:
    """Answer every `ApiError` of `app` in Google's error envelope."""
    app.register_error_handler(ApiError, _envelope)


def _envelope(error: ApiError) -> Response:
    code = STATUS_CODES[error.status]
    response = jsonify({"error": {"code": code, "message": str(error), "status": error.status}})
    response.status_code = code
    return response


def read_body(shape: type[T], *, query: Collection[str] = ()) -> tuple[T, JsonObject]:
    """The request's body as `shape` and as it came.

    Raises:
        ApiError: INVALID_ARGUMENT naming the field: not JSON, unknown field, wrong type, over a limit; or a query
            parameter that is neither in `query` nor one of Google's standard ones.
    """
    for name in request.args:
        if name not in query and name not in _STANDARD_PARAMETERS:
            raise ApiError("INVALID_ARGUMENT", f'Unknown name "{name}": Cannot bind query parameter.')
    try:
        raw = json.loads(request.get_data() or b"{}")
        return msgspec.convert(raw, shape), raw
    except ValueError as e:  # msgspec.ValidationError is one
        raise ApiError("INVALID_ARGUMENT", f"Invalid JSON payload received. {e}") from e


def require(holds: object, message: str) -> None:
    """Raises `ApiError` INVALID_ARGUMENT unless `holds` is true."""
    if not holds:
        raise ApiError("INVALID_ARGUMENT", message)


def exactly_one_of(holder: object, *names: str) -> str:
    """The one of the fields `names` that `holder` has.

    Raises:
        ApiError: INVALID_ARGUMENT when it has none or several.
    """
    given = [name for name in names if getattr(holder, name) is not None]
    require(len(given) == 1, f"Exactly one of {', '.join(names)} must be set; got {given or 'none'}.")
    return given[0]


def rfc3339(at: datetime) -> str:
    """`at` with nanoseconds and Z, as Google writes it ("2024-01-02T03:04:05.045123456Z")."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + f"{time.time_ns() % 1000:03d}Z"


def identity_token(email: str, audience: str, clock: Clock) -> str:
    """A token of the shape of Google's identity tokens, recognisably unsigned (`"alg": "none"`)."""
    now = int(clock.time())
    header = {"alg": "none", "typ": "JWT"}
    claims = {
        "iss": "https://accounts.google.com",
        "aud": audience,
        "email": email,
        "email_verified": True,
        "iat": now,
        "exp": now + 3600,
    }
    return f"{_base64url(header)}.{_base64url(claims)}.unsigned-stand-in"


def _base64url(value: JsonObject) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()
