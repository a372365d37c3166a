"""Sign-in answers, surveys, and the way back: to the bot what is the bot's, to agents what they may see."""

from typing import Any

import pytest

from functions.handoff.content import OutboundMessage
from functions.handoff.events import BotAnswer, HandoffSignal, ReturnAsked, UserAction
from functions.handoff.languages import BUILT_IN
from functions.handoff.policy import Policy
from tests.core_world import World

EN = BUILT_IN["en"]


def act(world: World, action: str, **details: str) -> None:
    parameters = {"code": "secret-code", "rating": "5"}
    world.accept(
        UserAction(id=f"a-{action}", source_at=world.clock.now(), action=action, parameters=parameters, details=details)
    )


def in_threads(world: World) -> list[str]:
    threads = [thread for threads in world.desk.threads.values() for thread in threads]
    return [event.text for thread in threads for event in thread.events if event.author.startswith("customer-")]


# --- signing in ------------------------------------------------------------------------------------------------------


def test_the_bot_hears_of_a_sign_in_and_goes_on() -> None:
    world = World()
    world.say("hello")

    act(world, "authentication", outcome="succeeded")

    assert [("AUTHENTICATION_RESPONSE", {"code": "secret-code", "rating": "5"})] == world.bot.events
    assert "bot: welcome back" == world.channel.texts[-1]


def test_agents_learn_that_the_user_signed_in_but_not_with_what() -> None:
    world = World().handed_over()

    act(world, "authentication", outcome="succeeded")

    assert EN["signed_in"].format(answer="outcome: succeeded") in in_threads(world)[-1]
    assert "secret-code" not in " ".join(in_threads(world))
    assert [] == world.bot.events


def handing_off_with(parameters: dict[str, Any], *messages: OutboundMessage) -> BotAnswer:
    """A bot that passes on what it was told."""
    return BotAnswer(messages, handoff=HandoffSignal("bot", {"topic": "login", "all": parameters, **parameters}))


@pytest.mark.parametrize("messages", [(), (OutboundMessage("One moment"),)], ids=["silent", "speaking"])
def test_a_hand_off_after_a_sign_in_does_not_pass_its_code_on(
    messages: tuple[OutboundMessage, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World()
    world.say("hello")

    def hear_event(_session: str, _name: str, parameters: dict[str, Any], **_more: object) -> BotAnswer:
        return handing_off_with(parameters, *messages)

    monkeypatch.setattr(world.bot, "hear_event", hear_event)
    act(world, "authentication", outcome="succeeded")

    assert "login" in in_threads(world)[0]
    assert "secret-code" not in " ".join(in_threads(world))
    assert world.conversation.signal == HandoffSignal("bot", {"topic": "login"}, intent="Echo")


def test_an_unknown_action_is_dropped() -> None:
    world = World().handed_over()

    act(world, "telepathy")

    assert [] == world.pending


# --- surveys ---------------------------------------------------------------------------------------------------------


def test_after_the_person_has_left_the_channel_asks_how_it_was() -> None:
    world = World(Policy(survey=True)).handed_over()

    world.agent_closes()

    assert 1 == len(world.channel.surveys)
    order = [name for name in world.faults.calls if name in {"channel.send_framing", "channel.send_survey"}]
    assert ["channel.send_framing", "channel.send_framing", "channel.send_survey"] == order


def test_without_the_setting_nobody_is_asked() -> None:
    world = World().handed_over()

    world.agent_closes()

    assert [] == world.channel.surveys


def test_who_was_never_answered_is_not_asked_how_it_was() -> None:
    world = World(Policy(survey=True))
    world.ask_for_person()

    world.agent_closes()

    assert [] == world.channel.surveys


def test_a_survey_that_can_t_be_asked_is_no_dead_letter() -> None:
    world = World(Policy(survey=True)).handed_over()
    world.channel.can_survey = False
    world.faults.script["channel.send_survey"] = ["ok", "refused"]

    world.agent_closes()
    world.ask_for_person()
    world.agent_joins()
    world.agent_writes("again")
    world.agent_closes()

    assert [] == world.dead_letters()
    assert [] == world.pending


def test_a_survey_whose_asking_is_in_doubt_is_asked_once() -> None:
    world = World(Policy(survey=True)).handed_over()
    world.faults.script["channel.send_survey"] = ["done", "away"]

    world.agent_closes()
    world.pass_time(30)

    assert 1 == len(world.channel.surveys)


def test_who_asks_for_a_person_again_is_not_asked_how_the_last_one_was() -> None:
    world = World(Policy(survey=True)).handed_over()
    world.faults.script["channel.send_survey"] = ["away"]

    world.agent_closes()
    world.ask_for_person()
    world.pass_time(30)

    assert [] == world.channel.surveys


def test_the_answer_is_written_into_the_chat_though_its_thread_is_over() -> None:
    world = World(Policy(survey=True)).handed_over()
    world.agent_closes()

    act(world, "survey", rating="5", answer="very good")

    said = EN["survey_answered"].format(answer="rating: 5, answer: very good")
    assert [True] == [said in text for text in in_threads(world) if "Note from the bridge" in text]
    assert [] == [name for name, _ in world.bot.events if name != "AGENT_CHAT_ENDED"]


def test_an_answer_without_any_chat_is_dropped() -> None:
    world = World()
    world.say("hello")

    act(world, "survey", rating="5")

    assert [] == world.pending
    assert [] == world.dead_letters()


# --- back to the bot -------------------------------------------------------------------------------------------------


def test_agents_see_that_the_user_went_back_to_the_bot_and_in_which_words() -> None:
    world = World().handed_over()

    world.accept(ReturnAsked(id="r", source_at=world.clock.now(), text="Back to the bot"))

    assert EN["went_back"].format(text="Back to the bot") in in_threads(world)[-1]


def test_a_note_about_a_thread_does_not_go_into_the_one_that_followed() -> None:
    world = World().handed_over()
    world.faults.script["livechat.send_note"] = ["away"]

    world.accept(ReturnAsked(id="r", source_at=world.clock.now(), text="Back to the bot"))
    world.ask_for_person()
    world.pass_time(60)

    assert EN["went_back"].format(text="Back to the bot") not in " ".join(in_threads(world))
