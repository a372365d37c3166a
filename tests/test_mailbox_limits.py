"""What a mailbox does not take, and who is woken for what it could not do at once."""

from datetime import timedelta

import pytest

from functions.handoff.conversation import MAX_ACCEPTED_PENDING
from functions.handoff.errors import MailboxFull
from functions.handoff.events import HandoffAsked, HandoffSignal, UserReceipt, WithheldEvent
from functions.handoff.languages import BUILT_IN
from tests.core_world import KEY, World

OVERLOADED = BUILT_IN["en"]["overloaded"]


def full(count: int = MAX_ACCEPTED_PENDING) -> World:
    """So many messages wait, because the bot is away."""
    world = World()
    world.faults.choose = lambda name: "away" if name.startswith("dialogflow") else "ok"
    world.say("0")
    for number in range(1, count):
        world.say(str(number))
    return world


# --- 200 that wait ---------------------------------------------------------------------------------------------------


def test_the_200th_waiting_message_is_taken_and_the_201st_is_a_dead_letter_and_the_user_told() -> None:
    world = full(MAX_ACCEPTED_PENDING - 1)

    outcomes = [world.say("the 200th").outcome, world.say("the 201st", "u-201").outcome]
    world.sweep()

    assert ["queued", "dead_letter"] == outcomes
    assert [("u-201", "mailbox_full")] == [(d["entry"]["id"], d["reason"]) for d in world.dead_letters()]
    assert MAX_ACCEPTED_PENDING == world.conversation.accepted_pending()
    assert [OVERLOADED] == world.channel.texts


def test_the_user_is_told_once_that_too_much_waits() -> None:
    world = full()

    for _ in range(3):
        world.say("too much")
        world.sweep()

    assert (3, [OVERLOADED]) == (len(world.dead_letters()), world.channel.texts)


def test_a_message_that_was_too_much_is_a_duplicate_when_it_comes_again() -> None:
    world = full()
    world.say("too much", "u-201")

    assert "duplicate" == world.say("too much", "u-201").outcome
    assert 1 == len(world.dead_letters())


def test_once_there_is_room_again_the_user_is_told_of_the_next_time() -> None:
    world = full()
    world.say("too much")
    world.faults.choose = lambda _name: "ok"
    world.pass_time(60)
    world.say("fine")

    assert not world.conversation.full_told


def test_the_desk_is_told_to_come_back_later() -> None:
    world = full()
    event = WithheldEvent(id="T1_1", source_at=world.clock.now(), chat_id="C1", thread_id="T1")

    with pytest.raises(MailboxFull):
        world.desk_says(event)

    assert [] == world.dead_letters()


def test_a_receipt_that_is_too_much_is_dropped_and_nobody_is_told() -> None:
    world = full()
    receipt = UserReceipt(id="q1", source_at=world.clock.now(), message_ids=("m-1",), read=True)

    answer = world.accept(receipt)
    world.sweep()

    assert ("ignored", [], []) == (answer.outcome, world.dead_letters(), world.channel.texts)
    assert MAX_ACCEPTED_PENDING == world.conversation.accepted_pending()


def test_what_the_core_makes_itself_does_not_count() -> None:
    world = full(MAX_ACCEPTED_PENDING - 1)
    world.faults.choose = lambda _name: "away"
    world.ask_for_person()
    before = len(world.pending)

    assert before > world.conversation.accepted_pending()
    assert "queued" == world.say("still room").outcome


# --- wake-ups --------------------------------------------------------------------------------------------------------


def test_a_release_with_something_due_within_a_minute_asks_for_a_wake_up() -> None:
    world = World()
    world.faults.script["dialogflow.hear"] = ["away"]

    world.say("hello")

    due_at = world.conversation.due_at
    assert due_at is not None
    assert [(KEY, due_at)] == world.wake_ups.asked


def test_what_is_due_later_than_that_is_left_to_the_sweep() -> None:
    world = World().handed_over()

    assert world.conversation.due_at is not None
    assert [] == world.wake_ups.asked


def test_nothing_due_asks_for_no_wake_up() -> None:
    world = World()

    world.say("hello")

    assert (None, []) == (world.conversation.due_at, world.wake_ups.asked)


def test_a_door_that_never_works_leaves_it_to_a_wake_up() -> None:
    world = World()
    world.say("hello")
    asked = HandoffAsked(id="h1", source_at=world.clock.now(), signal=HandoffSignal("bot"))

    answer = world.accept(asked, drain=False, channel=False)

    assert ("queued", "BOT") == (answer.outcome, world.conversation.state)
    assert [(KEY, world.clock.now())] == world.wake_ups.asked


def test_a_worker_that_died_leaves_it_to_the_sweep() -> None:
    world = World()
    with world.dying_at("dialogflow.hear"):
        world.say("hello")

    assert [] == world.wake_ups.asked
    assert world.clock.now() + timedelta(seconds=30) == world.conversation.due_at


# --- redeliver -------------------------------------------------------------------------------------------------------


def test_what_is_not_due_yet_costs_one_look() -> None:
    world = World().handed_over()

    with world.counted() as trips:
        answer = world.mailbox.redeliver(KEY, budget_s=25)

    assert "ignored" == answer.outcome
    assert (1, 0, []) == (trips.gets, trips.commits, trips.calls)


def test_what_is_due_is_worked() -> None:
    world = World()
    world.faults.script["dialogflow.hear"] = ["away"]
    world.say("hello")
    world.clock.sleep(3)

    assert [KEY] == list(world.mailbox.due(10))
    assert "handled" == world.mailbox.redeliver(KEY, budget_s=25).outcome
    assert (["bot: hello"], {}) == (world.channel.texts, world.mailbox.due(10))


def test_a_conversation_that_is_not_there_is_ignored() -> None:
    assert "ignored" == World().mailbox.redeliver("phone:nobody", budget_s=25).outcome


def test_two_wake_ups_at_once_work_it_once() -> None:
    world = World()
    world.accept(HandoffAsked(id="h1", source_at=world.clock.now(), signal=HandoffSignal("bot")), drain=False)
    outcomes: list[str] = []

    def meanwhile(name: str) -> None:
        if name == "livechat.start_chat" and not outcomes:
            outcomes.append(world.mailbox.redeliver(KEY, budget_s=25).outcome)

    world.faults.pause = meanwhile
    world.mailbox.redeliver(KEY, budget_s=25)

    assert ["ignored"] == outcomes
    assert 1 == world.faults.calls.count("livechat.start_chat")


def test_a_conversation_can_be_looked_at() -> None:
    world = World()
    world.say("hello")

    assert world.conversation == world.mailbox.find(KEY)
    assert world.mailbox.find("phone:nobody") is None
