"""Taking a conversation: when it may be taken, and what a takeover does."""

from datetime import timedelta

import pytest

from functions.handoff.changes import conversation_path
from functions.handoff.conversation import BOT
from functions.handoff.holding import choose, find_conversation, ripen, try_take
from functions.handoff.parts import Doubt, Lease
from tests.core_records import KEY, a_conversation, changes_of, waiting
from tests.core_world import World
from tests.fakes import START

FAR = START + timedelta(seconds=60)
PATH = conversation_path(KEY)
HELLO = waiting("u1", "user_message")


# --- taking ----------------------------------------------------------------------------------------------------------


def test_a_free_conversation_is_taken_with_the_entry_in_hand_named() -> None:
    c = a_conversation(pending=(HELLO,))

    assert try_take(changes_of(c), "me", FAR)

    assert Lease("me", START + timedelta(seconds=30), "u1") == c.lease


def test_a_conversation_in_somebodys_hands_is_left_there() -> None:
    lease = Lease("other", START + timedelta(seconds=1), "u1")
    c = a_conversation(pending=(HELLO,), lease=lease)

    assert not try_take(changes_of(c), "me", FAR)

    assert lease == c.lease


def test_after_an_expired_lease_its_entry_comes_first_counted_and_in_doubt() -> None:
    c = a_conversation(
        pending=(waiting("r1", "return_asked"), HELLO), lease=Lease("other", START, "u1", takeovers=1), state="AGENT"
    )

    assert try_take(changes_of(c), "me", FAR)

    assert Lease("me", START + timedelta(seconds=30), "u1", takeovers=2) == c.lease
    assert {"u1": Doubt("livechat", START - timedelta(seconds=16))} == c.doubt


def test_an_entry_that_calls_nobody_is_not_in_doubt_after_a_takeover() -> None:
    c = a_conversation(pending=(waiting("r1", "return_asked"),), lease=Lease("other", START, "r1"))

    assert try_take(changes_of(c), "me", FAR)

    assert {} == c.doubt


def test_an_expired_lease_on_a_finished_entry_is_simply_free() -> None:
    c = a_conversation(pending=(HELLO,), lease=Lease("other", START, "u0", takeovers=2))

    assert try_take(changes_of(c), "me", FAR)

    assert Lease("me", START + timedelta(seconds=30), "u1") == c.lease


@pytest.mark.parametrize("pending", [(), (waiting("u1", "user_message"),)], ids=["nothing", "held up"])
def test_where_nothing_can_go_nothing_is_taken(pending: tuple[()]) -> None:
    c = a_conversation(pending=pending, state="AGENT", closing="T1", lease=Lease("other", START, "u0"))

    assert not try_take(changes_of(c), "me", FAR)

    assert c.lease is None


def test_an_entry_that_needs_more_time_than_the_door_has_is_left() -> None:
    c = a_conversation(pending=(HELLO,))

    assert choose(changes_of(c), START + timedelta(seconds=6.9)) is None
    assert "u1" == choose(changes_of(c), START + timedelta(seconds=7))


def test_a_timer_that_came_due_becomes_an_entry_once() -> None:
    at = START - timedelta(seconds=1)
    c = a_conversation(timers={"wait_limit": at, "chat_check": FAR})

    ripen(changes_of(c))

    assert [f"timer:wait_limit:{at.isoformat()}"] == [p.id for p in c.pending]
    assert {"chat_check": FAR} == c.timers


def test_an_expired_conversation_is_none() -> None:
    world = World()
    world.say("hello")
    documents = world.store.get(PATH)

    assert BOT == getattr(find_conversation(documents, KEY, START), "state", None)
    assert find_conversation(documents, KEY, START + timedelta(days=31)) is None
