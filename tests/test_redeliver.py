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
from functions.handoff.mailbox import Mailbox
from functions.handoff.resending import WORDS
from tests.core_world import KEY, World
from tests.fakes import FakeClock
from tests.lost_messages import LOST, lost_user_message, mend, refusing

LETTER = dead_letter_id(KEY, "u-lost")
Ask = Callable[[object], tuple[int, Any]]


class SmallBundle(NamedTuple):
    """What this door uses of the bundle."""

    mailbox: Mailbox
    clock: FakeClock

    def purge(self, now: object) -> None:
        """Nothing expires here."""


@pytest.fixture
def world() -> World:
    return lost_user_message()


@pytest.fixture
def ask(world: World, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Calls the function with a body; answers status and body."""
    monkeypatch.setattr(door, "bundle", lambda: SmallBundle(world.mailbox, world.clock))
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
