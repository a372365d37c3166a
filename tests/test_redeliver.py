"""The door `redeliver`: what it is asked for, and what it answers and logs of a dead letter sent again."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any, NamedTuple

import flask
import pytest

from functions import redeliver as door
from functions.handoff.conversation import MAX_ACCEPTED_PENDING
from functions.handoff.dead_letters import dead_letter_id
from functions.handoff.errors import ProviderUnavailable
from functions.handoff.interfaces import ThreadView
from functions.handoff.mailbox import Mailbox
from functions.handoff.reconcile import Reconciler
from functions.handoff.resending import WORDS
from tests.core_world import KEY, World
from tests.fakes import FakeClock
from tests.lost_messages import LOST, lost_user_message, mend, refusing

LETTER = dead_letter_id(KEY, "u-lost")
Ask = Callable[[object], tuple[int, Any]]


class SmallBundle(NamedTuple):
    """What this door uses of the bundle."""

    mailbox: Mailbox
    reconciler: Reconciler
    clock: FakeClock

    def purge(self, now: object) -> None:
        """Nothing expires here."""


def bundle_of(world: World) -> SmallBundle:
    return SmallBundle(world.mailbox, Reconciler(world.machine, world.mailbox, world.desk), world.clock)


@pytest.fixture
def world() -> World:
    return lost_user_message()


@pytest.fixture
def ask(world: World, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Calls the function with a body; answers status and body."""
    monkeypatch.setattr(door, "bundle", lambda: bundle_of(world))
    app = flask.Flask("test")

    def call(body: object) -> tuple[int, Any]:
        with app.test_request_context(method="POST", json=body):
            response = door.redeliver(flask.request)
        return response.status_code, response.get_json()

    return call


