"""Requests for every door, made by Hypothesis: real bodies with something wrong in them, mostly rightly signed."""

import copy
import functools
import gzip
import json
from collections.abc import Callable
from typing import Any, NamedTuple

from hypothesis import strategies as st

from functions.handoff.ids import session_id
from tests.doors import BOT, CHANNEL, DESK, FIXTURES, WAKE_UP
from tests.fuzz_values import as_bytes, ids, mutated, with_canaries
from tests.fuzz_world import FILES, KEY, ORGANIZATION, PARTNER_KEY, WEBHOOK_SECRET, proof

MEBIBYTE = 1024 * 1024


class Hostile(NamedTuple):
    """One request. `proven`: it carries the right proof. `twisted`: method, path or framing are wrong."""

    door: str
    raw: bytes
    headers: dict[str, str]
    environ: dict[str, str]
    proven: bool
    twisted: bool

    def __repr__(self) -> str:
        shown = self.raw if len(self.raw) <= 1500 else self.raw[:1000] + b" ... " + self.raw[-200:]
        more = {name: value[:200] for name, value in (self.headers | self.environ).items()}
        return f"Hostile({self.door}, {len(self.raw)} bytes, proven={self.proven}, {more}, {shown!r})"


# --- bodies ---------------------------------------------------------------------------------------------------------


@functools.cache
def seeds(door: str) -> tuple[Any, ...]:
    """The real bodies of a door, for the conversation that the scenes are about."""
    return tuple(_SEEDS[door]())


def _read(side: str, pattern: str = "*") -> list[Any]:
    return [json.loads(path.read_text()) for path in sorted((FIXTURES / side).glob(f"{pattern}.json"))]


def _of_channel() -> list[Any]:
    bodies = [{**body, "conversationId": "c-1"} for body in _read("business_messages")]
    native = {"intentResponses": [{"fulfillmentMessages": [{"jsonPayload": payload}]} for payload in _payloads()]}
    said = {"conversationId": "c-1", "message": {"messageId": "m-9", "text": "hello"}}
    profile = {"userInfo": {"displayName": "Michael", "userDeviceLocale": "de-DE"}, "resolvedLocale": "de"}
    return [
        *bodies,
        {**said, "dialogflowResponse": native},
        {**said, "dialogflowResponse": native | {"autoResponded": True}, "context": profile},
        {**said, "context": {**profile, "entryPoint": "MAPS", "placeId": "p", "customContext": "shop"}},
        {"conversationId": "c-1", "message": {"messageId": "m-8", "text": "/bot"}},
        {"conversationId": "c-1", "message": {"messageId": "m-7", "text": f"{FILES}/photo?x-goog-signature=00"}},
        {"conversationId": "c-1", "receipts": {"receipts": [_receipt("m-0", "READ"), _receipt("m-0", "DELIVERED")]}},
        {"clientToken": PARTNER_KEY, "secret": "1234"},
    ]


def _receipt(message_id: str, receipt_type: str) -> dict[str, str]:
    return {"message": f"conversations/c-1/messages/{message_id}", "receiptType": receipt_type}


def _payloads() -> list[str]:
    return [json.dumps(payload) for payload in _read("dialogflow_es", "payload__*")]


def _of_bot() -> list[Any]:
    session = f"projects/p/agent/sessions/{session_id(KEY)}"
    bodies = [{**body, "session": session} for body in _read("dialogflow_es", "webhook__*")]
    for payload in [*_read("dialogflow_es", "payload__*"), {"action": "handoff", "metadata": {"department": "x"}}]:
        said = {"fulfillmentMessages": [{"payload": payload}], "languageCode": "en", "webhookPayload": payload}
        bodies.append({"session": session, "responseId": "r-9", "queryResult": said})
    return bodies


def _of_desk() -> list[Any]:
    return [{**body, "secret_key": WEBHOOK_SECRET, "organization_id": ORGANIZATION} for body in _read("livechat")]


def _of_wake_up() -> list[Any]:
    return [{}, {"conversation": KEY}, {"conversation": "business_messages:nobody"}, {"conversation": None}]


_SEEDS: dict[str, Callable[[], list[Any]]] = {
    CHANNEL: _of_channel,
    BOT: _of_bot,
    DESK: _of_desk,
    WAKE_UP: _of_wake_up,
}
_ID_PLACES: dict[str, list[tuple[str, ...]]] = {
    CHANNEL: [
        *[("conversationId",), ("message", "messageId"), ("requestId",), ("agent",)],
        *[("surveyResponse", "survey"), ("surveyResponse", "surveyQuestionId"), ("authenticationResponse", "code")],
    ],
    BOT: [("session",), ("responseId",)],
    DESK: [
        *[("payload", name) for name in ("chat_id", "thread_id", "user_id", "event_id", "seen_up_to")],
        *[("payload", "event", name) for name in ("id", "type", "author_id", "created_at", "custom_id")],
        *[("payload", *where) for where in (("user", "id"), ("user", "name"), ("chat", "thread", "id"))],
    ],
    WAKE_UP: [("conversation",)],
}


