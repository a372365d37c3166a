"""The moves between bot and people: one commit each, together with the entries that follow."""

from datetime import timedelta

import pytest

from functions.handoff.conversation import AGENT, BOT, WAITING, Conversation, Doubt, Line, Presence
from functions.handoff.cursor import Cursor
from functions.handoff.events import Agent, CloseChat, Framing, HandoffSignal, OpenChat, ReturnEvent
from functions.handoff.moves import (
    adopt_thread,
    find_closed,
    hand_off,
    join,
    latest_agent_word,
    leave,
    leave_thread,
    meet,
    return_to_bot,
    show,
    wait,
)
from functions.handoff.policy import Policy
from tests.core_records import BOB, JANE, a_conversation, changes_of, waiting
from tests.fakes import START

SIGNAL = HandoffSignal("bot", {"department": "billing"})
PRESENT = Presence(JANE, 1)
LATER = START + timedelta(seconds=9)


def with_jane(**fields: object) -> Conversation:
    return a_conversation(state=AGENT, chat_id="C1", thread_id="T1", agents=(PRESENT,), serial=1, **fields)


# --- towards a person ------------------------------------------------------------------------------------------------


def test_a_hand_off_waits_and_opens_the_chat_in_one_commit() -> None:
    c = a_conversation(contexts=({"name": "topic"},), fallbacks=1)
    changes = changes_of(c)

    hand_off(changes, SIGNAL, bot_spoke=True)

    assert (WAITING, SIGNAL, 0, ({"name": "topic"},)) == (c.state, c.signal, c.fallbacks, c.contexts_to_restore)
    assert [OpenChat(id="open:1", source_at=START, signal=SIGNAL, bot_spoke=True)] == list(changes.entries.values())
    assert c.pending[0].head
    assert {"wait_reminder": 120, "wait_limit": 900} == {n: (at - START).seconds for n, at in c.timers.items()}


@pytest.mark.parametrize("state", [WAITING, AGENT])
def test_a_person_is_not_asked_for_twice(state: str) -> None:
    c = a_conversation(state=state)

    hand_off(changes_of(c), SIGNAL, bot_spoke=False)

    assert (state, (), 0) == (c.state, c.pending, c.serial)


def test_a_new_hand_off_takes_over_from_a_pending_close_and_its_doubt() -> None:
    doubt = Doubt("livechat", START)
    c = a_conversation(thread_to_close="T1", pending=(waiting("close:T1", "close_chat"),), doubt={"close:T1": doubt})

    hand_off(changes_of(c), SIGNAL, bot_spoke=False)

    assert ["open:1"] == [p.id for p in c.pending]
    assert {"open:1": doubt} == c.doubt
    assert "T1" == c.thread_to_close


def test_waiting_stops_what_watches_an_agent() -> None:
    c = a_conversation(state=AGENT, timers={"agent_silent": START, "chat_check": START})

    wait(changes_of(c))

    assert {"wait_reminder", "wait_limit"} == set(c.timers)


def test_meeting_stops_the_waiting_and_watches_the_chat() -> None:
    c = a_conversation(state=WAITING, timers={"wait_reminder": START, "wait_limit": START})

    meet(changes_of(c))

    assert AGENT == c.state
    assert {"agent_silent": 600, "chat_check": 900} == {n: (at - START).seconds for n, at in c.timers.items()}


# --- back to the bot -------------------------------------------------------------------------------------------------


def test_a_return_says_left_for_everyone_and_tells_the_bot_in_one_commit() -> None:
    bob = Presence(BOB, 2)
    c = a_conversation(state=AGENT, agents=(PRESENT, bob), timers={"chat_check": START, "delay_notice": START})
    c.record_handoff("bot", START)
    c.say(Line("user", "my bill", START))
    c.say(Line("bridge", "please wait", START))
    c.say(Line("agent", "done", START))
    changes = changes_of(c, at=LATER)

    return_to_bot(changes, "agent_closed", at=LATER)

    assert (BOT, "agent_closed") == (c.state, c.handoffs[-1].outcome)
    assert {"delay_notice": START} == c.timers
    assert [
        Framing(id="left:1", source_at=LATER, agent=JANE, left=True),
        Framing(id="left:2", source_at=LATER, agent=BOB, left=True),
        ReturnEvent(id="returned:1", source_at=LATER, reason="agent_closed", digest="user: my bill\nagent: done"),
    ] == list(changes.entries.values())


def test_agents_count_as_present_until_left_is_done() -> None:
    c = with_jane()

    return_to_bot(changes_of(c), "agent_closed", at=START)

    assert [(JANE, True)] == [(p.agent, p.leaving) for p in c.agents]


def test_without_a_return_event_the_bot_is_not_told() -> None:
    c = with_jane()
    changes = changes_of(c, policy=Policy(return_event=""))

    return_to_bot(changes, "agent_closed", at=START)

    assert ["left:1"] == list(changes.entries)


