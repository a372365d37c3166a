"""The circuit breaker: stops paying for calls that fail, and tries again by itself."""

import threading

import pytest

from functions.handoff.errors import ProviderUnavailable
from functions.runtime.breaker import FAILURES, LONGEST_OPEN_S, OPEN_S, Breaker
from functions.runtime.http_client import HttpClient
from tests.scripted_server import Answer, scripted_server


class Seconds:
    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


def broken(clock: Seconds, failures: int = FAILURES) -> Breaker:
    breaker = Breaker(clock)
    for _ in range(failures):
        assert breaker.lets_through("livechat")
        breaker.note("livechat", failed=True)
    return breaker


def test_failures_in_a_row_open_the_circuit() -> None:
    assert not broken(Seconds()).lets_through("livechat")


def test_fewer_failures_leave_it_closed() -> None:
    assert broken(Seconds(), FAILURES - 1).lets_through("livechat")


def test_a_success_between_starts_the_count_anew() -> None:
    breaker = broken(Seconds(), FAILURES - 1)

    breaker.note("livechat", failed=False)
    breaker.note("livechat", failed=True)

    assert breaker.lets_through("livechat")


def test_one_providers_outage_does_not_touch_another() -> None:
    assert broken(Seconds()).lets_through("channel")


def test_after_a_while_one_call_may_try_and_no_other() -> None:
    clock = Seconds()
    breaker = broken(clock)

    clock.at += OPEN_S
    tries = [breaker.lets_through("livechat") for _ in range(3)]

    assert [True, False, False] == tries


def test_while_a_try_hangs_another_one_follows_after_the_same_time() -> None:
    clock = Seconds()
    breaker = broken(clock)
    clock.at += OPEN_S
    breaker.lets_through("livechat")

    clock.at += OPEN_S
    tries = [breaker.lets_through("livechat") for _ in range(2)]

    assert [True, False] == tries


def test_a_try_that_succeeds_closes_the_circuit() -> None:
    clock = Seconds()
    breaker = broken(clock)
    clock.at += OPEN_S
    breaker.lets_through("livechat")

    breaker.note("livechat", failed=False)

    assert all(breaker.lets_through("livechat") for _ in range(3))


def test_a_try_that_fails_keeps_it_open() -> None:
    clock = Seconds()
    breaker = broken(clock)
    clock.at += OPEN_S
    breaker.lets_through("livechat")

    breaker.note("livechat", failed=True)
    clock.at += OPEN_S / 2

    assert not breaker.lets_through("livechat")


@pytest.mark.parametrize(("asked_s", "open_s"), [(None, OPEN_S), (1, OPEN_S), (30, 30), (86400, LONGEST_OPEN_S)])
def test_it_stays_open_for_as_long_as_the_provider_asks_but_not_for_ever(asked_s: float | None, open_s: float) -> None:
    clock = Seconds()
    breaker = broken(clock)
    breaker.note("livechat", failed=True, retry_after_s=asked_s)

    clock.at = open_s - 0.1
    before = breaker.lets_through("livechat")
    clock.at = open_s

    assert (False, True) == (before, breaker.lets_through("livechat"))


def test_a_later_failure_that_asks_for_nothing_does_not_take_back_what_was_asked() -> None:
    clock = Seconds()
    breaker = broken(clock)
    breaker.note("livechat", failed=True, retry_after_s=30)
    clock.at += 1
    breaker.note("livechat", failed=True)

    clock.at = 29.0

    assert not breaker.lets_through("livechat")


def test_a_success_forgets_what_was_asked() -> None:
    clock = Seconds()
    breaker = broken(clock, FAILURES - 1)
    breaker.note("livechat", failed=True, retry_after_s=60)
    breaker.note("livechat", failed=False)

    for _ in range(FAILURES):
        breaker.note("livechat", failed=True)
    clock.at += OPEN_S

    assert breaker.lets_through("livechat")


def test_of_many_threads_one_tries() -> None:
    clock = Seconds()
    breaker = broken(clock)
    clock.at += OPEN_S
    let: list[bool] = []
    threads = [threading.Thread(target=lambda: let.append(breaker.lets_through("livechat"))) for _ in range(16)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert 1 == sum(let)


def test_a_provider_that_is_down_is_not_called_again_and_again() -> None:
    with scripted_server() as server:
        server.on("/slow", Answer(503, {}))
        http = HttpClient()
        for _ in range(FAILURES):
            http.request("livechat", "POST", f"{server.url}/slow", timeout_s=2, json_body={})

        with pytest.raises(ProviderUnavailable) as raised:
            http.request("livechat", "POST", f"{server.url}/slow", timeout_s=2, json_body={})

    assert ("circuit_open", True) == (raised.value.error_type, raised.value.undelivered)
    assert FAILURES == len(server.asked)


def test_a_refusal_is_an_answer_and_no_failure() -> None:
    with scripted_server() as server:
        server.on("/refuses", Answer(422, {}))
        http = HttpClient()

        statuses = {
            http.request("livechat", "POST", f"{server.url}/refuses", timeout_s=2, json_body={}).status
            for _ in range(2 * FAILURES)
        }

    assert {422} == statuses


def test_an_answer_that_says_when_to_come_back_is_heeded(monkeypatch: pytest.MonkeyPatch) -> None:
    heeded: list[float | None] = []
    monkeypatch.setattr(Breaker, "note", lambda *_, failed, retry_after_s: heeded.append(retry_after_s))
    with scripted_server() as server:
        server.on("/busy", Answer(429, {}, headers={"Retry-After": "30"}))

        HttpClient().request("livechat", "POST", f"{server.url}/busy", timeout_s=2, json_body={})

    assert [30.0] == heeded
