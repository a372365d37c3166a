"""Agents' messages whose webhook never came: found by one read, and shown where they belong."""

from datetime import timedelta
from typing import Any

import pytest

from functions.handoff.cursor import Cursor
from functions.handoff.events import WithheldEvent
from functions.handoff.holding import MAX_TAKEOVERS
from functions.handoff.threads import adopt_thread
from tests.core_world import JANE, World

READ = "livechat.read_thread"


def with_jane() -> World:
    world = World().handed_over()
    world.channel.shown.clear()
    return world


def reads(world: World) -> int:
    return world.faults.calls.count(READ)


def test_a_missed_message_is_read_and_shown_before_the_later_one() -> None:
    world = with_jane()
    world.agent_writes("missed", webhook=False)

    world.agent_writes("later")

    assert (["missed", "later"], 1) == (world.channel.texts, reads(world))


def test_without_a_gap_nothing_is_read() -> None:
    world = with_jane()

    for number in range(3):
        world.agent_writes(f"message {number}")
        world.say(f"answer {number}")

    assert 0 == reads(world)


def test_our_own_events_and_withheld_ones_leave_no_gap() -> None:
    world = with_jane()
    note = world.desk.append(world.conversation.chat_id, JANE.id, "private", visible=False)
    where: dict[str, Any] = {"chat_id": world.conversation.chat_id, "thread_id": world.conversation.thread_id}
    world.desk_says(WithheldEvent(id=note.id, source_at=note.at, **where))
    world.say("mine")

    world.agent_writes("hers")

    assert 0 == reads(world)
    assert Cursor(where["thread_id"], 5) == world.conversation.cursor


def test_a_gap_of_something_private_is_read_once_and_shows_nothing() -> None:
    world = with_jane()
    world.desk.append(world.conversation.chat_id, JANE.id, "private", visible=False)

    world.agent_writes("one")
    world.agent_writes("two")

    assert (["one", "two"], 1) == (world.channel.texts, reads(world))


def test_the_missed_messages_own_webhook_coming_late_is_a_duplicate() -> None:
    world = with_jane()
    missed = world.agent_writes("missed", webhook=False)
    world.agent_writes("later")

    answer = world.accept(missed, channel=False)

    assert ("duplicate", ["missed", "later"]) == (answer.outcome, world.channel.texts)


def test_a_message_that_waits_already_is_not_found_a_second_time() -> None:
    world = with_jane()
    first = world.agent_writes("first", webhook=False)
    world.agent_writes("missed", webhook=False)
    third = world.agent_writes("third", webhook=False)

    world.accept(first, channel=False, drain=False)
    world.accept(third, channel=False)

    assert ["first", "missed", "third"] == world.channel.texts


@pytest.mark.parametrize("fate", ["away", "refused", "lost"])
def test_a_read_that_fails_holds_the_later_message_up_only_once(fate: str) -> None:
    world = with_jane()
    world.faults.script[READ] = [fate]
    world.agent_writes("missed", webhook=False)

    world.agent_writes("later")
    assert "later" == world.channel.texts[0]
    world.pass_time(60)

    assert ["later", "missed"] == world.channel.texts


def test_a_read_that_three_workers_died_on_is_done_later() -> None:
    world = World().handed_over()
    world.agent_writes("missed", webhook=False)
    with world.dying_at("livechat.read_thread"):
        world.agent_writes("heard")
    for _ in range(MAX_TAKEOVERS):
        world.clock.sleep(31)
        world.take("one who dies")

    world.pass_time(60)

    assert ["heard", "missed"] == world.channel.texts[-2:]


def test_a_gap_in_a_thread_that_another_one_followed_is_read_before_what_waits_of_it() -> None:
    world = World().handed_over()
    chat_id = world.conversation.chat_id
    world.agent_writes("missed", webhook=False)
    world.accept(world.agent_writes("heard", webhook=False), drain=False, channel=False)
    world.desk.close(chat_id, "agent")
    with world.changing() as changes:
        adopt_thread(changes, world.desk.open_thread(chat_id).id, at=world.clock.now())

    world.pass_time(30)

    assert ["missed", "heard"] == world.channel.texts[-2:]


@pytest.mark.parametrize("ids", ["numbered", "unknown form"])
def test_hundreds_of_missed_messages_are_found_some_at_a_time_and_in_order(ids: str) -> None:
    world = World().handed_over()
    world.desk.uuid_events = lambda: ids != "numbered"
    for number in range(230):
        world.agent_writes(f"missed {number}", webhook=False)

    world.agent_closes()
    world.pass_time(600)

    shown = [text for text in world.channel.texts if text.startswith("missed")]
    assert [f"missed {number}" for number in range(230)] == shown


def test_a_gap_is_asked_about_once_whatever_the_read_showed() -> None:
    world = with_jane()
    world.desk.append(world.conversation.chat_id, JANE.id, "private", visible=False)
    world.faults.script[READ] = ["refused", "refused"]

    world.agent_writes("one")
    world.agent_writes("two")
    world.pass_time(60)

    assert (["one", "two"], 2) == (world.channel.texts, reads(world))


def test_ids_of_an_unknown_form_are_delivered_without_a_read() -> None:
    world = with_jane()
    world.desk.uuid_events = lambda: True

    world.agent_writes("one")
    world.agent_writes("two")

    assert (["one", "two"], 0) == (world.channel.texts, reads(world))


def test_a_missed_message_with_an_id_of_unknown_form_is_found_by_the_read_of_a_quiet_chat() -> None:
    world = with_jane()
    world.desk.uuid_events = lambda: True
    world.agent_writes("missed", webhook=False)

    world.pass_time(1000)

    assert (["missed"], 1) == (world.channel.texts, reads(world))


def test_messages_that_overtook_each_other_leave_one_read_and_no_double() -> None:
    world = with_jane()
    first = world.agent_writes("first", webhook=False)
    second = world.agent_writes("second", webhook=False)

    world.desk_says(second)
    world.desk_says(first)

    assert (["first", "second"], 1) == (world.channel.texts, reads(world))


def test_a_read_older_than_entries_are_kept_for_shows_nothing_twice() -> None:
    world = with_jane()
    world.desk.uuid_events = lambda: True
    world.agent_writes("old")
    for _ in range(9):
        world.clock.at += timedelta(days=1)
        world.say("still here")

    world.pass_time(1000)

    assert 1 == world.channel.texts.count("old")
