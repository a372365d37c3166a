"""Who of the agents is shown."""

from datetime import timedelta

from functions.handoff.conversation import AGENT, Conversation
from functions.handoff.events import Agent, HandoffSignal
from functions.handoff.parts import Presence
from functions.handoff.presence import leave, show
from tests.core_records import BOB, JANE, a_conversation, changes_of, waiting
from tests.fakes import START

SIGNAL = HandoffSignal("bot", {"department": "billing"})
PRESENT = Presence(JANE, 1)
LATER = START + timedelta(seconds=9)


def with_jane(**fields: object) -> Conversation:
    return a_conversation(state=AGENT, chat_id="C1", thread_id="T1", agents=(PRESENT,), serial=1, **fields)


def test_joined_is_an_entry_at_the_head_of_its_lane() -> None:
    c = a_conversation(state=AGENT)

    show(changes_of(c), JANE, at=START, late=False)

    assert [("joined:1", "agent", True)] == [(p.id, p.lane, p.head) for p in c.pending]
    assert (Presence(JANE, 1, since=START),) == c.agents


def test_somebody_shown_is_not_shown_again_and_keeps_the_name() -> None:
    nameless = Presence(Agent(JANE.id), 1)
    c = a_conversation(state=AGENT, agents=(nameless,), serial=1)

    show(changes_of(c), JANE, at=START, late=False)

    assert ((), (nameless,)) == (c.pending, c.agents)


def test_left_is_said_once() -> None:
    c = with_jane()
    changes = changes_of(c)

    leave(changes, c.agents[0], at=START)
    leave(changes, c.agents[0], at=LATER)

    assert ["left:1"] == [p.id for p in c.pending]


def test_left_belongs_after_the_newest_of_their_own_messages_that_wait() -> None:
    words = [waiting("T1_3", "agent_message", 9, author=JANE.id), waiting("T1_4", "agent_message", 12, author=BOB.id)]
    c = with_jane(pending=(*words, waiting("u1", "user_message", 20, seq=2)))

    leave(changes_of(c), c.agents[0], at=START)

    assert [LATER] == [p.source_at for p in c.pending if p.id == "left:1"]
