"""Working what is in hand: parking what fails for now, giving up what fails for good, and stopping in time."""

from datetime import timedelta

import pytest

from functions.handoff.errors import ConfigError, ProviderUnavailable, StoreUnavailable
from functions.handoff.events import HandoffAsked, HandoffSignal, UserMessage
from functions.handoff.holding import MAX_TAKEOVERS
from functions.handoff.worker import pause_after
from tests.core_world import World
from tests.fakes import FakeCustomerDesk


def pause_s(world: World, provider: str) -> float:
    return (world.conversation.parked[provider].retry_at - world.clock.now()).total_seconds()


def away(*prefixes: str) -> World:
    """A conversation with Jane while these calls fail."""
    world = World().handed_over()
    world.faults.choose = lambda name: "away" if name.startswith(prefixes) else "ok"
    return world


# --- parking ---------------------------------------------------------------------------------------------------------


def test_pauses_double_from_two_seconds_to_five_minutes() -> None:
    assert [2, 4, 8, 16, 32, 64, 128, 256, 300, 300] == [pause_after(tries) for tries in range(10)]
    assert 300 == pause_after(10_000)


def test_a_provider_that_fails_is_left_alone_longer_and_longer() -> None:
    world = away("livechat.send_message")

    world.say("one")
    pauses = [pause_s(world, "livechat")]
    for _ in range(3):
        world.clock.sleep(pauses[-1])
        world.sweep()
        pauses.append(pause_s(world, "livechat"))

    assert all(0.75 <= pause / 2 ** (n + 1) <= 1.25 for n, pause in enumerate(pauses))
    assert 4 == world.conversation.parked["livechat"].tries


def test_success_ends_the_pauses() -> None:
    world = away("livechat.send_message")
    world.say("one")
    world.faults.choose = lambda _name: "ok"
    world.pass_time(10)

    assert ({}, ["one"]) == (world.conversation.parked, world.desk.user_texts())


def test_a_look_in_the_thread_does_not_end_the_pauses_of_sends_that_time_out() -> None:
    world = World().handed_over()
    world.faults.choose = lambda name: "lost" if name == "livechat.send_message" else "ok"

    world.say("one")
    world.pass_time(3600)

    assert world.faults.calls.count("livechat.send_message") <= 30


def test_the_provider_says_how_long_and_is_obeyed_though_not_by_all_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()

    def throttled(*_: object, **__: object) -> None:
        raise ProviderUnavailable("dialogflow", "RESOURCE_EXHAUSTED", status=429, retry_after_s=77)

    monkeypatch.setattr(world.bot, "hear", throttled)
    world.say("hello")

    assert 77 <= pause_s(world, "dialogflow") <= 1.5 * 77


