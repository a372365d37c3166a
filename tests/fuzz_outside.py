"""The providers behind the pooled HTTP client, without a socket: they answer each call and look at it strictly.

What the bundle sends must be JSON that any reader takes, to a path that means what it says, within each one's limits.
What they are told to be one thing by its id must be one thing: RCS says nothing when it ignores the second.
"""

import functools
import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec

from functions.runtime.http_client import FilePart, Response
from infra.sandbox.business_messages_schema import Message, as_read
from tests.doors import FIXTURES, fixture
from tests.fuzz_pairs import RCS_CX
from tests.fuzz_strict import problems

_DESK_BYTES = 16_000
_AWAY = ("channel away", "livechat away", "dialogflow away", "all away")
TROUBLES = ("", "", "", "", *_AWAY, "all refuse", "channel refuse", "channel unreachable")
_STATUSES = {"away": 503, "refuse": 400, "unreachable": 404}
_CHANNELS = {"channel", "rcs"}  # the names of their circuits
_ERRORS = {
    400: {"error": {"status": "INVALID_ARGUMENT", "type": "validation", "message": "no"}},
    404: {"error": {"status": "NOT_FOUND", "type": "not_found", "message": "nobody there"}},
    503: {"error": {"status": "UNAVAILABLE", "type": "internal", "message": "not now"}},
}


@functools.cache
def _rich() -> tuple[list[Any], list[Any]]:
    """Payloads as authors write them, which either bot may send; and every kind of message of CX but a hand-off."""
    payloads = [json.loads(path.read_text()) for path in sorted(FIXTURES.glob("dialogflow_es/payload__*.json"))]
    every_kind = fixture("dialogflow_cx", "answer__every_kind")["queryResult"]["responseMessages"]
    return [{"payload": one} for one in payloads], [one for one in every_kind if "liveAgentHandoff" not in one]


OnCall = Callable[[str, str, str, int, float], None]


class Outside:
    """Stands in for `HttpClient`. What users, agents and the bot were told is in lists; `faults` says what was wrong.

    With one of `TROUBLES` set, a provider is away or refuses everything. `is_rich`: the bot says all that it can.
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
        self.is_rich = False
        self.sent_ids: dict[str, str] = {}
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
        found = [f"{path[-60:]}: {problem}" for problem in problems(path, params or {}, body)]
        self.faults += found
        status = self._status_of(provider, path)
        if status != _STATUSES["away"]:  # done again, it may be said in another language
            self._note_id(path, params or {}, body)
        answer = next((answer for end, answer in self._answers().items() if path.endswith(end)), None)
        if answer is None:
            self.faults.append(f"unknown call {path[-60:]}")
        if self._on_call:
            self._on_call(provider, method, path, status, 0.0)
        return Response(status, _ERRORS.get(status) or (answer(body) if answer and not found else {}), {})

    def _status_of(self, provider: str, path: str) -> int:
        whom, _, trouble = self.trouble.partition(" ")
        circuits = _CHANNELS if whom == "channel" else {whom}
        is_troubled = whom == "all" or provider in circuits
        return _STATUSES[trouble] if trouble and is_troubled and "/token" not in path else 200

    def _note_id(self, path: str, params: Mapping[str, str], body: Any) -> None:
        """What goes out under an id, and nothing else may; even if it is refused, as nobody says when one is used."""
        given = params.get("eventId") or params.get("messageId") or (path.endswith("/messages") and body["messageId"])
        said = json.dumps([path, body], sort_keys=True)
        if given and self.sent_ids.setdefault(given, said) != said:
            self.faults.append(f"{path[-60:]}: an id for two things: {self.sent_ids[given][:500]} and {said[:500]}")

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
            "/agentMessages": self._show_on_rcs,
            "/agentEvents": lambda _: {},
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
        self.shown.append(as_read(msgspec.convert(body, Message)))
        return {}

    def _show_on_rcs(self, body: Any) -> Any:
        content = body["contentMessage"]
        self.shown.append(content["text"] if "text" in content else json.dumps(content))
        return {}

    # --- the bot ---

    def _hear(self, body: Any) -> Any:
        """Either Dialogflow answers: as fields of its own that the other does not look at."""
        query = body["queryInput"]
        text = query.get("text", {}).get("text", "")
        self.heard.append(text)
        said, intent = {"text": {"text": [f"bot: {text}"]}}, {"displayName": "echo"}
        payloads, kinds = _rich() if self.is_rich else ([], [])
        of_es = {"fulfillmentMessages": [said, *payloads], "intent": intent}
        of_cx = {"responseMessages": [said, *payloads, *kinds], "match": {"matchType": "INTENT", "intent": intent}}
        state = {"currentPage": {"name": f"{RCS_CX.bot}/flows/f/pages/p"}, "parameters": {"said": text}}
        return {"responseId": "r", "queryResult": {**of_es, **of_cx, **state}}

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
