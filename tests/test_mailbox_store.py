"""Accepting while the store is contended, away, or does not say what it did."""

from typing import Any

import pytest

from functions.handoff.errors import ConversationBusy, StoreUnavailable
from functions.handoff.events import HandoffAsked, HandoffSignal, UserMessage
from functions.handoff.holding import COMMIT_TRIES
from tests.core_world import World
from tests.fakes import START


def message(event_id: str, text: str = "hello") -> UserMessage:
    return UserMessage(id=event_id, source_at=START, text=text)


def test_an_accept_that_meets_a_conflict_tries_again_on_top() -> None:
    world = World()
    world.say("hello", "u0")
    others = [message("u2", "other")]

    def somebody_writes(_writes: object) -> None:
        if others:
            world.accept(others.pop(), drain=False)

    world.store.before_commit = somebody_writes
    world.accept(message("u1", "mine"))

    assert {"hello", "mine", "other"} == set(world.bot.heard)
    assert 3 == len(world.bot.heard)


def test_too_many_conflicts_are_the_senders_to_bear() -> None:
    world = World()
    tries: list[str] = []

    def somebody_writes(writes: Any) -> None:
        if any("mine" in write.path for write in writes):
            tries.append("")
            world.accept(message(f"x{len(tries)}"), drain=False)

    world.store.before_commit = somebody_writes

    with pytest.raises(ConversationBusy):
        world.accept(message("mine"))

    assert COMMIT_TRIES == len(tries)
    assert "mine" not in world.pending


@pytest.mark.parametrize("applied", [True, False])
def test_a_lost_acknowledgement_of_an_accept_leads_to_one_entry_worked_once(applied: bool) -> None:
    world = World()
    lost = [1]

    def fail(_writes: object) -> None:
        if lost:
            lost.clear()
            raise StoreUnavailable("memory")

    setattr(world.store, "after_commit" if applied else "before_commit", fail)
    answer = world.say("hello")

    assert "handled" == answer.outcome
    assert (["hello"], ["bot: hello"]) == (world.bot.heard, world.channel.texts)


def test_a_lost_acknowledgement_of_an_accept_without_work_still_asks_for_a_wake_up() -> None:
    world = World()
    world.say("hello")
    lost = [1]

    def fail(_writes: object) -> None:
        if lost:
            lost.clear()
            raise StoreUnavailable("memory")

    world.store.after_commit = fail
    asked = HandoffAsked(id="h1", source_at=world.clock.now(), signal=HandoffSignal("bot"))
    answer = world.accept(asked, drain=False, channel=False)

    assert "queued" == answer.outcome
    assert 1 == len(world.wake_ups.asked)


def test_a_store_that_is_away_for_a_moment_is_borne_with() -> None:
    world = World()
    fails = [1, 1]

    def away(_paths: object) -> None:
        if fails:
            fails.pop()
            raise StoreUnavailable("memory")

    world.store.before_get = away

    assert "handled" == world.say("hello").outcome


def test_a_store_that_stays_away_is_said_to_be_away() -> None:
    world = World()

    def away(_: object) -> None:
        raise StoreUnavailable("memory")

    world.store.before_get = away

    with pytest.raises(StoreUnavailable):
        world.say("hello")
