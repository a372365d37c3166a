"""A user's files while something fails: nothing is lost or sent twice, and no word waits for a file for ever."""

from collections.abc import Callable
from typing import Any

import pytest

from functions.handoff.errors import ProviderUnavailable
from functions.handoff.file_work import FETCH_TRIES, UPLOAD_TRIES
from functions.handoff.languages import BUILT_IN
from functions.handoff.schedule import FETCH_TIMEOUT_S, SEND_TIMEOUT_S
from tests.core_world import World
from tests.fakes import FakeCustomerDesk
from tests.test_relaying import OTHER, PICTURE, said, sent_to_agents

EN = BUILT_IN["en"]


def closing_behind_the_file(world: World) -> World:
    """The chat is closed as soon as a file is in it, and nobody tells us."""
    real = world.desk.append

    def append(*args: Any, **more: Any) -> Any:
        event = real(*args, **more)
        if event.text == "lamp.png":
            world.agent_closes(webhook=False)
        return event

    world.desk.append = append  # type: ignore[method-assign]
    return world


# --- not to be had ---------------------------------------------------------------------------------------------------


def test_a_file_that_can_t_be_had_for_now_is_tried_again() -> None:
    world = World().handed_over()
    world.faults.script["channel.fetch"] = ["lost"] * (FETCH_TRIES - 1)

    world.say(PICTURE.url, files=(PICTURE,))
    world.pass_time(60)

    assert ["lamp.png"] == sent_to_agents(world)


def test_a_file_that_is_never_to_be_had_holds_nobody_up_for_long() -> None:
    world = World().handed_over()
    world.faults.script["channel.fetch"] = ["lost"] * 100

    world.say(PICTURE.url, files=(PICTURE,))
    world.say("are you there?")
    world.pass_time(60)

    assert FETCH_TRIES == world.faults.calls.count("channel.fetch")
    assert EN["file_unreachable"] in sent_to_agents(world)[0]
    assert "are you there?" == sent_to_agents(world)[1]


def test_agents_words_do_not_wait_for_a_user_s_file() -> None:
    world = World().handed_over()
    world.faults.script["channel.fetch"] = ["lost"] * 3

    world.say(PICTURE.url, files=(PICTURE,))
    world.agent_writes("one moment")

    assert "one moment" == world.channel.texts[-1]


def test_a_door_with_little_time_leaves_the_file_to_the_next() -> None:
    world = World().handed_over()

    world.accept(said(PICTURE.url, files=(PICTURE,)), budget_s=9)

    assert 0 == world.faults.calls.count("channel.fetch")
    assert world.conversation.due_at is not None
    world.sweep()
    assert ["lamp.png"] == sent_to_agents(world)


