"""Requests for every door, made by Hypothesis: real bodies with something wrong in them, mostly rightly signed."""

import copy
import functools
import gzip
import json
from collections.abc import Callable
from typing import Any, NamedTuple

from hypothesis import strategies as st

from tests.doors import BOT, CHANNEL, DESK, FIXTURES, RCS, WAKE_UP
from tests.fuzz_envelopes import MAX_DATA, Body, envelopes, forged, sound
from tests.fuzz_pairs import PHONE, RCS_AGENT, Pair
from tests.fuzz_values import as_bytes, ids, mutated, with_canaries
from tests.fuzz_world import FILES, ORGANIZATION, PARTNER_KEY, RCS_TOKEN, WEBHOOK_SECRET, proof

MEBIBYTE = 1024 * 1024


class Hostile(NamedTuple):
    """One request.

    Attributes:
        raw: its body. `data`: what is proven, which on RCS stands inside.
        proven: it carries the right proof. `twisted`: method, path or framing are wrong.
        statuses: what it is answered, where that lies in what is around the data.
    """

    door: str
    raw: bytes
    data: bytes
    headers: dict[str, str]
    environ: dict[str, str]
    proven: bool
    twisted: bool
    statuses: frozenset[int] = frozenset()

    def __repr__(self) -> str:
        more = {name: value[:200] for name, value in (self.headers | self.environ).items()}
        around = "" if self.raw == self.data else f" in {_shown(self.raw)}"
        kind = f"proven={self.proven}, {set(self.statuses) or ''}"
        return f"Hostile({self.door}, {len(self.raw)} bytes, {kind}, {more}, {_shown(self.data)}{around})"


def _shown(raw: bytes) -> str:
    return repr(raw if len(raw) <= 1500 else raw[:1000] + b" ... " + raw[-200:])


def well_formed(door: str, data: bytes) -> Hostile:
    """Rightly sent, whatever it says."""
    raw = sound(data) if door == RCS else data
    return Hostile(door, raw, data, proof(door, data), {}, proven=True, twisted=False)


# --- bodies ---------------------------------------------------------------------------------------------------------


@functools.cache
def seeds(pair: Pair, door: str) -> tuple[Any, ...]:
    """The real bodies of a door, for the conversation that the scenes are about."""
    return tuple(_SEEDS[door](pair))


def _read(side: str, pattern: str = "*") -> list[Any]:
    return [json.loads(path.read_text()) for path in sorted((FIXTURES / side).glob(f"{pattern}.json"))]


def _of_business_messages(_pair: Pair) -> list[Any]:
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


def _of_rcs(_pair: Pair) -> list[Any]:
    at = {"agentId": RCS_AGENT, "senderPhoneNumber": PHONE, "sendTime": "2026-01-02T03:04:05.5Z"}
    file = {"fileUri": f"{FILES}/photo", "mimeType": "image/png", "fileSizeBytes": "9", "fileName": "photo.png"}
    return [
        *_read("rcs"),
        {**at, "messageId": "m-8", "text": "/bot"},
        {**at, "messageId": "m-10", "text": "START"},
        {**at, "messageId": "m-11", "suggestionResponse": {"postbackData": "/bot", "text": "Back to the bot"}},
        {**at, "messageId": "m-12", "userFile": {"payload": file, "thumbnail": file}},
        {**at, "messageId": "m-13", "text": "hello", "location": {"latitude": -0.0, "longitude": 180}},
        {**at, "messageId": "m-0", "eventId": "e-9", "eventType": "READ"},
        {"clientToken": RCS_TOKEN, "secret": "1234"},
    ]


def _of_bot(pair: Pair) -> list[Any]:
    bodies = [{**body, "session": pair.session} for body in _read("dialogflow_es", "webhook__*")]
    for payload in [*_read("dialogflow_es", "payload__*"), {"action": "handoff", "metadata": {"department": "x"}}]:
        said = {"fulfillmentMessages": [{"payload": payload}], "languageCode": "en", "webhookPayload": payload}
        bodies.append({"session": pair.session, "responseId": "r-9", "queryResult": said})
    return bodies + [_in_session(body, pair.session) for body in _read("dialogflow_cx", "webhook__*")]


