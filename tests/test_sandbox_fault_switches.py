"""The switches themselves: what a page is told of them, how they go together, and whom they leave alone."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.sandbox import faults
from infra.sandbox.failing import API_PATHS, LIVECHAT, TASKS, refusal
from infra.sandbox.fault_switches import BY_ID, SWITCHES, function_of
from infra.sandbox.faults import CantSwitch
from infra.sandbox.processes import FUNCTIONS
from infra.sandbox.sandbox import Sandbox
from infra.sandbox.standin import Fault

OF_LIVECHAT = "/v3.6/customer/action/list_chats"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Its stand-ins only: no function is started."""
    opened = Sandbox()
    yield opened
    opened.stop()


def find(sandbox: Sandbox, switch_id: str) -> dict[str, Any]:
    return next(one for one in faults.switches(sandbox) if one["id"] == switch_id)


def who_is_on(sandbox: Sandbox) -> set[str]:
    return {one["id"] for one in faults.switches(sandbox) if one["on"]}


def statuses(sandbox: Sandbox, path: str, times: int) -> Counter[int]:
    client = sandbox.livechat.app.test_client()
    return Counter(client.post(path, json={}).status_code for _ in range(times))


# --- the list --------------------------------------------------------------------------------------------------------


def test_a_page_is_told_all_it_needs_as_json(sandbox: Sandbox) -> None:
    told = json.loads(json.dumps(faults.switches(sandbox)))

    assert [one.id for one in SWITCHES] == [one["id"] for one in told]
    assert len(BY_ID) == len(SWITCHES)
    for one in told:
        assert {"id", "group", "label", "explanation", "kind", "on", "why_not"} == one.keys()
        assert all(one[name] for name in ("group", "label", "explanation", "kind"))
        assert (False, "") == (one["on"], one["why_not"])
    assert {"now", "ahead_s", "can_move"} == json.loads(json.dumps(faults.time_of(sandbox))).keys()


def test_each_function_can_be_killed_by_itself() -> None:
    assert set(FUNCTIONS) == {function_of(one.id) for one in SWITCHES} - {""}


def test_what_is_no_switch_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(CantSwitch, match="no switch gravity"):
        faults.switch(sandbox, "gravity", True)


def test_a_switch_stays_until_it_is_switched_off(sandbox: Sandbox) -> None:
    kept = {one.id for one in SWITCHES if one.kind != "action"}

    for one in kept:
        faults.switch(sandbox, one, True)
        faults.switch(sandbox, one, True)
    before = who_is_on(sandbox)
    faults.switch(sandbox, "livechat_down", False)
    faults.switch(sandbox, "drop_next_of_user", False)

    assert kept == before
    assert kept - {"livechat_down", "drop_next_of_user"} == who_is_on(sandbox)
    assert not sandbox.messages.phone.sender.lose_next


def test_to_behave_again_is_to_be_as_in_the_beginning(sandbox: Sandbox) -> None:
    def told() -> list[Any]:
        deliveries = sandbox.livechat.licence.webhooks.deliveries
        standins = (sandbox.livechat, sandbox.messages, sandbox.dialogflow)
        losses = (sandbox.messages.phone.sender.lose_next, deliveries.lose_next)
        options = (sandbox.messages.options, sandbox.dialogflow.options)
        return [[one.faults for one in standins], deliveries.mischief, losses, options]

    before = told()
    for one in SWITCHES:
        if one.kind != "action":
            faults.switch(sandbox, one.id, True)
    changed = told()

    faults.behave_again(sandbox)

    assert before == told()
    assert all(was != then for was, then in zip(before, changed, strict=True))


def test_an_action_that_is_switched_off_does_nothing(sandbox: Sandbox) -> None:
    for one in SWITCHES:
        if one.kind == "action":
            faults.switch(sandbox, one.id, False)

    assert 0 == sandbox.clock.ahead_s
    assert set() == who_is_on(sandbox)


# --- together --------------------------------------------------------------------------------------------------------


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "SLOW_S", 0.01)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("switched", "expected"),
    [
        (("livechat_limited",), {429}),
        (("livechat_down",), {503}),
        (("livechat_down", "livechat_limited"), {429, 503}),
        (("livechat_slow", "livechat_down", "livechat_limited"), {429, 503}),
    ],
)
def test_refusals_that_are_on_together_take_turns(
    sandbox: Sandbox, switched: tuple[str, ...], expected: set[int]
) -> None:
    for one in switched:
        faults.switch(sandbox, one, True)

    times = statuses(sandbox, OF_LIVECHAT, 100)

    assert expected == set(times)
    assert all(times[status] > 20 for status in expected)
    assert ({0.01} if "livechat_slow" in switched else {0.0}) == {one.delay_s for one in sandbox.livechat.faults}


