"""A dead letter sent again is sent once: twice, at once, half-way, and when it fails again."""

from datetime import timedelta
from typing import Any

import pytest

from functions.handoff.changes import entry_path
from functions.handoff.conversation import MAX_ACCEPTED_PENDING, SENDERS_RETRY_FOR
from functions.handoff.dead_letters import dead_letter_id, dead_letter_path
from functions.handoff.entries import UserNotice
from functions.handoff.errors import MailboxFull, StoreUnavailable
from functions.handoff.interfaces import Create, Delete, Record
from tests.core_world import KEY, World
from tests.lost_messages import (
    LOST,
    UNDELIVERED,
    letter,
    lost_agent_message,
    lost_user_message,
    mend,
    refusing,
    resend,
)


def test_what_a_full_mailbox_did_not_take_is_taken_once_there_is_room() -> None:
    world = World()
    world.faults.choose = lambda name: "away" if name.startswith("dialogflow") else "ok"
    for number in range(MAX_ACCEPTED_PENDING):
        world.say(str(number))
    world.say(LOST, "u-lost")
    with pytest.raises(MailboxFull):
        resend(world, "u-lost")
    mend(world).pass_time(600)

    outcome = resend(world, "u-lost").outcome

    assert ("handled", LOST) == (outcome, world.bot.heard[-1])


def test_its_24_hours_and_its_life_in_the_store_count_from_now() -> None:
    world = lost_user_message()
    world.clock.sleep(7.9 * 24 * 3600)
    world.faults.choose = lambda name: "away" if name.startswith("livechat") else "ok"

    resend(world, "u-lost")

    (pending,) = [p for p in world.conversation.pending if p.id == "u-lost"]
    entry = world.peek(entry_path(KEY, "u-lost"))
    assert entry is not None
    assert world.clock.now() - pending.accepted_at < timedelta(seconds=5)
    assert entry.record.expire_at == pending.accepted_at + SENDERS_RETRY_FOR


def test_an_entry_whose_document_is_gone_is_written_from_the_letter() -> None:
    world = lost_user_message()
    world.store.commit(Delete(entry_path(KEY, "u-lost")))

    resend(world, "u-lost")

    assert [LOST] == world.desk.user_texts()


def test_given_up_again_it_is_the_same_letter_anew_and_its_writer_is_not_told_twice() -> None:
    world = lost_user_message()
    refusing("livechat.send_message", world)

    answer = resend(world, "u-lost")

    assert ("dead_letter", "validation") == (answer.outcome, answer.reason)
    assert [("u-lost", 1, None)] == [
        (one["entry_id"], one["resends"], one.get("resent_at")) for one in world.dead_letters()
    ]
    assert 1 == world.channel.texts.count(UNDELIVERED)


def test_it_can_be_sent_again_as_often_as_it_fails() -> None:
    world = lost_user_message()
    for _ in range(3):
        refusing("livechat.send_message", world).clock.sleep(20)
        resend(world, "u-lost")
    mend(world).clock.sleep(20)

    outcome = resend(world, "u-lost").outcome

    assert ("handled", 4, [LOST]) == (outcome, letter(world, "u-lost").body["resends"], world.desk.user_texts())


def test_two_at_once_send_it_once() -> None:
    world = lost_user_message()
    others: list[str] = []

    def somebody_else(writes: Any) -> None:
        if not others and any(write.path.startswith("dead_letters/") for write in writes):
            others.append("")
            others.append(resend(world, "u-lost").outcome)

    world.store.before_commit = somebody_else
    outcome = resend(world, "u-lost").outcome

    assert (["", "handled"], "queued") == (others, outcome)
    assert [LOST] == world.desk.user_texts()


@pytest.mark.parametrize("applied", [True, False])
def test_a_lost_acknowledgement_sends_it_once(applied: bool) -> None:
    world = lost_user_message()
    lost = [1]

    def fail(_writes: object) -> None:
        if lost:
            lost.clear()
            raise StoreUnavailable("memory")

    setattr(world.store, "after_commit" if applied else "before_commit", fail)
    outcome = resend(world, "u-lost").outcome

    assert ("handled", [LOST]) == (outcome, world.desk.user_texts())


@pytest.mark.parametrize("after", [False, True])
def test_whoever_dies_sending_it_again_leaves_it_to_the_sweep(after: bool) -> None:
    world = lost_user_message()

    with world.dying_at("livechat.send_message", after=after):
        resend(world, "u-lost")
    world.pass_time(120)

    assert "duplicate" == resend(world, "u-lost").outcome
    assert ([LOST], []) == (world.desk.user_texts(), world.pending)


def test_while_somebody_else_is_at_work_it_waits_its_turn() -> None:
    world = lost_user_message()
    outcomes: list[str] = []

    def meanwhile(name: str) -> None:
        if name == "livechat.send_message" and not outcomes:
            outcomes.append(resend(world, "u-lost").outcome)

    world.faults.pause = meanwhile
    world.say("something else")

    assert ["queued"] == outcomes
    assert {LOST, "something else"} == set(world.desk.user_texts())
    assert 2 == len(world.desk.user_texts())


def test_it_costs_three_reads_one_commit_and_the_work() -> None:
    world, event_id = lost_agent_message()

    with world.counted() as trips:
        resend(world, event_id)

    assert (3, 2, ["channel.send_message"]) == (trips.gets, trips.commits, trips.calls)


def test_a_poisoned_notice_has_had_its_moment() -> None:
    world = World()
    world.say("hello")
    notice = UserNotice(id="n1", source_at=world.clock.now(), text_id="queued")
    body = letter_body(world, notice)
    world.store.commit(Create(dead_letter_path(dead_letter_id(KEY, "n1")), Record(body=body)))

    assert "no_use" == resend(world, "n1").reason


def letter_body(world: World, notice: UserNotice) -> dict[str, Any]:
    at = world.clock.now().isoformat()
    entry = {"kind": "user_notice", "id": notice.id, "source_at": at, "text_id": notice.text_id}
    return {"conversation": KEY, "entry_id": "n1", "entry": entry, "reason": "poison", "accepted_at": at, "at": at}
