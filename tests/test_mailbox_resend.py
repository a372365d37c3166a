"""A dead letter sent again goes where its conversation is by then, with what it needs around it."""

from datetime import timedelta

import pytest

from tests.core_world import BOB, JANE, World
from tests.lost_messages import (
    LOST,
    UNDELIVERED,
    begin_anew,
    letter,
    lost_agent_message,
    lost_user_message,
    mend,
    refusing,
    resend,
)

# --- what the user wrote ---------------------------------------------------------------------------------------------


def test_a_users_message_is_sent_again_once() -> None:
    world = lost_user_message()

    outcomes = [resend(world, "u-lost").outcome, resend(world, "u-lost").outcome]

    assert ["handled", "duplicate"] == outcomes
    assert [LOST] == world.desk.user_texts()
    assert ([], {}) == (world.pending, world.conversation.doubt)


def test_the_user_is_told_of_the_failure_and_of_nothing_more() -> None:
    world = lost_user_message()

    resend(world, "u-lost")

    assert UNDELIVERED == world.channel.texts[-1]


def test_the_thread_is_looked_at_before_anything_is_sent_again() -> None:
    world = World().handed_over()
    world.faults.choose = lambda name: "done" if name == "livechat.send_message" else "ok"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("functions.handoff.worker.GIVE_UP_AFTER", timedelta(0))
        world.say(LOST, "u-lost")
    mend(world)
    assert "timeout" == letter(world, "u-lost").body["reason"]

    outcome = resend(world, "u-lost").outcome

    assert "handled" == outcome
    assert [LOST] == world.desk.user_texts()


def test_a_call_that_may_still_take_effect_is_waited_out() -> None:
    world = lost_user_message(ago_s=5)

    outcome = resend(world, "u-lost").outcome
    before = world.desk.user_texts()
    world.pass_time(30)

    assert ("queued", []) == (outcome, before)
    assert [LOST] == world.desk.user_texts()


def test_the_thread_of_that_time_is_looked_at_too() -> None:
    world = World().handed_over()
    world.faults.choose = lambda name: "done" if name == "livechat.send_message" else "ok"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("functions.handoff.worker.GIVE_UP_AFTER", timedelta(0))
        world.say(LOST, "u-lost")
    mend(world)
    world.agent_closes()
    world.say("a person again please")
    world.agent_joins()
    world.clock.sleep(20)

    outcome = resend(world, "u-lost").outcome

    assert ("handled", [LOST]) == (outcome, world.desk.user_texts())


def test_in_state_bot_a_users_message_goes_to_the_bot() -> None:
    world = lost_user_message()
    world.agent_closes()
    world.pass_time(60)

    outcome = resend(world, "u-lost").outcome

    assert ("handled", []) == (outcome, world.desk.user_texts())
    assert (LOST, f"bot: {LOST}") == (world.bot.heard[-1], world.channel.texts[-1])


def test_without_a_chat_no_thread_is_looked_for() -> None:
    world = World()
    world.faults.choose = lambda name: "refused" if name.startswith(("dialogflow", "livechat")) else "ok"
    world.say(LOST, "u-lost")
    mend(world)

    outcome = resend(world, "u-lost").outcome

    assert "handled" == outcome
    assert "livechat.read_thread" not in world.faults.calls
    assert [LOST] == world.bot.heard


def test_a_bot_that_was_down_may_fail_anew_before_the_message_is_given_up_again() -> None:
    world = World()
    world.faults.choose = lambda name: "refused" if name.startswith(("dialogflow", "livechat")) else "ok"
    world.say(LOST, "u-lost")
    world.faults.choose = lambda name: "refused" if name.startswith("dialogflow") else "ok"

    resend(world, "u-lost")

    assert ("WAITING", [LOST]) == (world.conversation.state, world.desk.user_texts())


def test_the_transcript_has_the_message_once() -> None:
    world = lost_user_message()

    resend(world, "u-lost")

    assert [LOST] == [line.text for line in world.conversation.transcript if line.text == LOST]


# --- what an agent wrote ---------------------------------------------------------------------------------------------


def test_an_agents_message_is_shown_once_while_the_agent_is_there() -> None:
    world, event_id = lost_agent_message()
    before = len(world.shown)

    outcomes = [resend(world, event_id).outcome, resend(world, event_id).outcome]

    assert ["handled", "duplicate"] == outcomes
    assert [("HUMAN", "lost words")] == world.shown[before:]


def test_once_the_agent_has_gone_it_is_framed_and_nothing_moves() -> None:
    world, event_id = lost_agent_message()
    world.agent_closes()
    world.pass_time(60)
    before = len(world.shown)

    resend(world, event_id)

    assert [("joined", "Jane Doe"), ("HUMAN", "lost words"), ("left", "Jane Doe")] == world.shown[before:]
    assert ("BOT", ()) == (world.conversation.state, world.conversation.agents)


def test_the_frame_bears_the_name_that_the_user_knew_though_the_notice_did_not_say_it() -> None:
    world = World().handed_over()
    world.desk.names.clear()
    refusing("channel.send_message", world)
    event_id = world.agent_writes("lost words").id
    world.agent_closes()
    mend(world).pass_time(60)

    resend(world, event_id)

    assert [("joined", "Jane Doe"), ("HUMAN", "lost words"), ("left", "Jane Doe")] == world.shown[-3:]


def test_beside_another_agent_it_is_framed_too() -> None:
    world, event_id = lost_agent_message()
    world.agent_leaves()
    world.agent_joins(BOB)
    before = len(world.shown)

    resend(world, event_id)
    world.agent_writes("and now me", BOB)

    framed = [("joined", "Jane Doe"), ("HUMAN", "lost words"), ("left", "Jane Doe")]
    assert [*framed, ("HUMAN", "and now me")] == world.shown[before:]
    assert "AGENT" == world.conversation.state


def test_words_of_a_thread_forgotten_long_ago_bring_nobody_back() -> None:
    world, event_id = lost_agent_message()
    old = world.conversation.thread_id
    world.agent_closes()
    world.pass_time(60)
    for _ in range(21):
        world.agent_starts(JANE)
        world.agent_closes()
        world.pass_time(60)
    assert old not in world.conversation.closed_threads

    resend(world, event_id)

    assert "BOT" == world.conversation.state
    assert ("left", "Jane Doe") == world.shown[-1]


def test_it_stays_late_where_the_agent_s_leaving_is_shown_first() -> None:
    """LEFT of an earlier letter's frame waits for the channel, and goes before the words that are sent again."""
    world, first = lost_agent_message()
    refusing("channel.send_message", world)
    second = world.agent_writes("lost later").id
    begin_anew(mend(world)).say("hello again")
    world.faults.script["channel.send_framing"] = ["ok", "away"]
    resend(world, first)

    resend(world, second)
    world.pass_time(30)

    frames = [("joined", "Jane Doe"), ("HUMAN", "lost words"), ("left", "Jane Doe")]
    assert [*frames, frames[0], ("HUMAN", "lost later"), frames[2]] == world.shown[-6:]
    assert "BOT" == world.conversation.state


def test_two_letters_of_one_agent_share_a_frame() -> None:
    world = refusing("channel.send_message")
    lost = [world.agent_writes(text).id for text in ("one", "two")]
    world.agent_closes()
    mend(world).pass_time(60)
    before = len(world.shown)

    resend(world, lost[1], budget_s=0)
    resend(world, lost[0], budget_s=0)
    world.sweep()

    words = [("HUMAN", "one"), ("HUMAN", "two")]
    assert [("joined", "Jane Doe"), *words, ("left", "Jane Doe")] == world.shown[before:]
