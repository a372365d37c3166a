"""A message to the agents of which it is not known whether it arrived: looked for, and sent again only if it can't."""

from datetime import timedelta

import pytest

from functions.handoff.events import ChatStarted
from functions.handoff.parts import Doubt
from tests.core_world import World

SEND = "livechat.send_message"


def in_doubt(*fates: str) -> World:
    """Jane's user wrote "one", and the call to the desk ended like that."""
    world = World().handed_over()
    world.faults.script[SEND] = list(fates)
    world.say("one", "u-one")
    return world


def seconds_between_sends(world: World) -> float:
    """Let time pass until it was sent again; answers how long after the first call that was."""
    began = world.conversation.doubt["u-one"].since
    while world.faults.calls.count(SEND) < 2:
        world.clock.sleep(0.25)
        world.sweep()
    return (world.clock.now() - began).total_seconds()


def test_a_call_without_an_answer_may_have_been_sent_as_late_as_it_was_given_up() -> None:
    world = World().handed_over()
    world.faults.pause = lambda name: world.clock.sleep(6 if name == SEND else 0)  # a token is renewed first, say
    world.faults.script[SEND] = ["lost"]
    world.say("one", "u-one")

    doubt = world.conversation.doubt["u-one"]

    assert Doubt("livechat", world.clock.now(), world.conversation.thread_id) == doubt


def test_a_call_that_certainly_failed_is_not_in_doubt() -> None:
    world = in_doubt("away")

    assert {} == world.conversation.doubt


def test_a_message_found_in_the_thread_is_done_at_once_and_sent_once() -> None:
    world = in_doubt("done")

    world.clock.sleep(3)
    world.sweep()

    assert ([], {}) == (world.pending, world.conversation.doubt)
    assert (["one"], 1) == (world.desk.user_texts(), world.faults.calls.count(SEND))


def test_a_message_not_found_is_sent_again_only_16_seconds_after_the_call() -> None:
    world = in_doubt("lost")

    assert 16 <= seconds_between_sends(world) < 17

    assert (["one"], []) == (world.desk.user_texts(), world.pending)


def test_a_message_that_arrives_late_is_found_and_not_sent_again() -> None:
    world = in_doubt("late")
    world.pass_time(10)
    assert ["u-one"] == world.pending
    world.faults.late.pop()()

    world.pass_time(60)

    assert (["one"], 1) == (world.desk.user_texts(), world.faults.calls.count(SEND))


@pytest.mark.parametrize("after", [False, True], ids=["before the call", "after the call"])
def test_a_worker_that_died_at_the_call_leaves_one_message(after: bool) -> None:
    world = World().handed_over()
    with world.dying_at(SEND, after=after):
        world.say("one")

    world.pass_time(120)

    assert (["one"], []) == (world.desk.user_texts(), world.pending)


def test_after_a_takeover_the_call_may_have_been_sent_until_16_seconds_before_the_leases_end() -> None:
    world = World().handed_over()
    with world.dying_at(SEND):
        world.say("one", "u-one")
    until = world.clock.now() + timedelta(seconds=30)
    world.clock.sleep(40)

    world.sweep()

    assert (["one"], []) == (world.desk.user_texts(), world.pending)
    assert world.clock.now() >= until


def test_the_messages_behind_one_in_doubt_wait_for_it() -> None:
    world = in_doubt("lost")
    world.say("two")
    assert [] == world.desk.user_texts()

    world.pass_time(30)

    assert ["one", "two"] == world.desk.user_texts()


def test_of_a_long_message_only_the_parts_that_are_missing_are_sent_again() -> None:
    world = World().handed_over()
    world.desk.text_limit_bytes = 10
    world.faults.script[SEND] = ["ok", "done", "ok"]

    world.say("aaaa bbbb cccc dddd eeee ffff")
    world.pass_time(60)

    assert ["aaaa bbbb", "cccc dddd", "eeee ffff"] == world.desk.user_texts()
    assert 3 == world.faults.calls.count(SEND)


def test_of_a_message_in_doubt_that_never_arrived_the_bot_hears_once_the_user_returned() -> None:
    world = in_doubt("lost")
    world.ask_for_bot()

    world.pass_time(60)

    assert ([], ["a person please", "one"]) == (world.desk.user_texts(), world.bot.heard)


def test_a_message_in_doubt_that_did_arrive_is_not_told_the_bot_too() -> None:
    world = in_doubt("done")
    world.ask_for_bot()

    world.pass_time(60)

    assert (["one"], ["a person please"]) == (world.desk.user_texts(), world.bot.heard)


def test_a_message_in_doubt_is_looked_for_in_the_thread_it_was_sent_to() -> None:
    world = in_doubt("done")
    world.desk.close(world.conversation.chat_id, "agent")
    world.agent_starts()

    world.pass_time(60)

    assert (["one"], []) == (world.desk.user_texts(), world.pending)


def test_a_takeover_does_not_forget_which_thread_a_message_in_doubt_was_sent_to() -> None:
    world = in_doubt("done")
    world.desk.close(world.conversation.chat_id, "agent")
    world.agent_starts()
    world.clock.sleep(3)
    with world.dying_at("livechat.read_thread"):
        world.sweep()

    world.pass_time(120)

    assert (["one"], []) == (world.desk.user_texts(), world.pending)


def test_a_message_in_doubt_is_found_in_a_thread_between_the_one_believed_open_and_the_newest() -> None:
    world = World().handed_over()
    chat_id = world.conversation.chat_id
    world.desk.close(chat_id, "agent")
    between = world.desk.open_thread(chat_id)  # not known here yet: the message goes there
    world.faults.script[SEND] = ["done"]
    world.say("one")
    started = {"chat_id": chat_id, "source_at": world.clock.now()}
    world.desk_says(ChatStarted(id="s1", thread_id=between.id, **started))  # type: ignore[arg-type]
    world.desk.close(chat_id, "agent")
    world.agent_starts()

    world.pass_time(120)

    assert (["one"], []) == (world.desk.user_texts(), world.pending)


def test_a_long_message_that_arrived_in_part_before_the_return_is_not_dropped() -> None:
    world = World().handed_over()
    world.desk.text_limit_bytes = 10
    world.faults.script[SEND] = ["ok", "away"]
    world.say("aaaa bbbb cccc dddd")
    world.ask_for_bot()

    world.pass_time(120)

    told = [*world.desk.user_texts(), *world.bot.heard[1:], *(d["entry"]["text"] for d in world.dead_letters())]
    assert "cccc dddd" in " ".join(told)
