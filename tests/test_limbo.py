"""Nobody in limbo: every way to hang ends in its time, where it goes on, and the user was told the truth.

One row is one way. `told` is all that the user is told from its beginning on: more, less, twice or too late is a fault.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest

from tests import limbo_plays as plays
from tests.limbo import (
    HOUR_S,
    LONGEST_PAUSE_S,
    MINUTE_S,
    SLACK_S,
    Told,
    Watch,
    after,
    agent_answers,
    at_once,
    bot_answers,
    complaints,
)

WELCOME = "bot: welcome back"
LEFT, JOINED = "left: Jane Doe", "joined: Jane Doe"


class Row(NamedTuple):
    """One way to hang. `play` brings it about and lives through it; `state` is where it ends."""

    play: Callable[[Watch], None]
    told: tuple[Told, ...]
    state: str
    goes_on: Callable[[Watch], None]
    policy: Mapping[str, Any] = MappingProxyType({})


def recovered(what: str, at_s: float = 0) -> Told:
    """Told once the provider is found well again."""
    return Told(what, at_s, at_s + LONGEST_PAUSE_S + SLACK_S)


SILENT = after(600, "[agent_silent]")
SILENT_LATER = Told("[agent_silent]", 600, 600 + 3 * MINUTE_S + SLACK_S)
REMINDER, TRYING, DELAYED = after(120, "[still_waiting]"), after(120, "[still_trying]"), after(30, "[delayed]")
LIMIT = (after(900, "[nobody_came]"), after(900, WELCOME))
FILE_TRIES = 3 * MINUTE_S  # of a file: three sweeps, where there is no wake-up
SECOND_TRY = 2 * MINUTE_S  # of the bot: two sweeps, where there is no wake-up
DECLINE = {"offline_policy": "decline"}

ROWS = {
    "nobody comes": Row(plays.nobody_comes, (REMINDER, *LIMIT), "BOT", bot_answers),
    "an agent joins and is silent": Row(plays.joins_and_is_silent, (at_once(JOINED), SILENT), "AGENT", agent_answers),
    "an agent answers no more": Row(plays.answers_no_more, (SILENT,), "AGENT", agent_answers),
    "an agent leaves without closing": Row(plays.leaves_it_open, (at_once(LEFT), REMINDER, *LIMIT), "BOT", bot_answers),
    "a queue that nobody serves": Row(
        plays.transferred_to_a_queue, (at_once(LEFT), at_once("[queued]"), REMINDER, *LIMIT), "BOT", bot_answers
    ),
    "nobody online, queue": Row(plays.nobody_online, (at_once("[offline]"), REMINDER, *LIMIT), "BOT", bot_answers),
    "nobody online, decline": Row(
        plays.nobody_online, (at_once("[no_agent]"), at_once(WELCOME)), "BOT", bot_answers, DECLINE
    ),
    "the user has unsubscribed, agents there": Row(plays.unsubscribes_with_jane, (), "AGENT", agent_answers),
    "the user has unsubscribed, nobody comes": Row(plays.unsubscribes_while_waiting, (), "BOT", bot_answers),
    "a word without its switch": Row(plays.writes_a_keyword_alone, (after(10, "bot: STOP"),), "BOT", bot_answers),
    "the user's phone is out of reach": Row(plays.phone_out_of_reach, (), "AGENT", agent_answers),
    "LiveChat refuses the start": Row(plays.start_refused, (at_once("[error]"), at_once(WELCOME)), "BOT", bot_answers),
    "LiveChat down from the start": Row(
        plays.down_from_the_start, (DELAYED, TRYING, *LIMIT, after(900, "bot: my lamp is broken")), "BOT", bot_answers
    ),
    "LiveChat down in the middle": Row(plays.down_in_the_middle, (DELAYED,), "AGENT", agent_answers),
    "left by keyword while LiveChat is down": Row(
        plays.left_by_keyword_while_down,
        (at_once(LEFT), at_once("[back_with_bot]"), at_once(WELCOME), at_once("bot: are you open?")),
        "BOT",
        bot_answers,
    ),
    "refresh token refused at the start": Row(
        plays.refresh_refused_at_the_start, (at_once("[error]"), at_once(WELCOME)), "BOT", bot_answers
    ),
    "refresh token refused in the middle": Row(
        plays.refresh_refused_in_the_middle, (at_once("[undelivered]"),), "AGENT", agent_answers
    ),
    "bot down, agents there": Row(
        plays.bot_down_with_agents,
        (after(30, "[delayed]", maybe=True), Told("[connecting]", 1, SECOND_TRY), after(SECOND_TRY, JOINED)),
        "AGENT",
        agent_answers,
    ),
    "bot down, nobody there": Row(
        plays.bot_down_with_nobody,
        (
            after(30, "[delayed]", maybe=True),
            Told("[offline]", 1, SECOND_TRY),
            Told("[still_waiting]", 120, 120 + 2 * SECOND_TRY),
            Told("[nobody_came]", 900, 900 + 2 * SECOND_TRY),
            recovered(WELCOME, HOUR_S),
        ),
        "BOT",
        bot_answers,
    ),
    "bot and LiveChat down": Row(
        plays.both_down,
        (
            DELAYED,
            Told("[still_trying]", 120, 120 + 2 * SECOND_TRY),
            Told("[nobody_came]", 900, 900 + 2 * SECOND_TRY),
            recovered("bot: hello", HOUR_S),
            recovered(WELCOME, HOUR_S),
        ),
        "BOT",
        bot_answers,
    ),
    "close lost, user silent": Row(
        plays.close_lost_and_user_silent, (after(900, LEFT), after(900, WELCOME)), "BOT", bot_answers
    ),
    "close lost, user writes": Row(
        plays.close_lost_and_user_writes,
        (at_once(LEFT), at_once(WELCOME), at_once("bot: one more thing")),
        "BOT",
        bot_answers,
    ),
    "close lost after the check, user silent": Row(
        plays.close_lost_after_the_check, (after(790, LEFT), after(790, WELCOME)), "BOT", bot_answers
    ),
    "close lost after the check, user writes": Row(
        plays.close_lost_after_the_check_and_user_writes,
        (at_once(LEFT), at_once(WELCOME), at_once("bot: one more thing")),
        "BOT",
        bot_answers,
    ),
    "close lost while waiting": Row(
        plays.close_lost_while_waiting, (after(120, "[nobody_came]"), after(120, WELCOME)), "BOT", bot_answers
    ),
    "join lost": Row(plays.join_lost, (at_once(JOINED), at_once("HUMAN: good morning")), "AGENT", agent_answers),
    "join and words lost": Row(
        plays.words_lost_at(30), (after(120, JOINED), after(120, "HUMAN: good morning")), "AGENT", agent_answers
    ),
    "join and words lost before the limit": Row(
        plays.words_lost_at(400),
        (REMINDER, after(900, JOINED), after(900, "HUMAN: good morning")),
        "AGENT",
        agent_answers,
    ),
    "a new chat lost": Row(
        plays.new_chat_lost, (at_once(JOINED), at_once("HUMAN: one more thing")), "AGENT", agent_answers
    ),
    "channel down while an agent writes": Row(
        plays.channel_down_while_agent_writes,
        (recovered("HUMAN: I am sending you a new one"),),
        "AGENT",
        agent_answers,
    ),
    "the server of the user's picture is down": Row(
        plays.file_server_down,
        (after(30, "[delayed]", maybe=True), Told("[sent_file_unreachable]", 0, FILE_TRIES), SILENT_LATER),
        "AGENT",
        agent_answers,
    ),
    "channel down, the agent is late": Row(
        plays.channel_down_and_agent_late,
        (recovered(JOINED), recovered("HUMAN: sorry for the wait")),
        "AGENT",
        agent_answers,
    ),
}


@pytest.mark.parametrize("sweep_every_s", [5, MINUTE_S], ids=["woken up", "sweep alone"])
@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_it_ends_in_time_the_user_was_told_the_truth_once_and_it_goes_on(row: Row, sweep_every_s: float) -> None:
    watch = Watch(sweep_every_s, **row.policy)

    row.play(watch)

    assert [] == complaints(watch.seen, row.told)
    assert (row.state, []) == (watch.world.conversation.state, watch.world.pending)
    row.goes_on(watch)


# --- a worker dies ---------------------------------------------------------------------------------------------------

LEASE_S, DESK_WORKS_UP_TO_S = 30, 16
TAKEN_OVER = Told("[connecting]", 0, LEASE_S + DESK_WORKS_UP_TO_S + 2 * SLACK_S)


@pytest.mark.parametrize("after_its_effect", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("call", ["new_customer", "group_status", "start_chat"])
def test_a_worker_that_dies_while_the_chat_is_opened_leaves_nobody_waiting(call: str, after_its_effect: bool) -> None:
    watch = Watch()

    with watch.world.dying_at(f"livechat.{call}", after=after_its_effect):
        watch.world.ask_for_person()
    watch.live(300)

    assert [] == complaints(watch.seen, (TAKEN_OVER, REMINDER))
    assert [1] == [len(threads) for threads in watch.world.desk.threads.values()]
    agent_answers(watch)


@pytest.mark.parametrize("after_its_effect", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("call", ["close_chat", "group_status", "resume_chat"])
def test_a_worker_that_dies_while_the_chat_is_opened_again_leaves_nobody_waiting(
    call: str, after_its_effect: bool
) -> None:
    watch = Watch(return_event="")
    plays.with_jane(watch)
    watch.down("livechat")
    watch.world.ask_for_bot()
    watch.down()
    watch.begin()

    with watch.world.dying_at(f"livechat.{call}", after=after_its_effect):
        watch.world.clock.sleep(3)
        watch.world.ask_for_person()
    watch.live(300)

    assert [] == complaints(watch.seen, (TAKEN_OVER, REMINDER))
    assert [False, True] == [thread.active for thread in watch.world.desk.threads["chat-of-customer-1"]]
    agent_answers(watch)


# --- bot and people pass the user on ---------------------------------------------------------------------------------


def test_who_asks_again_and_again_while_nobody_is_there_is_told_to_try_later_and_keeps_the_bot() -> None:
    watch = Watch(offline_policy="decline", return_event="")
    watch.world.desk.status = "offline"

    for _ in range(7):
        watch.do(watch.world.ask_for_person)

    assert ["[no_agent]"] * 5 + ["[try_later]"] * 2 == [one.what for one in watch.seen]
    bot_answers(watch)


def test_a_bot_that_understands_nothing_stops_asking_for_people_who_are_not_there() -> None:
    watch = Watch(offline_policy="decline", return_event="")
    watch.world.desk.status = "offline"

    watch.say(*["what?"] * 12)

    assert 3 == [one.what for one in watch.seen].count("[no_agent]")
    assert 12 == [one.what for one in watch.seen].count("bot: what?")
    bot_answers(watch)
