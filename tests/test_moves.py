"""The moves between bot and people: one commit each, together with the entries that follow."""

from datetime import timedelta

import pytest

from functions.handoff.conversation import AGENT, BOT, WAITING, Conversation
from functions.handoff.entries import Framing, OpenChat, ReturnEvent
from functions.handoff.events import HandoffSignal
from functions.handoff.moves import hand_off, join, meet, return_to_bot, wait
from functions.handoff.parts import Doubt, Line, PastHandoff, Presence
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


def failed(count: int, *, outcome: str = "no_agent", minutes_ago: float = 1) -> Conversation:
    """With the bot, after so many hand-offs that ended like that."""
    past = PastHandoff(START - timedelta(minutes=minutes_ago), "fallbacks", outcome)
    return a_conversation(handoffs=(past,) * count)


@pytest.mark.parametrize(("reason", "failures"), [("fallbacks", 3), ("bot_unreachable", 3), ("bot", 5), ("user", 5)])
def test_hand_offs_that_reach_nobody_stop_after_a_while(reason: str, failures: int) -> None:
    before, after = failed(failures - 1), failed(failures)

    for c in (before, after):
        hand_off(changes_of(c), HandoffSignal(reason), bot_spoke=False)

    assert (WAITING, BOT) == (before.state, after.state)


@pytest.mark.parametrize(("reason", "told"), [("fallbacks", False), ("keyword", True)])
def test_whoever_asked_in_words_is_told_to_try_later(reason: str, told: bool) -> None:
    c = failed(5)

    hand_off(changes_of(c), HandoffSignal(reason), bot_spoke=True)

    assert told == (["user_notice"] == [p.kind for p in c.pending])


@pytest.mark.parametrize("c", [failed(5, outcome="agent_closed"), failed(5, minutes_ago=11)], ids=["reached", "ago"])
def test_hand_offs_that_reached_somebody_or_are_long_ago_stop_nothing(c: Conversation) -> None:
    hand_off(changes_of(c), SIGNAL, bot_spoke=False)

    assert WAITING == c.state


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


# --- an agent comes --------------------------------------------------------------------------------------------------


def test_a_join_in_a_closed_thread_moves_nothing() -> None:
    c = a_conversation(closed_threads=("T1",))

    join(changes_of(c), JANE, "T1", at=START)

    assert (BOT, (), ()) == (c.state, c.agents, c.pending)


def test_an_agent_who_comes_to_the_bots_user_begins_a_hand_off() -> None:
    c = a_conversation(contexts=({"name": "topic"},))

    join(changes_of(c), JANE, "T1", at=START)

    assert (AGENT, "T1", "agent") == (c.state, c.thread_id, c.handoffs[-1].reason)
    assert ({"name": "topic"},) == c.contexts_to_restore
