"""The three providers behind the pooled HTTP client, without a socket: they answer each call and look at it strictly.

What the bundle sends must be JSON that any reader takes, to a path that means what it says, within each one's limits.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec

from functions.runtime.http_client import FilePart, Response
from infra.sandbox.business_messages_schema import Message, as_read, check_message
from infra.sandbox.google_api import ApiError

_DESK_BYTES = 16_000
_BOT_TEXT = 256
TROUBLES = ("", "", "", "", "channel away", "livechat away", "dialogflow away", "all away", "all refuse")
_ERRORS = {
    200: {},
    400: {"error": {"status": "INVALID_ARGUMENT", "type": "validation", "message": "no"}},
    503: {"error": {"status": "UNAVAILABLE", "type": "internal", "message": "not now"}},
}
OnCall = Callable[[str, str, str, int, float], None]


class Outside:
    """Stands in for `HttpClient`. What users, agents and the bot were told is in lists; `faults` says what was wrong.

    With one of `TROUBLES` set, a provider is away or refuses everything.
    """

    def __init__(self) -> None:
        self._on_call: OnCall | None = None
        self.forget()

    def told(self, on_call: OnCall) -> "Outside":
        """Itself, made as a client is."""
        self._on_call = on_call
        return self

    def forget(self) -> None:
        """As new."""
        self.shown: list[str] = []
        self.desk: list[str] = []
        self.heard: list[str] = []
        self.faults: list[str] = []
        self.trouble = ""
        self._numbers = 0
        self._open = True

    def request(
        self,
        provider: str,
        method: str,
        url: str,
        *,
        timeout_s: float,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        json_body: Any = None,
        form: Mapping[str, str] | None = None,
        files: Mapping[str, FilePart] | None = None,
    ) -> Response:
        """Answer as the provider would."""
        path = urlsplit(url).path
        self._check(path, headers or {}, json_body)
        body = json.loads(json.dumps(json_body)) or {}
        answer = next((answer for end, answer in self._answers().items() if path.endswith(end)), None)
        if answer is None:
            self.faults.append(f"unknown call {path[-60:]}")
        is_troubled = self.trouble.startswith((provider, "all ")) and "/token" not in path
        status = (503 if self.trouble.endswith("away") else 400) if is_troubled else 200
        if self._on_call:
            self._on_call(provider, method, path, status, 0.0)
        return Response(status, _ERRORS[status] if is_troubled or not answer else answer(body), {})

    def _check(self, path: str, headers: Mapping[str, str], body: Any) -> None:
        """Note what a strict reader would refuse."""
        try:
            raw = json.dumps(body, allow_nan=False, ensure_ascii=False).encode()
            if b"\\u0000" in raw.replace(b"\\\\", b""):
                self.faults.append(f"{path[-60:]}: a NUL")
        except ValueError as e:
            self.faults.append(f"{path[-60:]}: not JSON for everybody: {type(e).__name__}")
        if {unquote(step) for step in path.split("/")[1:]} & {"", ".", ".."} or len(path) > 4000:
            self.faults.append(f"a path that leads elsewhere: {path[:200]!r}")
        if any(not value.isprintable() for value in headers.values()):
            self.faults.append("a header with control characters")

    def _answers(self) -> dict[str, Callable[[Any], Any]]:
        return {
            "/messages": self._show,
            "/events": lambda _: {},
            "/surveys": lambda _: {},
            "/receipt": lambda _: {},
            ":detectIntent": self._hear,
            "/v2/token": lambda _: {"access_token": "agent", "expires_in": 28_800, "refresh_token": "refresh"},
            "/v2/customer/token": self._customer,
            "/list_group_statuses": lambda body: {"groups_status": {str(one): "online" for one in body["group_ids"]}},
            "/start_chat": self._start,
            "/resume_chat": self._start,
            "/send_event": self._tell,
            "/upload_file": lambda _: {"url": "https://files.shop.example/1"},
            "/mark_events_as_seen": lambda _: {},
            "/update_event_properties": lambda _: {},
            "/list_chats": lambda _: {"chats_summary": []},
            "/get_chat": self._chat,
            "/deactivate_chat": self._close,
            "/update_customer": lambda _: {},
            "/tasks": lambda _: {},
        }

    # --- the user's side ---

    def _show(self, body: Any) -> Any:
        try:
            message = msgspec.convert(body, Message)
            check_message(message)
        except (msgspec.ValidationError, ApiError) as e:
            self.faults.append(f"the channel takes no such message: {e}")
            return {}
        if not as_read(message).strip():
            self.faults.append("the channel takes no empty message")
        self.shown.append(as_read(message))
        return {}

    # --- the bot ---

    def _hear(self, body: Any) -> Any:
        query = body["queryInput"]
        said = query.get("text") or query["event"]
        text = query.get("text", {}).get("text", "")
        if "text" in query and not 0 < len(text) <= _BOT_TEXT:
            self.faults.append(f"the bot takes no text of {len(text)} characters")
        if not re.fullmatch(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*", said["languageCode"]):
            self.faults.append(f"the bot knows no language {said['languageCode'][:40]!r}")
        self.heard.append(text)
        return {
            "responseId": "r",
            "queryResult": {"fulfillmentText": f"bot: {text}", "intent": {"displayName": "echo"}},
        }

    # --- the desk ---

    def _next(self) -> int:
        self._numbers += 1
        return self._numbers

    def _customer(self, body: Any) -> Any:
        return {
            "entity_id": body.get("entity_id") or f"customer-{self._next()}",
            "access_token": "customer",
            "expires_in": 28_800,
        }

    def _start(self, body: Any) -> Any:
        self._open = True
        for event in body["chat"]["thread"].get("events", ()):
            self._check_event(event)
        return {"chat_id": "CHAT000001", "thread_id": "THREAD0001", "event_ids": ["THREAD0001_1"]}

    def _tell(self, body: Any) -> Any:
        event = body["event"]
        self._check_event(event)
        self.desk.append(event.get("text", ""))
        return {"event_id": f"THREAD0001_{100 + self._next()}"}

    def _check_event(self, event: Any) -> None:
        texts = [event.get("text", "")] + [field["answer"] for field in event.get("fields", ())]
        if event["type"] == "message" and not event["text"].strip():
            self.faults.append("the desk takes no empty message")
        if sum(len(text.encode()) for text in texts) > (_DESK_BYTES if event["type"] == "message" else 4 * _DESK_BYTES):
            self.faults.append("the desk takes no event as large")

    def _close(self, _body: Any) -> Any:
        self._open = False
        return {}

    def _chat(self, body: Any) -> Any:
        thread: dict[str, Any] = {"id": body.get("thread_id") or "THREAD0001", "active": self._open, "events": []}
        return {"id": body["chat_id"], "thread": thread, "users": []}
