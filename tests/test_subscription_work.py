"""Users who do not want to be written to: what counts, and the word a phone writes beside its switch."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from functions.handoff.conversation import AGENT, BOT, WAITING
from functions.handoff.events import (
    HandoffAsked,
    HandoffSignal,
    MessageDeleted,
    MessageEdited,
    ReturnAsked,
    Subscription,
    SubscriptionWord,
)
from functions.handoff.languages import BUILT_IN
from tests.core_world import JANE, World
from tests.fakes import START


def switch(world: World, *, wanted: bool = False, event_id: str = "", at: datetime | None = None) -> None:
    event_id = event_id or f"s{wanted}{world.clock.now()}"
    world.accept(Subscription(id=event_id, source_at=at or world.clock.now(), wanted=wanted))


def write_word(world: World, text: str = "STOP", event_id: str = "w1", at: datetime | None = None) -> None:
    world.accept(SubscriptionWord(id=event_id, source_at=at or world.clock.now(), text=text))


def noted(world: World) -> list[str]:
    """Of the bridge's words to the agents, those about being subscribed, in order."""
    threads = [thread for threads in world.desk.threads.values() for thread in threads]
    notes = [event.text for thread in threads for event in thread.events if not event.visible]
    told = {"has unsubscribed: nothing": "unsubscribed", "can be written to": "subscribed"}
    return [name for note in notes for words, name in told.items() if words in note]


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


# --- the switch ------------------------------------------------------------------------------------------------------


def test_agents_are_told_of_each_change_once() -> None:
    world = World().handed_over()

    switch(world)
    switch(world)
    switch(world, wanted=True)
    switch(world, wanted=True)

    assert ["unsubscribed", "subscribed"] == noted(world)


@pytest.mark.parametrize("order", [(False, True), (True, False)])
def test_the_newest_switch_counts_in_whatever_order_they_come(order: tuple[bool, bool]) -> None:
    world = World()
    world.say("hello")
    world.pass_time(60)

    for wanted in order:
        switch(world, wanted=wanted, at=after(30 if wanted else 20))

    assert not world.conversation.unsubscribed


@pytest.mark.parametrize("switch_first", [True, False])
def test_whoever_writes_later_is_subscribed_in_whatever_order_it_comes(switch_first: bool) -> None:
    world = World()
    world.clock.sleep(60)

    if switch_first:
        switch(world, at=after(50))
    world.say("are you there?")
    if not switch_first:
        switch(world, at=after(50))

    assert not world.conversation.unsubscribed
    assert ["bot: are you there?"] == world.channel.texts


def test_what_was_written_before_the_switch_changes_nothing() -> None:
    world = World()
    world.clock.sleep(60)
    switch(world)

    world.accept(HandoffAsked(id="h1", source_at=after(30), signal=HandoffSignal("user")))

    assert (True, BOT) == (world.conversation.unsubscribed, world.conversation.state)


def test_a_clock_that_runs_ahead_holds_nobody_back_from_coming_again() -> None:
    world = World()
    world.say("hello")
    switch(world, at=after(3600))

    world.clock.sleep(5)
    world.say("are you there?")

    assert "bot: are you there?" in world.channel.texts


@pytest.mark.parametrize("kind", [HandoffAsked, ReturnAsked])
def test_asking_for_somebody_is_wanting_to_hear(kind: type) -> None:
    world = World().handed_over()
    switch(world)
    world.clock.sleep(1)

    signal = {"signal": HandoffSignal("user")} if kind is HandoffAsked else {}
    world.accept(kind(id="a1", source_at=world.clock.now(), **signal))

    assert not world.conversation.unsubscribed


def test_what_the_bot_asks_for_is_no_sign_of_the_user() -> None:
    world = World()
    world.say("hello")
    switch(world)
    world.clock.sleep(1)

    signal = HandoffSignal("bot")
    world.accept(HandoffAsked(id="h1", source_at=world.clock.now(), signal=signal), channel=False)

    assert (True, BOT) == (world.conversation.unsubscribed, world.conversation.state)


def test_a_full_mailbox_takes_the_switch_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    world.say("hello")
    monkeypatch.setattr("functions.handoff.mailbox.MAX_ACCEPTED_PENDING", 0)

    switch(world)
    write_word(world)

    assert world.conversation.unsubscribed
    assert [] == world.dead_letters()


# --- while it is off -------------------------------------------------------------------------------------------------


def test_what_an_agent_writes_is_a_dead_letter_and_the_agent_is_told_why() -> None:
    world = World().handed_over()
    switch(world)
    shown = len(world.channel.shown)

    world.agent_writes("One more thing")

    assert shown == len(world.channel.shown)
    assert ["unsubscribed"] == [letter["reason"] for letter in world.dead_letters()]
    assert (
        "the user has unsubscribed): “One more thing”" in world.desk.newest(world.conversation.chat_id).events[-1].text
    )
    assert "the user has unsubscribed" in world.conversation.transcript[-1].text


