"""Threads as wholes: their end, late words from them, and reads of what nobody told us."""

from typing import Any

import pytest

from functions.handoff.entries import ReadThread
from functions.handoff.events import AgentJoined, AgentLeft, ChatClosed, ChatStarted, ChatTransferred
from tests.core_world import BOB, JANE, World

NOBODY = "Sorry, nobody could take your request. I'm with you again."
JOINED, LEFT = ("joined", "Jane Doe"), ("left", "Jane Doe")
READ = "livechat.read_thread"


def with_jane() -> World:
    world = World().handed_over()
    world.channel.shown.clear()
    return world


def where(world: World, thread_id: str) -> dict[str, Any]:
    return {"source_at": world.clock.now(), "chat_id": world.conversation.chat_id, "thread_id": thread_id}


# --- a thread's end --------------------------------------------------------------------------------------------------


def test_when_the_agent_closes_the_user_is_back_with_the_bot_which_is_told_why() -> None:
    world = with_jane()

    world.agent_closes()

    assert ("BOT", [LEFT, ("BOT", "bot: welcome back")]) == (world.conversation.state, world.shown)
    assert [("AGENT_CHAT_ENDED", "agent_closed")] == [(name, told["reason"]) for name, told in world.bot.events]
    assert 1 == world.faults.calls.count(READ)


@pytest.mark.parametrize(
    ("by", "reason"), [("agent", "agent_closed"), ("system", "agent_closed"), ("user", "user_left")]
)
def test_the_bot_is_told_who_ended_it(by: str, reason: str) -> None:
    world = with_jane()

    world.agent_closes(by)

    assert [reason] == [told["reason"] for _, told in world.bot.events]


def test_when_a_chat_nobody_took_is_closed_the_user_is_told_so() -> None:
    world = World()
    world.say("a person please")

    world.agent_closes("system")

    assert ("BOT", NOBODY) == (world.conversation.state, world.channel.texts[1])
    assert ["no_agent"] == [told["reason"] for _, told in world.bot.events]


def test_what_was_missed_is_shown_before_left() -> None:
    world = with_jane()
    world.agent_writes("one last thing", webhook=False)
    world.agent_writes("bye", webhook=False)

    world.agent_closes()

    assert [("HUMAN", "one last thing"), ("HUMAN", "bye"), LEFT] == world.shown[:3]


def test_what_an_agent_wrote_unheard_in_a_chat_closed_while_waiting_is_shown_framed() -> None:
    world = World()
    world.say("a person please")
    world.channel.shown.clear()
    world.agent_writes("I answered all the same", webhook=False)

    world.agent_closes()

    assert [JOINED, ("HUMAN", "I answered all the same"), LEFT] == world.shown[:3]
    assert NOBODY not in world.channel.texts


def test_when_the_closed_thread_cant_be_read_left_comes_first_and_the_read_behind_it() -> None:
    world = with_jane()
    world.agent_writes("missed", webhook=False)
    world.faults.script[READ] = ["away", "away"]

    world.agent_closes()
    assert LEFT == world.shown[0]
    world.pass_time(60)

    assert [JOINED, ("HUMAN", "missed"), LEFT] == [one for one in world.shown[1:] if one[0] != "BOT"]
    assert "BOT" == world.conversation.state


def test_while_the_desk_is_parked_the_end_of_a_thread_is_not_held_up_by_a_read() -> None:
    world = with_jane()
    world.faults.choose = lambda name: "away" if name.startswith("livechat") else "ok"
    world.say("hello?")
    calls = world.faults.calls.count(READ)

    world.agent_closes()

    assert ("BOT", LEFT) == (world.conversation.state, world.shown[0])
    assert calls == world.faults.calls.count(READ)


def test_in_bot_a_thread_that_closes_is_remembered_and_read_once_and_moves_nothing() -> None:
    world = World()
    world.say("a person please")
    world.pass_time(1000)  # the limit: with the bot, the chat left open
    world.channel.shown.clear()
    thread_id = world.conversation.thread_id
    read = world.faults.calls.count(READ)

    world.agent_closes("system")

    assert ("BOT", [], "") == (world.conversation.state, world.shown, world.conversation.thread_id)
    assert thread_id in world.conversation.closed_threads
    assert read + 1 == world.faults.calls.count(READ)


def test_the_end_of_a_thread_told_twice_is_one_end() -> None:
    world = with_jane()
    thread_id = world.conversation.thread_id
    world.agent_closes()
    shown = list(world.shown)

    world.desk_says(ChatClosed(id="again", **where(world, thread_id)))

    assert (shown, 1) == (world.shown, world.faults.calls.count(READ))


