"""The user's side: a message goes where the state says when its turn comes."""

import pytest

from functions.handoff.content import OutboundMessage, Suggestion
from functions.handoff.events import BotAnswer, HandoffSignal
from tests.core_world import JANE, World


def answering(world: World, monkeypatch: pytest.MonkeyPatch, answer: BotAnswer) -> None:
    monkeypatch.setattr(world.bot, "hear", lambda *_, **__: answer)


# --- in BOT ----------------------------------------------------------------------------------------------------------


def test_in_bot_a_message_is_answered_by_the_bot_as_bot() -> None:
    world = World()

    world.say("hello")

    assert [("BOT", "bot: hello")] == world.shown
    assert [] == world.desk.user_texts()


def test_the_bot_hears_a_chips_postback_not_its_label() -> None:
    world = World()

    world.say("Yes, please", postback="confirm-yes")

    assert ["confirm-yes"] == world.bot.heard
    assert "Yes, please" == world.conversation.transcript[0].text


def test_the_bots_own_hand_off_comes_after_its_words() -> None:
    world = World()

    world.say("a person please")

    assert "WAITING" == world.conversation.state
    assert [("BOT", "bot: a person please")] == world.shown
    calls = world.faults.calls
    assert calls.index("channel.send_message") < calls.index("livechat.start_chat")


def test_the_bot_stays_in_charge_until_its_last_word_is_out() -> None:
    world = World()
    world.faults.script["channel.send_message"] = ["away"]

    world.say("a person please")

    assert ("BOT", ["reply:u1"]) == (world.conversation.state, world.pending)


def test_a_reply_that_cant_be_said_still_hands_off() -> None:
    world = World()
    world.faults.script["channel.send_message"] = ["refused"]

    world.say("a person please")

    assert "WAITING" == world.conversation.state
    assert ["bot_reply"] == [d["entry"]["kind"] for d in world.dead_letters()]


def test_a_hand_off_without_words_is_told_by_the_bridge(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    answering(world, monkeypatch, BotAnswer(handoff=HandoffSignal("bot")))

    world.say("a person please")

    assert [("BOT", "I'm connecting you with a person. Please wait a moment.")] == world.shown


def test_a_reply_waits_for_left_and_is_dropped_if_a_person_came_meanwhile() -> None:
    world = World()
    world.faults.script["channel.send_message"] = ["away"]
    world.say("hello")
    world.ask_for_person()

    world.pass_time(10)

    assert "bot: hello" not in world.channel.texts
    assert [] == world.pending


def test_a_reply_goes_on_where_it_was_interrupted_and_shows_each_message_once(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    answering(world, monkeypatch, BotAnswer((OutboundMessage("one"), OutboundMessage("two"))))
    world.faults.script["channel.send_message"] = ["ok", "done"]

    world.say("hello")
    world.pass_time(10)

    assert ["one", "two"] == world.channel.texts
    assert 3 == world.faults.calls.count("channel.send_message")


def test_a_message_is_shown_in_the_parts_the_channel_makes_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    world.channel.text_limit = 10
    answering(world, monkeypatch, BotAnswer((OutboundMessage("one two three four", (Suggestion("reply", "x"),)),)))
    world.say("hello")

    assert ["one two", "three four"] == world.channel.texts


# --- in WAITING and AGENT --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["WAITING", "AGENT"])
def test_with_a_person_asked_for_or_present_a_message_goes_to_them(state: str) -> None:
    world = World()
    world.say("a person please")
    if state == "AGENT":
        world.agent_joins(JANE)
    heard = list(world.bot.heard)

    world.say("my bill is wrong")

    assert (["my bill is wrong"], heard) == (world.desk.user_texts(), world.bot.heard)


def test_a_message_written_before_the_hand_off_goes_where_the_state_says_now() -> None:
    world = World()
    world.faults.script["dialogflow.hear"] = ["away"]
    world.say("hello")
    world.ask_for_person()

    world.pass_time(10)

    assert (["hello"], []) == (world.desk.user_texts(), world.bot.heard)


def test_agents_get_all_of_a_long_message_in_parts() -> None:
    world = World().handed_over()
    text = "word " * 5000 + "end"

    world.say(text)

    assert 2 == len(world.desk.user_texts())
    assert text.split() == " ".join(world.desk.user_texts()).split()


def test_no_part_of_a_long_message_is_blank() -> None:
    world = World().handed_over()

    world.say("one" + " " * 60_000 + "two")

    assert ["one", "two"] == [text.strip() for text in world.desk.user_texts()]


def test_a_message_to_a_chat_found_closed_goes_to_the_bot_once_the_closing_is_worked() -> None:
    world = World().handed_over()
    world.agent_closes(webhook=False)

    world.say("are you there?")

    assert "BOT" == world.conversation.state
    assert ["a person please", "are you there?"] == world.bot.heard
    kinds = [kind for kind, _ in world.shown]
    assert kinds.index("left") < kinds.index("BOT", 2)


def test_a_reply_the_channel_refuses_is_a_dead_letter_and_the_user_is_told() -> None:
    world = World()
    world.faults.script["channel.send_message"] = ["refused"]

    world.say("hello")

    assert ["bot_reply"] == [letter["entry"]["kind"] for letter in world.dead_letters()]
    assert ["Sorry, I could not show you my answer. Please ask me again."] == world.channel.texts
