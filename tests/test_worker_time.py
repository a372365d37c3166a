"""Time: what is begun, what is left for later, and when the user is told that it takes longer."""

import pytest

from functions.handoff.errors import ProviderUnavailable
from functions.handoff.events import UserMessage
from functions.handoff.languages import BUILT_IN
from tests.core_world import KEY, World

DELAYED = BUILT_IN["en"]["delayed"]


def message(world: World, text: str) -> UserMessage:
    return UserMessage(id=text, source_at=world.clock.now(), text=text)


# --- the door's budget -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("budget_s", "sent"), [(8.1, ["hello"]), (7.9, [])])
def test_a_message_to_agents_begins_only_with_8_seconds_left(budget_s: float, sent: list[str]) -> None:
    world = World().handed_over()

    world.accept(message(world, "hello"), budget_s=budget_s)

    assert sent == world.desk.user_texts()


@pytest.mark.parametrize(("budget_s", "heard"), [(7.1, ["hello"]), (6.9, [])])
def test_a_bot_turn_begins_only_with_7_seconds_left(budget_s: float, heard: list[str]) -> None:
    world = World()

    world.accept(message(world, "hello"), budget_s=budget_s)

    assert heard == world.bot.heard


def test_a_chat_is_opened_only_with_8_seconds_left() -> None:
    world = World()
    world.say("hello")
    slow(world, "livechat.group_status", 20)

    world.ask_for_person()

    assert "livechat.start_chat" not in world.faults.calls
    assert (["open_chat"], None) == ([p.kind for p in world.conversation.pending], world.conversation.lease)


@pytest.mark.parametrize(("budget_s", "shown"), [(1.1, True), (0.9, False)])
def test_what_can_be_repeated_begins_with_one_second_left(budget_s: float, shown: bool) -> None:
    world = World().handed_over()
    event = world.agent_writes("are you there?", webhook=False)

    world.accept(event, budget_s=budget_s, channel=False)

    assert shown == ("are you there?" in world.channel.texts)


def slow(world: World, call: str, seconds: float) -> None:
    """This call takes so long, from now on."""

    def pause(name: str) -> None:
        if name == call:
            world.clock.sleep(seconds / 2)

    world.faults.pause = pause


def test_with_too_little_time_left_the_conversation_is_given_back_due_now() -> None:
    world = World()
    slow(world, "dialogflow.hear", 20)

    world.say("hello")
    world.accept(message(world, "again"), budget_s=6)

    c = world.conversation
    assert (None, world.clock.now()) == (c.lease, c.due_at)
    assert (KEY, world.clock.now()) == world.wake_ups.asked[-1]


def test_a_slow_turn_leaves_the_next_one_to_the_next_wake_up() -> None:
    world = World()
    world.accept(message(world, "one"), drain=False)
    world.accept(message(world, "two"), drain=False)
    slow(world, "dialogflow.hear", 20)

    world.mailbox.redeliver(KEY, budget_s=25)

    assert ["one"] == world.bot.heard
    assert (["two"], None, world.clock.now()) == (world.pending, world.conversation.lease, world.conversation.due_at)


def test_a_call_that_cant_be_repeated_begins_only_with_24_seconds_of_lease_else_it_is_extended() -> None:
    world = World().handed_over()
    world.desk.text_limit_bytes = 10
    left: list[float] = []

    def pause(name: str) -> None:
        lease = world.conversation.lease
        if name == "livechat.send_message" and lease:
            left.append((lease.until - world.clock.now()).total_seconds())
            world.clock.sleep(4)

    world.faults.pause = pause
    world.accept(message(world, "aaaa bbbb cccc dddd eeee ffff"), budget_s=60)
    world.pass_time(60)

    assert ["aaaa bbbb", "cccc dddd", "eeee ffff"] == world.desk.user_texts()
    assert 6 == len(left)
    assert all(before >= 24 for before in left[::2])


# --- delay -----------------------------------------------------------------------------------------------------------


def test_after_30_seconds_the_user_is_told_once_that_it_takes_longer() -> None:
    world = World().handed_over()
    world.faults.choose = lambda name: "away" if name.startswith("livechat") else "ok"

    world.say("one")
    world.pass_time(20)
    assert DELAYED not in world.channel.texts
    world.say("two")
    world.pass_time(600)

    assert 1 == world.channel.texts.count(DELAYED)


def test_a_delay_that_is_over_in_time_is_not_told() -> None:
    world = World().handed_over()
    world.faults.script["livechat.send_message"] = ["away"]

    world.say("one")
    world.pass_time(100)

    assert DELAYED not in world.channel.texts


def test_the_next_delay_is_told_again() -> None:
    world = World().handed_over()

    for text in ("one", "two"):
        world.faults.choose = lambda name: "away" if name.startswith("livechat") else "ok"
        world.say(text)
        world.pass_time(60)
        world.faults.choose = lambda _name: "ok"
        world.pass_time(300)

    assert (2, ["one", "two"]) == (world.channel.texts.count(DELAYED), world.desk.user_texts())


def test_while_the_channel_is_away_nobody_is_told_through_it() -> None:
    world = World()
    world.faults.choose = lambda name: "away" if name.startswith("channel") else "ok"
    world.say("hello")

    assert "delay_notice" not in world.conversation.timers


def busy_bot(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bot asks for a minute's pause, once."""
    real, answers = world.bot.hear, ["busy"]

    def hear(*args: object, **more: object) -> object:
        if answers:
            answers.clear()
            raise ProviderUnavailable("dialogflow", "RESOURCE_EXHAUSTED", retry_after_s=60)
        return real(*args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(world.bot, "hear", hear)


def test_the_bots_next_delay_is_told_again(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()

    for text in ("one", "two"):
        with monkeypatch.context() as patch:
            busy_bot(world, patch)
            world.say(text)
            world.pass_time(100)

    assert [DELAYED, "bot: one", DELAYED, "bot: two"] == world.channel.texts


def test_a_message_is_not_said_to_be_late_because_an_earlier_one_was() -> None:
    world = World().handed_over()
    world.faults.script["livechat.send_message"] = ["away"]
    world.say("one")
    world.clock.sleep(3)
    world.sweep()
    world.clock.sleep(28)

    world.say("two")

    assert ["one", "two"] == world.desk.user_texts()
    assert DELAYED not in world.channel.texts
