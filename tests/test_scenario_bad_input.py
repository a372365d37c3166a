"""One set of bad input for every door: it is refused by name, stores nothing, and the door stays open."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from infra.sandbox.sandbox import Sandbox
from tests.doors import (
    BOT,
    CHANNEL,
    DESK,
    DOORS,
    FIXTURES,
    RCS,
    WAKE_UP,
    fixture,
    in_envelope,
    send,
    send_proven,
    signature,
)
from tests.hands import BUSINESS_MESSAGES
from tests.play import WatchedSandbox
from tests.play_log import Log
from tests.product import ES, SQLITE

pytest_plugins = ("tests.scenario_fixtures",)
pytestmark = [pytest.mark.scenario, pytest.mark.only_on(BUSINESS_MESSAGES, ES, SQLITE)]

CHANNELS = (CHANNEL, RCS)
CANARY = "canary-0815 the user's words"
MEBIBYTE = 1024 * 1024
UNREADABLE: dict[str, bytes] = {
    "not JSON": b"{",
    "not UTF-8": b'{"a": "\xff\xfe"}',
    "another coding": '{"a": "ä"}'.encode("utf-16"),
    "two values": b"{}{}",
    "a form": b"a=1&b=2",
    "an array": b"[]",
    "a text": b'"words"',
    "a number": b"1",
    "null": b"null",
    "deep arrays": b"[" * 100_000,
    "deep objects": b'{"a":' * 100_000,
    "a number without end": b'{"a": 1e400}',
    "a number too long": b'{"a": ' + b"9" * 10_000 + b"}",
    "not a number": b'{"a": NaN}',
    "a name twice": b'{"a": 1, "a": 2}',
    "a bare NUL": b'{"a": "\x00"}',
}
RCS_MESSAGE = {
    "agentId": "demo_agent",
    "senderPhoneNumber": "+999123456789",
    "messageId": "m",
    "sendTime": "2026-01-02T03:04:05Z",
    "text": CANARY,
}
A_BODY: dict[str, Any] = {
    CHANNEL: {"conversationId": CANARY, "message": {"messageId": "m", "text": CANARY}},
    RCS: in_envelope(json.dumps(RCS_MESSAGE).encode()),
    BOT: fixture("dialogflow_es", "webhook__handoff") | {"queryResult": {"queryText": CANARY, "action": "handoff"}},
    DESK: fixture("livechat", "incoming_event__agent_text") | {"note": CANARY},
}
_WRONGLY_SIGNED = [
    {},
    {"X-Goog-Signature": ""},
    {"X-Goog-Signature": "bm90IGl0"},
    {"X-Goog-Signature": "ä"},
    signature("another-key", b"{}"),
    signature("", b"{}"),
]
WRONG_HEADERS: dict[str, list[dict[str, str]]] = {
    CHANNEL: _WRONGLY_SIGNED,
    RCS: _WRONGLY_SIGNED,
    BOT: [
        {},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer not-the-token"},
        {"Authorization": "Basic !!!"},
        {"Authorization": "Basic OnRva2Vu"},
        {"X-Webhook-Token": ""},
        {"X-Webhook-Token": "not-the-token"},
    ],
}


@pytest.fixture(autouse=True)
def _nothing_is_stored(sandbox: WatchedSandbox, log: Log) -> Iterator[None]:
    before = _documents(sandbox)
    yield
    assert before == _documents(sandbox)
    assert "canary" not in log.text()


def _documents(sandbox: WatchedSandbox) -> list[Any]:
    sandbox.store.get("tokens/none")  # makes the tables, if nobody else did
    with closing(sqlite3.connect(sandbox.settings["STORE"].removeprefix("sqlite:"))) as connection:
        return connection.execute("SELECT path FROM documents ORDER BY path").fetchall()


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_read_is_refused_unless_it_is_rightly_signed(
    sandbox: Sandbox, log: Log, door: str, body: bytes
) -> None:
    answer = send_proven(sandbox, door, body)

    (line,) = _said(log, door)
    if door in CHANNELS:  # a refusal would be retried for a week and hold up all other traffic
        assert (200, "ignored") == (answer.status_code, answer.json()["outcome"])
        assert ("ERROR", "ignored") == (line["severity"], line["outcome"])
    else:
        assert (400, "rejected") == (answer.status_code, line["outcome"])
        assert answer.json()["error"]


def _said(log: Log, door: str) -> list[Any]:
    return [line for line in log.lines(door) if line["reason"] != "sweep"]


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_read_and_is_not_signed_is_refused(sandbox: Sandbox, body: bytes) -> None:
    assert 401 == send(sandbox, CHANNEL, body).status_code
    assert 401 == send(sandbox, RCS, in_envelope(body)).status_code


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
def test_what_is_no_envelope_is_refused(sandbox: Sandbox, body: bytes) -> None:
    assert send(sandbox, RCS, body, signature(sandbox.rcs_token, body)).status_code in {400, 401}


@pytest.mark.parametrize("door", DOORS)
def test_only_post_is_answered(sandbox: Sandbox, door: str) -> None:
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        answer = send(sandbox, door, b"{}", method=method)
        assert (405, "POST") == (answer.status_code, answer.headers.get("Allow")), method


@pytest.mark.parametrize("door", DOORS)
def test_its_health_is_told_without_any_secret(sandbox: Sandbox, door: str) -> None:
    answer = send(sandbox, door, b"", method="GET", path="/health")

    assert (200, {"status": "ok", "function": door}) == (answer.status_code, answer.json())


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("chunked", [False, True])
def test_more_than_a_mebibyte_is_refused_before_anything_else(sandbox: Sandbox, door: str, chunked: bool) -> None:
    body = b" " * (MEBIBYTE + 1)

    answer = send(sandbox, door, iter([body]) if chunked else body)

    assert 413 == answer.status_code


@pytest.mark.parametrize(
    ("door", "headers"), [(door, headers) for door, wrong in WRONG_HEADERS.items() for headers in wrong]
)
def test_a_sender_without_the_right_proof_is_refused(
    sandbox: Sandbox, log: Log, door: str, headers: dict[str, str]
) -> None:
    encoded = {name: value.encode() for name, value in headers.items()}

    answer = send(sandbox, door, A_BODY[door], encoded)  # type: ignore[arg-type]

    assert 401 == answer.status_code
    assert ["rejected"] == [line["outcome"] for line in log.lines(door)]
    assert "canary" not in answer.text


@pytest.mark.parametrize("secret", [None, "", "wrong", "\ud800", 1, True, {}, [], ["wrong"]])
def test_a_webhook_of_the_desk_without_the_right_secret_is_refused(sandbox: Sandbox, log: Log, secret: Any) -> None:
    answer = send(sandbox, DESK, A_BODY[DESK] | {"secret_key": secret})

    assert 401 == answer.status_code
    assert ["rejected"] == [line["outcome"] for line in log.lines(DESK)]


@pytest.mark.parametrize("door", CHANNELS)
def test_a_handshake_with_a_wrong_token_is_refused(sandbox: Sandbox, door: str) -> None:
    token = {CHANNEL: sandbox.partner_key, RCS: sandbox.rcs_token}[door]
    right = send(sandbox, door, {"clientToken": token, "secret": "1234"})
    wrong = send(sandbox, door, {"clientToken": "not-the-token", "secret": CANARY})

    assert (200, "1234") == (right.status_code, right.text)
    assert 401 == wrong.status_code
    assert "canary" not in wrong.text


UNKNOWN: dict[str, Any] = {
    CHANNEL: fixture("business_messages", "unknown__kind"),
    RCS: {**RCS_MESSAGE, "text": None, "hologram": CANARY},
    BOT: {"session": "a/b", "responseId": "r", "queryResult": {"intent": {}}, "surprise": {}},
    DESK: {"action": "thread_summary_set", "payload": {"chat_id": "C", "surprise": {}}},
    WAKE_UP: {"conversation": "business_messages:never-heard-of"},
}


@pytest.mark.parametrize("door", DOORS)
def test_an_unknown_kind_is_ignored_and_logged_by_name(sandbox: Sandbox, log: Log, door: str) -> None:
    answer = send_proven(sandbox, door, UNKNOWN[door])

    assert 200 == answer.status_code
    assert ["ignored"] == [line["outcome"] for line in _said(log, door)]


LACKING: list[tuple[str, Any, str]] = [
    (BOT, {"responseId": "r", "queryResult": {}}, "session"),
    (BOT, {"session": 1, "responseId": "r", "queryResult": {}}, "session"),
    (BOT, {"session": "a/b", "queryResult": {}}, "responseId"),
    (BOT, {"session": "a/b", "responseId": "r", "queryResult": []}, "queryResult"),
    (DESK, {"payload": {}}, "action"),
    (DESK, {"action": ["incoming_event"], "payload": {}}, "action"),
    (DESK, {"action": "incoming_event", "payload": {"chat_id": "C", "thread_id": "T"}}, "event"),
    (WAKE_UP, {"conversation": 1}, "conversation"),
    (WAKE_UP, {"conversation": ""}, "conversation"),
    (WAKE_UP, {"conversation": "a/b"}, "conversation"),
]


@pytest.mark.parametrize(("door", "body", "field"), LACKING)
def test_what_lacks_a_field_is_refused_by_the_field_s_name(sandbox: Sandbox, door: str, body: Any, field: str) -> None:
    answer = send_proven(sandbox, door, body)

    assert 400 == answer.status_code
    assert field in answer.json()["error"]


@pytest.mark.parametrize(
    ("door", "body"),
    [
        (CHANNEL, {"message": {"text": CANARY}}),
        (CHANNEL, {"conversationId": 1, "message": {"text": CANARY}}),
        (CHANNEL, {"conversationId": "c", "message": CANARY}),
        (CHANNEL, {"conversationId": "c", "message": {"text": [CANARY]}}),
        (CHANNEL, {"conversationId": "c", "suggestionResponse": {"text": {}}}),
        (CHANNEL, {"conversationId": "c", "userStatus": []}),
        (CHANNEL, {"data": "not base64!", "note": CANARY}),
        (RCS, {**RCS_MESSAGE, "senderPhoneNumber": None}),
        (RCS, {**RCS_MESSAGE, "senderPhoneNumber": 999}),
        (RCS, {**RCS_MESSAGE, "text": [CANARY]}),
        (RCS, {**RCS_MESSAGE, "text": None, "suggestionResponse": {"text": {}}}),
        (RCS, {**RCS_MESSAGE, "text": None, "userFile": CANARY}),
        (RCS, {**RCS_MESSAGE, "text": None, "location": {"latitude": CANARY}}),
    ],
)
def test_a_rightly_signed_body_that_lacks_a_field_is_ignored_with_an_error_in_the_log(
    sandbox: Sandbox, log: Log, door: str, body: Any
) -> None:
    answer = send_proven(sandbox, door, body)

    assert (200, "ignored") == (answer.status_code, answer.json()["outcome"])
    assert ["ERROR"] == [line["severity"] for line in log.lines(door)]


DEEP: dict[str, Any] = {
    CHANNEL: {"conversationId": "deep", "context": {"customContext": "HERE", "userInfo": "HERE"}, "survey": "HERE"},
    RCS: {**RCS_MESSAGE, "text": None, "location": "HERE", "userFile": {"payload": "HERE"}},
    BOT: {
        "session": "a/b",
        "responseId": "r",
        "queryResult": {"action": "handoff", "parameters": {"deep": "HERE"}, "outputContexts": ["HERE"]},
    },
    DESK: A_BODY[DESK] | {"payload": A_BODY[DESK]["payload"] | {"deep": "HERE"}, "additional_data": "HERE"},
    WAKE_UP: {"conversation": "business_messages:never-heard-of", "deep": "HERE"},
}


@pytest.mark.parametrize("depth", [50, 200, 330, 480, 700, 950, 1_100, 5_000])
@pytest.mark.parametrize("brackets", [(b"[", b"]"), (b'{"a":', b"}")], ids=["lists", "objects"])
@pytest.mark.parametrize("door", DOORS)
def test_no_depth_of_nesting_breaks_a_door(
    sandbox: Sandbox, door: str, depth: int, brackets: tuple[bytes, bytes]
) -> None:
    deep = brackets[0] * depth + b"1" + brackets[1] * depth
    proof = {"secret_key": sandbox.webhook_secret} if door == DESK else {}

    answer = send_proven(sandbox, door, json.dumps(DEEP[door] | proof).encode().replace(b'"HERE"', deep))

    assert answer.status_code in {200, 400}


@pytest.mark.parametrize("path", sorted((FIXTURES / "business_messages").glob("*.json")), ids=lambda path: path.stem)
def test_published_payloads_with_a_wrong_signature_are_refused(sandbox: Sandbox, path: Any) -> None:
    raw = path.read_bytes()

    assert 401 == send(sandbox, CHANNEL, raw, signature("another-key", raw)).status_code