def test_the_end_that_names_no_thread_is_the_open_ones() -> None:
    world = with_jane()
    world.desk.close(world.conversation.chat_id, "agent")

    world.desk_says(ChatClosed(id="c", **where(world, "")))

    assert ("BOT", LEFT) == (world.conversation.state, world.shown[0])


# --- closed and unknown threads --------------------------------------------------------------------------------------


def closed_and_reopened() -> tuple[World, str]:
    """Jane's thread is closed, the user is with the bot; answers her thread's id."""
    world = with_jane()
    thread_id = world.conversation.thread_id
    world.agent_closes()
    world.channel.shown.clear()
    return world, thread_id


@pytest.mark.parametrize("kind", [AgentJoined, AgentLeft, ChatStarted, ChatTransferred])
def test_lifecycle_events_of_a_closed_thread_move_nothing(kind: type[Any]) -> None:
    world, thread_id = closed_and_reopened()
    more: dict[type[Any], dict[str, Any]] = {
        AgentJoined: {"agent": JANE},
        AgentLeft: {"agent_id": JANE.id},
        ChatStarted: {"agents": (JANE,)},
    }

    world.desk_says(kind(id="late", **where(world, thread_id), **more.get(kind, {"queued": True})))

    assert ("BOT", [], "") == (world.conversation.state, world.shown, world.conversation.thread_id)


def test_late_words_of_a_closed_thread_go_out_framed_and_move_nothing() -> None:
    world, thread_id = closed_and_reopened()

    world.agent_writes("one more thing", thread_id=thread_id)

    assert [JOINED, ("HUMAN", "one more thing"), LEFT] == world.shown
    assert ("BOT", ()) == (world.conversation.state, world.conversation.agents)
    world.say("ok")
    assert "ok" == world.bot.heard[-1]


def test_late_words_of_a_closed_thread_leave_the_new_one_waiting() -> None:
    world, thread_id = closed_and_reopened()
    world.say("a person please")
    world.channel.shown.clear()

    world.agent_writes("one more thing", thread_id=thread_id)

    assert [JOINED, ("HUMAN", "one more thing"), LEFT] == world.shown
    assert "WAITING" == world.conversation.state


@pytest.mark.parametrize("refused_for", ["good", "a day"])
def test_late_words_that_cant_be_shown_do_not_mute_the_bot(refused_for: str) -> None:
    world, thread_id = closed_and_reopened()
    fate = "refused" if refused_for == "good" else "away"
    world.faults.choose = lambda name: fate if name == "channel.send_message" else "ok"
    world.agent_writes("one more thing", thread_id=thread_id)
    world.pass_time(25 * 3600)
    world.faults.choose = lambda _name: "ok"

    world.say("hello bot")
    world.pass_time(60)

    assert "bot: hello bot" == world.channel.texts[-1]


def test_agents_learn_of_late_words_that_were_refused_from_the_next_briefing() -> None:
    world, thread_id = closed_and_reopened()
    world.faults.script["channel.send_message"] = ["refused"]
    world.agent_writes("one more thing", thread_id=thread_id)

    world.say("a person please")

    briefing = next(e.text for e in world.desk.newest(world.conversation.chat_id).events if not e.visible)
    assert "could not be delivered to the user" in briefing
    assert "one more thing" in briefing


def test_an_unknown_thread_is_newer_the_one_before_is_over() -> None:
    world = with_jane()
    old = world.conversation.thread_id
    world.desk.close(world.conversation.chat_id, "agent")

    new = world.agent_starts()

    assert new == world.conversation.thread_id
    assert (old in world.conversation.closed_threads, [LEFT]) == (True, world.shown)


def test_late_notices_of_a_thread_older_than_ours_do_not_end_ours() -> None:
    world, _ = closed_and_reopened()
    older = world.desk.open_thread(world.conversation.chat_id)
    started = ChatStarted(id="s-old", **where(world, older.id))
    world.desk.close(world.conversation.chat_id, "agent")
    closed = ChatClosed(id="c-old", **where(world, older.id))
    world.clock.sleep(1)
    world.say("a person please")
    ours = world.conversation.thread_id

    world.desk_says(started)
    world.desk_says(closed)

    assert ("WAITING", ours) == (world.conversation.state, world.conversation.thread_id)


def test_while_the_desk_cant_say_which_thread_is_the_newest_the_open_one_stays_open() -> None:
    world = with_jane()
    old = world.conversation.thread_id
    world.desk.close(world.conversation.chat_id, "agent")
    world.faults.script[READ] = ["away", "away"]

    new = world.agent_starts(JANE)
    world.agent_writes("Hello again")

    assert old == world.conversation.thread_id
    world.pass_time(30)
    world.agent_writes("Are you there?")
    assert ("AGENT", new) == (world.conversation.state, world.conversation.thread_id)
    assert ["Hello again", "Are you there?"] == world.channel.texts


