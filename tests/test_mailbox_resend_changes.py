"""Dead letters of corrections and of what was taken back, and what another version could not read, sent again."""

from functions.handoff.content import OutboundMessage
from functions.handoff.entries import BotReply, Entry, encode
from functions.handoff.events import HandoffSignal, MessageDeleted, MessageEdited
from tests.changed_words import CODE, EN, TAKEN_BACK, edit, place, remembered
from tests.core_world import JANE, World
from tests.lost_messages import resend

CORRECTED = EN["edited"].format(text="It costs 12 euros.")


def given_up(world: World, entry: Entry, reason: str) -> World:
    """Such as by a version that could not read it."""
    with world.changing() as changes:
        changes.write_dead_letter(entry.id, encode(entry), reason)
    return world


def test_a_correction_that_three_workers_died_on_is_shown_once() -> None:
    world = World().handed_over()
    event = world.agent_writes("It costs 10 euros.")
    with world.dying_at("channel.send_message"):
        edit(world, event.id, "It costs 12 euros.")
    for _ in range(2):
        world.clock.sleep(31)
        with world.dying_at("channel.send_message"):
            world.sweep()
    world.pass_time(60)
    (letter,) = world.dead_letters()

    outcomes = [resend(world, letter["entry_id"]).outcome for _ in range(2)]

    assert ("poison", ["handled", "duplicate"]) == (letter["reason"], outcomes)
    assert 1 == world.channel.texts.count(CORRECTED)
    assert "It costs 12 euros." in remembered(world)


def test_a_correction_of_what_was_taken_back_meanwhile_is_not_shown() -> None:
    world = World().handed_over()
    event = world.agent_writes("It costs 10 euros.")
    text = "It costs 12 euros."
    edited = MessageEdited(id="edit", event_id=event.id, agent=JANE, text=text, **place(world))
    given_up(world, edited, "unreadable")
    world.desk_says(MessageDeleted(id="deleted", event_id=event.id, **place(world)))

    outcome = resend(world, "edit").outcome

    assert ("handled", TAKEN_BACK) == (outcome, world.channel.texts[-1])


def test_what_was_taken_back_is_spoken_of() -> None:
    world = World().handed_over()
    event = world.agent_writes(CODE)
    given_up(world, MessageDeleted(id="deleted", event_id=event.id, **place(world)), "unreadable")

    outcomes = [resend(world, "deleted").outcome for _ in range(2)]

    assert (["handled", "duplicate"], 1) == (outcomes, world.channel.texts.count(TAKEN_BACK))
    assert "4711" not in remembered(world)


def test_a_bot_s_reply_that_could_not_be_read_asks_for_the_person_it_promised() -> None:
    world = World()
    world.say("hello")
    messages, signal = (OutboundMessage("One moment, I'll get somebody."),), HandoffSignal("bot")
    reply = BotReply(id="reply:u0", source_at=world.clock.now(), messages=messages, handoff=signal)
    given_up(world, reply, "unreadable")

    outcome = resend(world, "reply:u0").outcome

    assert ("handled", "WAITING") == (outcome, world.conversation.state)
    assert ("BOT", "One moment, I'll get somebody.") in world.shown
