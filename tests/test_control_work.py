"""Control entries: they move state and make entries, and call nobody."""

from datetime import timedelta

import pytest

from functions.handoff.control_work import settle_timer
from functions.handoff.conversation import AGENT
from functions.handoff.entries import TimerFired
from functions.handoff.languages import BUILT_IN
from functions.handoff.parts import Line
from functions.handoff.policy import Policy
from tests.core_records import a_conversation, changes_of
from tests.core_world import BOB, World
from tests.fakes import START

EN = BUILT_IN["en"]
LEFT = ("left", "Jane Doe")
REMINDER = "You are still in the queue. Write /bot if you would rather talk to the bot."
SILENT = "It is taking longer than usual. Write /bot to go back to the bot."


def in_state(state: str) -> World:
    world = World()
    world.say("hello")
    if state != "BOT":
        world.ask_for_person()
    if state == "AGENT":
        world.agent_joins()
        world.agent_writes("How can I help?")
    world.channel.shown.clear()
    return world


# --- asking for a person ---------------------------------------------------------------------------------------------


def test_asked_for_in_bot_a_person_is_sought_and_the_user_told() -> None:
    world = in_state("BOT")

    world.ask_for_person()

    assert ("WAITING", [("BOT", EN["connecting"])]) == (world.conversation.state, world.shown)
    assert 1 == len(world.desk.threads)


@pytest.mark.parametrize("state", ["WAITING", "AGENT"])
def test_asked_for_again_a_person_changes_nothing(state: str) -> None:
    world = in_state(state)
    calls = len(world.faults.calls)

    world.ask_for_person()

    assert (state, [], calls) == (world.conversation.state, world.shown, len(world.faults.calls))


def test_the_bot_is_quiet_from_the_moment_a_person_is_asked_for() -> None:
    world = in_state("BOT")
    world.faults.choose = lambda name: "away" if name.startswith("livechat") else "ok"

    world.ask_for_person()
    world.say("and my bill?")

    assert ("WAITING", ["hello"]) == (world.conversation.state, world.bot.heard)


# --- asking for the bot ----------------------------------------------------------------------------------------------


def test_asked_for_in_bot_the_bot_is_there_already() -> None:
    world = in_state("BOT")

    world.ask_for_bot()

    assert ("BOT", [], []) == (world.conversation.state, world.shown, world.bot.events)


def test_back_from_waiting_the_chat_is_closed() -> None:
    world = in_state("WAITING")

    world.ask_for_bot()

    assert ("BOT", "user_left") == (world.conversation.state, world.bot.events[0][1]["reason"])
    assert [("BOT", EN["back_with_bot"]), ("BOT", "bot: welcome back")] == world.shown
    assert not world.desk.newest(world.conversation.chat_id).active


def test_back_from_an_agent_left_is_shown_first_and_the_chat_is_closed() -> None:
    world = in_state("AGENT")

    world.ask_for_bot()

    assert [LEFT, ("BOT", EN["back_with_bot"]), ("BOT", "bot: welcome back")] == world.shown
    assert not world.desk.newest(world.conversation.chat_id).active
    assert ("BOT", "", ()) == (world.conversation.state, world.conversation.thread_id, world.conversation.agents)


def test_left_is_shown_for_every_agent_present() -> None:
    world = in_state("AGENT")
    world.agent_joins(BOB)
    world.channel.shown.clear()

    world.ask_for_bot()

    assert {LEFT, ("left", "Bob Roe")} == set(world.shown[:2])


def test_the_thread_the_user_left_counts_as_closed_though_the_desk_does_not_know_yet() -> None:
    world = in_state("AGENT")
    world.faults.choose = lambda name: "away" if name.startswith("livechat") else "ok"
    world.ask_for_bot()

    world.agent_joins(BOB, thread_id=world.desk.newest(world.conversation.chat_id).id)

    assert ("BOT", ("joined", "Bob Roe") in world.shown) == (world.conversation.state, False)


# --- timers ----------------------------------------------------------------------------------------------------------


def test_who_waits_is_reminded_once_and_at_the_limit_back_with_the_bot() -> None:
    world = in_state("WAITING")

    world.pass_time(110)
    assert [] == world.shown
    world.pass_time(20)
    assert [("BOT", REMINDER)] == world.shown
    world.pass_time(1000)

    assert [("BOT", EN["nobody_came"]), ("BOT", "bot: welcome back")] == world.shown[1:]
    assert ("BOT", "timeout") == (world.conversation.state, world.bot.events[0][1]["reason"])


def test_at_the_limit_the_chat_is_left_open_and_a_later_message_brings_the_person_back() -> None:
    world = in_state("WAITING")
    world.pass_time(1000)
    assert world.desk.newest(world.conversation.chat_id).active
    world.channel.shown.clear()

    world.agent_writes("Sorry for the wait")
    world.say("finally")

    assert [("joined", "Jane Doe"), ("HUMAN", "Sorry for the wait")] == world.shown
    assert ("AGENT", ["finally"]) == (world.conversation.state, world.desk.user_texts())


@pytest.mark.parametrize("state", ["BOT", "AGENT"])
def test_nobody_is_reminded_who_does_not_wait(state: str) -> None:
    world = in_state(state)

    world.pass_time(800)

    assert [] == world.shown


def test_an_agent_silent_since_the_first_unanswered_message_is_told_once() -> None:
    world = in_state("AGENT")
    world.say("are you there?")
    world.pass_time(500)
    world.say("hello?")
    assert [] == world.shown

    world.pass_time(2000)

    assert [("BOT", SILENT)] == world.shown
    assert "AGENT" == world.conversation.state


def test_an_agent_who_answers_is_not_silent() -> None:
    world = in_state("AGENT")
    world.say("are you there?")
    world.pass_time(500)
    world.agent_writes("yes")

    world.pass_time(2000)

    assert [("HUMAN", "yes")] == world.shown


def test_an_agent_who_joined_and_never_said_a_word_is_silent_too() -> None:
    world = in_state("WAITING")
    world.say("my bill is wrong")
    world.agent_joins()

    world.pass_time(700)

    assert ("BOT", SILENT) == world.shown[-1]


def test_a_timer_of_another_version_does_nothing() -> None:
    world = in_state("AGENT")

    world.accept(TimerFired(id="t", source_at=world.clock.now(), name="timer_of_tomorrow"), channel=False)

    assert ([], []) == (world.shown, world.pending)


def test_a_timer_that_is_off_never_comes() -> None:
    world = World(Policy(wait_reminder_s=0, wait_limit_s=0))
    world.say("a person please")

    assert {} == world.conversation.timers
    assert world.conversation.due_at is None


def test_a_timer_due_while_others_work_is_worked_by_them() -> None:
    world = in_state("WAITING")
    world.clock.sleep(130)

    world.say("hello?")

    assert REMINDER in world.channel.texts


@pytest.mark.parametrize(("chat_check_s", "timers"), [(900, {"chat_check"}), (0, set())])
def test_a_quiet_chat_is_read_again_later_unless_that_is_switched_off(chat_check_s: float, timers: set[str]) -> None:
    said = Line("user", "hello?", START - timedelta(hours=1))
    c = a_conversation(state=AGENT, chat_id="C", thread_id="T", transcript=(said,))

    settle_timer(changes_of(c, policy=Policy(chat_check_s=chat_check_s)), timer("chat_check"), None)

    assert (["read_thread"], timers) == ([p.kind for p in c.pending], set(c.timers))


def timer(name: str) -> TimerFired:
    return TimerFired(id=f"timer:{name}:{START}", source_at=START, name=name)
