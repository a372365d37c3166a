"""Reconciliation twice, at once, half-way: what was lost is shown once."""

import pytest

from functions.handoff.errors import StoreUnavailable
from functions.handoff.reconcile import Reconciliation
from tests.core_world import Died
from tests.reconciling import READ, lose, reconcile, with_jane


def test_two_at_once_show_it_once() -> None:
    world = with_jane()
    lose(world, "one", "two")
    other: list[Reconciliation] = []

    def barge_in(name: str) -> None:
        if name == "channel.send_message" and not other:
            other.append(Reconciliation(outcome="begun"))
            other[0] = reconcile(world)

    world.faults.pause = barge_in
    found = reconcile(world)

    assert [("HUMAN", "one"), ("HUMAN", "two")] == world.shown
    assert ("handled", 2) == (found.outcome, found.recovered)
    assert ("handled", (), 2) == (other[0].outcome, other[0].missing, other[0].waiting)


def test_two_that_saw_the_same_ask_for_one_reading() -> None:
    world = with_jane()
    lose(world, "one")
    other: list[Reconciliation] = []
    commits = world.store.before_commit

    def barge_in(_writes: object) -> None:
        world.store.before_commit = commits
        other.append(reconcile(world))

    world.store.before_commit = barge_in
    with world.counted() as trips:
        world.store.before_commit = barge_in
        found = reconcile(world)

    assert [("HUMAN", "one")] == world.shown
    assert 3 == trips.calls.count(READ)  # each looks, one reads
    assert [1, 1] == [found.recovered, other[0].recovered]


def test_while_another_worker_has_it_in_hand_the_reading_is_left_to_that_one() -> None:
    world = with_jane(uuids=True)
    lose(world, "one")
    world.faults.script["channel.send_message"] = ["away"]
    world.agent_writes("two")
    world.clock.sleep(10)
    world.take("somebody who dies")

    found = reconcile(world)
    before = world.shown
    world.pass_time(90)

    assert ("queued", 0, []) == (found.outcome, found.recovered, before)
    assert [("HUMAN", "two"), ("HUMAN", "one")] == world.shown  # the first was in that worker's hand already


def test_while_the_reading_is_put_off_it_is_not_asked_for_again() -> None:
    world = with_jane()
    lose(world, "one")
    world.faults.script[READ] = ["ok", "away", "away"]

    found = [reconcile(world) for _ in range(3)]
    waiting = len(world.pending)
    world.pass_time(60)

    assert (["queued"] * 3, 1) == ([one.outcome for one in found], waiting)
    assert ([1, 0, 0], [("HUMAN", "one")]) == ([one.recovered for one in found], world.shown)
    assert "handled" == reconcile(world).outcome


def test_what_is_lost_while_an_earlier_reading_is_put_off_is_recovered_all_the_same() -> None:
    world = with_jane()
    lose(world, "one")
    world.faults.script[READ] = ["ok", "away", "away"]
    reconcile(world)
    lose(world, "two")

    found = reconcile(world)

    assert ("queued", 1, 1) == (found.outcome, found.recovered, len(world.pending))
    assert [("HUMAN", "one"), ("HUMAN", "two")] == world.shown


@pytest.mark.parametrize("call", [READ, "channel.send_message"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_after_a_crash_it_is_shown_once_in_order(call: str, after: bool) -> None:
    world = with_jane()
    lose(world, "one", "two")

    with world.dying_at(call, after=after):
        reconcile(world)
    reconcile(world)
    world.pass_time(120)
    found = reconcile(world)

    assert [("HUMAN", "one"), ("HUMAN", "two")] == world.shown
    assert ("handled", (), 3) == (found.outcome, found.missing, found.delivered)


def test_a_crash_in_the_reading_that_was_asked_for_is_made_good_by_the_sweep() -> None:
    world = with_jane()
    lose(world, "one", "two")
    reads = []

    def die_at_the_second(name: str) -> None:
        reads.append(name)
        if reads.count(READ) == 3:  # before and after the first, before the second
            raise Died(name)

    world.faults.pause = die_at_the_second
    with pytest.raises(Died):
        reconcile(world)
    world.faults.pause = lambda _name: None
    world.pass_time(60)

    assert [("HUMAN", "one"), ("HUMAN", "two")] == world.shown


def test_a_store_that_goes_away_after_the_look_is_worth_coming_back_for() -> None:
    world = with_jane()
    lose(world, "one")

    def away(_paths: object) -> None:
        raise StoreUnavailable

    world.faults.pause = lambda _name: setattr(world.store, "before_get", away)
    with pytest.raises(StoreUnavailable):
        reconcile(world)
    world.faults.pause = lambda _name: None
    world.store.before_get = lambda _paths: None
    reconcile(world)

    assert [("HUMAN", "one")] == world.shown
