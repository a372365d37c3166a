"""Marks of what was read: to the agents a few calls at most, only if wanted; to the user at once and never stored."""

from datetime import timedelta

import pytest

from functions.handoff.events import UserReceipt
from functions.handoff.policy import Policy
from functions.handoff.receipts import pass_on_seen
from functions.handoff.speaking import part_id
from functions.handoff.work import Sides
from tests.core_world import JANE, KEY, World


def receipt(world: World, *event_ids: str, read: bool = True, part: int = 0) -> None:
    ids = tuple(part_id(KEY, event_id, part) for event_id in event_ids)
    world.accept(UserReceipt(id=f"q-{ids}-{read}", source_at=world.clock.now(), message_ids=ids, read=read))


def with_jane(receipts: str) -> World:
    return World(Policy(receipts_to_livechat=receipts)).handed_over()


def sides(world: World) -> Sides:
    return Sides({"phone": world.channel}, world.desk, world.bot, world.files)


# --- from the user to the agents -------------------------------------------------------------------------------------


def test_what_the_user_has_read_is_marked_once_for_many_receipts() -> None:
    world = with_jane("read")
    first, second = world.agent_writes("one"), world.agent_writes("two")

    receipt(world, first.id)
    receipt(world, second.id)
    world.pass_time(20)

    assert [second.source_at] == world.desk.seen


def test_an_older_receipt_that_comes_later_takes_nothing_back() -> None:
    world = with_jane("read")
    first, second = world.agent_writes("one"), world.agent_writes("two")

    receipt(world, second.id)
    receipt(world, first.id)
    world.pass_time(20)

    assert [second.source_at] == world.desk.seen


@pytest.mark.parametrize(("wanted", "delivered"), [("off", 0), ("read", 0), ("all", 1)])
def test_delivered_is_told_only_if_wanted(wanted: str, delivered: int) -> None:
    world = with_jane(wanted)
    event = world.agent_writes("one")

    receipt(world, event.id, read=False)
    world.pass_time(20)

    assert delivered == len(world.desk.delivered)


def test_switched_off_no_call_is_paid_for() -> None:
    world = with_jane("off")
    event = world.agent_writes("one")

    with world.counted() as trips:
        receipt(world, event.id)
        world.pass_time(20)

    assert [] == trips.calls


def test_a_receipt_for_a_later_part_of_a_long_message_counts() -> None:
    world = with_jane("read")
    world.channel.text_limit = 5
    event = world.agent_writes("one two three")

    receipt(world, event.id, part=2)
    world.pass_time(20)

    assert [event.source_at] == world.desk.seen


def test_receipts_of_the_bot_s_messages_and_unknown_ones_mean_nothing() -> None:
    world = with_jane("all")

    receipt(world, "reply:u1", "nonsense")

    assert "receipts" not in world.conversation.timers


@pytest.mark.parametrize("fate", ["refused", "away"])
def test_a_mark_that_the_desk_does_not_take_troubles_nobody(fate: str) -> None:
    world = with_jane("read")
    event = world.agent_writes("one")
    world.faults.script["livechat.mark_seen"] = [fate]

    receipt(world, event.id)
    world.pass_time(60)

    assert [] == world.pending
    assert [] == world.dead_letters()


def test_after_the_chat_is_closed_nothing_is_marked() -> None:
    world = with_jane("read")
    event = world.agent_writes("one")
    receipt(world, event.id)

    world.agent_closes()
    world.pass_time(60)

    assert [] == world.desk.seen


@pytest.mark.parametrize("call", ["livechat.mark_seen", "livechat.mark_delivered"])
def test_a_mark_that_always_fails_is_tried_once_and_holds_up_no_word(call: str) -> None:
    world = with_jane("all")
    world.faults.choose = lambda name: "lost" if name == call else "ok"
    event = world.agent_writes("one")

    receipt(world, event.id, read=False)
    receipt(world, event.id)
    world.pass_time(600)
    world.say("are you there?")

    assert 1 == world.faults.calls.count(call)
    assert ["are you there?"] == world.desk.user_texts()


