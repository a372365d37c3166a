"""How Dialogflow ES calls a fulfilment webhook, and what it makes of the answer.

Source: Dialogflow v2 WebhookRequest and WebhookResponse; "Webhook service requirements" (5 s, 64 KiB, authentication).
"""

import base64
import json
import time
from typing import Any, Literal

import msgspec
import requests

from infra.sandbox.clock import Clock
from infra.sandbox.dialogflow_es_schema import WebhookResponse, check_webhook_response
from infra.sandbox.google_api import ApiError, identity_token
from infra.sandbox.wire import Wire

JsonObject = dict[str, Any]
_MAX_ANSWER_BYTES = 64 * 1024
_SERVICE_AGENT = "service-1111@gcp-sa-dialogflow.iam.gserviceaccount.com"
_INVALID_ARGUMENT, _DEADLINE_EXCEEDED, _UNAVAILABLE = 3, 4, 14


class WebhookOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The agent's fulfilment settings. No `url`: the webhook is off.

    `auth`: how `token` is sent: "bearer", "basic" (as the password), "header" (X-Webhook-Token) or not at all.
    `identity_token`: send Google's own Bearer token where no other authorization is. `twice`: call it a second time
    after the answer. `location`: put "locations/…" into the session names it sees, as the console does.
    """

    url: str = ""
    auth: Literal["none", "bearer", "basic", "header"] = "bearer"
    token: str = ""
    identity_token: bool = True
    timeout_s: float = 5.0
    twice: bool = False
    location: str = ""


class Fulfilment(msgspec.Struct, frozen=True):
    """What a call came to. `response` is None unless it was valid; `status` is what detectIntent shows of it."""

    http_status: int
    seconds: float
    status: JsonObject
    response: WebhookResponse | None = None
    problem: str = ""
    body: Any = None


def call_webhook(
    options: WebhookOptions, request: JsonObject, extra: dict[str, str], clock: Clock, wire: Wire
) -> Fulfilment:
    """Call the webhook once (or twice, then the first answer counts). `extra`: the caller's own webhookHeaders."""
    first = _call_once(options, request, extra, clock, wire)
    if options.twice:
        _call_once(options, request, extra, clock, wire)
    return first


def _call_once(
    options: WebhookOptions, request: JsonObject, extra: dict[str, str], clock: Clock, wire: Wire
) -> Fulfilment:
    if options.location:
        request = _relocated(request, options.location)
    headers = _headers(options, clock) | extra
    started = time.monotonic()
    try:
        how = {"json": request, "timeout": options.timeout_s, "allow_redirects": False}
        answer = wire.send(requests.post, "fulfilment", options.url, headers=headers, **how)
    except requests.Timeout:
        return _failed(0, started, _DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED")
    except requests.RequestException as e:
        return _failed(0, started, _UNAVAILABLE, f"UNAVAILABLE, State: URL_UNREACHABLE, Reason: {type(e).__name__}")
    if answer.status_code != 200:
        reason = f"UNAVAILABLE, State: URL_REJECTED, HTTP status code: {answer.status_code}"
        return _failed(answer.status_code, started, _UNAVAILABLE, reason)
    return _read(answer.content, request["session"], started)


def _read(content: bytes, session: str, started: float) -> Fulfilment:
    body = None
    try:
        if len(content) > _MAX_ANSWER_BYTES:
            raise ValueError("the answer is larger than 64 KiB")
        body = json.loads(content)
        response = msgspec.convert(body, WebhookResponse)
        check_webhook_response(session, response)
    except (ValueError, ApiError) as e:
        problem = f"Failed to parse webhook JSON response: {e}"
        return _failed(200, started, _INVALID_ARGUMENT, problem, problem=problem, body=body)
    seconds = time.monotonic() - started
    return Fulfilment(200, seconds, {"message": "Webhook execution successful"}, response, body=body)


def _failed(
    http_status: int, started: float, code: int, reason: str, *, problem: str = "", body: Any = None
) -> Fulfilment:
    status = {"code": code, "message": f"Webhook call failed. Error: {reason}."}
    return Fulfilment(http_status, time.monotonic() - started, status, problem=problem, body=body)


def _headers(options: WebhookOptions, clock: Clock) -> dict[str, str]:
    if options.auth == "bearer":
        return {"Authorization": f"Bearer {options.token}"}
    if options.auth == "basic":
        return {"Authorization": "Basic " + base64.b64encode(f"dialogflow:{options.token}".encode()).decode()}
    headers = {"X-Webhook-Token": options.token} if options.auth == "header" else {}
    if options.identity_token:
        headers["Authorization"] = "Bearer " + identity_token(_SERVICE_AGENT, options.url, clock)
    return headers


def _relocated(request: JsonObject, location: str) -> JsonObject:
    session: str = request["session"]
    if "/locations/" in session:
        return request
    moved = session.replace("/agent/", f"/locations/{location}/agent/", 1)
    relocated: JsonObject = json.loads(json.dumps(request).replace(session, moved))
    return relocated
