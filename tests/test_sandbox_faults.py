"""Faults by hand: each switch does what it says, and a conversation survives it: nothing lost, doubled or inverted."""

from collections.abc import Callable, Iterator

import pytest

from infra.sandbox import faults
from infra.sandbox.fault_switches import SLOW_S
from infra.sandbox.processes import FUNCTIONS
from tests.play import BRIEFING, JANE, Scene, WatchedSandbox, called, joined, wait_for
from tests.play_faults import (
    ASKED,
    LONG_S,
    a_sandbox,
    a_scene,
    all_is_there,
    everybody_talks,
    is_on,
    switch,
    time_goes_by,
    was_struck,
)

pytest_plugins = ("tests.scenario_fixtures",)
pytestmark = pytest.mark.scenario


@pytest.fixture(scope="module")
def sandbox() -> Iterator[WatchedSandbox]:
    """A deployment of its own."""
    yield from a_sandbox()


@pytest.fixture
def scene(scenes: Callable[..., Scene]) -> Iterator[Scene]:
    """One conversation, opened."""
    yield from a_scene(scenes())


# --- providers -------------------------------------------------------------------------------------------------------

LIVECHAT_AND_CHANNEL = ("livechat_slow", "livechat_limited", "livechat_down", "business_messages_down")


@pytest.mark.parametrize(
    "switched",
    [
        *((one,) for one in LIVECHAT_AND_CHANNEL),
        ("webhooks_twice",),
        (*LIVECHAT_AND_CHANNEL, "dialogflow_down", "webhooks_twice"),
    ],
    ids="+".join,
)
def test_what_is_said_while_it_is_switched_on_is_there_once_and_in_order(
    scene: Scene, switched: tuple[str, ...]
) -> None:
    scene.hand_off()
    scene.settle()
    striking = [
        was_struck(standin)
        for name, standin in (("livechat", scene.sandbox.livechat), ("business", scene.sandbox.messages))
        if any(one.startswith(name) for one in switched)
    ]

    switch(scene, *switched)
    everybody_talks(scene)
    for has_struck in striking:
        wait_for(has_struck, "a fault")
    assert all(is_on(scene, one) for one in switched)
    faults.behave_again(scene.sandbox)
    time_goes_by(scene)

    all_is_there(scene)
    assert not any(one["on"] for one in faults.switches(scene.sandbox))


@pytest.mark.parametrize(("switch_id", "status"), [("livechat_limited", 429), ("livechat_down", 503)])
def test_livechat_refuses_every_call(scene: Scene, switch_id: str, status: int) -> None:
    scene.hand_off()
    scene.settle()
    mark = len(scene.sandbox.livechat.calls)

    switch(scene, switch_id)
    scene.user_says("Hello?")
    wait_for(lambda: called(scene.sandbox.livechat, "", mark), "a call")
    wait_for(lambda: all(call.status for call in called(scene.sandbox.livechat, "", mark)), "its answer")

    assert {status} == {call.status for call in called(scene.sandbox.livechat, "", mark)}
    assert [BRIEFING] == scene.inbox()


def test_with_livechat_slow_each_call_takes_longer_and_does_its_work(scene: Scene) -> None:
    scene.hand_off()
    scene.settle()
    mark = len(scene.sandbox.livechat.calls)

    switch(scene, "livechat_slow")
    scene.user_says(ASKED[0])
    scene.agents_see(f"user: {ASKED[0]}")
    scene.settle()

    (call,) = called(scene.sandbox.livechat, "", mark)
    assert (200, True) == (call.status, call.ended_at - call.at >= SLOW_S)


def test_a_switch_that_is_on_leaves_the_others_alone_and_can_be_switched_off_by_itself(scene: Scene) -> None:
    scene.hand_off()
    switch(scene, "business_messages_down", "livechat_down")

    faults.switch(scene.sandbox, "livechat_down", False)
    scene.user_says(ASKED[0])
    scene.agents_see(f"user: {ASKED[0]}", LONG_S)

    assert is_on(scene, "business_messages_down")
    assert not is_on(scene, "livechat_down")


def test_with_dialogflow_down_the_user_gets_a_person(scene: Scene) -> None:
    switch(scene, "dialogflow_down")

    scene.user_says(ASKED[0])
    wait_for(was_struck(scene.sandbox.dialogflow), "a second try", LONG_S)
    scene.user_sees(joined(JANE), LONG_S)
    scene.settle(LONG_S)

    assert [BRIEFING, f"user: {ASKED[0]}"] == scene.inbox()
    assert [] == scene.bot_heard()


# --- tokens ----------------------------------------------------------------------------------------------------------


def test_expired_tokens_are_refused_and_replaced_and_the_message_arrives_once(scene: Scene) -> None:
    scene.hand_off()
    scene.settle()
    time_goes_by(scene)
    mark = len(scene.sandbox.livechat.calls)

    switch(scene, "tokens_expire")
    scene.user_says(ASKED[0])
    scene.agents_see(f"user: {ASKED[0]}")
    scene.settle()

    calls = called(scene.sandbox.livechat, "", mark)
    assert 1 == len([call for call in calls if call.path == "/v2/token"])
    assert {"/v2/customer/token", "/v3.6/customer/action/send_event"} <= {c.path for c in calls if c.status >= 400}
    assert [BRIEFING, f"user: {ASKED[0]}"] == scene.inbox()


def test_a_token_that_expires_young_is_replaced_within_a_minute(scene: Scene) -> None:
    scene.hand_off()
    time_goes_by(scene)
    switch(scene, "tokens_expire")
    scene.user_says(ASKED[0])
    scene.agents_see(f"user: {ASKED[0]}")

    switch(scene, "tokens_expire")
    scene.user_says(ASKED[1])
    assert f"user: {ASKED[1]}" not in scene.inbox()
    for _ in range(2):
        time_goes_by(scene)

    scene.agents_see(f"user: {ASKED[1]}", LONG_S)
    scene.settle(LONG_S)
    assert [BRIEFING, *(f"user: {text}" for text in ASKED[:2])] == scene.inbox()


# --- functions -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("switch_id", ["kill", *(f"kill_{name}" for name in FUNCTIONS)])
def test_a_function_that_is_killed_in_the_middle_of_its_work_comes_back_and_nothing_is_lost(
    scene: Scene, switch_id: str
) -> None:
    scene.hand_off()
    scene.settle()
    pids = {name: process.pid for name, process in scene.sandbox.functions.items()}
    mark = len(scene.sandbox.livechat.calls)

    switch(scene, "livechat_slow")
    everybody_talks(scene)
    wait_for(lambda: called(scene.sandbox.livechat, "send_event", mark), "a call in hand")
    switch(scene, switch_id)
    assert is_on(scene, switch_id)
    wait_for(lambda: not is_on(scene, switch_id), "the function again", LONG_S)
    faults.behave_again(scene.sandbox)
    time_goes_by(scene)

    all_is_there(scene)
    killed = {name for name, process in scene.sandbox.functions.items() if process.pid != pids[name]}
    assert killed == (set(FUNCTIONS) if switch_id == "kill" else {switch_id.removeprefix("kill_")})


def test_a_sandbox_that_ends_while_a_function_is_down_leaves_none_running() -> None:
    with WatchedSandbox(sweep=False) as sandbox:
        processes = list(sandbox.functions.values())
        faults.switch(sandbox, "kill", True)

    with pytest.raises(AssertionError):
        wait_for(lambda: any(process.pid for process in processes), "one that came back", 3.0)
