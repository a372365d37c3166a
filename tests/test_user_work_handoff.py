"""Asking for a person without the bot's own signal: keywords, fallbacks, a bot that is down."""

import pytest

from functions.handoff.languages import BUILT_IN
from functions.handoff.policy import Policy
from tests.core_world import World

POLICY = Policy(return_keyword="/bot", handoff_keywords=frozenset({"human"}))


def test_a_hand_off_keyword_asks_for_a_person_without_asking_the_bot() -> None:
    world = World(POLICY)

    world.say(" HUMAN ")

    assert ("WAITING", []) == (world.conversation.state, world.bot.heard)
    assert "keyword" == world.conversation.handoffs[-1].reason


@pytest.mark.parametrize("state", ["WAITING", "AGENT"])
def test_a_hand_off_keyword_is_judged_only_in_bot(state: str) -> None:
    world = World(POLICY)
    world.say("human")
    if state == "AGENT":
        world.agent_joins()

    world.say("human")

    assert (state, 1, ["human"]) == (
        world.conversation.state,
        len(world.conversation.handoffs),
        world.desk.user_texts(),
    )


def test_two_fallbacks_in_a_row_ask_for_a_person_after_the_bots_words() -> None:
    world = World()

    world.say("what?")
    assert "BOT" == world.conversation.state
    world.say("what? again")

    assert ("WAITING", "fallbacks") == (world.conversation.state, world.conversation.handoffs[-1].reason)
    assert ["bot: what?", "bot: what? again"] == world.channel.texts


def test_an_understood_turn_ends_the_count_of_fallbacks() -> None:
    world = World()

    for text in ("what?", "hello", "what?"):
        world.say(text)

    assert ("BOT", 1) == (world.conversation.state, world.conversation.fallbacks)


def test_fallbacks_never_hand_off_where_the_operator_says_never() -> None:
    world = World(Policy(handoff_after_fallbacks=0))

    for _ in range(5):
        world.say("what?")

    assert "BOT" == world.conversation.state


def test_a_bot_that_failed_twice_hands_off_and_the_message_goes_to_the_agents() -> None:
    world = World()
    world.faults.script["dialogflow.hear"] = ["away", "away"]

    world.say("hello")
    assert "BOT" == world.conversation.state
    world.pass_time(10)

    assert ("WAITING", "bot_unreachable") == (world.conversation.state, world.conversation.handoffs[-1].reason)
    assert (["hello"], [], []) == (world.desk.user_texts(), world.bot.heard, world.pending)


def test_a_bot_that_refuses_hands_off_at_once() -> None:
    world = World()
    world.faults.script["dialogflow.hear"] = ["refused"]

    world.say("hello")

    assert ("WAITING", ["hello"]) == (world.conversation.state, world.desk.user_texts())


def test_a_bot_that_is_down_after_a_return_hands_off_too() -> None:
    world = World().handed_over()
    world.faults.choose = lambda name: "away" if name.startswith("dialogflow") else "ok"
    world.agent_closes()

    world.say("are you there, bot?")
    world.pass_time(600)

    assert ("WAITING", ["are you there, bot?"]) == (world.conversation.state, world.desk.user_texts())


def test_with_bot_and_desk_both_down_the_user_is_told_and_the_message_waits_for_the_bot() -> None:
    world = World(Policy(return_event=""))
    world.faults.choose = lambda name: "ok" if name.startswith("channel") else "away"

    world.say("hello")
    world.pass_time(2000)

    assert ([BUILT_IN["en"]["delayed"]], []) == (world.channel.texts[:1], world.dead_letters())
    assert BUILT_IN["en"]["nobody_came"] in world.channel.texts
    world.faults.choose = lambda _name: "ok"
    world.pass_time(600)
    assert ("BOT", ["hello"], []) == (world.conversation.state, world.bot.heard, world.pending)


def test_a_message_that_the_bot_refuses_and_nobody_took_is_a_dead_letter_and_the_user_is_told() -> None:
    world = World(Policy(return_event="", offline_policy="decline"))
    world.desk.status = "offline"
    world.faults.choose = lambda name: "refused" if name.startswith("dialogflow") else "ok"

    world.say("hello")
    world.pass_time(60)

    assert ["hello"] == [d["entry"]["text"] for d in world.dead_letters()]
    assert "Sorry, your message could not be delivered: “hello”" in world.channel.texts


def test_a_bot_that_stays_down_is_waited_for_once_a_hand_off_reached_nobody() -> None:
    world = World(Policy(return_event="", offline_policy="decline"))
    world.desk.status = "offline"
    world.faults.choose = lambda name: "away" if name.startswith("dialogflow") else "ok"
    for number in range(3):
        world.say(f"message {number}")
        world.pass_time(60)
    world.say("and now?")
    world.pass_time(60)
    asked = world.faults.calls.count("livechat.group_status")
    told = list(world.channel.texts)
    world.faults.choose = lambda _name: "ok"

    world.pass_time(600)

    assert (1, ["message 0", "message 1", "message 2", "and now?"]) == (asked, world.bot.heard)
    assert BUILT_IN["en"]["delayed"] in told