def test_a_file_is_fetched_only_with_time_left_to_bring_it_to_the_desk(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World().handed_over()
    timeouts: list[float] = []
    real = FakeCustomerDesk.upload_file

    def upload_file(self: FakeCustomerDesk, file: Any, *, timeout_s: float) -> str:
        timeouts.append(timeout_s)
        return real(self, file, timeout_s=timeout_s)

    monkeypatch.setattr(FakeCustomerDesk, "upload_file", upload_file)
    world.faults.pause = lambda name: world.clock.sleep(4.9 if name == "channel.fetch" else 0)  # before and after
    world.accept(said(PICTURE.url, files=(PICTURE,)), budget_s=FETCH_TIMEOUT_S + SEND_TIMEOUT_S - 1)
    world.sweep()

    assert [SEND_TIMEOUT_S] == timeouts
    assert ["lamp.png"] == sent_to_agents(world)


# --- not taken by the desk -------------------------------------------------------------------------------------------


def test_a_file_that_the_desk_never_manages_to_take_holds_up_no_word_for_good() -> None:
    world = World().handed_over()
    world.faults.choose = lambda name: "lost" if name == "livechat.upload_file" else "ok"

    world.say(PICTURE.url, files=(PICTURE,))
    world.say("are you there?")
    world.pass_time(600)

    note, words = sent_to_agents(world)
    assert UPLOAD_TRIES == world.faults.calls.count("livechat.upload_file")
    assert EN["file_unreachable"] in note
    assert "are you there?" == words
    assert EN["sent_file_unreachable"] in world.channel.texts


def away(_name: str) -> str:
    return "away"


def left_alone(_name: str) -> str:
    raise ProviderUnavailable("livechat", "circuit_open")


@pytest.mark.parametrize("trouble", [away, left_alone])
def test_while_the_desk_answers_nothing_at_all_the_file_waits_like_everything(trouble: Callable[[str], str]) -> None:
    world = World().handed_over()
    world.faults.choose = lambda name: trouble(name) if name.startswith("livechat") else "ok"
    world.say(PICTURE.url, files=(PICTURE,))
    world.pass_time(3600)
    before = sent_to_agents(world)

    world.faults.choose = lambda _name: "ok"
    world.pass_time(400)

    assert ([], ["lamp.png"]) == (before, sent_to_agents(world))


def test_a_refusal_of_any_other_kind_leaves_the_words_and_a_line_too() -> None:
    world = World().handed_over()
    world.faults.script["livechat.upload_file"] = ["refused"]

    world.say("my lamp", files=(PICTURE,))

    note, words = sent_to_agents(world)
    assert EN["file_not_allowed"] in note
    assert "my lamp" == words
    assert EN["sent_file_not_allowed"] == world.channel.texts[-1]
    assert [] == world.dead_letters()


def test_a_file_that_the_chat_refuses_does_not_take_the_words_with_it() -> None:
    world = World().handed_over()
    world.faults.script["livechat.send_file"] = ["refused"]

    world.say("my lamp", files=(PICTURE,))

    note, words = sent_to_agents(world)
    assert EN["file_not_allowed"] in note
    assert "my lamp" == words
    assert EN["sent_file_not_allowed"] == world.channel.texts[-1]
    assert [] == world.dead_letters()


def test_a_later_file_that_the_chat_refuses_leaves_its_line_in_its_place_and_nothing_goes_twice() -> None:
    world = World().handed_over()
    world.faults.script["livechat.send_file"] = ["ok", "refused"]

    world.say("both lamps", files=(PICTURE, OTHER))
    world.pass_time(60)

    file, note, words = sent_to_agents(world)
    assert EN["file_not_allowed"] in note
    assert ("lamp.png", "both lamps") == (file, words)
    assert 1 == world.channel.texts.count(EN["sent_file_not_allowed"])


def test_a_refusal_that_uses_up_the_door_s_time_is_not_asked_for_again() -> None:
    world = World().handed_over()

    def refuse_slowly(name: str) -> str:
        world.clock.sleep(7 if name == "livechat.send_file" else 0)
        return "refused" if name == "livechat.send_file" else "ok"

    world.faults.choose = refuse_slowly
    world.say(PICTURE.url, files=(PICTURE,))
    world.pass_time(3600)

    assert 1 == world.faults.calls.count("livechat.send_file")
    assert EN["file_not_allowed"] in sent_to_agents(world)[0]
    assert [] == world.pending


# --- crashes, and a chat that is over --------------------------------------------------------------------------------


@pytest.mark.parametrize("call", ["channel.fetch", "livechat.upload_file", "livechat.send_file"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_crash_at_any_call_neither_loses_nor_doubles_the_file(call: str, after: bool) -> None:
    world = World().handed_over()

    with world.dying_at(call, after=after):
        world.say(PICTURE.url, files=(PICTURE,))
    world.pass_time(120)

    assert ["lamp.png"] == sent_to_agents(world)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_crash_at_the_line_for_a_refused_file_neither_loses_nor_doubles_what_both_are_told(after: bool) -> None:
    world = World().handed_over()
    world.faults.script["livechat.send_file"] = ["refused"]

    with world.dying_at("livechat.send_note", after=after):
        world.say(PICTURE.url, files=(PICTURE,))
    world.pass_time(120)

    assert [True] == [EN["file_not_allowed"] in one for one in sent_to_agents(world)]
    assert 1 == world.channel.texts.count(EN["sent_file_not_allowed"])


def test_an_address_at_the_desk_is_stored_before_the_file_is_sent() -> None:
    world = World().handed_over()
    world.faults.script["livechat.send_file"] = ["away"]

    world.say(PICTURE.url, files=(PICTURE,))
    world.pass_time(60)

    assert 1 == world.faults.calls.count("channel.fetch")
    assert ["lamp.png"] == sent_to_agents(world)
    assert {} == world.conversation.files


def test_a_chat_found_closed_between_file_and_words_leaves_only_the_words_for_the_bot() -> None:
    world = closing_behind_the_file(World().handed_over())

    world.say("my lamp", files=(PICTURE,))

    assert ["lamp.png"] == sent_to_agents(world)
    assert ["a person please", "my lamp"] == world.bot.heard


def test_the_transcript_has_both_once_though_the_chat_closed_between_file_and_words() -> None:
    world = closing_behind_the_file(World().handed_over())

    world.say("my lamp", files=(PICTURE,))

    lines = [line.text for line in world.conversation.transcript if line.who == "user"]
    assert ["a person please", PICTURE.url, "my lamp"] == lines
