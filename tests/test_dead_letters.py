"""Every way to a dead letter: its reason is kept, and whoever wrote it is told in words."""

from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

import pytest

from functions.handoff import ids
from functions.handoff.changes import entry_path
from functions.handoff.conversation import MAX_ACCEPTED_PENDING, Conversation
from functions.handoff.dead_letters import (
    RESENT,
    as_resent,
    dead_letter_id,
    dead_letter_path,
    from_record,
    letter_of,
    to_record,
)
from functions.handoff.entries import encode
from functions.handoff.events import UserMessage
from functions.handoff.interfaces import Delete, Document
from functions.handoff.languages import BUILT_IN
from functions.handoff.parts import Doubt, Lease, Parked
from tests.core_records import a_conversation, waiting
from tests.core_world import KEY, World
from tests.fakes import START
from tests.lost_messages import LOST, UNDELIVERED, mend, refusing

DAY_S = 24 * 3600
OWN_WORDS = BUILT_IN["en"]


# --- who is told -----------------------------------------------------------------------------------------------------


def user_refused_by_the_desk() -> World:
    """Such as a banned customer."""
    world = refusing("livechat.send_message")
    world.say(LOST)
    return world


def user_while_the_desk_is_away_for_a_day() -> World:
    world = World().handed_over()
    world.faults.choose = lambda name: "away" if name == "livechat.send_message" else "ok"
    world.say(LOST)
    world.pass_time(DAY_S + 400)
    return world


def user_while_bot_and_desk_refuse() -> World:
    world = World()
    world.faults.choose = lambda name: "refused" if name.startswith(("dialogflow", "livechat")) else "ok"
    world.say(LOST)
    return world


def user_in_a_full_mailbox() -> World:
    world = World()
    world.faults.choose = lambda name: "away" if name.startswith("dialogflow") else "ok"
    for number in range(MAX_ACCEPTED_PENDING):
        world.say(str(number))
    world.say(LOST)
    world.sweep()
    return world


def die_often(world: World, call: str, times: int) -> None:
    for _ in range(times):
        with world.dying_at(call):
            world.sweep()
        world.clock.sleep(31)


def user_that_three_workers_died_on() -> World:
    world = World()
    with world.dying_at("dialogflow.hear"):
        world.say(LOST)
    world.clock.sleep(31)
    die_often(world, "dialogflow.hear", 2)
    world.sweep()
    return world


def user_unreadable() -> World:
    world = World().handed_over()
    world.faults.choose = lambda name: "away" if name == "livechat.send_message" else "ok"
    world.say(LOST, "u-lost")
    world.store.commit(Delete(entry_path(KEY, "u-lost")))
    mend(world).pass_time(30)
    return world


def agent_refused_by_the_channel() -> World:
    """Such as a user who left, a conversation that is gone, a 30-day window that is over."""
    world = refusing("channel.send_message")
    world.agent_writes(LOST)
    return world


def agent_while_the_channel_is_away_for_a_day() -> World:
    world = World().handed_over()
    world.faults.choose = lambda name: "away" if name == "channel.send_message" else "ok"
    world.agent_writes(LOST)
    world.pass_time(DAY_S + 400)
    return world


def agent_that_three_workers_died_on() -> World:
    world = World().handed_over()
    with world.dying_at("channel.send_message"):
        world.agent_writes(LOST)
    world.clock.sleep(31)
    die_often(world, "channel.send_message", 2)
    world.sweep()
    return world


def agent_unreadable() -> World:
    world = World().handed_over()
    world.faults.choose = lambda name: "away" if name == "channel.send_message" else "ok"
    event = world.agent_writes(LOST)
    world.store.commit(Delete(entry_path(KEY, event.id)))
    mend(world).pass_time(30)
    return world


def opening_refused() -> World:
    world = refusing("livechat.start_chat", World())
    world.say("a person please")
    return world


def opening_while_the_desk_is_away_for_a_day() -> World:
    world = World()
    world.faults.choose = lambda name: "away" if name == "livechat.start_chat" else "ok"
    with pytest.MonkeyPatch.context() as patch:  # the limit of waiting comes long before
        patch.setattr("functions.handoff.worker.GIVE_UP_AFTER", timedelta(seconds=60))
        world.say("a person please")
        world.pass_time(300)
    return world


class Way(NamedTuple):
    """How something is given up: the reason that is kept, what the user reads, and what the agents read of it."""

    happens: Callable[[], World]
    reason: str
    user_reads: str = ""
    agents_read: str = ""


