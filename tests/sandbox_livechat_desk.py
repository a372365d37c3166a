"""A running LiveChat stand-in and a webhook receiver, as fixtures for the tests of the stand-in.

A plugin that its users also import from: PYTEST_DONT_REWRITE, or pytest warns.
"""

import base64
import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from flask import Flask, request
from werkzeug.serving import make_server

from infra.sandbox.livechat import AgentProfile, LiveChatStandIn

Json = dict[str, Any]
JANE = AgentProfile(id="jane@shop.example", name="Jane Doe", groups=(0, 7), max_chats=1)
SAM = AgentProfile(id="sam@shop.example", name="Sam Lee", groups=(0, 8), status="offline")
FAST: Json = {"agents": (JANE, SAM), "token_agent": SAM.id, "uuid_event_share": 0.0, "retry_delays": (0.01, 0.01, 0.01)}
SECRET = "webhook-secret"


class Receiver:
    """A webhook receiver that answers as it is told (200 when nothing is), and keeps what it got."""

    def __init__(self) -> None:
        self.got: list[Json] = []
        self.answers: deque[int] = deque()
        app = Flask("receiver")
        app.add_url_rule("/hook", view_func=self._take, methods=["POST"])
        self._server = make_server("127.0.0.1", 0, app, threaded=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def _take(self) -> tuple[str, int]:
        self.got.append(request.get_json())
        return "", self.answers.popleft() if self.answers else 200

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Desk:
    """A running stand-in with the calls tests make."""

    def __init__(self, **options: Any) -> None:
        self.stand_in = LiveChatStandIn(**{**FAST, **options})
        self.url = self.stand_in.serve()
        self.options = self.stand_in.options
        self.agent_token = self.refresh().json().get("access_token", "")

    def refresh(self, **changes: str) -> requests.Response:
        form = {
            "grant_type": "refresh_token",
            "client_id": self.options.client_id,
            "client_secret": self.options.client_secret,
            "refresh_token": self.options.refresh_token,
        }
        return requests.post(f"{self.url}/v2/token", data=form | changes, timeout=5)

    def mint(self, authorization: str | None = None, **changes: Any) -> requests.Response:
        body = {"grant_type": "agent_token", "client_id": self.options.client_id, "response_type": "token"}
        headers = {"Authorization": authorization or f"Bearer {self.agent_token}"}
        return requests.post(f"{self.url}/v2/customer/token", json=body | changes, headers=headers, timeout=5)

    def customer(self) -> tuple[str, str]:
        answer = self.mint().json()
        return answer["entity_id"], answer["access_token"]

    def call(self, api: str, action: str, token: str, body: Any, query: Json | None = None) -> requests.Response:
        url = f"{self.url}/v3.6/{api}/action/{action}"
        organization = {"organization_id": self.options.organization_id} if api == "customer" else {}
        headers = {"Authorization": token if " " in token else f"Bearer {token}"}
        return requests.post(url, params=organization | (query or {}), headers=headers, json=body, timeout=5)

    def as_customer(self, token: str, action: str, **body: Any) -> Json:
        answer = self.call("customer", action, token, body)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def refused(self, token: str, action: str, body: Any, api: str = "customer") -> Json:
        answer = self.call(api, action, token, body)
        assert 400 <= answer.status_code < 500, answer.text
        return dict(answer.json()["error"])

    def started(self, **body: Any) -> tuple[str, str, str]:
        _, token = self.customer()
        chat = self.as_customer(token, "start_chat", continuous=True, **body)
        return token, chat["chat_id"], chat["thread_id"]

    def pat(self) -> str:
        pair = f"{self.options.account_id}:{self.options.pat}"
        return "Basic " + base64.b64encode(pair.encode()).decode()

    def play(self, deed: str, **body: Any) -> requests.Response:
        return requests.post(f"{self.url}/_agent/{deed}", json=body, timeout=5)

    def chat_state(self, chat_id: str) -> Json:
        state = requests.get(f"{self.url}/_state", timeout=5).json()
        return next(dict(chat) for chat in state["chats"] if chat["id"] == chat_id)


@pytest.fixture
def desks() -> Iterator[Callable[..., Desk]]:
    made: list[Desk] = []

    def make(**options: Any) -> Desk:
        made.append(Desk(**options))
        return made[-1]

    yield make
    for desk in made:  # stopping takes half a second: nobody waits for it
        threading.Thread(target=desk.stand_in.stop, daemon=True).start()


@pytest.fixture
def desk(desks: Callable[..., Desk]) -> Desk:
    return desks()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.stop()


def message(text: str = "hello", **more: Any) -> Json:
    return {"type": "message", "text": text, **more}


def actions(receiver: Receiver) -> list[str]:
    return [body["action"] for body in receiver.got]
