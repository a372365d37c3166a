"""What the channel is given to show: the bridge's chips have labels, and reasons are in words."""

import msgspec
import pytest

from functions.handoff.content import OutboundMessage, Suggestion
from functions.handoff.events import BotAnswer, MessageExpired
from functions.handoff.ids import in_words_id
from functions.handoff.languages import BUILT_IN
from functions.handoff.policy import Policy
from functions.handoff.speaking import part_id
from functions.handoff.texts import reason_text
from tests.core_world import KEY, World


def notes(world: World) -> list[str]:
    events = world.desk.newest(world.conversation.chat_id).events
    return [event.text for event in events if "could not be delivered" in event.text]


def expire(world: World, *message_ids: str, event_id: str = "x1") -> None:
    world.accept(MessageExpired(id=event_id, source_at=world.clock.now(), message_ids=message_ids))


# --- chips -----------------------------------------------------------------------------------------------------------


def test_a_way_to_a_person_has_a_label_for_channels_without_such_a_chip() -> None:
    world = World(Policy(handoff_after_fallbacks=2))

    world.say("what?")

    assert (Suggestion("live_agent", "Talk to a person"),) == world.channel.sent[-1].suggestions


def test_a_label_that_the_bot_s_author_chose_stays() -> None:
    world = World()
    chips = (Suggestion("reply", "Yes", postback="yes"), Suggestion("live_agent", "Ask Jane"), Suggestion("live_agent"))
    world.faults.script["dialogflow.hear"] = []
    hear = world.bot.hear
    world.bot.hear = lambda *a, **more: _with(hear(*a, **more), chips)  # type: ignore[method-assign]

    world.say("hello")

    assert (*chips[:2], Suggestion("live_agent", "Talk to a person")) == world.channel.sent[-1].suggestions


def _with(answer: BotAnswer, chips: tuple[Suggestion, ...]) -> BotAnswer:
    return msgspec.structs.replace(answer, messages=(OutboundMessage("Hello.", chips),))


# --- why an agent's words were not delivered -------------------------------------------------------------------------


def test_the_agent_reads_in_words_that_a_phone_can_t_be_reached() -> None:
    world = World().handed_over()
    world.faults.script["channel.send_message"] = ["unreachable"]

    world.agent_writes("hello?")

    assert 1 == len(notes(world))
    assert "(the user's phone can't be reached): “hello?”" in notes(world)[0]
    assert "(the user's phone can't be reached): “hello?”" in world.conversation.transcript[-1].text
    assert ["unreachable"] == [letter["reason"] for letter in world.dead_letters()]


def test_a_reason_without_words_is_the_provider_s_own_name_of_it() -> None:
    assert "PERMISSION_DENIED" == reason_text("PERMISSION_DENIED", {}, "en")


@pytest.mark.parametrize("reason", ["unsubscribed", "unreachable", "expired"])
@pytest.mark.parametrize("language", sorted(BUILT_IN))
def test_every_language_has_words_for_the_reasons(reason: str, language: str) -> None:
    words = reason_text(reason, {}, language)

    assert words == BUILT_IN[language][f"why_{reason}"]
    assert reason != words


def test_an_operator_s_own_words_go_before_ours() -> None:
    own = {"en": {"why_expired": "too late"}}

    assert "too late" == reason_text("expired", own, "en-GB")


# --- messages that expired -------------------------------------------------------------------------------------------


def test_agents_are_told_once_of_a_message_that_expired_in_parts() -> None:
    world = World().handed_over()
    world.channel.text_limit = 12
    event = world.agent_writes("one two three four five")

    for index in range(2):
        expire(world, part_id(KEY, event.id, index), event_id=f"x{index}")

    told = [line.text for line in world.conversation.transcript if line.who == "bridge"]
    assert 1 == len(notes(world))
    assert "(it did not reach the user's phone in time): “one two three four five”" in notes(world)[0]
    assert 1 == len([text for text in told if "in time" in text])


def test_what_expires_after_the_chat_is_told_in_the_closed_thread_and_the_next_briefing() -> None:
    world = World().handed_over()
    event = world.agent_writes("See you!")
    world.agent_closes()

    expire(world, part_id(KEY, event.id, 0))

    assert 1 == len(notes(world))
    assert "“See you!”" in world.conversation.transcript[-1].text


def test_what_was_shown_in_words_instead_expires_as_well() -> None:
    world = World().handed_over()
    event = world.agent_writes("A card")

    expire(world, in_words_id(part_id(KEY, event.id, 0)))

    assert 1 == len(notes(world))


def test_what_was_not_an_agent_s_expires_in_silence() -> None:
    world = World().handed_over()
    world.agent_closes()
    before = world.entries()

    expire(world, "never-heard-of", part_id(KEY, "reply:u1", 0))

    assert {"x1"} == set(world.entries()) - set(before)
