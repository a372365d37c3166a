"""Reconciliation: what agents wrote is held against what was delivered, and the lost follow in their order."""

from datetime import timedelta

import pytest

from functions.handoff.changes import entry_path
from functions.handoff.events import WithheldEvent
from functions.handoff.interfaces import Delete
from tests.core_world import BOB, JANE, KEY, World
from tests.lost_messages import lost_agent_message, mend, refusing, resend
from tests.reconciling import JOINED, LEFT, READ, counts, lose, reconcile, with_jane

# --- nothing is missing ----------------------------------------------------------------------------------------------


def test_where_nothing_is_missing_it_is_one_call_and_nothing_is_written() -> None:
    world = with_jane()
    world.agent_writes("It is on its way.")
    before = world.store.snapshot()

    with world.counted() as trips:
        found = reconcile(world)

    assert ([READ], 0, 2) == (trips.calls, trips.commits, trips.gets)
    assert before == world.store.snapshot()
    assert ("handled", (), {"agent_messages": 2, "delivered": 2, "own_events": 1}) == (
        found.outcome,
        found.missing,
        counts(found),
    )


def test_it_says_which_thread_was_compared_and_what_is_known_of_it() -> None:
    world = with_jane()
    c = world.conversation

    found = reconcile(world)

    assert (c.chat_id, c.thread_id, c.thread_id) == (found.chat_id, found.thread_id, found.known_thread)
    assert (True, "", "AGENT", "AGENT") == (found.active, found.thread_news, found.state_before, found.state_after)


def test_what_is_not_for_the_user_is_never_missing() -> None:
    world = with_jane()
    c = world.conversation
    world.desk.append(c.chat_id, JANE.id, "between ourselves", visible=False)
    world.desk.append(c.chat_id, "", "the desk itself")

    found = reconcile(world)

    assert ("handled", 1, 0) == (found.outcome, found.agent_messages, len(found.missing))


def test_a_message_that_waits_is_not_missing() -> None:
    world = with_jane()
    world.faults.script["channel.send_message"] = ["away"]
    waits = world.agent_writes("It is on its way.").id

    with world.counted() as trips:
        found = reconcile(world)

    assert ([READ], 0, [waits]) == (trips.calls, trips.commits, world.pending)
    assert ("handled", {"agent_messages": 2, "delivered": 1, "waiting": 1, "own_events": 1}) == (
        found.outcome,
        counts(found),
    )


def test_a_dead_letter_is_given_up_and_not_missing_until_it_is_sent_again() -> None:
    world, event_id = lost_agent_message()

    given_up = reconcile(world)
    resend(world, event_id)
    resent = reconcile(world)

    assert [("handled", 1, 1, ()), ("handled", 2, 0, ())] == [
        (found.outcome, found.delivered, found.given_up, found.missing) for found in (given_up, resent)
    ]


def test_a_dead_letter_stays_given_up_when_its_entry_is_forgotten() -> None:
    world, event_id = lost_agent_message()
    world.store.commit(Delete(entry_path(KEY, event_id)))

    assert (1, ()) == (reconcile(world).given_up, reconcile(world).missing)


def test_what_was_withheld_when_its_notice_came_is_no_loss() -> None:
    world = with_jane()
    event = world.agent_writes("for all to see, by now", webhook=False)
    c = world.conversation
    withheld = WithheldEvent(id=event.id, source_at=event.source_at, chat_id=c.chat_id, thread_id=c.thread_id)
    world.desk_says(withheld)

    found = reconcile(world)

    assert ("handled", 1, ()) == (found.outcome, found.withheld, found.missing)


def test_what_is_older_than_entries_are_surely_kept_is_left_alone() -> None:
    world = with_jane()
    lose(world, "a week ago and more")
    world.clock.sleep(timedelta(days=7, seconds=1).total_seconds())

    found = reconcile(world)

    assert ("handled", (), []) == (found.outcome, found.missing, world.shown)
    assert 1 == found.too_old


# --- something is missing --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("uuids", [False, True], ids=["numbered", "uuids"])
def test_lost_messages_are_shown_once_in_their_order(uuids: bool) -> None:
    world = with_jane(uuids=uuids)
    lost = lose(world, "First your order number.", "Then your post code.")

    with world.counted() as trips:
        found = reconcile(world)

    assert [("HUMAN", "First your order number."), ("HUMAN", "Then your post code.")] == world.shown
    assert ("handled", tuple(lost), 2) == (found.outcome, found.missing, found.recovered)
    assert 2 == trips.calls.count(READ)


