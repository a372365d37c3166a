"""What the tests of the sandbox's page share."""

import base64
from typing import Any

from flask.testing import FlaskClient

from infra.sandbox.sandbox import Sandbox
from infra.sandbox.wire import Exchange

JsonObject = dict[str, Any]
JANE = "jane@shop.example"
SAM = "sam@shop.example"
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def state_of(client: FlaskClient, **query: str) -> JsonObject:
    """Everything that the page shows, by section."""
    state: JsonObject = client.get("/api/state", query_string=query).get_json()
    return state


def act(client: FlaskClient, action: str, **body: Any) -> int:
    """The status that a deed is answered with."""
    return client.post(f"/api/{action}", json=body).status_code


def open_chat(sandbox: Sandbox) -> str:
    """A chat that Jane started with a customer; answers its id."""
    token = sandbox.livechat.app.test_client().post(
        "/v2/customer/token",
        json={"grant_type": "agent_token", "client_id": sandbox.livechat.options.client_id, "response_type": "token"},
        headers={"Authorization": f"Bearer {_agent_token(sandbox)}"},
    )
    customer_id = token.get_json()["entity_id"]
    return str(sandbox.livechat.play("start", agent=JANE, customer_id=customer_id)["chat_id"])


def _agent_token(sandbox: Sandbox) -> str:
    options = sandbox.livechat.options
    form = {
        "grant_type": "refresh_token",
        "refresh_token": options.refresh_token,
        "client_id": options.client_id,
        "client_secret": options.client_secret,
    }
    return str(sandbox.livechat.app.test_client().post("/v2/token", data=form).get_json()["access_token"])


def request_to(wire: str, body: Any, *, at: float = 100.0, trace_id: str = "", kind: str = "message") -> Exchange:
    """A request to a function that has just begun."""
    return Exchange(wire, True, "POST", "http://127.0.0.1:1", {}, body, at, kind, trace_id)


def call_of(wire: str, path: str, body: Any = None, *, at: float = 100.1, token: str = "") -> Exchange:
    """A call made by a function that has just begun."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return Exchange(wire, False, "POST", f"http://127.0.0.1:2{path}", headers, body, at)


def ended(exchange: Exchange, *, seconds: float = 0.5, status: int = 200, answer: str = "{}") -> Exchange:
    """The same exchange, over."""
    exchange.status, exchange.answer, exchange.ended_at = status, answer, exchange.began_at + seconds
    return exchange