def line(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    fields: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return fields


def test_a_dead_letter_is_sent_again_and_the_second_time_it_says_so(ask: Ask, world: World) -> None:
    first, second = ask({"resend": LETTER}), ask({"resend": LETTER})

    assert (200, {"outcome": "handled", "reason": "", "message": ""}) == first
    assert (200, "duplicate") == (second[0], second[1]["outcome"])
    assert [LOST] == world.desk.user_texts()


def test_the_log_says_what_became_of_which_letter(ask: Ask, capsys: pytest.CaptureFixture[str]) -> None:
    ask({"resend": LETTER})

    said = line(capsys)
    shown = ("outcome", "reason", "dead_letter", "conversation", "state_after", "severity")
    assert ["handled", "resend", LETTER, KEY, "AGENT", "INFO"] == [said[name] for name in shown]
    assert LOST not in json.dumps(said)


def test_one_that_fails_again_is_an_error_in_the_log(
    ask: Ask, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    refusing("livechat.send_message", world)

    status, body = ask({"resend": LETTER})

    assert (200, "dead_letter", "validation") == (status, body["outcome"], body["reason"])
    said = line(capsys)
    assert ("dead_letter", "ERROR") == (said["outcome"], said["severity"])


def test_one_that_is_not_there_is_answered_in_words(ask: Ask) -> None:
    unknown = dead_letter_id(KEY, "never heard of")

    status, body = ask({"resend": unknown})

    assert (200, "ignored", "no_such_letter") == (status, body["outcome"], body["reason"])
    assert WORDS["no_such_letter"] == body["message"]


def test_a_full_mailbox_is_worth_coming_back_for(ask: Ask, world: World) -> None:
    world.faults.choose = lambda name: "away" if name.startswith("livechat") else "ok"
    for number in range(MAX_ACCEPTED_PENDING):
        world.say(str(number))

    full, _ = ask({"resend": LETTER})
    mend(world).pass_time(timedelta(minutes=20).total_seconds())
    room, body = ask({"resend": LETTER})

    assert (503, 200, "handled") == (full, room, body["outcome"])


@pytest.mark.parametrize("letter_id", ["", "x", 1, [], {}, "a/b", f"{LETTER}\n", LETTER.upper(), "../x", "\ud800"])
def test_what_is_no_letters_id_is_refused(ask: Ask, letter_id: object) -> None:
    status, body = ask({"resend": letter_id})

    assert (400, "resend must be a dead letter's id") == (status, body["error"])


@pytest.mark.parametrize("key", ["", 1, "a/b", ".", "..", "__x__", "\ud800", "x" * 1501, "a b"])
def test_what_is_no_conversations_key_is_refused(ask: Ask, key: object) -> None:
    status, body = ask({"conversation": key})

    assert (400, "conversation must be a conversation key") == (status, body["error"])


def test_only_one_thing_can_be_asked_for(ask: Ask) -> None:
    assert 400 == ask({"conversation": KEY, "resend": LETTER})[0]


@pytest.mark.parametrize("body", [[], "resend", 1])
def test_a_body_that_is_no_object_is_refused(ask: Ask, body: object) -> None:
    assert 400 == ask(body)[0]


@pytest.mark.parametrize("body", [{}, {"resend": None}, {"conversation": None}, {"unknown": 1}])
def test_a_body_that_asks_for_nothing_is_a_sweep(ask: Ask, body: object) -> None:
    status, answer = ask(body)

    assert (200, 0) == (status, answer["due"])


def test_a_conversation_is_worked_if_it_is_due(ask: Ask, world: World) -> None:
    world.faults.script["livechat.send_message"] = ["away"]
    world.say("again")
    world.clock.sleep(5)

    outcomes = [ask({"conversation": KEY})[1]["outcome"] for _ in range(2)]

    assert (["handled", "ignored"], ["again"]) == (outcomes, world.desk.user_texts())


# --- reconciliation --------------------------------------------------------------------------------------------------


def test_a_conversation_is_reconciled_and_the_second_time_nothing_is_missing(ask: Ask, world: World) -> None:
    lost = world.agent_writes("It is on its way.", webhook=False)

    (status, first), (_, second) = (ask({"conversation": KEY, "reconcile": True}) for _ in range(2))

    thread = world.conversation.thread_id
    assert (200, "handled", [lost.id], 1) == (status, first["outcome"], first["missing"], first["recovered"])
    assert ("handled", [], 2) == (second["outcome"], second["missing"], second["delivered"])
    assert (thread, thread, True) == tuple(second[name] for name in ("thread_id", "known_thread", "active"))
    assert "It is on its way." == world.channel.texts[-1]


def test_the_answer_and_the_log_hold_ids_and_numbers_and_no_words(
    ask: Ask, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.agent_writes("It is on its way.", webhook=False)

    _, answer = ask({"conversation": KEY, "reconcile": True})

    said = line(capsys)
    shown = ("outcome", "reason", "conversation", "agent_messages", "delivered", "missing", "recovered", "severity")
    assert ["handled", "reconcile", KEY, 2, 1, 1, 1, "INFO"] == [said[name] for name in shown]
    assert not [word for word in ("on its way", "jane") if word in json.dumps([said, answer]).lower()]


def test_what_is_given_up_on_the_way_is_an_error_in_the_log(
    ask: Ask, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    refusing("channel.send_message", world).agent_writes("It is on its way.", webhook=False)

    status, body = ask({"conversation": KEY, "reconcile": True})

    assert (200, "dead_letter", "ERROR") == (status, body["outcome"], line(capsys)["severity"])


@pytest.mark.parametrize(("fate", "status", "reason"), [("away", 503, ""), ("refused", 200, "validation")])
def test_a_desk_that_does_not_answer_is_worth_coming_back_for_and_one_that_refuses_is_not(
    ask: Ask, world: World, capsys: pytest.CaptureFixture[str], fate: str, status: int, reason: str
) -> None:
    world.faults.script["livechat.read_thread"] = [fate]

    answered, body = ask({"conversation": KEY, "reconcile": True})

    assert (status, reason) == (answered, body.get("reason", ""))
    assert {503: "retry", 200: "ignored"}[status] == line(capsys)["outcome"]


@pytest.mark.parametrize(("asked", "said"), [(None, "5"), (12.2, "13")])
def test_livechat_s_wish_for_a_pause_is_passed_on(
    world: World, monkeypatch: pytest.MonkeyPatch, asked: float | None, said: str
) -> None:
    def away(*_: object, **__: object) -> ThreadView:
        raise ProviderUnavailable("livechat", "too_many_requests", status=429, retry_after_s=asked)

    monkeypatch.setattr(world.desk, "read_thread", away)
    monkeypatch.setattr(door, "bundle", lambda: bundle_of(world))
    with flask.Flask("test").test_request_context(method="POST", json={"conversation": KEY, "reconcile": True}):
        response = door.redeliver(flask.request)

    assert (503, said) == (response.status_code, response.headers["Retry-After"])


@pytest.mark.parametrize(("key", "reason"), [("phone:nobody", "no_such_conversation"), (KEY, "no_chat")])
def test_where_there_is_nothing_to_compare_it_is_said_why(ask: Ask, world: World, key: str, reason: str) -> None:
    with world.changing() as changes:
        changes.conversation.chat_id = ""

    status, body = ask({"conversation": key, "reconcile": True})

    assert (200, "ignored", reason, []) == (status, body["outcome"], body["reason"], body["missing"])


@pytest.mark.parametrize("value", ["true", 1, 0, "", [], {}])
def test_what_is_neither_true_nor_false_is_refused(ask: Ask, value: object) -> None:
    status, body = ask({"conversation": KEY, "reconcile": value})

    assert (400, "reconcile must be true or false") == (status, body["error"])


def test_a_reconciliation_needs_a_conversation(ask: Ask) -> None:
    assert (400, {"error": "reconcile needs a conversation"}) == ask({"reconcile": True})
    assert 400 == ask({"resend": LETTER, "reconcile": True})[0]


@pytest.mark.parametrize("value", [False, None])
def test_without_being_asked_for_it_calls_nobody(ask: Ask, world: World, value: object) -> None:
    world.agent_writes("It is on its way.", webhook=False)

    with world.counted() as trips:
        answers = [ask({"conversation": KEY, "reconcile": value}), ask({"reconcile": value}), ask({})]

    assert ([200] * 3, []) == ([status for status, _ in answers], trips.calls)
