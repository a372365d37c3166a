"""The fault switches on the sandbox's page: what can be switched, and what it says is broken."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from infra.sandbox import page_stream
from infra.sandbox.fault_switches import BY_ID, CLOCK, SWITCHES
from infra.sandbox.page import make_app
from infra.sandbox.page_faults import BROKEN
from infra.sandbox.page_state import PageState, Watch
from infra.sandbox.sandbox import Sandbox
from tests.sandbox_page import act, state_of

JsonObject = dict[str, Any]
KEPT_ON = [one.id for one in SWITCHES if one.kind != "action"]


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """The stand-ins alone: what the page does reaches them without the functions."""
    sandbox = Sandbox()
    yield sandbox
    sandbox.stop()


@pytest.fixture
def client(sandbox: Sandbox) -> FlaskClient:
    return make_app(sandbox).test_client()


def faults_of(client: FlaskClient) -> JsonObject:
    shown: JsonObject = state_of(client)["faults"]
    return shown


def who_is_on(client: FlaskClient) -> list[str]:
    return [one["id"] for one in faults_of(client)["switches"] if one["on"]]


# --- what is shown ---------------------------------------------------------------------------------------------------


def test_at_first_every_switch_is_there_and_nothing_is_broken(client: FlaskClient) -> None:
    shown = faults_of(client)

    assert list(BY_ID) == [one["id"] for one in shown["switches"]]
    assert ([], False, 0) == (shown["broken"], shown["can_mend"], shown["ahead_s"])


def test_every_switch_that_stays_on_has_words_of_its_own_for_what_is_broken() -> None:
    assert set(KEPT_ON) == set(BROKEN)
    assert len(BROKEN) == len(set(BROKEN.values()))


@pytest.mark.parametrize("switch_id", KEPT_ON)
def test_what_is_switched_on_is_said_in_plain_words_until_it_is_switched_off(
    client: FlaskClient, switch_id: str
) -> None:
    seen = []

    for on in (True, False):
        assert 200 == act(client, "fault/set", id=switch_id, on=on)
        shown = faults_of(client)
        seen.append((who_is_on(client), shown["broken"], shown["can_mend"]))

    assert [([switch_id], [BROKEN[switch_id]], True), ([], [], False)] == seen


def test_everything_behaves_again_at_once(client: FlaskClient) -> None:
    for switch_id in KEPT_ON:
        act(client, "fault/set", id=switch_id, on=True)
    broken = faults_of(client)["broken"]

    assert 200 == act(client, "fault/behave")

    assert list(BROKEN.values()) == broken
    assert [] == faults_of(client)["broken"]


def test_a_function_that_was_killed_is_named_and_comes_back_by_itself(
    client: FlaskClient, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    down = sandbox.functions["livechat_webhook"]
    monkeypatch.setattr(sandbox.crashes, "is_down", lambda process: process is down)

    shown = faults_of(client)

    assert ["livechat_webhook was killed and is coming back"] == shown["broken"]
    assert not shown["can_mend"]


def test_the_phone_is_told_how_far_time_was_moved_on(client: FlaskClient) -> None:
    for move in ("clock_1m", "clock_15m"):
        assert 200 == act(client, "fault/set", id=move, on=True)

    assert (960, []) == (faults_of(client)["ahead_s"], faults_of(client)["broken"])


def test_time_that_goes_by_is_no_news(sandbox: Sandbox) -> None:
    watch = Watch(PageState(sandbox), "", "")
    sandbox.clock.advance(60)
    first = dict(watch.changes())["faults"]["ahead_s"]

    assert (60, {}) == (first, dict(watch.changes()))


def test_a_switch_tells_every_page_at_once(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_stream, "_LOOK_ANYWAY_S", 30.0)
    client = make_app(sandbox).test_client()
    pieces = (str(piece) for piece in client.get("/api/events").response)
    next(piece for piece in pieces if "event: rows" in piece)

    act(client, "fault/set", id="livechat_down", on=True)

    assert BROKEN["livechat_down"] in next(piece for piece in pieces if "event: faults" in piece)


def test_a_function_that_went_or_came_back_wakes_every_page(sandbox: Sandbox) -> None:
    state = PageState(sandbox)
    seen = state.pulse.wait(-1, 0, gather_s=0)

    for listener in sandbox.crashes.listeners:
        listener()

    assert seen + 1 == state.pulse.wait(-1, 0, gather_s=0)


# --- what is refused -------------------------------------------------------------------------------------------------


def test_what_does_not_work_here_is_shown_and_refused_with_the_reason() -> None:
    sandbox = Sandbox(store="firestore")
    client = make_app(sandbox).test_client()

    reasons = {one["why_not"] for one in faults_of(client)["switches"] if one["group"] == CLOCK}
    refused = client.post("/api/fault/set", json={"id": "clock_1h", "on": True})
    sandbox.stop()

    assert (409, {refused.get_json()["error"]}) == (refused.status_code, reasons)
    assert "SQLite" in refused.get_json()["error"]


def test_an_unknown_switch_is_refused(client: FlaskClient) -> None:
    refused = client.post("/api/fault/set", json={"id": "<b>gravity</b>", "on": True})

    assert (409, "There is no switch <b>gravity</b>.") == (refused.status_code, refused.get_json()["error"])


@pytest.mark.parametrize(
    "body",
    [{}, {"id": "livechat_down"}, {"id": "livechat_down", "on": "yes"}, {"id": "", "on": True}, {"id": 1, "on": True}],
)
def test_a_switch_must_be_named_and_told_which_way(client: FlaskClient, body: JsonObject) -> None:
    assert 400 == client.post("/api/fault/set", json=body).status_code
    assert [] == who_is_on(client)
