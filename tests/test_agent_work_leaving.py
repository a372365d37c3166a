"""Agents who leave, come back, or pass the user on."""

from typing import Any

import msgspec

from functions.handoff.events import AgentJoined, AgentLeft, ChatStarted, ChatTransferred
from tests.core_world import BOB, JANE, World

JOINED, LEFT = ("joined", "Jane Doe"), ("left", "Jane Doe")


def asked() -> World:
    """A person is asked for; nothing of the agents has been seen."""
    world = World()
    world.say("hello")
    world.ask_for_person()
    world.channel.shown.clear()
    return world


def where(world: World) -> dict[str, Any]:
    c = world.conversation
    return {"source_at": world.clock.now(), "chat_id": c.chat_id, "thread_id": c.thread_id}


def test_an_agent_who_leaves_is_shown_to_leave_and_another_may_join() -> None:
    world = asked()
    world.agent_joins()

    world.agent_leaves()

    assert ("WAITING", [JOINED, LEFT]) == (world.conversation.state, world.shown)
    world.agent_joins(BOB)
    assert ("AGENT", ("joined", "Bob Roe")) == (world.conversation.state, world.shown[-1])


def test_while_another_agent_is_there_one_who_leaves_moves_nothing() -> None:
    world = asked()
    world.agent_joins()
    world.agent_joins(BOB)

    world.agent_leaves()

    assert "AGENT" == world.conversation.state


def test_an_agent_who_answered_left_and_closed_did_take_the_request() -> None:
    world = asked()
    world.agent_joins()
    world.agent_writes("Here you are")
    world.agent_leaves()

    world.agent_closes()

    assert "Sorry, nobody could take your request. I'm with you again." not in world.channel.texts
    assert ("BOT", "agent_closed") == (world.conversation.state, world.conversation.handoffs[-1].outcome)


def test_earlier_words_of_an_agent_who_passed_the_user_on_do_not_take_them_out_of_the_queue() -> None:
    world = asked()
    world.agent_joins()
    late = world.agent_writes("bye", webhook=False)
    world.clock.sleep(1)
    world.transfer(queued=True)

    world.desk_says(late)

    assert "WAITING" == world.conversation.state
    assert {"wait_reminder", "wait_limit"} == set(world.conversation.timers)
    assert [JOINED, ("HUMAN", "bye"), LEFT] == world.shown[-3:]


def test_an_agent_who_comes_back_unannounced_is_there_again() -> None:
    world = asked()
    world.agent_joins()
    world.agent_leaves()
    world.clock.sleep(1)

    world.desk_says(world.agent_writes("me again", webhook=False))

    assert ("AGENT", [JOINED, LEFT, JOINED, ("HUMAN", "me again")]) == (world.conversation.state, world.shown)


def test_a_join_that_its_leave_overtook_brings_nobody_back() -> None:
    world = asked()
    joined = AgentJoined(id="j-late", agent=JANE, **where(world))
    world.agent_leaves()

    world.desk_says(msgspec.structs.replace(joined, source_at=world.clock.now()))

    assert ("WAITING", []) == (world.conversation.state, world.shown)


def test_an_agent_who_comes_back_soon_is_found_to_be_there() -> None:
    world = asked()
    world.agent_joins()
    world.agent_leaves()

    world.agent_joins()

    assert ("AGENT", [JOINED, LEFT, JOINED]) == (world.conversation.state, world.shown)


def test_while_the_desk_cant_say_who_is_there_the_first_words_do() -> None:
    world = asked()
    world.agent_joins()
    world.agent_leaves()
    world.faults.script["livechat.read_thread"] = ["away"]

    world.agent_joins()
    before = world.conversation.state
    world.clock.sleep(1)
    world.agent_writes("I am back")

    assert ("WAITING", "AGENT") == (before, world.conversation.state)
    assert [JOINED, LEFT, JOINED, ("HUMAN", "I am back")] == world.shown


def test_a_leave_of_someone_absent_does_nothing() -> None:
    world = asked()
    world.agent_joins()

    world.agent_leaves(BOB)

    assert [JOINED] == world.shown


def test_left_follows_what_the_agent_wrote_before() -> None:
    world = asked()
    world.agent_joins()
    message = world.agent_writes("bye", webhook=False)
    left = AgentLeft(id="l1", agent_id=JANE.id, **{**where(world), "source_at": world.clock.now()})

    world.accept(message, channel=False, drain=False)
    world.accept(left, channel=False)

    assert [JOINED, ("HUMAN", "bye"), LEFT] == world.shown


