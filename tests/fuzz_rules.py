"""What must hold whatever comes in: the answer, the log line, what is stored, what leaves, and that it goes on."""

import json
import re
from typing import Any

from functions.handoff import entries
from functions.handoff.conversation import from_record
from functions.handoff.interfaces import Record
from tests.doors import BOT, CHANNEL, DESK, RCS, WAKE_UP
from tests.fuzz_bodies import MEBIBYTE, Hostile
from tests.fuzz_pairs import PHONE
from tests.fuzz_values import CANARY
from tests.fuzz_world import WEBHOOK_SECRET, Answered, World

LONGEST_S = 3.0
"""Processor time of one request: a megabyte takes a tenth of it."""

MOST_STORE_TRIPS = 300
"""Of one request: a hundred messages in a thread are a commit each; going round in circles is far more."""

_OUTCOMES = {"handled", "queued", "duplicate", "ignored", "retry", "dead_letter", "rejected"}
_PROVEN = {CHANNEL: {200}, RCS: {200}, BOT: {200, 400}, DESK: {200, 400, 503}, WAKE_UP: {200, 400}}
_UNPROVEN = {CHANNEL: {401}, RCS: {401}, BOT: {401}, DESK: {401, 400}, WAKE_UP: {200, 400}}
_TWISTED = {200, 400, 401, 405}
_PHONES = re.compile(rf"(\+|%2B)[0-9]{{7,15}}|{PHONE[1:]}", re.IGNORECASE)


def try_one(world: World, request: Hostile) -> None:
    """Send it, and see that every rule holds."""
    commits = world.commits()
    answered = world.send(request.door, request.raw, request.headers, **request.environ)
    check_answer(request, answered)
    check_log(answered)
    _check_stored(world, commits, answered)
    assert [] == world.outside.faults, world.outside.faults
    assert answered.seconds < LONGEST_S, f"{answered.seconds} s"


def check_answer(request: Hostile, answered: Answered) -> None:
    """The answer is one that design and kind of request call for."""
    is_handshake = request.door in {CHANNEL, RCS} and b"clientToken" in request.raw
    expected = request.statuses or (_PROVEN if _is_proven(request) else _UNPROVEN)[request.door]
    if is_handshake:
        expected = expected | {200, 401}
    if len(request.raw) > MEBIBYTE:
        expected = {413}
    if request.environ.get("CONTENT_LENGTH", "").strip() > "5":
        expected = expected | {413}
    assert answered.status in (expected | _TWISTED if request.twisted else expected), (answered, request)
    if answered.status == 503:
        assert "not known yet" in answered.text, (answered, request)
    if not is_handshake:  # which is answered with its secret
        assert CANARY not in answered.text


def _is_proven(request: Hostile) -> bool:
    return _has_secret(request.raw) if request.door == DESK else request.proven


def _has_secret(raw: bytes) -> bool:
    body = _json(raw)
    return isinstance(body, dict) and body.get("secret_key") == WEBHOOK_SECRET


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None


def check_log(answered: Answered) -> None:
    """One line, JSON, of nothing that was said."""
    (line,) = answered.log.splitlines()
    said = json.loads(line)
    assert said["outcome"] in _OUTCOMES, said
    assert said["store_trips"] < MOST_STORE_TRIPS, said
    assert "stack_trace" not in said, said
    assert CANARY not in line, said
    assert not _PHONES.search(line), said


def _check_stored(world: World, commits: int, answered: Answered) -> None:
    """Whole records only, that the core can read; nothing at all when it was refused."""
    if answered.status != 200:
        assert commits == world.commits(), answered
    for path, collection, *_, body in world.rows(commits):
        content = json.loads(body)
        if collection == "conversations":
            from_record(Record(body=content))
        elif collection.endswith("/mailbox"):
            entries.decode(content)
        elif collection == "dead_letters":
            entries.decode(content["entry"])
        else:
            assert collection in {"chats", "sessions", "tokens"}, path


# --- it goes on -----------------------------------------------------------------------------------------------------


def drain(world: World) -> None:
    """Whatever is pending can be worked off, by wake-ups alone."""
    for _ in range(30):
        waiting = [c for c in world.conversations() if c.pending]
        if not waiting:
            return
        for c in waiting:
            assert c.due_at is not None, c.pending
            world.clock.at = max(world.clock.at, c.due_at)
            answered = world.send(WAKE_UP, json.dumps({"conversation": c.key}).encode())
            assert answered.status == 200, answered
            check_log(answered)
    raise AssertionError([c.pending for c in world.conversations() if c.pending])


def a_good_message_gets_through(world: World) -> None:
    """The next proper message of the same user is heard, and so is the agent's where there is one."""
    told = "is anybody there"
    answered = world.send_proven(world.pair.door, world.pair.says("good-1", told))
    assert answered.status == 200, answered
    check_log(answered)
    drain(world)
    assert told in world.outside.heard + world.outside.desk, (answered, world.conversation())
    c = world.conversation()
    if c is None or not c.chat_id or not c.thread_id:
        return
    event = {"id": "good-2", "type": "message", "text": "yes, me", "visibility": "all"}
    event |= {"author_id": "good@shop.example", "created_at": "2026-01-02T03:04:06.000000Z"}
    payload = {"chat_id": c.chat_id, "thread_id": c.thread_id, "event": event}
    answered = world.send_proven(DESK, {"action": "incoming_event", "payload": payload})
    assert answered.status == 200, answered
    check_log(answered)
    drain(world)
    assert any(line.endswith("yes, me") for line in world.outside.shown), (answered, world.conversation())
    assert [] == world.outside.faults, world.outside.faults