def test_an_agent_s_correction_is_refused_and_told_of_too() -> None:
    world = World().handed_over()
    event = world.agent_writes("at noon")
    switch(world)
    where: dict[str, Any] = {"source_at": world.clock.now(), "chat_id": world.conversation.chat_id, "thread_id": "T1"}

    world.desk_says(MessageEdited(id="e1", event_id=event.id, agent=JANE, text="at one", **where))

    assert "at one" not in " ".join(world.channel.texts)
    assert "unsubscribed): “at one”" in world.desk.newest(world.conversation.chat_id).events[-1].text


def test_agents_are_not_told_that_the_user_was_asked_to_disregard_what_was_taken_back() -> None:
    world = World().handed_over()
    event = world.agent_writes("at noon")
    switch(world)
    where: dict[str, Any] = {"source_at": world.clock.now(), "chat_id": world.conversation.chat_id, "thread_id": "T1"}

    world.desk_says(MessageDeleted(id="d1", event_id=event.id, **where))

    assert BUILT_IN["en"]["withdrawn_unsaid"] in world.desk.newest(world.conversation.chat_id).events[-1].text


def test_neither_notices_nor_surveys_nor_the_bot_are_heard() -> None:
    world = World().handed_over()
    switch(world)
    shown = len(world.channel.shown)

    world.agent_closes()
    world.pass_time(60)

    assert BOT == world.conversation.state
    assert (shown, []) == (len(world.channel.shown), world.channel.surveys)


def test_a_hand_off_in_words_that_were_not_said_does_not_take_place() -> None:
    world = World()
    world.say("hello")
    world.faults.script["channel.send_message"] = ["away"]
    world.say("a person please")
    world.clock.sleep(0.5)
    switch(world)

    world.pass_time(30)

    assert (BOT, {}) == (world.conversation.state, world.desk.threads)


def test_the_bot_hears_what_was_said_before_without_being_seen_to_think() -> None:
    world = World()
    world.faults.script["dialogflow.hear"] = ["away"]
    world.say("hello")
    thought = world.channel.thought
    world.clock.sleep(0.5)
    switch(world)

    world.pass_time(30)

    assert ["hello"] == world.bot.heard
    assert (thought, []) == (world.channel.thought, world.channel.shown)


def test_agents_who_open_the_chat_later_are_told() -> None:
    world = World()
    world.faults.script["livechat.start_chat"] = ["away"]
    world.say("a person please")
    world.clock.sleep(0.5)
    switch(world)

    world.pass_time(30)

    assert WAITING == world.conversation.state
    assert ["unsubscribed"] == noted(world)


# --- who came and went meanwhile -------------------------------------------------------------------------------------


def test_who_came_meanwhile_is_introduced_before_their_first_words() -> None:
    world = World()
    world.say("a person please")
    switch(world)
    world.agent_joins()
    world.clock.sleep(1)

    world.say("are you there?")
    world.agent_writes("yes")

    assert [("joined", "Jane Doe"), ("HUMAN", "yes")] == world.shown[-2:]


def test_words_that_were_in_hand_when_the_user_came_back_wait_for_the_introduction() -> None:
    world = World()
    world.say("a person please")
    switch(world)
    world.agent_joins()
    world.accept(world.agent_writes("yes", webhook=False), drain=False, channel=False)
    world.take("somebody who dies")
    world.clock.sleep(1)

    world.say("are you there?")
    world.pass_time(60)

    assert [("joined", "Jane Doe"), ("HUMAN", "yes")] == world.shown[-2:]


def test_who_left_meanwhile_is_seen_off_before_the_bot_speaks_again() -> None:
    world = World().handed_over()
    switch(world)
    world.agent_closes()
    world.clock.sleep(1)

    world.say("are you there?")

    assert [("left", "Jane Doe"), ("BOT", "bot: are you there?")] == world.shown[-2:]


def test_who_came_and_went_meanwhile_was_never_there() -> None:
    world = World()
    world.say("a person please")
    switch(world)
    world.agent_joins()
    world.agent_closes()
    world.clock.sleep(1)

    world.say("are you there?")

    assert {"BOT"} == {who for who, _ in world.shown}
    assert AGENT != world.conversation.state


def test_who_left_and_is_back_was_never_gone() -> None:
    world = World().handed_over()
    switch(world)
    world.agent_leaves()
    world.agent_joins()
    world.clock.sleep(1)

    world.say("are you there?")
    world.agent_writes("yes")
    world.agent_closes()

    frames = [one for one in world.shown if one[0] in {"joined", "left"}]
    assert [("joined", "Jane Doe"), ("left", "Jane Doe")] == frames
    assert ("HUMAN", "yes") in world.shown


def test_who_may_have_been_seen_to_come_is_seen_to_leave() -> None:
    world = World()
    world.say("a person please")
    world.faults.script["channel.send_framing"] = ["done"]
    world.agent_joins()
    switch(world)
    world.agent_closes()
    world.pass_time(30)

    world.say("are you there?")

    assert [("joined", "Jane Doe"), ("left", "Jane Doe")] == [one for one in world.shown if one[1] == "Jane Doe"]
