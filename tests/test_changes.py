"""One commit in the making: what is written with a conversation, and on which conditions."""

from datetime import timedelta
from typing import Any

import pytest

from functions.handoff.changes import Changes, chat_path, conversation_path, entry_path, is_expired, session_path
from functions.handoff.conversation import SENDERS_RETRY_FOR, Conversation
from functions.handoff.entries import decode, encode
from functions.handoff.events import UserMessage
from functions.handoff.interfaces import Create, Document, Record, Replace, Write
from functions.handoff.parts import Doubt, Parked, Presence
from functions.handoff.policy import Policy
from tests.core_records import BOB, JANE, KEY, a_conversation, changes_of, waiting
from tests.fakes import START

HELLO = UserMessage(id="u1", source_at=START, text="hello")
LINK_LIFE = timedelta(days=60)


def found(path: str, expire_at_s: float | None = None, version: int = 7) -> dict[str, Document]:
    expire_at = None if expire_at_s is None else START + timedelta(seconds=expire_at_s)
    return {path: Document(path, Record(body={}, expire_at=expire_at), version)}


def written(changes: Changes) -> dict[str, Write]:
    return {write.path: write for write in changes.writes()}


# --- where things are ------------------------------------------------------------------------------------------------


def test_everything_of_a_conversation_is_found_by_its_key() -> None:
    assert "conversations/phone:c-1" == conversation_path(KEY)
    assert "conversations/phone:c-1/mailbox/a%2Fb" == entry_path(KEY, "a/b")
    assert "chats/C%2F1" == chat_path("C/1")
    assert "sessions/s1" == session_path("s1")


@pytest.mark.parametrize(("expire_at_s", "over"), [(None, False), (1, False), (0, True), (-1, True)])
def test_a_document_is_over_from_its_expiry_on(expire_at_s: float | None, over: bool) -> None:
    (document,) = found("p", expire_at_s).values()

    assert over == is_expired(document, START)


# --- entries ---------------------------------------------------------------------------------------------------------


def test_an_entry_is_appended_and_stored_for_as_long_as_senders_retry() -> None:
    c = a_conversation()
    changes = changes_of(c)

    changes.add(HELLO, own=False)

    write = written(changes)[entry_path(KEY, "u1")]
    assert [("u1", "user", 1, False)] == [(p.id, p.lane, p.seq, p.own) for p in c.pending]
    assert isinstance(write, Create)
    assert HELLO == decode(write.record.body)
    assert START + SENDERS_RETRY_FOR == write.record.expire_at


@pytest.mark.parametrize(
    ("conversation", "documents"),
    [
        (a_conversation(pending=(waiting("u1", "user_message"),)), {}),
        (a_conversation(), found(entry_path(KEY, "u1"), 1)),
    ],
    ids=["pending", "done"],
)
def test_an_entry_that_ever_was_there_is_not_made_again(
    conversation: Conversation, documents: dict[str, Document]
) -> None:
    changes = changes_of(conversation, documents)
    before = conversation.pending

    changes.add(HELLO)

    assert before == conversation.pending
    assert entry_path(KEY, "u1") not in written(changes)


def test_an_entry_is_not_made_twice_in_one_commit() -> None:
    c = a_conversation()
    changes = changes_of(c)

    changes.add(HELLO)
    changes.add(HELLO)

    assert 1 == len(c.pending)


def test_an_expired_entry_is_replaced_by_version_not_created() -> None:
    path = entry_path(KEY, "u1")
    changes = changes_of(a_conversation(), found(path, -1))

    changes.add(HELLO)

    write = written(changes)[path]
    assert isinstance(write, Replace)
    assert 7 == write.version


def test_finishing_twice_is_harmless_and_ends_the_doubt() -> None:
    doubt = Doubt("livechat", START)
    c = a_conversation(pending=(waiting("u1", "user_message"), waiting("u2", "user_message")), doubt={"u1": doubt})
    changes = changes_of(c)

    changes.finish("u1")
    changes.finish("u1")

    assert ["u2"] == [p.id for p in c.pending]
    assert {} == c.doubt


def test_an_event_only_remembered_is_stored_and_not_pending() -> None:
    c = a_conversation()
    changes = changes_of(c)

    changes.store_only(HELLO)

    assert isinstance(written(changes)[entry_path(KEY, "u1")], Create)
    assert () == c.pending


@pytest.mark.parametrize(("age_days", "too_old"), [(6.9, False), (7, True), (9, True)])
def test_what_is_older_than_done_entries_are_surely_kept_is_too_old(age_days: float, too_old: bool) -> None:
    assert too_old == changes_of(a_conversation()).is_too_old(START - timedelta(days=age_days))


