"""Faults by hand: webhooks that go astray, and time that is moved on; nothing lost, doubled or inverted."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from functions.handoff.languages import BUILT_IN
from infra.sandbox import faults
from tests.play import BRIEFING, JANE, Scene, WatchedSandbox, called, said_by, said_by_bot, wait_for
from tests.play_faults import (
    ANSWERED,
    ASKED,
    LONG_S,
    a_sandbox,
    a_scene,
    answers,
    is_on,
    questions_sent,
    switch,
    time_goes_by,
)
from tests.play_log import Log
from tests.scenario_fixtures import livechat_is

pytest_plugins = ("tests.scenario_fixtures",)
pytestmark = pytest.mark.scenario

TOLD = {name: said_by_bot(text.replace("{return_keyword}", "/bot")) for name, text in BUILT_IN["en"].items()}
ALL_SHOWN = [said_by(JANE, text) for text in ANSWERED]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[WatchedSandbox]:
    """A deployment of its own."""
    yield from a_sandbox()


@pytest.fixture
def scene(scenes: Callable[..., Scene]) -> Iterator[Scene]:
    """One conversation, opened."""
    yield from a_scene(scenes())


# --- webhooks --------------------------------------------------------------------------------------------------------


def test_with_webhooks_twice_one_of_two_is_handled(scene: Scene, log: Log) -> None:
    def outcomes() -> list[str]:
        return [line["outcome"] for line in log.lines("business_messages_webhook", conversation=scene.key)]

    switch(scene, "webhooks_twice")

    scene.user_says("Hello")
    scene.bot_answers("Hello! What can I do for you?")
    wait_for(lambda: len(outcomes()) == 2, "both")

    assert ["handled"] == [one for one in outcomes() if one not in ("duplicate", "queued")]  # queued: both at once
    assert ["Hello"] == scene.bot_heard()


def test_with_webhooks_twice_all_that_livechat_and_the_bot_tell_comes_twice(scene: Scene, log: Log) -> None:
    sent = len(scene.sandbox.livechat.licence.webhooks.deliveries.log)
    switch(scene, "webhooks_twice")

    scene.hand_off()
    scene.agent_replies(ANSWERED[0])
    scene.settle()

    told = Counter(one.body for one in list(scene.sandbox.livechat.licence.webhooks.deliveries.log)[sent:])
    assert {2} == set(told.values())
    assert 2 == len(log.lines("dialogflow_webhook", conversation=scene.key))
    assert ALL_SHOWN[:1] == answers(scene)


@pytest.mark.parametrize("also", [(), ("webhooks_twice",)], ids=["once", "twice"])
def test_an_agent_s_messages_that_overtake_each_other_are_shown_in_order(scene: Scene, also: tuple[str, ...]) -> None:
    scene.hand_off()
    scene.settle()
    sent = len(scene.sandbox.livechat.licence.webhooks.deliveries.log)

    switch(scene, "webhooks_swapped", *also)
    for text in ANSWERED:
        scene.agent_does("reply", JANE, text=text)
    for line in ALL_SHOWN:
        scene.user_sees(line)
    scene.settle()

    first, *_ = tries = list(scene.sandbox.livechat.licence.webhooks.deliveries.log)[sent:]
    assert any(other.began_at < first.began_at for other in tries)
    assert ALL_SHOWN == answers(scene)


def test_a_user_s_messages_that_overtake_each_other_while_they_wait_arrive_in_order(scene: Scene) -> None:
    scene.hand_off()
    scene.settle()

    switch(scene, "webhooks_swapped", "livechat_down")
    for text in ASKED[:2]:
        scene.user_says(text)
    first, second = wait_for(lambda: questions_sent(scene), "both webhooks")
    faults.behave_again(scene.sandbox)
    time_goes_by(scene)
    scene.agents_see(f"user: {ASKED[1]}", LONG_S)
    scene.settle(LONG_S)

    assert second["attempts"][0]["at"] < first["attempts"][0]["at"]
    assert [BRIEFING, *(f"user: {text}" for text in ASKED[:2])] == scene.inbox()


def test_a_user_s_message_that_nobody_overtakes_comes_after_a_while(scene: Scene) -> None:
    switch(scene, "webhooks_swapped")

    scene.user_says("Hello")
    scene.settle()
    time_goes_by(scene)
    scene.bot_answers("Hello! What can I do for you?")

    assert ["Hello"] == scene.bot_heard()


def test_a_user_s_message_that_got_lost_comes_again_by_itself(scene: Scene) -> None:
    scene.hand_off()
    switch(scene, "drop_next_of_user")
    before = is_on(scene, "drop_next_of_user")

    for text in ASKED[:2]:
        scene.user_says(text)
    lost, sent = wait_for(lambda: questions_sent(scene), "both webhooks")
    scene.settle()

    assert (True, False) == (before, is_on(scene, "drop_next_of_user"))
    assert ["dropped", ""] == [attempt["error"] for attempt in lost["attempts"]]
    assert [""] == [attempt["error"] for attempt in sent["attempts"]]
    assert sorted(f"user: {text}" for text in ASKED[:2]) == sorted(scene.inbox()[1:])


def test_an_agent_s_message_that_got_lost_is_found_with_the_next_one(scene: Scene) -> None:
    scene.hand_off()
    scene.settle()
    switch(scene, "drop_next_of_agent")

    for text in ANSWERED:
        scene.agent_does("reply", JANE, text=text)
    scene.user_sees(ALL_SHOWN[-1])
    scene.settle()

    assert not is_on(scene, "drop_next_of_agent")
    assert ALL_SHOWN == answers(scene)


def test_an_agent_s_message_that_got_lost_is_found_when_time_goes_by(scene: Scene) -> None:
    scene.hand_off()
    scene.agent_replies(ANSWERED[0])
    switch(scene, "drop_next_of_agent")
    scene.agent_does("reply", JANE, text=ANSWERED[1])
    scene.settle()
    before = answers(scene)

    switch(scene, "clock_15m", "clock_1m")
    scene.user_sees(ALL_SHOWN[1])

    assert ALL_SHOWN[:1] == before
    assert ALL_SHOWN[:2] == answers(scene)


def test_what_is_no_message_is_not_lost_in_its_place(scene: Scene) -> None:
    scene.hand_off()
    scene.settle()
    switch(scene, "drop_next_of_user", "drop_next_of_agent")

    scene.sandbox.messages.phone.typing(scene.id, on=True)
    scene.agent_does("note", text="for us only")
    scene.settle()

    assert is_on(scene, "drop_next_of_user")
    assert is_on(scene, "drop_next_of_agent")


# --- time ------------------------------------------------------------------------------------------------------------


def test_time_goes_by_for_everybody_at_once(scene: Scene, log: Log) -> None:
    before = faults.time_of(scene.sandbox)
    scene.hand_off()

    switch(scene, "clock_1h")
    scene.user_says(ASKED[0])
    scene.agents_see(f"user: {ASKED[0]}")
    scene.agent_replies(ANSWERED[0])
    scene.settle()

    after = faults.time_of(scene.sandbox)
    now = datetime.now(UTC) + timedelta(seconds=after["ahead_s"])
    written_at = scene.chat.newest.events[-1]["created_at"]
    shown_at = scene.sandbox.messages.transcript(scene.id)[-1]["at"]
    assert 3600 == after["ahead_s"] - before["ahead_s"]
    for at in (after["now"], written_at, shown_at):
        assert abs(datetime.fromisoformat(f"{at[:26]}+00:00") - now) < timedelta(seconds=20)
    assert all(-1000 < line["lag_ms"] < 20_000 for line in log.of_events(scene.key) if "lag_ms" in line)


def test_what_is_due_by_then_happens_when_time_is_moved_on(scene: Scene) -> None:
    livechat_is(scene.sandbox, routing="manual")
    scene.user_says("talk to a person")
    scene.user_sees(TOLD["queued"])
    scene.settle()

    switch(scene, "clock_1m", "clock_1m", "clock_1m")
    scene.user_sees(TOLD["still_waiting"])
    switch(scene, "clock_15m")
    scene.user_sees(TOLD["nobody_came"])

    told = [line for line in scene.screen() if line in TOLD.values()]
    assert [TOLD["queued"], TOLD["still_waiting"], TOLD["nobody_came"]] == told


def test_time_is_not_moved_on_while_a_call_is_under_way(scene: Scene) -> None:
    scene.hand_off()
    scene.settle()
    mark = len(scene.sandbox.livechat.calls)
    switch(scene, "livechat_slow")
    scene.user_says(ASKED[0])
    (call,) = wait_for(lambda: called(scene.sandbox.livechat, "send_event", mark), "a call in hand")

    before = call.status
    time_goes_by(scene)

    assert (0, 200) == (before, call.status)
    assert [BRIEFING, f"user: {ASKED[0]}"] == scene.inbox()


def test_a_token_runs_out_when_its_time_is_over(scene: Scene) -> None:
    scene.hand_off()
    scene.settle()
    mark = len(scene.sandbox.livechat.calls)

    switch(scene, *["clock_1h"] * 9)
    scene.settle()
    scene.user_says(ASKED[0])
    scene.agents_see(f"user: {ASKED[0]}")
    scene.settle()

    renewals = {call.path for call in called(scene.sandbox.livechat, "/v2/", mark)}
    refused = [call.path for call in called(scene.sandbox.livechat, "", mark) if call.status >= 400]
    assert ({"/v2/token", "/v2/customer/token"}, []) == (renewals, refused)
    assert [BRIEFING, f"user: {ASKED[0]}"] == scene.inbox()
