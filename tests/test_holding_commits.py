"""The commits of whoever holds a conversation: one per step, and how one of unknown outcome is judged."""

from collections.abc import Callable
from datetime import timedelta

import msgspec
import pytest

from functions.handoff.changes import Changes, entry_path
from functions.handoff.errors import StoreUnavailable
from functions.handoff.events import UserMessage
from functions.handoff.holding import COMMIT_TRIES, Held, commit_step, load_entry
from functions.handoff.interfaces import Replace
from functions.handoff.parts import Lease
from tests.core_world import KEY, World
from tests.fakes import START


def in_hand(world: World, *texts: str, owner: str = "me") -> Held:
    """The conversation with these messages waiting, taken by `owner`."""
    for number, text in enumerate(texts, 1):
        event = UserMessage(id=f"u{number}", source_at=START + timedelta(seconds=number), text=text)
        world.accept(event, drain=False)
    return world.take(owner)


def finish(entry_id: str) -> Callable[[Changes], None]:
    return lambda changes: changes.finish(entry_id)


# --- one commit per step ---------------------------------------------------------------------------------------------


def test_a_step_finishes_its_entry_and_names_the_next_in_one_commit() -> None:
    world = World()
    held = in_hand(world, "one", "two")
    world.clock.sleep(5)

    with world.counted() as trips:
        assert commit_step(world.machine, held, finish("u1"), then="next")

    assert (0, 1) == (trips.gets, trips.commits)
    lease = world.conversation.lease
    assert Lease("me", world.clock.now() + timedelta(seconds=30), "u2", step=1) == lease == held.lease


def test_the_last_step_gives_the_conversation_back_in_the_same_commit() -> None:
    world = World()
    held = in_hand(world, "one")

    assert not commit_step(world.machine, held, finish("u1"), then="next")

    assert (None, None, ()) == (world.conversation.lease, world.conversation.due_at, world.conversation.pending)


def test_a_step_that_only_extends_keeps_entry_and_count_of_takeovers() -> None:
    world = World()
    in_hand(world, "one", owner="dead")
    world.clock.sleep(31)
    held = world.take("me")
    world.clock.sleep(20)

    assert commit_step(world.machine, held, lambda _changes: None, then="same")

    assert Lease("me", world.clock.now() + timedelta(seconds=30), "u1", 1, 1) == world.conversation.lease


def test_what_is_given_back_with_something_ready_is_due_now() -> None:
    world = World()
    held = in_hand(world, "one")

    assert not commit_step(world.machine, held, lambda _changes: None, then="release")

    assert world.clock.now() == world.conversation.due_at
    assert ["u1"] == world.pending


def test_new_mail_during_a_step_is_kept_and_the_change_made_again_on_top() -> None:
    world = World()
    held = in_hand(world, "one")
    world.accept(UserMessage(id="u2", source_at=world.clock.now(), text="two"))

    assert commit_step(world.machine, held, finish("u1"), then="next")

    assert ["u2"] == world.pending
    assert "u2" == held.lease.entry


def test_a_commit_after_the_lease_is_gone_changes_nothing() -> None:
    world = World()
    zombie = in_hand(world, "one", "two")
    world.clock.sleep(31)
    world.take("other")
    before = world.store.snapshot()

    assert not commit_step(world.machine, zombie, finish("u1"), then="next")

    assert before == world.store.snapshot()


def test_a_commit_after_the_conversation_was_given_back_by_another_changes_nothing() -> None:
    world = World()
    zombie = in_hand(world, "one")
    world.clock.sleep(31)
    commit_step(world.machine, world.take("other"), finish("u1"), then="next")
    before = world.store.snapshot()

    assert not commit_step(world.machine, zombie, lambda changes: changes.set_timer("chat_check", 5), then="next")

    assert before == world.store.snapshot()


# --- lost acknowledgements -------------------------------------------------------------------------------------------


def once(fail_after: bool, world: World) -> None:
    """Let the next commit go unacknowledged, applied or not."""

    def fail(_writes: object) -> None:
        world.store.before_commit = world.store.after_commit = lambda _writes: None
        raise StoreUnavailable("memory")

    if fail_after:
        world.store.after_commit = fail
    else:
        world.store.before_commit = fail


@pytest.mark.parametrize("applied", [True, False])
@pytest.mark.parametrize("texts", [("one", "two"), ("one",)], ids=["goes on", "gives back"])
def test_after_a_lost_acknowledgement_the_step_counts_once(applied: bool, texts: tuple[str, ...]) -> None:
    world = World()
    held = in_hand(world, *texts)
    once(applied, world)

    def step(changes: Changes) -> None:
        changes.finish("u1")
        changes.conversation.fallbacks += 1

    assert bool(texts[1:]) == commit_step(world.machine, held, step, then="next")

    assert (1, ["u2"] if texts[1:] else []) == (world.conversation.fallbacks, world.pending)
    if texts[1:]:
        assert world.conversation.lease == held.lease


def test_a_store_that_stays_away_leaves_the_lease_to_run_out() -> None:
    world = World()
    held = in_hand(world, "one")

    def away(_: object) -> None:
        raise StoreUnavailable("memory")

    world.store.before_get = world.store.before_commit = away

    with pytest.raises(StoreUnavailable):
        commit_step(world.machine, held, finish("u1"), then="next")


@pytest.mark.parametrize("others", [2 * COMMIT_TRIES, 10**6], ids=["a burst", "without end"])
def test_what_is_done_is_written_down_whoever_else_writes_unless_the_time_is_up(others: int) -> None:
    world = World()
    held = in_hand(world, "one")
    tries: list[object] = []

    def somebody_writes(writes: object) -> None:
        if len(tries) % 2 == 0 and len(tries) < 2 * others:
            tries.append(writes)
            world.accept(UserMessage(id=f"x{len(tries)}", source_at=world.clock.now(), text="x"), drain=False)
            tries.append(writes)

    world.store.before_commit = somebody_writes

    if others < 10**6:
        assert commit_step(world.machine, held, finish("u1"), then="next")
        assert "u1" not in world.pending
    else:
        with pytest.raises(StoreUnavailable):
            commit_step(world.machine, held, finish("u1"), then="next")


# --- reading ---------------------------------------------------------------------------------------------------------


def test_an_entry_that_cant_be_read_is_kept_as_a_dead_letter_and_holds_up_nothing() -> None:
    world = World()
    world.accept(UserMessage(id="u1", source_at=START, text="hello"), drain=False)
    path = entry_path(KEY, "u1")
    stored = world.store.snapshot()[path]
    broken = {**stored.record.body, "kind": "user_telepathy"}
    world.store.commit(Replace(path, msgspec.structs.replace(stored.record, body=broken), stored.version))

    world.say("next", "u2")

    assert [(broken, "unreadable")] == [(d["entry"], d["reason"]) for d in world.dead_letters()]
    assert (["next"], []) == (world.bot.heard, world.pending)


def test_an_entrys_content_is_read_together_with_what_may_follow() -> None:
    world = World()
    held = in_hand(world, "one")
    for number in range(3):
        world.accept(UserMessage(id=f"n{number}", source_at=START, text="notice-like"), drain=False)

    with world.counted() as trips:
        entry = load_entry(world.machine, held)
        again = load_entry(world.machine, held)

    assert isinstance(entry, UserMessage)
    assert ("one", entry) == (entry.text, again)
    assert 1 == trips.gets
