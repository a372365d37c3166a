"""Opening a chat when it is not known what an earlier call did, or when the desk has one already."""

from typing import Any

import pytest

from functions.handoff.events import AgentMessage, ChatClosed, HandoffAsked, HandoffSignal, ReturnAsked
from tests.core_world import JANE, World

START_CHAT, RESUME = "livechat.start_chat", "livechat.resume_chat"


def asking(call: str, fate: str) -> World:
    """A person is asked for, and the call that opens the chat ends like that."""
    world = World()
    world.say("hello")
    if call == RESUME:
        world.handed_over()
        world.agent_closes()
    world.faults.script[call] = [fate]
    world.ask_for_person()
    return world


def open_threads(world: World) -> list[str]:
    return [thread.id for threads in world.desk.threads.values() for thread in threads if thread.active]


def threads(world: World) -> int:
    return sum(len(one) for one in world.desk.threads.values())


@pytest.mark.parametrize(("call", "count"), [(START_CHAT, 1), (RESUME, 2)])
@pytest.mark.parametrize("fate", ["done", "lost", "late"])
def test_an_opening_in_doubt_opens_one_thread(call: str, count: int, fate: str) -> None:
    world = asking(call, fate)
    world.pass_time(10)
    for effect in world.faults.late:
        effect()

    world.pass_time(60)

    assert (count, [world.conversation.thread_id]) == (threads(world), open_threads(world))
    assert ("WAITING", []) == (world.conversation.state, world.pending)


@pytest.mark.parametrize("call", [START_CHAT, RESUME])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_worker_that_dies_opening_leaves_one_thread(call: str, after: bool) -> None:
    world = asking(call, "away")
    world.clock.sleep(3)
    with world.dying_at(call, after=after):
        world.sweep()

    world.pass_time(120)

    assert [world.conversation.thread_id] == open_threads(world)
    assert [] == world.pending


def test_an_opening_not_found_is_tried_again_only_16_seconds_after_the_call() -> None:
    world = asking(START_CHAT, "lost")
    began = world.clock.now()

    while world.faults.calls.count(START_CHAT) < 2:
        world.clock.sleep(0.25)
        world.sweep()

    assert 16 <= (world.clock.now() - began).total_seconds() < 17


def test_what_agents_wrote_before_the_mapping_was_known_is_read_once() -> None:
    world = asking(START_CHAT, "done")
    (chat_id,) = world.desk.threads
    world.desk.append(chat_id, JANE.id, "Hello, how can I help?")  # its webhook was refused: the chat is not known yet

    world.pass_time(10)

    assert "Hello, how can I help?" == world.channel.texts[-1]
    assert 1 == world.faults.calls.count("livechat.read_thread")


def test_a_chat_we_did_not_know_of_is_used_and_briefed() -> None:
    world = World()
    world.say("hello")
    world.faults.script[START_CHAT] = ["away"]
    world.ask_for_person()
    chat_id = f"chat-of-{world.conversation.customer.id}" if world.conversation.customer else ""
    thread = world.desk.open_thread(chat_id)
    world.desk.append(chat_id, JANE.id, "I was here first")

    world.pass_time(10)

    c = world.conversation
    assert (chat_id, thread.id, "AGENT") == (c.chat_id, c.thread_id, c.state)
    assert "I was here first" in world.channel.texts
    assert "Handed over by the bot" in world.desk.newest(chat_id).events[-1].text


def test_a_chat_left_open_at_the_time_limit_is_used_again_with_a_new_briefing() -> None:
    world = World()
    world.say("a person please")
    thread_id = world.conversation.thread_id
    world.pass_time(1000)
    assert "BOT" == world.conversation.state

    world.say("a person please, again")

    assert ("WAITING", thread_id) == (world.conversation.state, world.conversation.thread_id)
    assert 1 == threads(world)
    assert 2 == sum("Handed over" in event.text for event in world.desk.newest(world.conversation.chat_id).events)


