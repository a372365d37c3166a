"""How both Dialogflows call a fulfilment webhook: authorization, time and size limits, what an answer is read as.

Source: Dialogflow ES and CX, "Webhook service requirements" (5 s, 64 KiB, authentication). The audience of the identity
token is not documented: here it is the webhook's URL without its query, unless one is set.
"""

import base64
import json
import time
from collections.abc import Callable
from typing import Any, Literal

import msgspec
import requests

from infra.sandbox.clock import Clock
from infra.sandbox.google_api import ApiError, identity_token
from infra.sandbox.google_identity import SERVICE_AGENT, GoogleIdentityStandIn
from infra.sandbox.wire import Wire

JsonObject = dict[str, Any]
_MAX_ANSWER_BYTES = 64 * 1024
_INVALID_ARGUMENT, _DEADLINE_EXCEEDED, _UNAVAILABLE = 3, 4, 14


class WebhookOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The agent's fulfilment settings. No `url`: the webhook is off.

    `auth`: how `token` is sent: "bearer", "basic" (as the password), "header" (X-Webhook-Token) or not at all;
    "identity": Google's own identity token and nothing else. `identity_token`: send that where no other authorization
    is. `audience`: of it. `twice`: call once more after the answer. `location` (ES): put "locations/…" into the session
    names it sees, as the console does. `new_id_again` (CX): the second call has a response id of its own.
    """

    url: str = ""
    auth: Literal["none", "bearer", "basic", "header", "identity"] = "bearer"
    token: str = ""
    identity_token: bool = True
    audience: str = ""
    timeout_s: float = 5.0
    twice: bool = False
    location: str = ""
    new_id_again: bool = False


class Fulfilment(msgspec.Struct, frozen=True):
    """What a call came to. `response` is None unless it was valid; `status` is what detectIntent shows of it."""

    http_status: int
    seconds: float
    status: JsonObject
    response: Any = None
    problem: str = ""
    body: Any = None

    @property
    def is_passing(self) -> bool:
        """Whether it failed in a way that may be over in a moment."""
        return self.status.get("code") in (_DEADLINE_EXCEEDED, _UNAVAILABLE) and not 300 <= self.http_status < 500


class Caller(msgspec.Struct, frozen=True):
    """Calls webhooks. `read` makes the provider's response of an answer's JSON, or raises ValueError or ApiError.

    `google`: signs the identity tokens; without it they are recognisably unsigned.
    """

    clock: Clock
    wire: Wire
    read: Callable[[str, Any], Any]
    google: GoogleIdentityStandIn | None = None

    def call(self, options: WebhookOptions, session: str, body: JsonObject, extra: dict[str, str]) -> Fulfilment:
        """Call once, about that session. `extra`: the caller's own webhookHeaders."""
        headers = self._headers(options) | extra  # requests takes names for the same whatever their case: the last one
        started = time.monotonic()
        try:
            how = {"json": body, "timeout": options.timeout_s, "allow_redirects": False}
            answer = self.wire.send(requests.post, "fulfilment", options.url, headers=headers, **how)
        except requests.Timeout:
            return _failed(0, started, _DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED")
        except requests.RequestException as e:
            return _failed(0, started, _UNAVAILABLE, f"UNAVAILABLE, State: URL_UNREACHABLE, Reason: {type(e).__name__}")
        if answer.status_code != 200:
            reason = f"UNAVAILABLE, State: URL_REJECTED, HTTP status code: {answer.status_code}"
            return _failed(answer.status_code, started, _UNAVAILABLE, reason)
        return self._understood(answer.content, session, started)

    def _understood(self, content: bytes, session: str, started: float) -> Fulfilment:
        body = None
        try:
            if len(content) > _MAX_ANSWER_BYTES:
                raise ValueError("the answer is larger than 64 KiB")
            body = json.loads(content)
            response = self.read(session, body)
        except (ValueError, ApiError) as e:
            problem = f"Failed to parse webhook JSON response: {e}"
            return _failed(200, started, _INVALID_ARGUMENT, problem, problem=problem, body=body)
        seconds = time.monotonic() - started
        return Fulfilment(200, seconds, {"message": "Webhook execution successful"}, response, body=body)

    def _headers(self, options: WebhookOptions) -> dict[str, str]:
        if options.auth == "bearer":
            return {"Authorization": f"Bearer {options.token}"}
        if options.auth == "basic":
            return {"Authorization": "Basic " + base64.b64encode(f"dialogflow:{options.token}".encode()).decode()}
        headers = {"X-Webhook-Token": options.token} if options.auth == "header" else {}
        if options.identity_token or options.auth == "identity":
            headers["Authorization"] = "Bearer " + self._identity_token(options)
        return headers

    def _identity_token(self, options: WebhookOptions) -> str:
        audience = options.audience or options.url.partition("?")[0]
        if self.google:
            return self.google.mint(audience)
        return identity_token(SERVICE_AGENT, audience, self.clock)


def _failed(
    http_status: int, started: float, code: int, reason: str, *, problem: str = "", body: Any = None
) -> Fulfilment:
    status = {"code": code, "message": f"Webhook call failed. Error: {reason}."}
    return Fulfilment(http_status, time.monotonic() - started, status, problem=problem, body=body)
