"""Reconciliation where desk and bridge disagree about the thread, or there is nothing to compare."""

from collections.abc import Callable

import pytest

from functions.handoff.changes import conversation_path
from functions.handoff.conversation import MAX_ACCEPTED_PENDING
from functions.handoff.errors import MailboxFull, ProviderUnavailable
from functions.handoff.interfaces import Delete
from tests.core_world import KEY, World
from tests.reconciling import JOINED, LEFT, READ, lose, reconcile, with_jane

# --- threads ---------------------------------------------------------------------------------------------------------


def test_a_thread_found_closed_is_worked_as_closed() -> None:
    world = with_jane()
    thread = world.conversation.thread_id
    lose(world, "Good bye!")
    world.agent_closes(webhook=False)

    found = reconcile(world)

    assert ("closed_at_desk", thread, thread, False) == (
        found.thread_news,
        found.thread_id,
        found.known_thread,
        found.active,
    )
    assert [("HUMAN", "Good bye!"), LEFT, ("BOT", "bot: welcome back")] == world.shown
    assert ("handled", "AGENT", "BOT") == (found.outcome, found.state_before, found.state_after)
    assert ("", ()) == (reconcile(world).thread_news, reconcile(world).missing)


@pytest.mark.parametrize("texts", [(), ("And another thing.",)], ids=["empty", "with words"])
def test_a_newer_thread_takes_the_place_of_the_one_taken_for_open(texts: tuple[str, ...]) -> None:
    world = with_jane()
    old = world.conversation.thread_id
    world.agent_closes(webhook=False)
    newer = world.desk.open_thread(world.conversation.chat_id).id
    lose(world, *texts)

    found = reconcile(world)
    again = reconcile(world)

    assert ("newer_thread", newer, old, True) == (found.thread_news, found.thread_id, found.known_thread, found.active)
    assert (newer, True) == (world.conversation.thread_id, old in world.conversation.closed_threads)
    said = [JOINED, *(("HUMAN", text) for text in texts)] if texts else []
    assert [LEFT, *said] == world.shown
    assert ("", (), "handled") == (again.thread_news, again.missing, again.outcome)


def test_a_thread_that_came_and_went_unheard_is_made_up_for() -> None:
    world = with_jane()
    world.agent_closes(webhook=False)
    world.desk.open_thread(world.conversation.chat_id)
    lose(world, "And another thing.")
    world.agent_closes(webhook=False)

    found = reconcile(world)
    again = reconcile(world)

    assert [LEFT, JOINED, ("HUMAN", "And another thing."), LEFT] == world.shown[:4]
    assert ("newer_thread", False, "BOT") == (found.thread_news, found.active, found.state_after)
    assert ("", (), "handled") == (again.thread_news, again.missing, again.outcome)


def test_an_end_whose_notice_waits_is_no_news() -> None:
    world = with_jane()
    world.faults.choose = lambda name: "away" if name.startswith("channel") else "ok"
    world.agent_writes("Good bye!")
    world.agent_closes()

    with world.counted() as trips:
        found = reconcile(world)

    assert ("", "handled", 1) == (found.thread_news, found.outcome, found.waiting)
    assert ([READ], 0) == (trips.calls, trips.commits)


def test_a_thread_found_closed_on_a_send_is_no_news_either() -> None:
    world = with_jane()
    world.agent_closes(webhook=False)
    with world.changing() as changes:
        changes.conversation.closing = changes.conversation.thread_id

    assert ("", "handled") == (reconcile(world).thread_news, reconcile(world).outcome)


# --- nothing to compare ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "reason"), [(lambda _: None, "no_such_conversation"), (lambda world: world.say("hello"), "no_chat")]
)
def test_without_a_chat_nobody_is_called(before: Callable[[World], object], reason: str) -> None:
    world = World()
    before(world)

    with world.counted() as trips:
        found = reconcile(world)

    assert ("ignored", reason, [], 0) == (found.outcome, found.reason, trips.calls, trips.commits)


def test_a_desk_that_refuses_is_named() -> None:
    world = with_jane()
    world.faults.script[READ] = ["refused"]

    found = reconcile(world)

    assert ("ignored", "validation") == (found.outcome, found.reason)


def test_a_desk_that_is_away_changes_nothing() -> None:
    world = with_jane()
    lose(world, "one")
    before = world.store.snapshot()
    world.faults.script[READ] = ["away"]

    with pytest.raises(ProviderUnavailable):
        reconcile(world)

    assert before == world.store.snapshot()


def test_a_conversation_that_ends_meanwhile_is_gone() -> None:
    world = with_jane()

    def forget(_call: str) -> None:
        world.store.commit(Delete(conversation_path(KEY)))

    world.faults.pause = forget
    found = reconcile(world)

    assert ("ignored", "no_such_conversation") == (found.outcome, found.reason)


def test_a_full_mailbox_is_worth_coming_back_for() -> None:
    world = with_jane()
    lose(world, "one")
    world.faults.choose = lambda name: "away" if name == "livechat.send_message" else "ok"
    for number in range(MAX_ACCEPTED_PENDING):
        world.say(str(number))

    with pytest.raises(MailboxFull):
        reconcile(world)
