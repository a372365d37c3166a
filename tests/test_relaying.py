"""What of a user's message agents get: files, chips, buttons, and honest lines where something can't be passed on."""

import pytest

from functions.handoff.content import AgentButton, Media
from functions.handoff.events import UserMessage
from functions.handoff.languages import BUILT_IN
from functions.handoff.postbacks import as_postback
from functions.handoff.relaying import words_for_agents
from tests.core_world import World
from tests.fakes import START

EN = BUILT_IN["en"]
PICTURE = Media("https://files.example/lamp.png")
OTHER = Media("https://files.example/lamp-2.png")
BUTTON = AgentButton("T1", "T1_5", "yes", "message", "Yes")


def said(text: str = "", **fields: object) -> UserMessage:
    return UserMessage(id="u99", source_at=START, text=text, **fields)  # type: ignore[arg-type]


def sent_to_agents(world: World) -> list[str]:
    """What the user's side put into the threads since Jane came, notes in short."""
    events = [event for threads in world.desk.threads.values() for thread in threads for event in thread.events]
    own = [event for event in events if event.author.startswith("customer-")][1:]
    return [event.text if event.visible else f"note: {event.text}" for event in own]


# --- words -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (said("Large"), "Large"),
        (said("Large", postback="Large"), "Large"),
        (said("Large", postback="size=l"), "Large [size=l]"),
        (said("Yes", postback=as_postback(BUTTON)), "Yes"),
        (said(PICTURE.url, files=(PICTURE,)), ""),
        (said("my lamp", files=(PICTURE,)), "my lamp"),
    ],
)
def test_agents_read_a_chip_s_label_and_what_it_carries_but_no_address_of_a_file_they_get(
    entry: UserMessage, words: str
) -> None:
    assert words == words_for_agents(entry)


def test_a_tap_on_an_agent_s_button_answers_that_message() -> None:
    world = World().handed_over()

    world.say("Yes", postback=as_postback(BUTTON))

    answered = [event for event in world.desk.newest(world.conversation.chat_id).events if event.button]
    assert [("Yes", BUTTON)] == [(event.text, event.button) for event in answered]


def test_the_bot_hears_the_label_of_an_agent_s_button() -> None:
    world = World()

    world.say("Yes", postback=as_postback(BUTTON))

    assert ["Yes"] == world.bot.heard


def test_the_bot_hears_what_its_own_chip_carries() -> None:
    world = World()

    world.say("Large", postback="size=l")

    assert ["size=l"] == world.bot.heard


# --- files -----------------------------------------------------------------------------------------------------------


def test_a_file_is_brought_to_the_desk_and_sent_without_its_address() -> None:
    world = World().handed_over()
    world.files.content[PICTURE.url] = b"a lamp"

    world.say(PICTURE.url, files=(PICTURE,))

    assert ["lamp.png"] == sent_to_agents(world)
    assert [b"a lamp"] == [file.content for file in world.desk.uploads]
    assert [] == world.pending


def test_files_go_before_the_words_they_came_with_in_order() -> None:
    world = World().handed_over()

    world.say("both lamps", files=(PICTURE, OTHER))

    assert ["lamp.png", "lamp-2.png", "both lamps"] == sent_to_agents(world)


@pytest.mark.parametrize("reason", ["too_large", "expired", "not_allowed"])
def test_a_file_that_is_refused_leaves_a_line_with_the_reason_for_both(reason: str) -> None:
    world = World().handed_over()
    world.files.refused[PICTURE.url] = reason

    world.say("my lamp", files=(PICTURE,))

    note, words = sent_to_agents(world)
    assert EN["file_missing"].format(reason=EN[f"file_{reason}"]) in note
    assert "my lamp" == words
    assert EN[f"sent_file_{reason}"] == world.channel.texts[-1]


def test_a_file_that_the_desk_refuses_is_refused() -> None:
    world = World().handed_over()
    program = Media("https://files.example/lamp.exe")

    world.say(program.url, files=(program,))

    assert EN["file_not_allowed"] in sent_to_agents(world)[0]
    assert EN["sent_file_not_allowed"] == world.channel.texts[-1]


def test_with_the_bot_nothing_is_fetched_and_its_webhook_gets_the_whole_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World()
    payloads: list[object] = []
    real = world.bot.hear

    def hear(*args: object, payload: object, **more: object) -> object:
        payloads.append(payload)
        return real(*args, payload=payload, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(world.bot, "hear", hear)
    world.say(PICTURE.url, files=(PICTURE,))

    assert [PICTURE.url] == world.bot.heard
    assert [{"url": PICTURE.url, "mimeType": ""}] == payloads[0]["files"]  # type: ignore[index]
    assert 0 == world.faults.calls.count("channel.fetch")


def test_the_user_sees_that_the_bot_thinks_and_never_after_it_answered() -> None:
    world = World()
    world.faults.script["dialogflow.hear"] = ["lost"]

    world.say("hello")
    world.pass_time(10)

    assert 2 == world.channel.thought
    assert 0 == world.channel.thinking_now


# --- offering a person -----------------------------------------------------------------------------------------------


def test_after_one_fallback_the_bot_s_answer_offers_a_person() -> None:
    world = World()

    world.say("hello")
    world.say("what?")

    assert [[], ["live_agent"]] == [[chip.kind for chip in one.suggestions] for one in world.channel.sent]