def test_an_opening_in_doubt_that_nobody_wants_any_more_is_looked_up_and_closed() -> None:
    world = asking(START_CHAT, "done")
    world.ask_for_bot()

    world.pass_time(60)

    assert (1, [], "BOT") == (threads(world), open_threads(world), world.conversation.state)
    assert [] == world.pending


def test_what_was_written_in_a_thread_nobody_wants_any_more_still_goes_out_framed() -> None:
    world = asking(START_CHAT, "done")
    (chat_id,) = world.desk.threads
    world.desk.append(chat_id, JANE.id, "Hello?")
    world.ask_for_bot()
    world.channel.shown.clear()

    world.pass_time(60)

    shown = [one for one in world.shown if one[0] != "BOT"]
    assert [("joined", "Jane Doe"), ("HUMAN", "Hello?"), ("left", "Jane Doe")] == shown
    assert "BOT" == world.conversation.state


def test_the_users_own_newest_thread_is_never_unknown_while_its_opening_is_in_doubt() -> None:
    world = asking(RESUME, "done")
    chat_id = world.conversation.chat_id
    thread = world.desk.newest(chat_id)
    written: Any = world.desk.as_event(chat_id, thread.id, world.desk.append(chat_id, JANE.id, "Hello again"))
    assert isinstance(written, AgentMessage)

    world.desk_says(written)
    world.pass_time(60)

    assert ("AGENT", thread.id) == (world.conversation.state, world.conversation.thread_id)
    assert (1, [thread.id]) == (world.channel.texts.count("Hello again"), open_threads(world))


def test_a_thread_that_ended_just_before_ours_was_opened_is_read_to_its_end_too() -> None:
    world = World()
    world.say("a person please")
    world.pass_time(1000)  # the limit: with the bot, the chat left open
    chat_id, thread_id = world.conversation.chat_id, world.conversation.thread_id
    world.agent_writes("missed", webhook=False)
    world.desk.close(chat_id, "agent")
    world.say("a person please, again")

    world.desk_says(ChatClosed(id="c1", source_at=world.clock.now(), chat_id=chat_id, thread_id=thread_id))
    world.pass_time(30)

    assert "missed" in world.channel.texts


# --- the thread the user left ----------------------------------------------------------------------------------------


def left(fate: str) -> World:
    """The user went back to the bot, and the call that closes the chat ended like that."""
    world = World().handed_over()
    world.faults.script["livechat.close_chat"] = [fate]
    world.ask_for_bot()
    return world


def test_a_new_hand_off_closes_the_thread_the_user_left_before_it_opens_the_next() -> None:
    world = left("away")

    world.ask_for_person()
    world.pass_time(30)

    assert [world.conversation.thread_id] == open_threads(world)
    calls = world.faults.calls
    assert calls.index(RESUME) > max(i for i, call in enumerate(calls) if call == "livechat.close_chat")
    assert (2, "") == (threads(world), world.conversation.thread_to_close)


def test_a_close_that_comes_late_does_not_kill_the_next_thread() -> None:
    world = left("late")
    world.ask_for_person()
    world.pass_time(14)
    for effect in world.faults.late:
        effect()

    world.pass_time(60)

    assert [world.conversation.thread_id] == open_threads(world)
    assert "WAITING" == world.conversation.state


def test_a_thread_that_agents_opened_meanwhile_is_not_closed_for_the_one_the_user_left() -> None:
    world = left("away")
    world.desk.close(world.conversation.chat_id, "agent")
    new = world.agent_starts(JANE)

    world.pass_time(60)

    assert ("AGENT", [new]) == (world.conversation.state, open_threads(world))


@pytest.mark.parametrize("fate", ["away", "late"])
def test_a_user_who_asks_for_a_person_and_thinks_better_of_it_leaves_no_thread_open(fate: str) -> None:
    world = left(fate)

    world.accept(HandoffAsked(id="h1", source_at=world.clock.now(), signal=HandoffSignal("user")), drain=False)
    world.accept(ReturnAsked(id="r1", source_at=world.clock.now()), drain=False)
    world.pass_time(60)

    assert ("BOT", [], "") == (world.conversation.state, open_threads(world), world.conversation.thread_to_close)
    assert (1, []) == (threads(world), world.pending)
