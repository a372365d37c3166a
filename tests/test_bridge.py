"""The whole of a conversation: bot → people → bot, and every kind of entry has its work."""

from datetime import timedelta

import pytest

from functions.handoff.bridge import WORK, work_of
from functions.handoff.events import UserMessage
from functions.handoff.schedule import CONTROL_LANE, LANE_OF
from functions.handoff.texts import find_text
from functions.handoff.work import no_call
from tests.core_world import BOB, World
from tests.event_strategies import KINDS
from tests.fakes import START


def test_every_kind_of_entry_has_its_work() -> None:
    assert {kind.__struct_config__.tag for kind in KINDS} == set(WORK)  # type: ignore[attr-defined]


def test_the_work_of_an_event_is_that_of_its_kind() -> None:
    assert WORK["user_message"] is work_of(UserMessage(id="u1", source_at=START, text="hello"))


def test_control_entries_call_nobody() -> None:
    assert {no_call} == {WORK[kind].perform for kind, lane in LANE_OF.items() if lane == CONTROL_LANE}


@pytest.mark.parametrize("kind", ["user_message", "agent_message", "bot_reply", "open_chat", "close_chat"])
def test_what_people_wrote_and_asked_for_is_kept_when_it_is_given_up(kind: str) -> None:
    assert WORK[kind].leaves_dead_letter


def test_the_story_from_bot_to_people_and_back_reads_in_order() -> None:
    world = World()

    world.say("hello")
    world.say("a person please")
    world.say("my bill is wrong")
    world.agent_joins()
    world.agent_writes("Let me see")
    world.agent_joins(BOB)
    world.agent_writes("I know this one", BOB)
    world.say("thank you")
    world.agent_leaves(BOB)
    world.agent_closes()
    world.say("hello again")

    assert [
        ("BOT", "bot: hello"),
        ("BOT", "bot: a person please"),
        ("joined", "Jane Doe"),
        ("HUMAN", "Let me see"),
        ("joined", "Bob Roe"),
        ("HUMAN", "I know this one"),
        ("left", "Bob Roe"),
        ("left", "Jane Doe"),
        ("BOT", "bot: welcome back"),
        ("BOT", "bot: hello again"),
    ] == world.shown
    assert ["my bill is wrong", "thank you"] == world.desk.user_texts()
    assert ["hello", "a person please", "hello again"] == world.bot.heard
    assert ([], None, {}) == (world.pending, world.conversation.due_at, world.conversation.timers)


def test_a_second_hand_off_tells_agents_of_the_first() -> None:
    world = World().handed_over()
    world.agent_closes()

    world.say("a person please, once more")

    briefing = world.desk.newest(world.conversation.chat_id).events[0].text
    assert f"→ {find_text('outcome_agent_closed', 'en', {})}" in briefing
    assert "Agent (Jane Doe): I see you have a problem. How can I help?" in briefing


def test_a_crash_between_any_two_steps_loses_no_consequence_of_a_return() -> None:
    for stop in ["channel.send_framing", "livechat.close_chat", "dialogflow.hear_event", "channel.send_message"]:
        world = World().handed_over()
        world.channel.shown.clear()
        with world.dying_at(stop):
            world.ask_for_bot()

        world.pass_time(120)

        shown = [kind for kind, _ in world.shown]
        assert (["left", "BOT", "BOT"], []) == (shown, world.pending)
        assert not world.desk.newest(world.conversation.chat_id).active
        assert 1 == len(world.bot.events)


def test_a_user_who_comes_back_after_the_record_expired_sees_the_next_agent_join() -> None:
    world = World().handed_over()
    world.agent_closes()
    world.pass_time(100)
    world.clock.at += timedelta(days=31)
    world.channel.shown.clear()

    world.handed_over()
    world.agent_closes()

    assert ["BOT", "joined", "HUMAN", "left", "BOT"] == [kind for kind, _ in world.shown]


def test_an_agent_who_writes_in_the_chat_of_an_expired_record_reaches_the_user_and_is_answered() -> None:
    world = World().handed_over()
    world.agent_closes()
    chat_id = world.conversation.chat_id
    world.pass_time(100)
    world.clock.at += timedelta(days=31)
    world.say("hello")
    thread = world.desk.open_thread(chat_id)
    written = world.desk.as_event(chat_id, thread.id, world.desk.append(chat_id, BOB.id, "I have news"))

    world.desk_says(written)
    world.say("tell me")
    world.pass_time(60)

    assert "I have news" in world.channel.texts
    assert "tell me" in [*world.desk.user_texts(), *world.bot.heard]
    assert [] == world.pending
