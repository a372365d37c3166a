"""What agents correct or take back while it is on its way: half shown, perhaps shown, or not there yet."""

import pytest

from tests.changed_words import CODE, EN, TAKEN_BACK, delete, edit, notes, remembered
from tests.core_world import World

CORRECTED = EN["edited"].format(text="It costs 12 euros.")


# --- corrected -------------------------------------------------------------------------------------------------------


def test_a_correction_told_before_its_message_has_the_thread_read_for_it() -> None:
    world = World().handed_over()
    event = world.agent_writes("It costs 10 euros.", webhook=False)
    world.desk.newest(world.conversation.chat_id).events[-1].text = "It costs 12 euros."

    edit(world, event.id, "It costs 12 euros.")
    world.desk_says(event)
    world.pass_time(30)

    assert [("HUMAN", "It costs 12 euros.")] == world.shown[-1:]
    assert [] == [text for text in world.channel.texts if "10" in text]


def test_a_correction_of_a_private_note_has_the_thread_read_and_shows_nothing() -> None:
    world = World().handed_over()
    chat_id = world.conversation.chat_id
    note = world.desk.append(chat_id, "jane@shop.example", "private, corrected", visible=False)
    seen = len(world.channel.shown)

    edit(world, note.id, "private, corrected")
    world.pass_time(30)

    assert seen == len(world.channel.shown)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_crash_at_the_call_neither_loses_nor_doubles_a_correction(after: bool) -> None:
    world = World().handed_over()
    event = world.agent_writes("It costs 10 euros.")

    with world.dying_at("channel.send_message", after=after):
        edit(world, event.id, "It costs 12 euros.")
    world.pass_time(120)

    assert 1 == world.channel.texts.count(CORRECTED)


def test_a_correction_that_waits_is_not_shown_once_its_message_is_taken_back() -> None:
    world = World().handed_over()
    event = world.agent_writes("It costs 10 euros.")
    world.faults.script["channel.send_message"] = ["away"]
    edit(world, event.id, "It costs 12 euros.")

    delete(world, event.id)
    world.pass_time(60)

    assert ["It costs 10 euros.", TAKEN_BACK] == world.channel.texts[-2:]


@pytest.mark.parametrize("fate", ["done", "lost"])
def test_a_correction_that_may_be_shown_comes_before_the_word_that_all_was_taken_back(fate: str) -> None:
    world = World().handed_over()
    event = world.agent_writes("It costs 10 euros.")
    world.faults.script["channel.send_message"] = [fate]
    edit(world, event.id, "It costs 12 euros.")

    delete(world, event.id)
    world.pass_time(60)

    assert ["It costs 10 euros.", CORRECTED, TAKEN_BACK] == world.channel.texts[-3:]
    assert "euros" not in remembered(world)


# --- taken back ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fate", ["done", "lost"])
def test_a_message_that_may_have_been_seen_is_shown_and_then_spoken_of(fate: str) -> None:
    world = World().handed_over()
    world.faults.script["channel.send_message"] = [fate]
    event = world.agent_writes(CODE)

    delete(world, event.id)
    world.pass_time(60)

    assert [CODE, TAKEN_BACK] == world.channel.texts[-2:]
    assert [True] == [EN["withdrawn_shown"] in note for note in notes(world)]
    assert "4711" not in remembered(world)


def test_of_a_long_message_half_of_which_was_seen_the_rest_is_not_shown() -> None:
    world = World().handed_over()
    world.channel.text_limit = 20
    world.faults.script["channel.send_message"] = ["ok", "away"]
    event = world.agent_writes(CODE)

    delete(world, event.id)
    world.pass_time(60)

    shown = " ".join(world.channel.texts)
    assert "The code of your" in shown
    assert "4711" not in shown
    assert TAKEN_BACK in shown
    assert [] == world.pending
