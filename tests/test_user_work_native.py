"""An answer that the channel brings along, because Google's own integration asked the bot already."""

from functions.handoff.content import OutboundMessage
from functions.handoff.events import BotAnswer, HandoffSignal
from tests.core_world import World


def test_an_answer_the_channel_brings_along_is_not_asked_for_again() -> None:
    world = World()

    world.say("hello", bot_answer=BotAnswer((OutboundMessage("native"),)))

    assert ([], ["native"]) == (world.bot.heard, world.channel.texts)


def test_an_answer_already_shown_is_not_shown_again_but_acted_on() -> None:
    world = World()
    answer = BotAnswer((OutboundMessage("native"),), handoff=HandoffSignal("bot"))

    world.say("a person", bot_answer=answer, answered=True)

    assert ([], "WAITING") == (world.channel.texts, world.conversation.state)
    assert ["a person", "native"] == [line.text for line in world.conversation.transcript]


def test_an_answer_brought_along_is_not_shown_while_a_person_is_there() -> None:
    world = World().handed_over()

    world.say("hello Jane", bot_answer=BotAnswer((OutboundMessage("native"),)))

    assert "native" not in world.channel.texts
    assert ["hello Jane"] == world.desk.user_texts()