def _in_session(body: Any, session: str) -> Any:
    return {**body, "sessionInfo": {**body["sessionInfo"], "session": session}}


def _of_desk(_pair: Pair) -> list[Any]:
    return [{**body, "secret_key": WEBHOOK_SECRET, "organization_id": ORGANIZATION} for body in _read("livechat")]


def _of_wake_up(pair: Pair) -> list[Any]:
    return [{}, {"conversation": pair.key}, {"conversation": "business_messages:nobody"}, {"conversation": None}]


_SEEDS: dict[str, Callable[[Pair], list[Any]]] = {
    CHANNEL: _of_business_messages,
    RCS: _of_rcs,
    BOT: _of_bot,
    DESK: _of_desk,
    WAKE_UP: _of_wake_up,
}
_ID_PLACES: dict[str, list[tuple[str, ...]]] = {
    CHANNEL: [
        *[("conversationId",), ("message", "messageId"), ("requestId",), ("agent",)],
        *[("surveyResponse", "survey"), ("surveyResponse", "surveyQuestionId"), ("authenticationResponse", "code")],
    ],
    RCS: [
        *[(name,) for name in ("messageId", "messageId", "eventId", "eventId", "agentId", "senderPhoneNumber")],
        *[(name,) for name in ("phoneNumber", "eventType", "sendTime")],
    ],
    BOT: [("session",), ("responseId",), ("sessionInfo", "session"), ("detectIntentResponseId",)],
    DESK: [
        *[("payload", name) for name in ("chat_id", "thread_id", "user_id", "event_id", "seen_up_to")],
        *[("payload", "event", name) for name in ("id", "type", "author_id", "created_at", "custom_id")],
        *[("payload", *where) for where in (("user", "id"), ("user", "name"), ("chat", "thread", "id"))],
    ],
    WAKE_UP: [("conversation",)],
}


@st.composite
def _bodies(draw: st.DrawFn, pair: Pair, door: str) -> Any:
    value = draw(st.sampled_from(seeds(pair, door)))
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
    "as much as fits in base64": lambda raw, _: raw + b" " * max(0, MAX_DATA - len(raw)),
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
    {"X-Goog-Webhook-Type": "agent_callback"},
    {"X-Goog-Webhook-Type": "verification"},
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
def requests_to(draw: st.DrawFn, pair: Pair, door: str) -> Hostile:
    """One hostile request to a door."""
    data = draw(_spoilt(as_bytes(draw(_bodies(pair, door)), escaped=draw(st.booleans()))))
    body = draw(_in_envelope(data)) if door == RCS else Body(data)
    is_proven = bool(draw(st.integers(0, 9)))
    headers = dict(draw(st.sampled_from(_HEADERS))) if not draw(st.integers(0, 9)) else {}
    headers |= proof(door, data) if is_proven else draw(forged(door, data, body.raw))
    raw = body.raw if is_proven or door != DESK else body.raw.replace(WEBHOOK_SECRET.encode(), b"example-webhook-secre")
    twist = draw(st.sampled_from(_TWISTS)) if not draw(st.integers(0, 19)) else {}
    return Hostile(door, raw, data, headers, twist, is_proven, bool(twist), body.statuses)


@st.composite
def _in_envelope(draw: st.DrawFn, data: bytes) -> Body:
    """As RCS posts it; what breaks its outside may leave the data as it is."""
    body = draw(envelopes(data))
    raw = draw(_spoilt(body.raw))
    return body if raw is body.raw else Body(raw, frozenset({200, 400, 401}))


@st.composite
def _spoilt(draw: st.DrawFn, raw: bytes) -> bytes:
    """Seldom: bytes that are no JSON any more, or too many."""
    if draw(st.integers(0, 7)):
        return raw
    return _SPOILERS[draw(st.sampled_from(sorted(_SPOILERS)))](raw, draw(st.integers(0, 2000)))


_SHARES = [CHANNEL] * 4 + [RCS] * 4 + [DESK] * 6 + [BOT] * 3 + [WAKE_UP]


@functools.cache
def hostile(pair: Pair) -> st.SearchStrategy[Hostile]:
    """A request to any door, most of those to a channel to that of the pair."""
    shares = [*_SHARES, *[pair.door] * 4]
    return st.sampled_from(shares).flatmap(lambda door: requests_to(pair, door))
