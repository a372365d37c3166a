"""Sends raw requests to the functions of a running sandbox, with or without proof of who sends them."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import requests

from infra.sandbox.sandbox import Sandbox

JsonObject = dict[str, Any]
CHANNEL, RCS, BOT, DESK, WAKE_UP = DOORS = (
    "business_messages_webhook",
    "rcs_webhook",
    "dialogflow_webhook",
    "livechat_webhook",
    "redeliver",
)
FIXTURES = Path(__file__).parent / "fixtures"


def send(
    sandbox: Sandbox,
    door: str,
    body: Any,
    headers: Mapping[str, str] | None = None,
    method: str = "POST",
    path: str = "/",
) -> requests.Response:
    """One request as it is: bytes go out unchanged, an iterator in chunks, anything else as JSON."""
    is_raw = isinstance(body, bytes) or hasattr(body, "__next__")
    data = body if is_raw else json.dumps(body).encode()
    headers = {"Content-Type": "application/json", **(headers or {})}
    return requests.request(method, sandbox.url_of(door) + path, data=data, headers=headers, timeout=20)


def send_proven(sandbox: Sandbox, door: str, body: Any, headers: Mapping[str, str] | None = None) -> requests.Response:
    """One request with the proof that the door asks for, as far as such a body can carry it."""
    if door == DESK and isinstance(body, dict):
        body = {
            "secret_key": sandbox.webhook_secret,
            "organization_id": sandbox.livechat.options.organization_id,
        } | body
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return send(
        sandbox, door, in_envelope(raw) if door == RCS else raw, {**proof(sandbox, door, raw), **(headers or {})}
    )


def in_envelope(data: bytes) -> JsonObject:
    """Data as RCS for Business posts it."""
    return {"message": {"data": base64.b64encode(data).decode(), "messageId": "1"}, "subscription": "s"}


def proof(sandbox: Sandbox, door: str, raw: bytes) -> dict[str, str]:
    """The headers that prove a body, or the data in its envelope."""
    return _PROOFS[door](sandbox, raw)


def signature(key: str, raw: bytes) -> dict[str, str]:
    """Google's signature of a channel webhook."""
    return {"X-Goog-Signature": base64.b64encode(hmac.new(key.encode(), raw, hashlib.sha512).digest()).decode()}


_PROOFS: dict[str, Callable[[Sandbox, bytes], dict[str, str]]] = {
    CHANNEL: lambda sandbox, raw: signature(sandbox.partner_key, raw),
    RCS: lambda sandbox, raw: signature(sandbox.rcs_token, raw),
    BOT: lambda sandbox, _: {"X-Webhook-Token": sandbox.dialogflow_token},
    DESK: lambda _, __: {},
    WAKE_UP: lambda _, __: {},
}


def fixture(side: str, name: str) -> JsonObject:
    """A body from the fixtures."""
    body: JsonObject = json.loads((FIXTURES / side / f"{name}.json").read_text())
    return body
