"""Dead letters of sign-in answers: what only the bot was to hear is not kept for anybody else."""

from collections.abc import Callable
from typing import Any

import pytest

from functions.handoff.changes import entry_path
from functions.handoff.conversation import MAX_ACCEPTED_PENDING
from functions.handoff.events import UserAction
from functions.handoff.interfaces import Record, Replace
from functions.handoff.languages import BUILT_IN
from tests.core_world import KEY, World
from tests.lost_messages import mend, resend

EN = BUILT_IN["en"]


def sign_in(world: World) -> None:
    said: dict[str, Any] = {"parameters": {"code": "secret-code"}, "details": {"outcome": "succeeded"}}
    world.accept(UserAction(id="a1", source_at=world.clock.now(), action="authentication", **said))


def in_a_full_mailbox() -> World:
    world = World()
    world.faults.choose = lambda name: "away" if name.startswith("dialogflow") else "ok"
    for number in range(MAX_ACCEPTED_PENDING):
        world.say(str(number))
    sign_in(world)
    world.sweep()
    return world


def that_three_workers_died_on() -> World:
    world = World()
    world.say("hello")
    with world.dying_at("dialogflow.hear_event"):
        sign_in(world)
    for _ in range(2):
        world.clock.sleep(31)
        with world.dying_at("dialogflow.hear_event"):
            world.sweep()
    world.clock.sleep(31)
    world.sweep()
    return world


def unreadable() -> World:
    """Such as one that another version wrote."""
    world = World()
    world.say("hello")
    world.faults.choose = lambda name: "away" if name.startswith("dialogflow") else "ok"
    sign_in(world)
    stored = world.peek(entry_path(KEY, "event:a1"))
    assert stored is not None
    broken: dict[str, Any] = {name: value for name, value in stored.record.body.items() if name != "name"}
    world.store.commit(Replace(stored.path, Record(body=broken), stored.version))
    mend(world).pass_time(30)
    return world


@pytest.mark.parametrize("happens", [in_a_full_mailbox, that_three_workers_died_on, unreadable])
def test_a_letter_of_a_sign_in_says_that_there_was_one_but_not_its_code(happens: Callable[[], World]) -> None:
    world = happens()

    (letter,) = world.dead_letters()

    assert letter["entry"]["kind"] in {"user_action", "bot_event"}
    assert "secret-code" not in str(letter)


@pytest.mark.parametrize(
    ("happens", "told"), [(in_a_full_mailbox, "overloaded"), (that_three_workers_died_on, "reply_lost")]
)
def test_the_user_is_told_that_it_did_not_get_through(happens: Callable[[], World], told: str) -> None:
    world = happens()

    assert 1 == world.channel.texts.count(EN[told])


@pytest.mark.parametrize("happens", [in_a_full_mailbox, that_three_workers_died_on])
def test_it_can_t_be_sent_again(happens: Callable[[], World]) -> None:
    world = mend(happens())
    world.pass_time(600)
    (letter,) = world.dead_letters()
    before = len(world.bot.events)

    answer = resend(world, letter["entry_id"])

    assert ("ignored", "no_use", before) == (answer.outcome, answer.reason, len(world.bot.events))