def test_an_earlier_message_that_comes_while_left_is_in_doubt_is_framed_again() -> None:
    world = asked()
    world.agent_joins()
    late = world.agent_writes("bye", webhook=False)
    world.clock.sleep(1)
    world.faults.script["channel.send_framing"] = ["done"]
    world.agent_leaves()
    world.desk_says(late)

    world.pass_time(30)

    assert [JOINED, LEFT, JOINED, ("HUMAN", "bye"), LEFT] == world.shown


def test_an_agent_who_comes_back_is_shown_again_as_another_join() -> None:
    world = asked()
    world.agent_joins()
    world.agent_leaves()

    world.agent_joins()

    assert [JOINED, LEFT, JOINED] == world.shown
    assert 3 == len({one.id for one in world.channel.shown})


def test_a_transfer_to_a_queue_is_left_for_all_and_waiting_again() -> None:
    world = asked()
    world.agent_joins(JANE)
    world.agent_joins(BOB)

    world.transfer(queued=True)

    assert "WAITING" == world.conversation.state
    assert {LEFT, ("left", "Bob Roe")} <= set(world.shown)
    assert world.shown[-1][1].startswith("All of our team are busy")
    assert {"wait_reminder", "wait_limit"} == set(world.conversation.timers)


def test_the_start_of_a_thread_that_is_told_late_brings_nobody_back_who_has_left_it() -> None:
    world = asked()
    started = ChatStarted(id="s1", agents=(JANE,), **where(world))
    world.agent_joins(JANE)
    world.agent_leaves(JANE)

    world.desk_says(msgspec.structs.replace(started, source_at=world.clock.now()))

    assert ("WAITING", [JOINED, LEFT]) == (world.conversation.state, world.shown)


def test_the_start_of_a_thread_shows_who_is_there_again() -> None:
    world = asked()
    world.agent_joins(JANE)
    world.agent_leaves(JANE)
    world.desk.absent.discard(JANE.id)

    world.desk_says(ChatStarted(id="s1", agents=(JANE,), **where(world)))

    assert ("AGENT", [JOINED, LEFT, JOINED]) == (world.conversation.state, world.shown)


def overtaken_transfer(world: World) -> ChatTransferred:
    """Jane passes the user on to the queue, Bob takes them; Bob's coming is told first."""
    transfer = ChatTransferred(id="t1", queued=True, **where(world))
    world.desk.absent.add(JANE.id)
    world.agent_joins(BOB)
    return transfer


def test_a_transfer_to_a_queue_that_is_told_late_leaves_who_took_the_user_out_of_it() -> None:
    world = asked()
    world.agent_joins(JANE)

    world.desk_says(overtaken_transfer(world))

    assert ("AGENT", [BOB.id]) == (world.conversation.state, [p.agent.id for p in world.conversation.agents])
    assert [JOINED, ("joined", "Bob Roe"), LEFT] == world.shown


def test_while_the_desk_cant_be_asked_a_transfer_to_a_queue_leaves_nobody() -> None:
    world = asked()
    world.agent_joins(JANE)
    transfer = overtaken_transfer(world)
    world.faults.script["livechat.read_thread"] = ["away"]

    world.desk_says(transfer)

    assert ("WAITING", ()) == (world.conversation.state, world.conversation.agents)


def test_a_transfer_to_a_queue_costs_no_call_where_nobody_has_just_come() -> None:
    world = asked()
    world.agent_joins(JANE)
    world.pass_time(61)
    reads = world.faults.calls.count("livechat.read_thread")

    world.transfer(queued=True)

    assert reads == world.faults.calls.count("livechat.read_thread")


def test_a_transfer_to_an_agent_leaves_the_rest_to_their_coming_and_going() -> None:
    world = asked()
    world.agent_joins()

    world.desk_says(ChatTransferred(id="t1", agent_ids=(BOB.id,), **where(world)))

    assert ("AGENT", [JOINED]) == (world.conversation.state, world.shown)


def test_a_transfer_while_with_the_bot_moves_nothing() -> None:
    world = asked()
    world.pass_time(1000)
    world.channel.shown.clear()

    world.transfer(queued=True)

    assert ("BOT", []) == (world.conversation.state, world.shown)