def test_only_the_newest_messages_are_told_to_be_delivered_since_each_is_a_call() -> None:
    world = with_jane("all")
    events = [world.agent_writes(f"message {number}") for number in range(20)]

    receipt(world, *(event.id for event in events), read=False)
    world.pass_time(20)

    assert [event.id for event in events[-5:]] == world.desk.delivered


def test_a_slow_desk_is_told_what_a_door_has_time_for_and_what_the_user_writes_gets_through() -> None:
    world = with_jane("all")
    events = [world.agent_writes(f"message {number}") for number in range(20)]
    world.faults.pause = lambda name: world.clock.sleep(0.95 if name == "livechat.mark_delivered" else 0)
    receipt(world, *(event.id for event in events), read=False)
    receipt(world, events[-1].id)
    world.clock.sleep(6)

    world.agent_writes("one moment")
    world.say("are you there?")
    world.pass_time(600)

    assert ["are you there?"] == world.desk.user_texts()
    assert 5 == world.faults.calls.count("livechat.mark_delivered")
    assert [] == world.desk.seen
    assert [] == world.pending


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_crash_at_the_call_ends_in_a_mark(after: bool) -> None:
    world = with_jane("all")
    event = world.agent_writes("one")
    receipt(world, event.id)

    with world.dying_at("livechat.mark_seen", after=after):
        world.pass_time(20)
    world.pass_time(120)

    assert {event.source_at} == set(world.desk.seen)
    assert [] == world.pending


# --- from the agents to the user -------------------------------------------------------------------------------------


def test_what_an_agent_has_seen_is_marked_on_the_user_s_last_message() -> None:
    world = World().handed_over()
    world.say("one", "m-1")
    world.say("two", "m-2")

    outcome = pass_on_seen(world.store, sides(world), KEY, world.clock.now(), by=JANE.id)

    assert "marked" == outcome
    assert ["m-2"] == world.channel.read


def test_only_what_is_older_was_seen() -> None:
    world = World().handed_over()
    world.say("one", "m-1")
    between = world.clock.now()
    world.clock.sleep(5)
    world.say("two", "m-2")

    pass_on_seen(world.store, sides(world), KEY, between + timedelta(seconds=1), by=JANE.id)

    assert ["m-1"] == world.channel.read


def test_what_only_the_bot_heard_no_agent_has_seen() -> None:
    world = World()
    world.say("hello", "m-1")

    assert "nothing to mark" == pass_on_seen(world.store, sides(world), KEY, world.clock.now(), by=JANE.id)


def test_a_mark_that_fails_is_said_and_forgotten() -> None:
    world = World().handed_over()
    world.say("one", "m-1")
    world.faults.script["channel.send_read"] = ["refused"]

    assert "not marked: ProviderRefused" == pass_on_seen(world.store, sides(world), KEY, world.clock.now(), by=JANE.id)


def test_it_costs_one_read_and_one_call_and_stores_nothing() -> None:
    world = World().handed_over()
    world.say("one", "m-1")

    with world.counted() as trips:
        pass_on_seen(world.store, sides(world), KEY, world.clock.now(), by=JANE.id)

    assert (1, 0, ["channel.send_read"]) == (trips.gets, trips.commits, trips.calls)


def test_an_unknown_conversation_has_nothing_to_mark() -> None:
    world = World()

    assert "unknown conversation" == pass_on_seen(
        world.store, sides(world), "phone:nobody", world.clock.now(), by=JANE.id
    )


def test_who_looks_in_unseen_is_not_given_away() -> None:
    world = World().handed_over()
    world.say("one", "m-1")

    outcome = pass_on_seen(world.store, sides(world), KEY, world.clock.now(), by="boss@shop.example")

    assert ("nothing to mark", []) == (outcome, world.channel.read)
