"""Wake-ups: one task per conversation and second, well formed, and never in the way of the request."""

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.handoff.errors import ConfigError, ProviderUnavailable
from functions.handoff.interfaces import WakeUps
from functions.runtime.config import Settings, read_settings
from functions.runtime.http_client import HttpClient
from functions.runtime.wake_ups import NoWakeUps, open_wake_ups
from tests.http_probe import Probe, cuts, keeps_silent, probe, refused_url, says

_NOW = datetime(2026, 11, 20, 12, 0, 0, 500_000, tzinfo=UTC)
_QUEUE = "projects/shop-dev/locations/europe-west1/queues/wake-ups"
_REDELIVER = "https://redeliver.shop.example/redeliver"
_KEY = "rcs:+15550100123"


class Clock:
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.at = _NOW

    def now(self) -> datetime:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


class Journal:
    """Keeps what was noted."""

    def __init__(self) -> None:
        self.notes: list[tuple[str, dict[str, object]]] = []

    def note(self, happening: str, **fields: object) -> None:
        self.notes.append((happening, fields))


def settings(tasks_api_url: str, **more: str) -> Settings:
    wake_ups = {"REDELIVER_URL": _REDELIVER, "TASKS_QUEUE": _QUEUE, "TASKS_SERVICE_ACCOUNT": "waker@shop-dev.example"}
    return read_settings(wake_ups | {"TASKS_API_URL": tasks_api_url} | more)


def authorize(base_url: str, provider: str) -> Mapping[str, str]:
    return {"Authorization": f"Bearer for {provider}"}


def opened(url: str, clock: Clock | None = None, journal: Journal | None = None) -> WakeUps:
    return open_wake_ups(HttpClient(), settings(url), authorize, clock or Clock(), journal or Journal())


def task_of(server: Probe) -> dict[str, Any]:
    (request,) = server.requests
    task: dict[str, Any] = request.json["task"]
    return task


def test_a_task_calls_redeliver_for_the_conversation_at_the_next_whole_second() -> None:
    with probe(says(200)) as server:
        opened(server.url).schedule(_KEY, _NOW + timedelta(seconds=4))

    task = task_of(server)
    assert server.requests[0].line == f"POST /v2/{_QUEUE}/tasks HTTP/1.1"
    assert server.requests[0].headers["authorization"] == "Bearer for tasks"
    assert task["scheduleTime"] == "2026-11-20T12:00:05Z"
    assert json.loads(base64.b64decode(task["httpRequest"].pop("body"))) == {"conversation": _KEY}
    assert task["httpRequest"] == {
        "url": _REDELIVER,
        "httpMethod": "POST",
        "headers": {"Content-Type": "application/json"},
        "oidcToken": {"serviceAccountEmail": "waker@shop-dev.example", "audience": _REDELIVER},
    }


def test_a_tasks_name_is_a_digest_in_its_queue() -> None:
    with probe(says(200)) as server:
        opened(server.url).schedule(_KEY, _NOW)

    queue, _, task_id = task_of(server)["name"].partition("/tasks/")
    assert queue == _QUEUE
    assert (len(task_id), task_id.isalnum(), "5550100123" in task_id) == (40, True, False)


def test_repeats_within_a_second_have_one_name_and_others_their_own() -> None:
    with probe(says(200)) as server:
        wake_ups = opened(server.url)
        wake_ups.schedule("a:1", _NOW + timedelta(seconds=2))
        wake_ups.schedule("a:1", _NOW + timedelta(seconds=2.3))
        wake_ups.schedule("a:1", _NOW + timedelta(seconds=3))
        wake_ups.schedule("a:2", _NOW + timedelta(seconds=2))

    names = [request.json["task"]["name"] for request in server.requests]
    assert (names[0] == names[1], len(set(names))) == (True, 3)


def test_a_wake_up_for_now_never_takes_the_name_of_one_that_may_have_run() -> None:
    clock = Clock()

    with probe(says(200)) as server:
        wake_ups = opened(server.url, clock)
        wake_ups.schedule("a:1", _NOW)
        clock.sleep(0.5)  # on the second at which the first task runs
        wake_ups.schedule("a:1", _NOW)

    times = [request.json["task"]["scheduleTime"] for request in server.requests]
    assert times == ["2026-11-20T12:00:01Z", "2026-11-20T12:00:02Z"]


@pytest.mark.parametrize(("seconds", "made"), [(-100, 1), (0, 1), (59.9, 1), (60, 0), (900, 0)])
def test_a_minute_ahead_is_left_to_the_sweep(seconds: float, made: int) -> None:
    with probe(says(200)) as server:
        opened(server.url).schedule("a:1", _NOW + timedelta(seconds=seconds))

    assert len(server.requests) == made


@pytest.mark.parametrize(("status", "noted"), [(200, []), (409, []), (403, [403]), (429, [429]), (500, [500])])
def test_a_task_that_exists_is_fine_and_another_refusal_is_noted(status: int, noted: list[int]) -> None:
    journal = Journal()

    with probe(says(status)) as server:
        opened(server.url, journal=journal).schedule("a:1", _NOW)

    assert [fields["status"] for _, fields in journal.notes] == noted


def test_a_lost_connection_is_noted_and_not_raised() -> None:
    journal = Journal()

    with probe(cuts) as server:
        opened(server.url, journal=journal).schedule("a:1", _NOW)
    opened(refused_url(), journal=journal).schedule("a:1", _NOW)

    assert [happening for happening, _ in journal.notes] == ["wake_up_failed", "wake_up_failed"]


def test_a_slow_queue_is_given_up_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("functions.runtime.wake_ups._TIMEOUT_S", 0.1)
    journal = Journal()

    with probe(keeps_silent(0.5)) as server:
        opened(server.url, journal=journal).schedule("a:1", _NOW)

    assert journal.notes == [("wake_up_failed", {"error": "tasks answered nothing: timeout"})]


@pytest.mark.parametrize("error", [ConfigError("no credentials"), ProviderUnavailable("tasks", "google_token")])
def test_without_credentials_it_is_noted_and_not_raised(error: Exception) -> None:
    journal = Journal()

    def fail(base_url: str, provider: str) -> Mapping[str, str]:
        raise error

    wake_ups = open_wake_ups(HttpClient(), settings(refused_url()), fail, Clock(), journal)
    wake_ups.schedule("a:1", _NOW)

    assert journal.notes == [("wake_up_failed", {"error": str(error)})]


def test_without_queue_and_url_there_is_only_the_sweep() -> None:
    wake_ups = open_wake_ups(HttpClient(), read_settings({}), authorize, Clock(), Journal())

    assert isinstance(wake_ups, NoWakeUps)
    wake_ups.schedule("a:1", _NOW)


@pytest.mark.parametrize("missing", ["REDELIVER_URL", "TASKS_QUEUE", "TASKS_SERVICE_ACCOUNT"])
def test_wake_ups_set_in_part_are_refused_by_name(missing: str) -> None:
    with pytest.raises(ConfigError, match=missing):
        open_wake_ups(
            HttpClient(), settings("https://tasks.shop.example", **{missing: ""}), authorize, Clock(), Journal()
        )


def test_a_stand_in_needs_no_service_account() -> None:
    with probe(says(200)) as server:
        wake_ups = open_wake_ups(
            HttpClient(), settings(server.url, TASKS_SERVICE_ACCOUNT=""), authorize, Clock(), Journal()
        )
        wake_ups.schedule("a:1", _NOW)

    assert "oidcToken" not in task_of(server)["httpRequest"]
