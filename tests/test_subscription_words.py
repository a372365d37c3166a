"""The word a phone writes beside its switch: never heard by anybody, whichever of the two comes first."""

from datetime import datetime, timedelta

import pytest

from functions.handoff.events import Subscription, SubscriptionWord
from functions.handoff.receipts import pass_on_seen
from functions.handoff.work import Sides
from tests.core_world import JANE, KEY, World
from tests.test_subscription_work import after, switch, write_word


def acts(
    world: World, *, word_first: bool, number: int, wanted: bool, at: datetime
) -> list[Subscription | SubscriptionWord]:
    """One act of the phone's: its two deliveries in this order."""
    written_at, text = at + timedelta(seconds=0.3), "START" if wanted else "STOP"
    word = SubscriptionWord(id=f"w{number}", source_at=written_at, text=text, wanted=wanted)
    both: list[Subscription | SubscriptionWord] = [Subscription(id=f"s{number}", source_at=at, wanted=wanted), word]
    return both[::-1] if word_first else both


@pytest.mark.parametrize("word_first", [True, False])
@pytest.mark.parametrize("with_person", [True, False])
def test_a_word_is_swallowed_by_its_switch(word_first: bool, with_person: bool) -> None:
    world = World()
    if with_person:
        world.handed_over()
    heard, told = list(world.bot.heard), world.desk.user_texts()

    for event in acts(world, word_first=word_first, number=1, wanted=False, at=world.clock.now()):
        world.accept(event)
        world.clock.sleep(5)
    world.pass_time(60)

    assert world.conversation.unsubscribed
    assert (heard, told) == (world.bot.heard, world.desk.user_texts())
    assert not world.conversation.timers.keys() & {"subscription_word"}


@pytest.mark.parametrize("lost_first", ["s", "w"])
def test_a_delivery_that_comes_minutes_late_is_known_among_later_acts(lost_first: str) -> None:
    world = World()
    world.clock.sleep(200)
    first = acts(world, word_first=False, number=1, wanted=False, at=after(0))
    second = acts(world, word_first=True, number=2, wanted=True, at=after(90))
    late = next(event for event in first if event.id.startswith(lost_first))

    for event in [*(event for event in first if event is not late), *second]:
        world.accept(event)
    world.clock.sleep(300)
    world.accept(late)
    world.pass_time(60)

    assert ([], False) == (world.bot.heard, world.conversation.unsubscribed)


def test_two_acts_within_a_moment_leave_no_word_over_though_one_switch_is_lost_for_long() -> None:
    world = World()
    world.clock.sleep(60)
    write_word(world, event_id="w1", at=after(40))
    switch(world, wanted=True, at=after(45))

    write_word(world, text="START", event_id="w2", at=after(45))
    world.pass_time(300)
    switch(world, event_id="s1", at=after(40))

    assert ([], False) == (world.bot.heard, world.conversation.unsubscribed)


def test_a_word_long_after_its_switch_is_a_word() -> None:
    world = World()
    switch(world, wanted=True)
    world.clock.sleep(61)

    write_word(world)
    world.pass_time(30)

    assert ["STOP"] == world.bot.heard


def test_a_repeated_delivery_changes_nothing() -> None:
    world = World()
    switch(world, event_id="s1", at=after(0))
    write_word(world, at=after(0))

    for _ in range(3):
        write_word(world, at=after(0))
        switch(world, event_id="s1", at=after(0))
    world.pass_time(30)

    assert [] == world.bot.heard


def test_a_word_alone_is_a_message_after_a_moment() -> None:
    world = World()

    write_word(world, text="STOP")
    world.pass_time(9)
    before = list(world.bot.heard)
    world.pass_time(11)

    assert ([], ["STOP"]) == (before, world.bot.heard)
    assert ["bot: STOP"] == world.channel.texts


@pytest.mark.parametrize(("text", "wanted", "answers"), [("STOP", False, []), ("START", True, ["bot: START"])])
def test_who_says_start_wants_an_answer_and_who_says_stop_does_not(text: str, wanted: bool, answers: list[str]) -> None:
    world = World()
    switch(world, at=after(0))
    world.clock.sleep(300)

    world.accept(SubscriptionWord(id="w1", source_at=world.clock.now(), text=text, wanted=wanted))
    world.pass_time(30)

    assert world.conversation.unsubscribed is not wanted
    assert ([text], answers) == (world.bot.heard, world.channel.texts)


def test_each_word_waits_its_own_time() -> None:
    world = World()
    write_word(world, event_id="w1", text="STOP")
    world.clock.sleep(8)
    write_word(world, event_id="w2", text="START", at=after(300))

    world.pass_time(5)
    switch(world, wanted=True, at=after(300))
    world.pass_time(30)

    assert ["STOP"] == world.bot.heard


def test_a_word_let_go_is_taken_back_while_nobody_has_heard_it() -> None:
    world = World()
    world.faults.script["dialogflow.hear"] = ["away"]
    write_word(world)
    world.pass_time(10)
    waiting = list(world.pending)

    switch(world, at=after(0))
    world.pass_time(60)

    assert (["word:w1"], []) == (waiting, world.bot.heard)


def test_of_many_words_none_is_lost() -> None:
    world = World()

    for number in range(30):
        write_word(world, event_id=f"w{number}", text=f"STOP{number}")
    world.pass_time(60)

    assert {f"STOP{number}" for number in range(30)} == set(world.bot.heard)


def test_a_worker_that_dies_with_a_word_in_hand_loses_neither_word_nor_switch() -> None:
    world = World()
    world.say("hello")
    world.accept(SubscriptionWord(id="w1", source_at=world.clock.now(), text="STOP"), drain=False)
    world.take("somebody who dies")
    world.clock.sleep(5)

    world.accept(Subscription(id="s1", source_at=world.clock.now(), wanted=False))
    world.pass_time(90)

    assert (True, ["hello"]) == (world.conversation.unsubscribed, world.bot.heard)


def test_reading_it_marks_the_message_that_the_phone_knows() -> None:
    world = World().handed_over()
    write_word(world)
    world.pass_time(30)
    sides = Sides({"phone": world.channel}, world.desk, world.bot, world.files)

    pass_on_seen(world.store, sides, KEY, world.clock.now(), by=JANE.id)

    assert ["w1"] == world.channel.read