@st.composite
def _bodies(draw: st.DrawFn, door: str) -> Any:
    value = draw(st.sampled_from(seeds(door)))
    value = draw(mutated(value)) if draw(st.integers(0, 9)) else copy.deepcopy(value)
    if draw(st.booleans()):
        _put(value, draw(st.sampled_from(_ID_PLACES[door])), draw(ids))
    if door == DESK and isinstance(value, dict) and draw(st.integers(0, 3)):
        value |= {"secret_key": WEBHOOK_SECRET, "organization_id": ORGANIZATION}
    return with_canaries(value)


def _put(value: Any, place: tuple[str, ...], word: str) -> None:
    """Put an id where the body has one."""
    for step in place[:-1]:
        value = value.get(step) if isinstance(value, dict) else None
    if isinstance(value, dict) and place[-1] in value:
        value[place[-1]] = word


# --- how it is written ----------------------------------------------------------------------------------------------

_SPOILERS: dict[str, Callable[[bytes, int], bytes]] = {
    "cut": lambda raw, n: raw[: n % (len(raw) + 1)],
    "bom": lambda raw, _: b"\xef\xbb\xbf" + raw,
    "utf-16": lambda raw, _: raw.decode("latin-1").encode("utf-16"),
    "gzip": lambda raw, _: gzip.compress(raw[:10_000], mtime=0),
    "twice": lambda raw, _: raw[: MEBIBYTE // 2] * 2,
    "a byte": lambda raw, n: raw[: n % (len(raw) + 1)] + bytes([n % 256]) + raw[n % (len(raw) + 1) :],
    "a name twice": lambda raw, _: raw.rstrip(b"}") + b', "message": 1, "message": 2' + b"}",
    "a mebibyte": lambda raw, _: raw + b" " * max(0, MEBIBYTE - len(raw)),
    "over a mebibyte": lambda raw, _: raw + b" " * max(0, MEBIBYTE + 1 - len(raw)),
    "nothing": lambda raw, _: b"",
    "a prefix": lambda raw, _: b")]}'\n" + raw,
}
_HEADERS: list[dict[str, str]] = [
    {"Content-Type": "application/json; charset=utf-16"},
    {"Content-Type": "\xff\xfe/%s; boundary="},
    {"Content-Encoding": "gzip"},
    {"traceparent": "00-" + "a" * 32 + "-" + "b" * 16 + "-01" + "-x" * 3000},
    {"X-Cloud-Trace-Context": "a" * 31},
    {"X-Cloud-Trace-Context": "A" * 32 + "/" + "9" * 5000 + ";o=1"},
    {"Authorization": "Basic " + "=" * 500},
    {"Authorization": "Bearer \x80\xff"},
    {"Authorization": "Basic w6Q6/w=="},
    {"X-Forwarded-For": "1.2.3.4, \x7f" * 300, "X-Http-Method-Override": "DELETE"},
    {"Host": "[::bad", "Cookie": "a=b; " * 1000},
    {"Expect": "100-continue", "Upgrade": "h2c"},
]
_TWISTS: list[dict[str, str]] = [
    {"REQUEST_METHOD": "GET"},
    {"REQUEST_METHOD": "GET", "PATH_INFO": "/health"},
    {"REQUEST_METHOD": "PROPFIND", "PATH_INFO": "/\xff\x00/health"},
    {"REQUEST_METHOD": "", "QUERY_STRING": "%ff=%00&&=;"},
    *[
        {"CONTENT_LENGTH": length}
        for length in ("", "-1", "abc", "1", "9" * 30, "5000000", "\xb2", "1e3", " 10 ", "+5")
    ],
    {"HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": ""},
]


@st.composite
def requests_to(draw: st.DrawFn, door: str) -> Hostile:
    """One hostile request to a door."""
    raw = as_bytes(draw(_bodies(door)), escaped=draw(st.booleans()))
    if not draw(st.integers(0, 7)):
        raw = _SPOILERS[draw(st.sampled_from(sorted(_SPOILERS)))](raw, draw(st.integers(0, 2000)))
    is_proven = bool(draw(st.integers(0, 9)))
    headers = dict(draw(st.sampled_from(_HEADERS))) if not draw(st.integers(0, 9)) else {}
    headers |= proof(door, raw if is_proven else raw + b" ")
    if door == BOT and not is_proven:
        headers["X-Webhook-Token"] = draw(st.sampled_from(["", "x", "\xe4", TOKEN_CUT]))
    if door == DESK and not is_proven:
        raw = raw.replace(WEBHOOK_SECRET.encode(), b"example-webhook-secre")
    twist = draw(st.sampled_from(_TWISTS)) if not draw(st.integers(0, 19)) else {}
    return Hostile(door, raw, headers, twist, is_proven, bool(twist))


TOKEN_CUT = "dialogflow-toke"
_SHARES = [CHANNEL] * 4 + [DESK] * 4 + [BOT] * 2 + [WAKE_UP]
hostile = st.sampled_from(_SHARES).flatmap(requests_to)
"""A request to any door."""
