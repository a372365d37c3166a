"""What agents correct or take back: the user is told the truth, and nothing private is spoken of."""

import pytest

from functions.handoff.events import Agent, WithheldEvent
from tests.changed_words import CODE, EN, TAKEN_BACK, delete, edit, notes, place, remembered
from tests.core_world import World

# --- corrected -------------------------------------------------------------------------------------------------------


def test_a_correction_is_shown_with_the_agent_s_voice_once() -> None:
    world = World().handed_over()
    event = world.agent_writes("It costs 10 euros.")

    edit(world, event.id, "It costs 12 euros.")
    edit(world, event.id, "It costs 12 euros.")

    assert [("HUMAN", "It costs 10 euros."), ("HUMAN", "Correction: It costs 12 euros.")] == world.shown[-2:]
    assert "It costs 12 euros." == world.conversation.transcript[-1].text


def test_an_update_that_changes_no_word_is_not_shown() -> None:
    world = World().handed_over()
    event = world.agent_writes("It costs 10 euros.")

    edit(world, event.id, "It costs 10 euros.")

    assert "It costs 10 euros." == world.channel.texts[-1]


def test_an_update_that_changes_no_word_of_a_very_long_message_is_not_shown() -> None:
    world = World().handed_over()
    long = "word " * 1000
    event = world.agent_writes(long)
    seen = len(world.channel.shown)

    edit(world, event.id, long)

    assert seen == len(world.channel.shown)


def test_a_correction_of_what_the_user_never_saw_is_not_shown() -> None:
    world = World().handed_over()
    seen = len(world.channel.shown)

    edit(world, "T1_99", "a private note, corrected")

    assert seen == len(world.channel.shown)


def test_a_correction_by_who_has_left_is_not_shown() -> None:
    world = World().handed_over()
    event = world.agent_writes("It costs 10 euros.")
    world.agent_closes()
    seen = [text for text in world.channel.texts if "12" in text]

    edit(world, event.id, "It costs 12 euros.")

    assert [] == seen == [text for text in world.channel.texts if "12" in text]


def test_who_wrote_a_correction_that_the_user_does_not_get_is_told() -> None:
    world = World().handed_over()
    event = world.agent_writes("It costs 10 euros.")
    world.faults.script["channel.send_message"] = ["refused"]

    edit(world, event.id, "It costs 12 euros.")

    told = EN["agent_undelivered"].format(reason="validation", excerpt="It costs 12 euros.")
    assert [True] == [told in note for note in notes(world)]
    assert "It costs 12 euros." not in remembered(world)


def test_corrections_do_not_let_the_transcript_grow_beyond_its_bound() -> None:
    world = World().handed_over()
    events = [world.agent_writes(f"message {number}") for number in range(10)]

    for event in events:
        edit(world, event.id, "x" * 4000)

    assert len(remembered(world)) <= 12_000


# --- taken back ------------------------------------------------------------------------------------------------------


def test_of_a_message_that_was_seen_both_are_told_and_its_words_are_not_repeated() -> None:
    world = World().handed_over()
    event = world.agent_writes(CODE)

    delete(world, event.id)

    assert TAKEN_BACK == world.channel.texts[-1]
    assert [True] == [EN["withdrawn_shown"] in note for note in notes(world)]
    assert "4711" not in remembered(world)


def test_an_agent_without_a_name_is_spoken_of_as_one_of_the_team() -> None:
    world = World()
    world.say("a person please")
    event = world.agent_writes("Hello", Agent("new@shop.example"))

    delete(world, event.id)

    assert EN["withdrawn"].format(name=EN["someone"]) == world.channel.texts[-1]


def test_agents_are_told_in_the_closed_thread_when_none_is_open() -> None:
    world = World().handed_over()
    event = world.agent_writes(CODE)
    world.agent_closes()

    delete(world, event.id)

    assert TAKEN_BACK == world.channel.texts[-1]
    assert [True] == [EN["withdrawn_shown"] in note for note in notes(world)]


def test_a_correction_told_after_the_deletion_is_not_shown() -> None:
    world = World().handed_over()
    event = world.agent_writes(CODE)
    delete(world, event.id)

    edit(world, event.id, "The code is 4712.")

    assert TAKEN_BACK == world.channel.texts[-1]
    assert "4712" not in remembered(world)


def test_a_message_that_still_waits_is_not_shown_any_more() -> None:
    world = World().handed_over()
    world.faults.script["channel.send_message"] = ["away"]
    event = world.agent_writes(CODE)

    delete(world, event.id)
    world.pass_time(60)

    assert "4711" not in " ".join(world.channel.texts)
    assert TAKEN_BACK not in world.channel.texts
    assert [] == world.pending


def test_a_message_whose_notice_comes_after_that_of_its_deletion_is_not_shown() -> None:
    world = World().handed_over()
    event = world.agent_writes(CODE, webhook=False)

    delete(world, event.id)
    world.desk_says(event)

    assert "4711" not in " ".join(world.channel.texts)


def test_a_private_note_taken_back_is_not_spoken_of() -> None:
    world = World().handed_over()
    seen = len(world.channel.shown)

    delete(world, "T1_99")

    assert seen == len(world.channel.shown)
    assert [] == notes(world)


@pytest.mark.parametrize("kind", ["custom", "rich_message"])
def test_who_meant_something_for_the_user_that_can_t_be_shown_is_told(kind: str) -> None:
    world = World().handed_over()

    world.desk_says(WithheldEvent(id="T1_7", unsupported=kind, **place(world)))

    assert [True] == [EN["unsupported"].format(kind=kind) in note for note in notes(world)]