WAYS = [
    Way(user_refused_by_the_desk, "validation", user_reads=UNDELIVERED),
    Way(user_while_the_desk_is_away_for_a_day, "connection", user_reads=UNDELIVERED),
    Way(user_while_bot_and_desk_refuse, "bot_unreachable", user_reads=UNDELIVERED),
    Way(user_in_a_full_mailbox, "mailbox_full", user_reads=OWN_WORDS["overloaded"]),
    Way(user_that_three_workers_died_on, "poison", user_reads=UNDELIVERED),
    Way(user_unreadable, "unreadable", user_reads="Sorry, your message could not be delivered: “…”"),
    Way(agent_refused_by_the_channel, "validation", agents_read=f"(validation): “{LOST}”"),
    Way(agent_while_the_channel_is_away_for_a_day, "connection", agents_read=f"(connection): “{LOST}”"),
    Way(agent_that_three_workers_died_on, "poison", agents_read=f"(poison): “{LOST}”"),
    Way(agent_unreadable, "unreadable", agents_read="(unreadable): “…”"),
    Way(opening_refused, "validation", user_reads=OWN_WORDS["error"]),
    Way(opening_while_the_desk_is_away_for_a_day, "connection", user_reads=OWN_WORDS["error"]),
]


def notes(world: World) -> list[str]:
    threads = world.desk.threads.get(world.conversation.chat_id, [])
    return [event.text for thread in threads for event in thread.events if not event.visible]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.happens.__name__)
def test_what_is_given_up_is_kept_with_its_reason_and_its_writer_is_told_once(way: Way) -> None:
    world = way.happens()

    told_user = [text for text in world.channel.texts if text == way.user_reads]
    told_agents = [text for text in notes(world) if way.agents_read and way.agents_read in text]
    assert way.reason in {letter["reason"] for letter in world.dead_letters()}
    assert ([way.user_reads] if way.user_reads else []) == told_user
    assert (1 if way.agents_read else 0) == len(told_agents)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.happens.__name__)
def test_giving_something_up_holds_up_nothing_that_comes_after_it(way: Way) -> None:
    world = mend(way.happens())
    world.pass_time(400)

    world.say("and now?")
    world.pass_time(30)

    assert "and now?" in {*world.bot.heard, *world.desk.user_texts()}
    assert [] == world.pending


# --- what it says ----------------------------------------------------------------------------------------------------

HELLO = UserMessage(id="u1", source_at=START, text="hello")


def a_letter_of(c: Conversation, now_s: float = 0) -> dict[str, object]:
    letter = letter_of(c, "u1", encode(HELLO), reason="validation", now=START + timedelta(seconds=now_s))
    return to_record(letter, earlier=None, retention=timedelta(days=30)).body


def test_its_id_is_a_digest_that_names_nobody_and_is_the_same_for_the_same_entry() -> None:
    one, again, other = (dead_letter_id("rcs:+4915112345", entry_id) for entry_id in ("u1", "u1", "u2"))

    assert one == again != other
    assert "49151" not in one
    assert ids.effect_id("rcs:+4915112345", "u1", "dead_letter") == one
    assert f"dead_letters/{one}" == dead_letter_path(one)


def test_it_says_how_often_its_provider_had_failed_and_how_many_died_on_it() -> None:
    c = a_conversation(
        state="AGENT",
        pending=(waiting("u1", "user_message"),),
        parked={"livechat": Parked(START, 7), "channel": Parked(START, 3)},
        lease=Lease("me", START, "u1", takeovers=2),
    )

    body = a_letter_of(c)

    assert (7, 2) == (body["failed_before"], body["takeovers"])


def test_what_was_never_tried_says_so_by_saying_nothing() -> None:
    body = a_letter_of(a_conversation(lease=Lease("me", START, "another", takeovers=2)))

    assert {"failed_before", "takeovers", "resends", "resent_at"}.isdisjoint(body)


@pytest.mark.parametrize(("doubted", "thread_id"), [("T1", "T1"), ("", "T2")])
def test_it_says_where_something_of_it_may_have_arrived(doubted: str, thread_id: str) -> None:
    doubt = {"u1": Doubt("livechat", START, doubted)}
    c = a_conversation(chat_id="C1", thread_id="T2", pending=(waiting("u1", "user_message"),), doubt=doubt)

    body = a_letter_of(c)

    assert ("C1", thread_id) == (body["chat_id"], body["thread_id"])


def test_sent_again_it_is_kept_no_longer_for_that() -> None:
    letter = letter_of(a_conversation(), "u1", encode(HELLO), reason="validation", now=START)
    record = to_record(letter, earlier=None, retention=timedelta(days=30))
    later = START + timedelta(days=29)

    resent = as_resent(record, later)

    assert (RESENT, record.expire_at) == (resent.state, resent.expire_at)
    assert (later, 1) == (from_record(resent).resent_at, from_record(resent).resends)


def test_given_up_again_it_remembers_how_often_it_was_sent_again() -> None:
    letter = letter_of(a_conversation(), "u1", encode(HELLO), reason="validation", now=START)
    record = as_resent(to_record(letter, earlier=None, retention=timedelta(days=30)), START)

    anew = to_record(letter, earlier=Document("dead_letters/x", record, 1), retention=timedelta(days=30))

    assert ("validation", None, 1) == (anew.state, from_record(anew).resent_at, from_record(anew).resends)
