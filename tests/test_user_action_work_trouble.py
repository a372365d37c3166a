"""Sign-in answers and surveys while something fails: tried as often as it matters, and nobody waits in vain."""

import pytest

from functions.handoff.languages import BUILT_IN
from functions.handoff.policy import Policy
from tests.core_world import World
from tests.test_user_action_work import act, in_threads

EN = BUILT_IN["en"]
BEFORE_OR_AFTER = pytest.mark.parametrize("after", [False, True], ids=["before", "after"])

# --- signing in ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fate", ["refused", "away"])
def test_who_waits_for_a_bot_that_can_t_be_told_of_the_sign_in_is_told(fate: str) -> None:
    world = World()
    world.say("hello")
    world.faults.choose = lambda name: fate if name == "dialogflow.hear_event" else "ok"

    act(world, "authentication", outcome="succeeded")
    world.pass_time(25 * 3600)

    assert ["bot: hello", EN["reply_lost"]] == world.channel.texts
    assert [] == world.pending


def test_with_a_person_nobody_is_told_that_the_bot_missed_it() -> None:
    world = World()
    world.say("hello")
    world.faults.script["dialogflow.hear_event"] = ["away"]
    act(world, "authentication", outcome="succeeded")

    world.ask_for_person()
    world.agent_joins()
    world.pass_time(60)

    assert EN["reply_lost"] not in world.channel.texts
    assert [] == world.pending


@BEFORE_OR_AFTER
def test_a_crash_at_the_call_lets_the_bot_go_on_once(after: bool) -> None:
    world = World()
    world.say("hello")

    with world.dying_at("dialogflow.hear_event", after=after):
        act(world, "authentication", outcome="succeeded")
    world.pass_time(120)

    assert ["bot: hello", "bot: welcome back"] == world.channel.texts
    assert [] == world.pending


# --- surveys ---------------------------------------------------------------------------------------------------------


def test_a_survey_that_always_fails_is_tried_once_and_holds_up_no_word() -> None:
    world = World(Policy(survey=True, return_keyword="/bot")).handed_over()
    world.faults.choose = lambda name: "lost" if name == "channel.send_survey" else "ok"

    world.agent_closes()
    world.pass_time(600)
    world.say("hello bot")

    assert 1 == world.faults.calls.count("channel.send_survey")
    assert "bot: hello bot" == world.channel.texts[-1]


@BEFORE_OR_AFTER
def test_a_crash_at_the_call_asks_once(after: bool) -> None:
    world = World(Policy(survey=True)).handed_over()

    with world.dying_at("channel.send_survey", after=after):
        world.agent_closes()
    world.pass_time(120)

    assert 1 == len(world.channel.surveys)
    assert [] == world.pending


@BEFORE_OR_AFTER
def test_a_crash_at_the_call_notes_the_answer_once_in_a_closed_chat(after: bool) -> None:
    world = World(Policy(survey=True)).handed_over()
    world.agent_closes()

    with world.dying_at("livechat.send_note", after=after):
        act(world, "survey", rating="5")
    world.pass_time(120)

    said = EN["survey_answered"].format(answer="rating: 5")
    assert [True] == [said in text for text in in_threads(world) if "Note from the bridge" in text]


def test_an_answer_that_may_be_noted_in_a_closed_thread_is_looked_for_there_though_another_is_open() -> None:
    world = World(Policy(survey=True)).handed_over()
    world.agent_closes()
    world.faults.script["livechat.send_note"] = ["done"]
    act(world, "survey", rating="5")

    world.desk.open_thread(world.conversation.chat_id)
    world.pass_time(60)

    said = EN["survey_answered"].format(answer="rating: 5")
    assert 1 == sum(said in text for text in in_threads(world))