def test_a_second_time_nothing_is_missing() -> None:
    world = with_jane()
    lose(world, "one", "two")
    reconcile(world)

    with world.counted() as trips:
        found = reconcile(world)

    assert ("handled", (), 3) == (found.outcome, found.missing, found.delivered)
    assert ([READ], 0) == (trips.calls, trips.commits)


def test_a_webhook_that_comes_after_all_shows_nothing_new() -> None:
    world = with_jane()
    late = world.agent_writes("one", webhook=False)
    reconcile(world)

    outcome = world.desk_says(late).outcome

    assert ("duplicate", [("HUMAN", "one")]) == (outcome, world.shown)


@pytest.mark.parametrize("away", [{"channel.send_message"}, {"channel.send_message", READ}], ids=["channel", "both"])
def test_what_is_missing_goes_before_what_waits_and_was_written_later(away: set[str]) -> None:
    world = with_jane(uuids=True)
    lose(world, "one")
    world.faults.choose = lambda name: "away" if name in away else "ok"
    world.agent_writes("two")
    mend(world).clock.sleep(1)

    found = reconcile(world)
    world.pass_time(60)

    assert ("queued", 1) == (found.outcome, found.recovered)
    assert [("HUMAN", "one"), ("HUMAN", "two")] == world.shown


def test_a_lost_join_is_made_up_for() -> None:
    world = World()
    world.say("a person please")
    world.channel.shown.clear()
    lose(world, "Good morning!")

    found = reconcile(world)

    assert [JOINED, ("HUMAN", "Good morning!")] == world.shown
    assert ("WAITING", "AGENT") == (found.state_before, found.state_after)


def test_another_agent_s_lost_words_are_framed_as_theirs() -> None:
    world = with_jane()
    world.agent_writes("I take over.", BOB, webhook=False)

    reconcile(world)

    assert [("joined", "Bob Roe"), ("HUMAN", "I take over.")] == world.shown


def test_after_the_end_lost_words_go_out_in_a_frame_and_move_nothing() -> None:
    world = with_jane()
    world.faults.script[READ] = ["refused"] * 2
    lose(world, "Good bye!")
    world.agent_closes()
    world.channel.shown.clear()

    found = reconcile(world)

    assert [JOINED, ("HUMAN", "Good bye!"), LEFT] == world.shown
    assert ("handled", 1, "BOT", "") == (found.outcome, found.recovered, found.state_after, found.thread_news)


def test_what_the_reading_takes_for_known_is_handed_in_by_itself() -> None:
    """As when the desk left it out of an answer in which later events were."""
    world = with_jane()
    lost = lose(world, "one", "two")
    with world.changing() as changes:
        changes.conversation.cursor = changes.conversation.cursor.read_up_to(99)

    found = reconcile(world)

    assert ("handled", tuple(lost), 2) == (found.outcome, found.missing, found.recovered)
    assert [("HUMAN", "one"), ("HUMAN", "two")] == world.shown


def test_what_time_does_not_allow_stays_missing_and_is_recovered_the_next_time() -> None:
    world = with_jane(uuids=True)
    lost = lose(world, "one", "two", "three")
    world.faults.script[READ] = ["ok", "away", "away"]
    world.store.after_commit = lambda _writes: world.clock.sleep(8)

    found = reconcile(world)
    world.store.after_commit = lambda _writes: None
    again = reconcile(world)

    assert ("retry", 3) == (found.outcome, len(found.missing))
    assert lost[found.recovered :] == list(again.missing) != []
    world.pass_time(60)
    assert [("HUMAN", "one"), ("HUMAN", "two"), ("HUMAN", "three")] == world.shown


def test_many_are_recovered_over_several_readings() -> None:
    world = with_jane()
    texts = [f"message {number}" for number in range(230)]
    lose(world, *texts)

    first = reconcile(world)
    world.pass_time(60)
    again = reconcile(world)

    assert [("HUMAN", text) for text in texts] == world.shown
    assert (230, ()) == (len(first.missing), again.missing)
    assert 231 == again.delivered


def test_one_that_is_given_up_on_the_way_is_said_to_be() -> None:
    world = refusing("channel.send_message")
    lose(world, "one")

    found = reconcile(world)

    assert ("dead_letter", 1, 0) == (found.outcome, len(found.missing), found.recovered)