def test_tries_that_made_no_call_are_soon_made_again_and_count_no_further(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World().handed_over()

    def open_circuit(*_: object, **__: object) -> None:
        raise ProviderUnavailable("livechat", "circuit_open")

    monkeypatch.setattr(FakeCustomerDesk, "send_message", open_circuit)
    world.say("hello")
    world.pass_time(1200)

    assert 0 < pause_s(world, "livechat") <= 40
    assert 4 == world.conversation.parked["livechat"].tries


def test_one_providers_failure_holds_up_nothing_that_needs_another() -> None:
    world = away("livechat.send_message")
    world.say("to Jane")

    world.agent_writes("from Jane")

    assert "from Jane" == world.channel.texts[-1]
    assert ["livechat"] == list(world.conversation.parked)


def test_while_a_provider_is_parked_it_is_not_called() -> None:
    world = away("livechat.send_message")
    world.say("one")
    calls = len(world.faults.calls)

    world.say("two")

    assert calls == len(world.faults.calls)
    assert 2 == len(world.pending)


# --- giving up -------------------------------------------------------------------------------------------------------


def test_a_refused_message_becomes_a_dead_letter_and_its_writer_is_told() -> None:
    world = World().handed_over()
    world.faults.script["livechat.send_message"] = ["refused"]

    world.say("my bill is wrong")

    assert [("my bill is wrong", "validation")] == [(d["entry"]["text"], d["reason"]) for d in world.dead_letters()]
    assert "Sorry, your message could not be delivered: “my bill is wrong”" == world.channel.texts[-1]
    assert [] == world.pending


def test_a_refused_agents_message_becomes_a_dead_letter_and_the_agent_is_told() -> None:
    world = World().handed_over()
    world.faults.script["channel.send_message"] = ["refused"]

    world.agent_writes("this is too much")

    assert ["this is too much"] == [d["entry"]["text"] for d in world.dead_letters()]
    note = world.desk.newest(world.conversation.chat_id).events[-1]
    assert not note.visible
    assert "This message could not be delivered to the user (validation): “this is too much”" in note.text


def test_what_fails_for_a_day_is_given_up() -> None:
    world = away("livechat.send_message")
    world.say("one")
    world.clock.at += timedelta(hours=23, minutes=59)
    world.sweep()
    assert [] == world.dead_letters()
    world.clock.at += timedelta(minutes=6)
    world.sweep()

    assert ["one"] == [d["entry"]["text"] for d in world.dead_letters()]
    assert "Sorry, your message could not be delivered: “one”" == world.channel.texts[-1]


def test_a_dead_letter_is_said_in_the_journal_by_id_alone() -> None:
    world = World().handed_over()
    world.faults.script["livechat.send_message"] = ["refused"]

    world.say("my bill is wrong", "u-9")

    assert ("dead_letter", {"entry": "u-9", "reason": "validation"}) in world.journal.noted
    assert "my bill" not in str(world.journal.noted)


def die_in_hand(world: World, call: str, times: int) -> None:
    for _ in range(times):
        world.clock.sleep(31)
        with world.dying_at(call):
            world.sweep()
    world.clock.sleep(31)
    world.sweep()


def test_an_entry_that_killed_two_workers_is_tried_again() -> None:
    world = World()
    with world.dying_at("dialogflow.hear"):
        world.say("hello")

    die_in_hand(world, "dialogflow.hear", 1)

    assert ([], ["bot: hello"]) == (world.dead_letters(), world.channel.texts)


def test_after_three_takeovers_an_entry_is_a_dead_letter_and_the_next_one_goes() -> None:
    world = World()
    with world.dying_at("dialogflow.hear"):
        world.say("poison")
    world.accept(UserMessage(id="u2", source_at=world.clock.now(), text="hello"), drain=False)

    die_in_hand(world, "dialogflow.hear", 2)

    assert [("poison", "poison")] == [(d["entry"]["text"], d["reason"]) for d in world.dead_letters()]
    assert ["Sorry, your message could not be delivered: “poison”", "bot: hello"] == world.channel.texts
    assert [] == world.pending


def test_a_request_for_a_person_that_three_workers_died_on_does_not_vanish() -> None:
    world = World()
    world.say("hello")
    world.accept(HandoffAsked(id="h1", source_at=world.clock.now(), signal=HandoffSignal("user")), drain=False)
    for _ in range(4):
        world.take("one who dies")
        world.clock.sleep(31)

    world.sweep()

    assert ["h1"] == [d["entry"]["id"] for d in world.dead_letters()]


def test_a_frame_that_can_neither_be_said_nor_given_up_holds_no_message_up() -> None:
    world = World()
    world.ask_for_person()
    with world.dying_at("channel.send_framing"):
        world.agent_joins()
    for _ in range(2 * MAX_TAKEOVERS):
        world.clock.sleep(31)
        world.take("one who dies")
    world.clock.sleep(31)
    world.sweep()

    world.agent_writes("Hello")

    assert (["framing"], "Hello") == ([d["entry"]["kind"] for d in world.dead_letters()], world.channel.texts[-1])


# --- errors that are not a provider's --------------------------------------------------------------------------------


def test_a_missing_setting_is_said_aloud_and_parks_instead_of_poisoning(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()

    def unset(*_: object, **__: object) -> None:
        raise ConfigError("DIALOGFLOW_AGENT is not set")

    with monkeypatch.context() as wrong:
        wrong.setattr(world.bot, "hear", unset)
        with pytest.raises(ConfigError):
            world.say("hello")
    world.pass_time(10)

    assert ([], ["bot: hello"]) == (world.dead_letters(), world.channel.texts)


def test_a_bug_leaves_the_lease_to_run_out_and_is_not_swallowed(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()

    def broken(*_: object, **__: object) -> None:
        raise KeyError("bug")

    monkeypatch.setattr(world.bot, "hear", broken)
    with pytest.raises(KeyError):
        world.say("hello")

    assert world.conversation.is_held(world.clock.now())


def test_a_store_that_goes_away_while_working_ends_the_work_not_the_answer() -> None:
    world = World()

    def goes_away(name: str) -> None:
        def away(_: object) -> None:
            raise StoreUnavailable("memory")

        world.store.before_get = world.store.before_commit = away

    world.faults.pause = goes_away
    answer = world.say("hello")

    assert "queued" == answer.outcome
    assert ("lease_left", {"reason": "StoreUnavailable"}) == world.journal.noted[-1]
    assert world.conversation.is_held(world.clock.now())
