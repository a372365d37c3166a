"""The agents' side: who is shown, what they say, and in which order."""

from datetime import timedelta
from typing import Any

import pytest

from functions.handoff.events import Agent, AgentJoined, AgentMessage, WithheldEvent
from functions.handoff.policy import Policy
from tests.core_world import BOB, JANE, World

JOINED = ("joined", "Jane Doe")


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


# --- joining ---------------------------------------------------------------------------------------------------------


def test_the_first_agent_who_joins_is_shown_and_has_the_user() -> None:
    world = asked()

    world.agent_joins()

    assert ("AGENT", [JOINED]) == (world.conversation.state, world.shown)


def test_a_second_agent_is_shown_too() -> None:
    world = asked()

    world.agent_joins(JANE)
    world.agent_joins(BOB)

    assert [JOINED, ("joined", "Bob Roe")] == world.shown


def test_a_join_of_someone_present_does_nothing() -> None:
    world = asked()

    world.agent_joins()
    world.agent_joins()

    assert [JOINED] == world.shown


def test_an_agent_may_begin_while_the_user_is_with_the_bot() -> None:
    world = World().handed_over()
    world.agent_closes()
    world.channel.shown.clear()

    world.agent_starts(JANE)
    world.say("hello Jane")

    assert ("AGENT", [JOINED]) == (world.conversation.state, world.shown)
    assert ["hello Jane"] == world.desk.user_texts()


def test_a_join_that_names_no_thread_counts_for_the_open_one() -> None:
    world = asked()

    world.desk_says(AgentJoined(id="j1", agent=JANE, **{**where(world), "thread_id": ""}))

    assert ("AGENT", [JOINED]) == (world.conversation.state, world.shown)


def test_a_join_that_names_no_thread_moves_nothing_when_none_is_open() -> None:
    world = World().handed_over()
    world.agent_closes()
    world.channel.shown.clear()

    world.desk_says(AgentJoined(id="j9", agent=JANE, **{**where(world), "thread_id": ""}))

    assert ("BOT", []) == (world.conversation.state, world.shown)


# --- messages --------------------------------------------------------------------------------------------------------


def test_what_an_agent_writes_is_shown_as_human_after_joined() -> None:
    world = asked()
    world.agent_joins()

    world.agent_writes("How can I help?")

    assert [JOINED, ("HUMAN", "How can I help?")] == world.shown


@pytest.mark.parametrize("state", ["BOT", "WAITING", "AGENT"])
def test_a_message_heals_a_lost_join(state: str) -> None:
    world = asked()
    if state == "BOT":
        world.pass_time(1000)  # the time limit left the chat open
    if state == "AGENT":
        world.agent_joins(BOB)
    assert state == world.conversation.state
    world.channel.shown.clear()

    world.agent_writes("Sorry for the wait")

    assert ("AGENT", [JOINED, ("HUMAN", "Sorry for the wait")]) == (world.conversation.state, world.shown)


def test_two_agents_speak_under_their_own_names() -> None:
    world = asked()

    world.agent_writes("from Jane")
    world.agent_writes("from Bob", BOB)
    world.agent_writes("from Jane again")

    assert [("Jane Doe", "from Jane"), ("Bob Roe", "from Bob"), ("Jane Doe", "from Jane again")] == [
        (one.name, one.text) for one in world.channel.shown if one.kind == "message"
    ]
    assert 2 == sum(one.kind == "joined" for one in world.channel.shown)


def test_an_agent_of_unknown_name_is_shown_as_chosen_by_the_operator_never_by_id() -> None:
    world = World(Policy(human_name="Our team"))
    world.say("a person please")
    world.desk.names.clear()

    world.agent_joins(Agent(JANE.id))
    world.agent_writes("hi")

    assert {"Our team"} == {one.name for one in world.channel.shown if one.representative == "HUMAN"}
    assert "jane@" not in str(world.channel.shown)


def test_a_name_learned_later_waits_for_the_next_frame() -> None:
    world = asked()
    world.agent_joins(Agent(JANE.id))
    world.agent_joins(JANE)

    world.agent_writes("hi")
    world.agent_leaves()

    assert 1 == len({one.name for one in world.channel.shown if one.representative == "HUMAN"})


def test_what_is_not_for_everyone_is_withheld() -> None:
    world = asked()
    world.agent_joins()
    note = world.desk.append(world.conversation.chat_id, JANE.id, "a difficult one", visible=False)

    world.desk_says(WithheldEvent(id=note.id, **where(world)))

    assert [JOINED] == world.shown


def test_messages_pending_together_go_out_by_the_desks_time() -> None:
    world = asked()
    world.agent_joins()
    first = world.agent_writes("first", webhook=False)
    second = world.agent_writes("second", webhook=False)

    world.accept(second, channel=False, drain=False)
    world.accept(first, channel=False)

    assert ["first", "second"] == world.channel.texts


def goes_round_in_circles(world: World) -> None:
    """Fail a test that would not end."""
    commits: list[object] = []

    def count(writes: object) -> None:
        commits.append(writes)
        assert len(commits) < 100

    world.store.before_commit = count


def test_a_message_whose_worker_died_before_joined_was_even_noted_comes_after_joined() -> None:
    world = asked()
    message = world.agent_writes("hi", webhook=False)
    world.accept(message, channel=False, drain=False)
    world.take("one who dies")
    world.clock.sleep(31)
    goes_round_in_circles(world)

    world.sweep()

    assert ([JOINED, ("HUMAN", "hi")], []) == (world.shown, world.pending)


def test_a_message_whose_worker_died_before_the_gap_was_read_comes_after_what_was_missed() -> None:
    world = asked()
    world.agent_joins()
    world.agent_writes("missed", webhook=False)
    later = world.agent_writes("later", webhook=False)
    world.accept(later, channel=False, drain=False)
    world.take("one who dies")
    world.clock.sleep(31)
    goes_round_in_circles(world)

    world.sweep()

    assert (["missed", "later"], []) == (world.channel.texts, world.pending)


# --- frames ----------------------------------------------------------------------------------------------------------


def test_a_frame_the_channel_refuses_holds_up_nothing() -> None:
    world = asked()
    world.faults.script["channel.send_framing"] = ["refused"]

    world.agent_writes("hi")

    assert [("HUMAN", "hi")] == world.shown


def test_a_frame_done_twice_shows_once() -> None:
    world = asked()
    world.faults.script["channel.send_framing"] = ["done"]

    world.agent_joins()
    world.pass_time(10)

    assert ([JOINED], []) == (world.shown, world.pending)


def test_an_agents_message_waits_for_joined() -> None:
    world = asked()
    world.faults.script["channel.send_framing"] = ["away"]

    world.agent_writes("hi")
    assert [] == world.shown
    world.clock.at += timedelta(seconds=3)
    world.sweep()

    assert [JOINED, ("HUMAN", "hi")] == world.shown


def test_an_agents_name_in_the_message_does_not_matter_once_shown() -> None:
    world = asked()
    world.agent_joins()
    event = world.agent_writes("hi", webhook=False)
    assert isinstance(event, AgentMessage)

    world.desk_says(AgentMessage(id=event.id, agent=Agent(JANE.id, "J. D."), text="hi", **where(world)))

    assert "Jane Doe" == world.channel.shown[-1].name
