"""The threads of a chat: which is open, which are over."""

from datetime import timedelta

import pytest

from functions.handoff.conversation import AGENT, Conversation
from functions.handoff.cursor import Cursor
from functions.handoff.entries import CloseChat
from functions.handoff.events import HandoffSignal
from functions.handoff.parts import Presence
from functions.handoff.threads import adopt_thread, find_closed, leave_thread
from tests.core_records import JANE, a_conversation, changes_of
from tests.fakes import START

SIGNAL = HandoffSignal("bot", {"department": "billing"})
PRESENT = Presence(JANE, 1)
LATER = START + timedelta(seconds=9)


def with_jane(**fields: object) -> Conversation:
    return a_conversation(state=AGENT, chat_id="C1", thread_id="T1", agents=(PRESENT,), serial=1, **fields)


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