# --- failure ---------------------------------------------------------------------------------------------------------


def test_parking_counts_the_failures_in_a_row() -> None:
    c = a_conversation(parked={"livechat": Parked(START, 2)})

    changes_of(c).park("livechat", START + timedelta(seconds=8))

    assert {"livechat": Parked(START + timedelta(seconds=8), 3)} == c.parked


def test_waiting_out_a_doubt_is_no_failure() -> None:
    c = a_conversation()

    changes_of(c).park("livechat", START, failed=False)

    assert {"livechat": Parked(START, 0)} == c.parked


def test_a_dead_letter_says_what_why_and_since_when() -> None:
    c = a_conversation(pending=(waiting("u1", "user_message", -60),))
    changes = changes_of(c)

    changes.write_dead_letter("u1", encode(HELLO), "validation")

    (body,) = [w.record.body for p, w in written(changes).items() if p.startswith("dead_letters/")]  # type: ignore[union-attr]
    assert (KEY, "validation") == (body["conversation"], body["reason"])
    assert HELLO == decode(body["entry"])
    assert ((START - timedelta(seconds=60)).isoformat(), START.isoformat()) == (body["accepted_at"], body["at"])


def test_the_same_entry_given_up_again_is_the_same_dead_letter() -> None:
    first, again = changes_of(a_conversation()), changes_of(a_conversation())

    first.write_dead_letter("u1", encode(HELLO), "validation")
    again.write_dead_letter("u1", encode(HELLO), "poison")

    assert first.paths == again.paths


# --- small changes ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("after_s", "timers"), [(0, {}), (-1, {}), (5, {"chat_check": START + timedelta(seconds=5)})])
def test_a_timer_of_nothing_never_comes(after_s: float, timers: dict[str, Any]) -> None:
    c = a_conversation()

    changes_of(c).set_timer("chat_check", after_s)

    assert timers == c.timers


def test_clearing_timers_leaves_the_others() -> None:
    c = a_conversation(timers={"a": START, "b": START})

    changes_of(c).clear_timers("a", "absent")

    assert {"b": START} == c.timers


def test_one_agents_presence_changes_alone() -> None:
    jane, bob = Presence(JANE, 1), Presence(BOB, 2)
    c = a_conversation(agents=(jane, bob))

    changes_of(c).set_presence(bob, leaving=True)

    assert (jane, Presence(BOB, 2, leaving=True)) == c.agents


# --- links -----------------------------------------------------------------------------------------------------------


def test_the_first_commit_links_session_and_chat_for_twice_the_retention() -> None:
    c = a_conversation(chat_id="C1")

    writes = written(changes_of(c))

    for path in (session_path(c.session_id), chat_path("C1")):
        write = writes[path]
        assert isinstance(write, Create)
        assert ({"conversation": KEY}, START + LINK_LIFE) == (write.record.body, write.record.expire_at)


@pytest.mark.parametrize(("left", "renewed"), [(LINK_LIFE * 0.51, False), (LINK_LIFE / 2, True), (timedelta(0), True)])
def test_links_are_renewed_when_half_their_life_is_gone(left: timedelta, renewed: bool) -> None:
    c = a_conversation(chat_id="C1", links_until=START + left)

    writes = written(changes_of(c))

    assert renewed == (session_path(c.session_id) in writes) == (chat_path("C1") in writes)
    assert (START + LINK_LIFE if renewed else START + left) == c.links_until


def test_a_renewed_link_is_written_over_the_old_one() -> None:
    path = chat_path("C1")
    changes = changes_of(a_conversation(chat_id="C1"), found(path, 1000))

    assert isinstance(written(changes)[path], Replace)


# --- writes ----------------------------------------------------------------------------------------------------------


def test_a_new_conversation_is_created_and_a_known_one_replaced_by_version() -> None:
    path = conversation_path(KEY)

    created = written(changes_of(a_conversation()))[path]
    replaced = written(changes_of(a_conversation(), found(path)))[path]

    assert isinstance(created, Create)
    assert isinstance(replaced, Replace)
    assert 7 == replaced.version


def test_each_commit_sets_the_alarm_anew() -> None:
    c = a_conversation(due_at=START, timers={"chat_check": START + timedelta(seconds=9)})
    changes = changes_of(c)

    changes.writes()

    assert START + timedelta(seconds=9) == c.due_at == changes.record.due_at


def test_the_retention_is_the_operators() -> None:
    changes = changes_of(a_conversation(accepted_at=START), policy=Policy(retention_days=90))

    changes.writes()

    assert START + timedelta(days=90) == changes.record.expire_at