def test_a_return_in_bot_does_nothing() -> None:
    c = a_conversation(timers={"chat_check": START})

    return_to_bot(changes_of(c), "agent_closed", at=START)

    assert ((), {"chat_check": START}) == (c.pending, c.timers)


def test_the_digest_holds_the_human_part_only_newest_kept() -> None:
    c = with_jane()
    c.say(Line("user", "before", START - timedelta(seconds=1)))
    c.record_handoff("bot", START)
    c.say(Line("agent", "x" * 3000 + "end", START))
    changes = changes_of(c)

    return_to_bot(changes, "agent_closed", at=START)

    (told,) = [entry for entry in changes.entries.values() if isinstance(entry, ReturnEvent)]
    assert 2000 == len(told.digest)
    assert told.digest.endswith("xend")


def test_leaving_a_thread_counts_it_as_closed_at_once_and_tells_the_desk_by_an_entry() -> None:
    c = with_jane()
    changes = changes_of(c)

    leave_thread(changes)

    assert ("", ("T1",), "T1") == (c.thread_id, c.closed_threads, c.thread_to_close)
    assert [CloseChat(id="close:T1", source_at=START, chat_id="C1", thread_id="T1")] == list(changes.entries.values())


def test_without_an_open_thread_there_is_nothing_to_leave() -> None:
    c = a_conversation()

    leave_thread(changes_of(c))

    assert ((), "") == (c.pending, c.thread_to_close)


# --- threads ---------------------------------------------------------------------------------------------------------


def test_an_unknown_thread_is_newer_the_one_before_it_is_over() -> None:
    c = with_jane(closing="T1", cursor=Cursor("T1", 5))

    adopt_thread(changes_of(c), "T2", at=START)

    assert ("T2", ("T1",), "", Cursor("T2")) == (c.thread_id, c.closed_threads, c.closing, c.cursor)
    assert ["read:ended:T1", "left:1"] == [p.id for p in c.pending]


@pytest.mark.parametrize("thread_id", ["", "T1", "T0"], ids=["not said", "open already", "closed"])
def test_a_thread_is_adopted_only_if_it_is_news(thread_id: str) -> None:
    c = with_jane(closed_threads=("T0",), cursor=Cursor("T1", 5))

    adopt_thread(changes_of(c), thread_id, at=START)

    assert ("T1", ("T0",), Cursor("T1", 5), ()) == (c.thread_id, c.closed_threads, c.cursor, c.pending)


def test_a_thread_found_closed_is_worked_as_closed_once() -> None:
    c = with_jane()
    changes = changes_of(c)

    find_closed(changes, already_read=True)
    find_closed(changes, already_read=False)

    assert ["chat_closed"] == [p.kind for p in c.pending]
    assert "T1" == c.closing


# --- who is there ----------------------------------------------------------------------------------------------------


def test_joined_is_an_entry_at_the_head_of_its_lane() -> None:
    c = a_conversation(state=AGENT)

    show(changes_of(c), JANE, at=START, late=False)

    assert [("joined:1", "agent", True)] == [(p.id, p.lane, p.head) for p in c.pending]
    assert (Presence(JANE, 1),) == c.agents


def test_somebody_shown_is_not_shown_again_and_keeps_the_name() -> None:
    nameless = Presence(Agent(JANE.id), 1)
    c = a_conversation(state=AGENT, agents=(nameless,), serial=1)

    show(changes_of(c), JANE, at=START, late=False)

    assert ((), (nameless,)) == (c.pending, c.agents)


def test_a_join_in_a_closed_thread_moves_nothing() -> None:
    c = a_conversation(closed_threads=("T1",))

    join(changes_of(c), JANE, "T1", at=START)

    assert (BOT, (), ()) == (c.state, c.agents, c.pending)


def test_an_agent_who_comes_to_the_bots_user_begins_a_hand_off() -> None:
    c = a_conversation(contexts=({"name": "topic"},))

    join(changes_of(c), JANE, "T1", at=START)

    assert (AGENT, "T1", "agent") == (c.state, c.thread_id, c.handoffs[-1].reason)
    assert ({"name": "topic"},) == c.contexts_to_restore


def test_left_is_said_once() -> None:
    c = with_jane()
    changes = changes_of(c)

    leave(changes, c.agents[0], at=START)
    leave(changes, c.agents[0], at=LATER)

    assert ["left:1"] == [p.id for p in c.pending]


def test_left_belongs_after_the_newest_agents_message_that_waits() -> None:
    c = with_jane(pending=(waiting("T1_3", "agent_message", 9), waiting("u1", "user_message", 20, seq=2)))

    assert LATER == latest_agent_word(changes_of(c), START)
