"""What every door does around its own part: bounded reading, one answer for each kind of failure, one log line.

A door verifies, parses, accepts and answers in `handle`; nothing runs after the answer.
"""

import json
import os
from collections.abc import Callable, Mapping
from typing import Any, TextIO

import flask
import msgspec
from requests.structures import CaseInsensitiveDict
from werkzeug.exceptions import ClientDisconnected

from functions.handoff.errors import ConfigError, ConversationBusy, MailboxFull, StoreUnavailable, WebhookRejected
from functions.handoff.events import JsonObject
from functions.runtime.json_body import parse_json
from functions.runtime.logs import RequestLog, trace_fields
from functions.runtime.secrets import SecretsUnavailable

__all__ = ["DoorAnswer", "Handle", "answer", "parse_json"]

_MAX_BODY_BYTES = 1024 * 1024
_RETRY_AFTER_S = 5
_TRY_AGAIN = {  # the sender should come back: what happened → word for the log
    MailboxFull: "mailbox_full",
    ConversationBusy: "conversation_busy",
    StoreUnavailable: "store_unavailable",
    SecretsUnavailable: "secrets_unavailable",
}


class DoorAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a door answers, and what it says of itself in the log.

    Attributes:
        status: HTTP status.
        body: a JSON object, or plain text.
        headers: HTTP headers beside the content type.
        outcome: one of `logs.OUTCOMES`.
        reason: a short word for it.
        severity: "" for the one that goes with the outcome.
        fields: ids and numbers for the log line ("event_id", "conversation", "lag_ms", …).
        error: what went wrong, for the log.
    """

    status: int = 200
    body: JsonObject | str = ""
    headers: Mapping[str, str] = {}
    outcome: str = "handled"
    reason: str = ""
    severity: str = ""
    fields: Mapping[str, Any] = {}
    error: Any = None


Handle = Callable[[bytes, Mapping[str, str]], DoorAnswer]
"""(raw body, headers by name in any case) → answer. Raises the errors of `handoff.errors`."""


def answer(
    name: str,
    request: flask.Request,
    handle: Handle,
    *,
    environ: Mapping[str, str] = os.environ,
    out: TextIO | None = None,
) -> flask.Response:
    """Answer one request to the function `name`, and write its one log line. Never raises.

    Args:
        name: the function, as the log and GET /health call it.
        request: the request in hand.
        handle: the door's own part, for a POST of at most 1 MiB.
        environ: where the project of the trace is found.
        out: where the log line goes; None = stdout.
    """
    headers = CaseInsensitiveDict(request.headers.items())
    log = RequestLog(name, trace_fields(headers, environ.get("GOOGLE_CLOUD_PROJECT", "")), out)
    with log.in_hand():
        given = _guarded(name, request, headers, handle)
    log.write(given.outcome, given.reason, fields=given.fields, severity=given.severity, error=given.error)
    return _response(given)


def _guarded(name: str, request: flask.Request, headers: Mapping[str, str], handle: Handle) -> DoorAnswer:
    """The door's answer, or the one that goes with what went wrong."""
    try:
        if request.method == "GET" and request.path.endswith("/health"):
            return DoorAnswer(body={"status": "ok", "function": name}, reason="health", severity="DEBUG")
        if request.method != "POST":
            raise WebhookRejected(405, "method", "only POST is answered here")
        return handle(_read_body(request), headers)
    except WebhookRejected as e:
        return _rejected(e)
    except tuple(_TRY_AGAIN) as e:
        return _try_again(e)
    except ConfigError as e:
        return DoorAnswer(status=500, body={"error": str(e)}, outcome="error", reason="config", error=e)
    except Exception as e:  # the sender gets an answer, the operators the stack
        return DoorAnswer(status=500, body={"error": "internal error"}, outcome="error", reason="bug", error=e)


def _read_body(request: flask.Request) -> bytes:
    """The whole body, never more of it in memory than one may send."""
    if (request.content_length or 0) > _MAX_BODY_BYTES:
        raise WebhookRejected(413, "size", "the body is over 1 MiB")
    body = b""
    try:
        while chunk := request.stream.read(_MAX_BODY_BYTES + 1 - len(body)):
            body += chunk
    except ClientDisconnected:
        raise WebhookRejected(400, "body", "the body is shorter than announced") from None
    if len(body) > _MAX_BODY_BYTES:
        raise WebhookRejected(413, "size", "the body is over 1 MiB")
    return body


def _rejected(error: WebhookRejected) -> DoorAnswer:
    return DoorAnswer(
        status=error.status,
        body={"error": str(error)},
        headers={"Allow": "POST"} if error.status == 405 else {},
        outcome="rejected",
        reason=error.reason,
    )


def _try_again(error: Exception) -> DoorAnswer:
    return DoorAnswer(
        status=503,
        body={"error": "try again later"},
        headers={"Retry-After": str(_RETRY_AFTER_S)},
        outcome="retry",
        reason=next(word for kind, word in _TRY_AGAIN.items() if isinstance(error, kind)),
        fields={"detail": str(error)},
    )


def _response(given: DoorAnswer) -> flask.Response:
    is_text = isinstance(given.body, str)
    content = given.body if is_text else json.dumps(given.body, ensure_ascii=False)
    response = flask.Response(content, given.status, dict(given.headers))
    response.content_type = "text/plain; charset=utf-8" if is_text else "application/json"
    return response
