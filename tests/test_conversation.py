"""The conversation record: what it remembers, and for how long."""

from datetime import timedelta

import pytest

from functions.handoff.conversation import SENDERS_RETRY_FOR, copy, from_record, to_record
from functions.handoff.cursor import Cursor
from functions.handoff.parts import Lease, Line, PastHandoff, Presence
from tests.core_records import BOB, JANE, a_conversation, waiting
from tests.fakes import START

# --- what is remembered ----------------------------------------------------------------------------------------------


def test_the_transcript_is_bounded_and_says_how_much_it_lost() -> None:
    c = a_conversation()

    for number in range(100):
        c.say(Line("user", f"{number:03}" + "x" * 997, START))

    assert [f"{n:03}" for n in range(c.lines_omitted, 100)] == [one.text[:3] for one in c.transcript]
    assert 9_000 <= sum(len(one.text) for one in c.transcript) <= 12_000


def test_one_line_longer_than_the_whole_transcript_is_kept() -> None:
    c = a_conversation()

    c.say(Line("agent", "x" * 20_000, START))

    assert (1, 0) == (len(c.transcript), c.lines_omitted)


def test_a_closed_thread_is_no_longer_open_nor_being_closed() -> None:
    c = a_conversation(thread_id="T1", closing="T1")

    c.remember_closed("T1")

    assert ("", "", ("T1",)) == (c.thread_id, c.closing, c.closed_threads)


def test_another_threads_end_leaves_the_open_one_alone() -> None:
    c = a_conversation(thread_id="T2", closing="T2")

    c.remember_closed("T1")

    assert ("T2", "T2", ("T1",)) == (c.thread_id, c.closing, c.closed_threads)


def test_the_newest_closed_threads_are_remembered_once_each() -> None:
    c = a_conversation()

    for number in [*range(30), 29, 28]:
        c.remember_closed(f"T{number}")
    c.remember_closed("")

    assert tuple(f"T{n}" for n in range(10, 30)) == c.closed_threads


def test_the_last_hand_offs_are_remembered_and_all_are_counted() -> None:
    c = a_conversation()

    for number in range(7):
        c.record_handoff(f"reason {number}", START)
        c.end_handoff("agent_closed", START)

    assert 7 == c.serial
    assert [f"reason {n}" for n in range(2, 7)] == [past.reason for past in c.handoffs]


def test_a_hand_off_ends_once() -> None:
    c = a_conversation()
    c.record_handoff("bot", START)

    c.end_handoff("timeout", START + timedelta(minutes=15))
    c.end_handoff("agent_closed", START + timedelta(minutes=16))

    assert (PastHandoff(START, "bot", "timeout", START + timedelta(minutes=15)),) == c.handoffs


def test_only_accepted_entries_count_as_accepted() -> None:
    c = a_conversation(pending=(waiting("u1", "user_message"), waiting("open:1", "open_chat", own=True)))

    assert 1 == c.accepted_pending()
    assert "open:1" == getattr(c.find_pending("open:1"), "id", None)
    assert c.find_pending("u2") is None


def test_who_is_shown_is_found_by_the_agents_id() -> None:
    jane = Presence(JANE, 1)
    c = a_conversation(agents=(jane,))

    assert jane == c.find_presence(JANE.id)
    assert c.find_presence(BOB.id) is None


def test_a_lease_is_in_force_until_its_end() -> None:
    c = a_conversation(lease=Lease("me", START, "u1"))

    assert c.is_held(START - timedelta(seconds=1))
    assert not c.is_held(START)
    assert not a_conversation().is_held(START)


# --- the document ----------------------------------------------------------------------------------------------------


def test_a_conversation_is_read_back_as_it_was_written() -> None:
    c = a_conversation(
        state="AGENT",
        chat_id="C1",
        accepted_at=START,
        agents=(Presence(JANE, 1),),
        cursor=Cursor("T1", 3, (5,)),
        pending=(waiting("u1", "user_message"),),
        lease=Lease("me", START, "u1", 1, 2),
        timers={"chat_check": START},
        due_at=START,
    )

    record = to_record(c, retention=timedelta(days=30))

    assert c == from_record(record)
    assert ("AGENT", "C1", START) == (record.state, record.chat_id, record.due_at)


def test_a_copy_is_independent() -> None:
    c = a_conversation(timers={"chat_check": START})

    copy(c).timers.clear()

    assert {"chat_check": START} == c.timers


@pytest.mark.parametrize(
    ("retention", "lasts"), [(timedelta(days=30), timedelta(days=30)), (timedelta(days=1), SENDERS_RETRY_FOR)]
)
def test_a_conversation_lasts_for_the_retention_and_never_less_than_senders_retry(
    retention: timedelta, lasts: timedelta
) -> None:
    record = to_record(a_conversation(accepted_at=START), retention=retention)

    assert START + lasts == record.expire_at


def test_a_conversation_with_something_pending_never_expires() -> None:
    c = a_conversation(accepted_at=START, pending=(waiting("u1", "user_message"),))

    assert to_record(c, retention=timedelta(days=30)).expire_at is None