def test_what_others_told_a_stand_in_stays_and_goes_first(sandbox: Sandbox) -> None:
    theirs = Fault(path="list_chats", status=418, body={})
    sandbox.livechat.faults = [theirs]
    sandbox.livechat.misbehave(delay_s=0.2)

    faults.switch(sandbox, "livechat_down", True)
    during = statuses(sandbox, OF_LIVECHAT, 3)
    faults.behave_again(sandbox)

    assert {418: 3} == during
    assert [theirs] == sandbox.livechat.faults
    assert 0.2 == sandbox.livechat.licence.webhooks.deliveries.mischief.delay_s


def test_pictures_and_controls_are_no_calls_to_the_api(sandbox: Sandbox) -> None:
    faults.switch(sandbox, "livechat_down", True)
    faults.switch(sandbox, "business_messages_down", True)

    assert 200 == sandbox.livechat.app.test_client().get("/_state").status_code
    assert 404 == sandbox.livechat.app.test_client().get("/api/file/lc/att/1/none.png").status_code
    assert 200 == sandbox.messages.app.test_client().get("/_state").status_code


def test_a_refusal_has_its_provider_s_shape() -> None:
    assert {"error": {"type": "too_many_requests", "message": "not now"}} == refusal(LIVECHAT, 429)
    assert {"error": {"code": 503, "status": "UNAVAILABLE", "message": "not now"}} == refusal(TASKS, 503)
    assert {"livechat", "business-messages", "rcs", "dialogflow", "cloud-tasks"} == set(API_PATHS)


# --- what does not work everywhere -----------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [{"store": "firestore"}, {"own_bot": {"DIALOGFLOW_AGENT": "projects/p/agent"}}])
def test_time_can_t_be_moved_on_where_the_functions_would_keep_theirs(options: dict[str, Any]) -> None:
    sandbox = Sandbox(**options)
    try:
        with pytest.raises(CantSwitch, match="SQLite"):
            faults.switch(sandbox, "clock_1m", True)

        assert "SQLite" in find(sandbox, "clock_1m")["why_not"]
        assert {"ahead_s": 0, "can_move": False} == {
            name: faults.time_of(sandbox)[name] for name in ("ahead_s", "can_move")
        }
        assert "SANDBOX_CLOCK" not in sandbox.settings
    finally:
        sandbox.stop()


def test_an_own_bot_can_t_be_told_to_fail() -> None:
    sandbox = Sandbox(own_bot={"DIALOGFLOW_AGENT": "projects/p/agent"})
    try:
        with pytest.raises(CantSwitch, match="own Dialogflow"):
            faults.switch(sandbox, "dialogflow_down", True)

        assert find(sandbox, "dialogflow_down")["why_not"]
        faults.switch(sandbox, "livechat_down", True)
    finally:
        sandbox.stop()


# --- time and traffic ------------------------------------------------------------------------------------------------


def test_all_stand_ins_and_the_functions_file_go_by_one_clock(sandbox: Sandbox) -> None:
    path = Path(sandbox.settings["SANDBOX_CLOCK"])

    faults.switch(sandbox, "clock_15m", True)
    faults.switch(sandbox, "clock_1h", True)

    standins = (sandbox.livechat, sandbox.messages, sandbox.dialogflow, sandbox.tasks)
    assert {4500.0} == {standin.clock.ahead_s for standin in standins}
    assert "4500.0" == path.read_text()


def test_whichever_stand_in_is_told_to_move_on_moves_everybody(sandbox: Sandbox) -> None:
    answer = sandbox.tasks.app.test_client().post("/_clock", json={"advance_s": 60})

    assert 200 == answer.status_code
    assert 60 == sandbox.livechat.clock.ahead_s
    assert "60.0" == Path(sandbox.settings["SANDBOX_CLOCK"]).read_text()


def test_a_stand_in_of_busy_functions_does_not_move_on(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.sandbox.controls._LONGEST_WAIT_S", 0.01)
    with sandbox.clock.traffic.request():
        answer = sandbox.tasks.app.test_client().post("/_clock", json={"advance_s": 60})

    assert (400, 0) == (answer.status_code, sandbox.clock.ahead_s)


def test_a_busy_sandbox_says_so(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.sandbox.sandbox._LONGEST_REQUEST_S", 0.01)
    with sandbox.clock.traffic.request(), pytest.raises(CantSwitch, match="at work all the time"):
        faults.switch(sandbox, "clock_1m", True)

    assert 0 == sandbox.clock.ahead_s


def test_calls_under_way_are_counted_also_when_they_are_cut(sandbox: Sandbox) -> None:
    client = sandbox.livechat.app.test_client()
    sandbox.livechat.faults = [Fault(status=503, body={}, times=1)]
    for path in (OF_LIVECHAT, OF_LIVECHAT, "/nowhere", "/_state"):
        client.post(path, json={})

    faults.switch(sandbox, "clock_1m", True)

    assert 60 == sandbox.clock.ahead_s
