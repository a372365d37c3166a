"""Accepting: once and for good, whoever else is at work; and wake-ups for what can't be done now."""

from datetime import timedelta

from functions.handoff.changes import conversation_path, entry_path
from functions.handoff.events import UserMessage
from functions.handoff.mailbox import Inbound
from functions.handoff.parts import UserProfile
from tests.core_world import KEY, World
from tests.fakes import START


def message(event_id: str, text: str = "hello") -> UserMessage:
    return UserMessage(id=event_id, source_at=START, text=text)


# --- once ------------------------------------------------------------------------------------------------------------


def test_an_accepted_message_is_stored_and_worked_in_one_call() -> None:
    world = World()

    answer = world.say("hello", "u1")

    assert ("handled", "BOT") == (answer.outcome, answer.state_before)
    assert ["bot: hello"] == world.channel.texts
    assert entry_path(KEY, "u1") in world.store.snapshot()
    assert ([], None) == (world.pending, world.conversation.lease)


def test_a_message_delivered_again_after_it_was_done_changes_nothing() -> None:
    world = World()
    world.say("hello", "u1")
    before = world.store.snapshot()

    answer = world.say("hello", "u1")

    assert "duplicate" == answer.outcome
    assert (["hello"], ["bot: hello"]) == (world.bot.heard, world.channel.texts)
    assert before == world.store.snapshot()


def test_a_message_delivered_again_while_it_waits_is_worked_not_appended() -> None:
    world = World()
    world.accept(message("u1"), drain=False)

    answer = world.accept(message("u1"))

    assert "handled" == answer.outcome
    assert ["hello"] == world.bot.heard


def test_a_message_delivered_again_while_its_provider_is_parked_is_left_alone() -> None:
    world = World()
    world.faults.script["dialogflow.hear"] = ["away"]
    world.accept(message("u1"))

    with world.counted() as trips:
        answer = world.accept(message("u1"))

    assert "duplicate" == answer.outcome
    assert (1, 0, []) == (trips.gets, trips.commits, trips.calls)


def test_an_event_known_by_another_id_is_the_same_event() -> None:
    world = World()
    world.say("hello", "message-1")
    inbound = Inbound(key=KEY, event=message("request-1"), channel="phone", also_known_as="message-1")

    answer = world.mailbox.accept(inbound, budget_s=25)

    assert "duplicate" == answer.outcome
    assert ["hello"] == world.bot.heard


def test_mail_that_comes_while_another_works_is_queued_and_found_by_them() -> None:
    world = World()
    outcomes: list[str] = []

    def meanwhile(name: str) -> None:
        if name == "dialogflow.hear" and not outcomes:
            outcomes.append("")
            outcomes[0] = world.accept(message("u2", "second")).outcome

    world.faults.pause = meanwhile
    world.say("first", "u1")

    assert ["queued"] == outcomes
    assert ["bot: first", "bot: second"] == world.channel.texts


def test_a_message_delivered_again_while_another_works_on_it_is_left_to_them() -> None:
    world = World()
    outcomes: list[str] = []

    def meanwhile(name: str) -> None:
        if name == "dialogflow.hear" and not outcomes:
            outcomes.append("")
            outcomes[0] = world.accept(message("u1")).outcome

    world.faults.pause = meanwhile
    world.accept(message("u1"))

    assert ["duplicate"] == outcomes
    assert ["hello"] == world.bot.heard


def test_new_mail_takes_over_an_expired_lease_and_does_its_entry_first() -> None:
    world = World().handed_over()
    with world.dying_at("livechat.send_message"):
        world.say("first")
    world.clock.sleep(31)

    world.say("second")

    assert ["first", "second"] == world.desk.user_texts()


# --- whose -----------------------------------------------------------------------------------------------------------


def test_an_event_from_another_side_needs_the_conversation_to_exist() -> None:
    world = World()

    answer = world.accept(message("u1"), channel=False)

    assert ("ignored", None) == (answer.outcome, answer.conversation)
    assert {} == world.store.snapshot()


def test_what_the_channel_says_of_the_user_is_added_to_what_is_known() -> None:
    world = World()
    profiles = [UserProfile("Michael", "en", {"place": "x", "entry": "maps"}), UserProfile("", "de", {"place": "y"})]

    for number, profile in enumerate(profiles):
        inbound = Inbound(key=KEY, event=message(f"u{number}"), channel="phone", address={"n": number}, user=profile)
        world.mailbox.accept(inbound, budget_s=25)

    assert UserProfile("Michael", "de", {"place": "y", "entry": "maps"}) == world.conversation.user
    assert {"n": 1} == world.conversation.address


def test_a_side_that_knows_no_address_leaves_the_known_one() -> None:
    world = World().handed_over()

    assert {"to": "c-1"} == world.conversation.address


# --- expiry ----------------------------------------------------------------------------------------------------------


def test_an_expired_conversation_that_is_still_there_is_replaced_by_a_new_one() -> None:
    world = World().handed_over()
    world.agent_closes()
    world.clock.at += timedelta(days=31)

    world.say("hello again")

    assert ("BOT", "", ()) == (world.conversation.state, world.conversation.chat_id, world.conversation.handoffs)
    assert "bot: hello again" == world.channel.texts[-1]


def test_an_entry_expired_with_its_sender_is_an_entry_again() -> None:
    world = World()
    world.say("hello", "u1")
    world.clock.at += timedelta(days=8)

    world.say("hello", "u1")

    assert ["hello", "hello"] == world.bot.heard


def test_a_conversation_is_kept_from_its_last_accept_on() -> None:
    world = World()
    world.say("hello")
    world.clock.at += timedelta(days=20)
    world.say("again")

    record = world.store.snapshot()[conversation_path(KEY)].record

    assert record.expire_at is not None
    assert world.clock.now() + timedelta(days=30) == record.expire_at
