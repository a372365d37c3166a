"""Secrets: fresh for five minutes, old rather than none, and never part of an error."""

import threading
import time
from typing import Any

import pytest

from functions.handoff.errors import ConfigError, HandoffError
from functions.runtime.secrets import Secrets, SecretsUnavailable, open_secrets

_NAME = "livechat-webhook-secret"


class Ticks:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Source:
    """A place of secrets that a test fills, slows and breaks."""

    fresh_s = 300.0

    def __init__(self, **values: str) -> None:
        self.values = values
        self.reads: list[str] = []
        self.error: Exception | None = None
        self.gate: threading.Event | None = None

    def read(self, name: str) -> str | None:
        self.reads.append(name)
        if self.gate:
            self.gate.wait(2)
        if self.error:
            raise self.error
        return self.values.get(name)

    def add_version(self, name: str, value: str) -> None:
        self.values[name] = value


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


# --- the cache -------------------------------------------------------------------------------------------------------


def test_a_value_is_read_once_in_five_minutes(ticks: Ticks) -> None:
    source = Source(a="one")
    secrets = Secrets(source, ticks)

    first = secrets.get("a")
    source.values["a"] = "two"
    ticks.now += 299
    second = secrets.get("a")
    ticks.now += 1
    third = secrets.get("a")

    assert ((first, second, third), len(source.reads)) == (("one", "one", "two"), 2)


def test_while_a_refresh_fails_the_old_value_is_used_and_the_next_try_comes_soon(ticks: Ticks) -> None:
    source = Source(a="one")
    secrets = Secrets(source, ticks)
    secrets.get("a")
    source.error = SecretsUnavailable("away")

    ticks.now += 301
    values = [secrets.get("a"), secrets.get("a")]
    reads_while_away = len(source.reads)
    source.error, source.values["a"] = None, "two"
    ticks.now += 10
    back = secrets.get("a")

    assert (values, reads_while_away, back) == (["one", "one"], 2, "two")


def test_without_an_old_value_a_failure_is_retryable_and_not_asked_for_again_at_once(ticks: Ticks) -> None:
    source = Source()
    source.error = SecretsUnavailable("away")
    secrets = Secrets(source, ticks)

    for _ in range(3):
        with pytest.raises(SecretsUnavailable):
            secrets.get("a")
    source.error, source.values["a"] = None, "one"
    ticks.now += 1

    assert (secrets.get("a"), len(source.reads)) == ("one", 2)
    assert issubclass(SecretsUnavailable, HandoffError)


def test_a_secret_taken_away_is_not_used_any_longer(ticks: Ticks) -> None:
    source = Source(a="one")
    secrets = Secrets(source, ticks)
    secrets.get("a")

    del source.values["a"]
    ticks.now += 301

    with pytest.raises(ConfigError):
        secrets.get("a")
    source.error = SecretsUnavailable("away")
    with pytest.raises(SecretsUnavailable):
        secrets.get("a")


@pytest.mark.parametrize("value", [None, "", " \n "])
def test_a_missing_or_empty_secret_is_refused_by_name(value: str | None) -> None:
    secrets = Secrets(Source(**({} if value is None else {_NAME: value})))

    with pytest.raises(ConfigError, match=f"secret {_NAME} is missing.*Secret Manager"):
        secrets.accepted(_NAME)
    assert secrets.find(_NAME) is None


def test_a_secret_stored_after_it_was_missed_is_found_at_once() -> None:
    source = Source()
    secrets = Secrets(source)
    secrets.find("a")

    source.values["a"] = "one"

    assert secrets.get("a") == "one"


def test_a_fresh_value_is_read_now_and_kept(ticks: Ticks) -> None:
    source = Source(a="one")
    secrets = Secrets(source, ticks)
    secrets.get("a")
    source.values["a"] = "two"

    values = (secrets.get("a"), secrets.get_fresh("a"), secrets.get("a"))

    assert (values, len(source.reads)) == (("one", "two", "two"), 2)


def test_a_fresh_value_is_never_an_old_one(ticks: Ticks) -> None:
    source = Source(a="one")
    secrets = Secrets(source, ticks)
    secrets.get("a")
    source.error = SecretsUnavailable("away")

    with pytest.raises(SecretsUnavailable):
        secrets.get_fresh("a")
    assert secrets.get("a") == "one"


def test_current_and_previous_value_are_both_accepted() -> None:
    secrets = Secrets(Source(a=" current \r\n\n previous\n"))

    assert secrets.accepted("a") == ("current", "previous")


def test_a_stored_version_is_the_value_from_then_on() -> None:
    source = Source(a="one")
    secrets = Secrets(source)
    secrets.get("a")

    secrets.add_version("a", "two\n")

    assert (secrets.get("a"), source.values["a"]) == ("two", "two\n")


def test_many_threads_at_once_make_one_read() -> None:
    source = Source(a="one")
    source.gate = threading.Event()
    secrets = Secrets(source)

    values, threads = _in_threads(secrets, 8)
    _wait_until(lambda: len(source.reads) > 0)
    source.gate.set()
    _join(threads)

    assert (values, source.reads) == (["one"] * 8, ["a"])


def test_no_thread_waits_for_a_refresh_while_there_is_an_old_value(ticks: Ticks) -> None:
    source = Source(a="one")
    secrets = Secrets(source, ticks)
    secrets.get("a")
    source.gate, source.values["a"] = threading.Event(), "two"
    ticks.now += 301
    _, refreshing = _in_threads(secrets, 1)
    _wait_until(lambda: len(source.reads) == 2)

    values, threads = _in_threads(secrets, 8)
    _join(threads)
    source.gate.set()
    _join(refreshing)

    assert (values, secrets.get("a"), len(source.reads)) == (["one"] * 8, "two", 2)


def _in_threads(secrets: Secrets, count: int) -> tuple[list[str], list[threading.Thread]]:
    values: list[str] = []
    threads = [threading.Thread(target=lambda: values.append(secrets.get("a"))) for _ in range(count)]
    for thread in threads:
        thread.start()
    return values, threads


def _join(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.join(2)


def _wait_until(condition: Any) -> None:
    deadline = time.monotonic() + 2
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.002)


# --- which place -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("spec", ["", "file:", "vault", "secret-manager:x"])
def test_a_place_we_do_not_know_is_refused(spec: str) -> None:
    with pytest.raises(ConfigError, match="SECRETS must be"):
        open_secrets(spec, "shop-dev")


def test_secret_manager_needs_a_project() -> None:
    with pytest.raises(ConfigError, match="GOOGLE_CLOUD_PROJECT"):
        open_secrets("secret-manager", "")
