"""Ways into which a conversation could run and stay: each has a way out. One play each, across modules."""

from datetime import timedelta

import msgspec
import pytest

from functions.handoff.changes import entry_path
from functions.handoff.errors import ConfigError
from functions.handoff.events import ChatStarted
from functions.handoff.interfaces import Replace
from tests.core_world import BOB, JANE, KEY, World

CLOSE, START_CHAT, RESUME = "livechat.close_chat", "livechat.start_chat", "livechat.resume_chat"


def open_threads(world: World) -> list[str]:
    return [thread.id for threads in world.desk.threads.values() for thread in threads if thread.active]


def all_away(name: str) -> str:
    return "away" if name.startswith("livechat") else "ok"


def test_a_close_that_is_refused_for_good_does_not_keep_the_user_from_people() -> None:
    world = World().handed_over()
    world.faults.choose = lambda name: "refused" if name == CLOSE else "ok"
    world.ask_for_bot()
    world.agent_closes()

    world.ask_for_person()
    world.pass_time(30)

    assert ("WAITING", [world.conversation.thread_id]) == (world.conversation.state, open_threads(world))


def test_a_missing_secret_does_not_send_what_parking_cant_hold_back_round_and_round(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World().handed_over()
    world.agent_leaves()
    monkeypatch.setattr(world.desk, "read_thread", _no_secret)

    with pytest.raises(ConfigError):
        world.agent_joins()
    world.clock.sleep(1)
    world.agent_writes("I am back")

    assert ("AGENT", [], "I am back") == (world.conversation.state, world.pending, world.channel.texts[-1])


def _no_secret(*_: object, **__: object) -> None:
    raise ConfigError("livechat-oauth is disabled")


def test_a_left_that_another_version_wrote_does_not_mute_the_bot() -> None:
    world = World().handed_over()
    world.faults.choose = lambda name: "away" if name.startswith("channel") else "ok"
    world.agent_closes()
    (left,) = [entry for entry in world.pending if entry.startswith("left:")]
    _spoil(world, left)
    world.faults.choose = lambda _name: "ok"
    world.pass_time(60)

    world.say("hello bot?")
    world.pass_time(60)

    assert ("bot: hello bot?", []) == (world.channel.texts[-1], world.pending)


def _spoil(world: World, entry_id: str) -> None:
    document = world.peek(entry_path(KEY, entry_id))
    assert document
    record = msgspec.structs.replace(document.record, body={**document.record.body, "agent": {"id": 7}})
    world.store.commit(Replace(document.path, record, document.version))


def test_a_delay_that_was_told_once_is_no_alarm_that_rings_for_ever() -> None:
    world = World()
    world.faults.script[START_CHAT] = ["lost"]
    away = {CLOSE, START_CHAT, "livechat.find_chat", "livechat.read_thread"}
    world.faults.choose = lambda name: "away" if name in away else "ok"
    world.ask_for_person()
    world.pass_time(70)
    world.ask_for_bot()
    world.pass_time(10)
    world.ask_for_person()

    with world.counted() as trips:
        for _ in range(60):
            world.clock.at += timedelta(seconds=1)
            world.mailbox.redeliver(KEY, budget_s=25)

    assert trips.commits < 20


def test_a_user_passed_on_to_somebody_who_says_nothing_is_told_so() -> None:
    world = World().handed_over()
    world.say("my bill is wrong")
    world.agent_writes("I pass you on to Bob")
    world.agent_joins(BOB)
    world.agent_leaves(JANE)

    world.pass_time(700)

    assert "It is taking longer than usual. Write /bot to go back to the bot." == world.channel.texts[-1]


def test_a_close_that_waited_does_not_end_the_thread_an_agent_began_meanwhile() -> None:
    world = World().handed_over()
    world.faults.choose = all_away
    world.ask_for_bot()
    world.agent_closes()
    new = world.agent_starts(BOB)
    world.agent_writes("We found your parcel", BOB)
    world.faults.choose = lambda _name: "ok"

    world.pass_time(120)

    assert [new] == open_threads(world)


def test_an_agent_who_went_with_the_old_thread_leaves_nobody_waiting_for_ever() -> None:
    world = World().handed_over()
    world.agent_closes(webhook=False)
    world.agent_starts()

    world.pass_time(1000)

    assert ("BOT", "Sorry, nobody could take your request. I'm with you again.") == (
        world.conversation.state,
        next(text for text in reversed(world.channel.texts) if text.startswith("Sorry")),
    )


def test_a_thread_opened_in_doubt_and_written_off_is_closed_when_nobody_wants_it() -> None:
    world = World().handed_over()
    world.agent_closes()
    world.faults.script[RESUME] = ["done"]
    away = {"livechat.read_thread", "livechat.find_chat"}
    world.faults.choose = lambda name: "away" if name in away else "ok"
    world.ask_for_person()
    chat_id = world.conversation.chat_id
    started = ChatStarted(
        id="s1", source_at=world.clock.now(), chat_id=chat_id, thread_id=world.desk.newest(chat_id).id
    )
    world.desk_says(started)
    world.ask_for_bot()
    world.faults.choose = lambda _name: "ok"

    world.pass_time(300)

    assert ("BOT", [], []) == (world.conversation.state, open_threads(world), world.pending)


def test_a_slow_desk_does_not_keep_an_opening_in_doubt_from_beginning_afresh() -> None:
    world = World()
    world.faults.script[START_CHAT] = ["lost"]
    world.ask_for_person()
    world.faults.pause = lambda name: world.clock.sleep(1.6 if name.startswith("livechat.") else 0)  # before and after

    for _ in range(60):
        world.clock.sleep(1)
        world.mailbox.redeliver(KEY, budget_s=25)

    assert 1 == len(open_threads(world))


def test_the_second_hand_off_has_a_briefing_too_where_the_first_ones_thread_was_left_open() -> None:
    world = World()
    world.say("a person please")
    world.pass_time(1000)
    world.say("my parcel is lost")
    world.faults.script[RESUME] = ["lost"]

    world.ask_for_person()
    world.pass_time(200)

    (threads,) = world.desk.threads.values()
    notes = [event.text for thread in threads for event in thread.events if not event.visible]
    assert 1 == sum("my parcel is lost" in note for note in notes)


def test_a_thread_believed_open_behind_a_newest_one_that_is_over_does_not_send_the_opening_round_and_round() -> None:
    world = World()
    world.say("a person please")
    world.pass_time(1000)  # left open at the limit
    chat_id = world.conversation.chat_id
    world.desk.close(chat_id, "agent")
    newest = world.desk.open_thread(chat_id)
    world.desk.close(chat_id, "agent")
    with world.changing() as changes:
        changes.conversation.remember_closed(newest.id)

    world.ask_for_person()

    assert ("WAITING", [world.conversation.thread_id]) == (world.conversation.state, open_threads(world))