def test_a_thread_the_desk_never_says_anything_about_is_read_as_one_that_is_over() -> None:
    world = with_jane()
    world.desk.close(world.conversation.chat_id, "agent")
    world.faults.script[READ] = ["away", "refused"]

    new = world.agent_starts(JANE)

    assert f"read:ended:{new}" in world.entries()


def test_a_thread_asked_about_and_forgotten_since_is_over_and_holds_nothing_up() -> None:
    world = with_jane()
    old = world.desk.threads[world.conversation.chat_id][0].id
    world.agent_closes()
    world.agent_starts(JANE)
    joined = AgentJoined(id="j-late", agent=BOB, **where(world, old))
    with world.changing() as changes:
        changes.store_only(ReadThread(id=f"which:{old}", reason="which", **where(world, old)))
        changes.conversation.closed_threads = ()

    world.desk_says(joined)

    assert ([], [JANE]) == (world.pending, [one.agent for one in world.conversation.agents])


def missed_and_followed(world: World, told_before: bool) -> None:
    """An agent's words are never told, their thread ends, and agents open another before that is told, or after."""
    old = world.conversation.thread_id
    world.agent_writes("missed", webhook=False)
    world.desk.close(world.conversation.chat_id, "agent")
    closed = ChatClosed(id="c-old", **where(world, old))
    world.clock.sleep(1)
    if told_before:
        world.desk_says(closed)
    world.agent_starts()
    world.desk_says(closed)


@pytest.mark.parametrize("told_before", [True, False])
def test_a_thread_that_another_one_followed_is_read_to_its_end_too(told_before: bool) -> None:
    world = with_jane()

    missed_and_followed(world, told_before)
    world.pass_time(30)

    assert "missed" in world.channel.texts


def test_a_thread_the_user_left_is_read_once_it_is_closed() -> None:
    world = with_jane()
    world.agent_writes("missed", webhook=False)

    world.ask_for_bot()
    world.pass_time(30)

    assert (1, "missed" in world.channel.texts) == (world.faults.calls.count(READ), True)


def test_a_thread_the_user_left_is_read_where_agents_opened_another_first() -> None:
    world = with_jane()
    world.agent_writes("missed", webhook=False)
    world.faults.script["livechat.close_chat"] = ["away"]
    world.ask_for_bot()
    world.desk.close(world.conversation.chat_id, "agent")

    world.agent_starts(BOB)
    world.pass_time(30)

    assert "missed" in world.channel.texts


def test_a_thread_started_with_agents_and_words_in_it_shows_them() -> None:
    world, _ = closed_and_reopened()
    chat_id = world.conversation.chat_id
    thread = world.desk.open_thread(chat_id)
    written = world.desk.as_event(chat_id, thread.id, world.desk.append(chat_id, JANE.id, "I have news"))

    world.desk_says(ChatStarted(id="s", agents=(JANE,), messages=(written,), **where(world, thread.id)))  # type: ignore[arg-type]

    assert ("AGENT", [JOINED, ("HUMAN", "I have news")]) == (world.conversation.state, world.shown)


def test_the_words_in_a_started_thread_and_their_own_webhooks_are_shown_once() -> None:
    world, _ = closed_and_reopened()
    chat_id = world.conversation.chat_id
    thread = world.desk.open_thread(chat_id)
    written = world.desk.as_event(chat_id, thread.id, world.desk.append(chat_id, JANE.id, "I have news"))

    world.desk_says(written)
    world.desk_says(ChatStarted(id="s", agents=(JANE,), messages=(written,), **where(world, thread.id)))  # type: ignore[arg-type]

    assert 1 == world.channel.texts.count("I have news")


# --- reads -----------------------------------------------------------------------------------------------------------


def test_a_quiet_chat_is_read_after_one_two_four_quiet_periods_and_anew_after_a_message() -> None:
    world = with_jane()

    reads = []
    for _ in range(8):
        world.pass_time(910)
        reads.append(world.faults.calls.count(READ))
    world.say("hello?")
    world.pass_time(910)

    assert [1, 2, 2, 3, 3, 3, 3, 4] == reads
    assert 5 == world.faults.calls.count(READ)


def test_a_chat_that_ends_unheard_is_found_closed_however_late() -> None:
    world = with_jane()
    world.pass_time(10_000)
    world.agent_closes(webhook=False)

    world.pass_time(10_000)

    assert ("BOT", ()) == (world.conversation.state, world.conversation.agents)


def test_a_quiet_chat_found_closed_is_worked_as_closed() -> None:
    world = with_jane()
    world.agent_writes("bye", webhook=False)
    world.agent_closes(webhook=False)

    world.pass_time(1000)

    assert "BOT" == world.conversation.state
    assert [("HUMAN", "bye"), LEFT] == world.shown[:2]
    assert 1 == world.faults.calls.count(READ)
