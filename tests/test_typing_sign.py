"""The sign that somebody writes: only when it takes long, and never for longer."""

import threading
import time
from contextvars import ContextVar

import pytest

from functions.channels.typing_sign import typing_shown

STARTED, STOPPED = "TYPING_STARTED", "TYPING_STOPPED"
SOON_S, LONG_S = 0.02, 0.15
request: ContextVar[str] = ContextVar("request", default="")


class Phone:
    """Keeps what it is shown, with the request it was shown in; raises as often as `failures` says."""

    def __init__(self, failures: int = 0, takes_s: float = 0.0) -> None:
        self.seen: list[str] = []
        self.requests: set[str] = set()
        self.failures = failures
        self.takes_s = takes_s

    def begin(self) -> None:
        self._show(STARTED)

    def end(self) -> None:
        self._show(STOPPED)

    def _show(self, event: str) -> None:
        self.seen.append(event)
        self.requests.add(request.get())
        time.sleep(self.takes_s)
        if self.failures:
            self.failures -= 1
            raise ValueError


def test_a_short_wait_shows_nothing() -> None:
    phone = Phone()

    with typing_shown(phone.begin, phone.end, after_s=10):
        pass

    assert phone.seen == []


def test_a_long_wait_is_shown_until_it_ends() -> None:
    phone = Phone()

    with typing_shown(phone.begin, phone.end, after_s=SOON_S):
        time.sleep(LONG_S)
        during = list(phone.seen)

    assert during == [STARTED]
    assert phone.seen == [STARTED, STOPPED]


def test_a_sign_that_fades_is_shown_again_and_never_taken_away() -> None:
    phone = Phone(failures=1)

    with typing_shown(phone.begin, after_s=SOON_S, again_s=SOON_S):
        time.sleep(LONG_S)
        during = list(phone.seen)

    assert len(during) > 1
    assert set(phone.seen) == {STARTED}


def test_a_block_that_raises_ends_it_too() -> None:
    phone = Phone()

    def fail() -> None:
        with typing_shown(phone.begin, phone.end, after_s=SOON_S):
            time.sleep(LONG_S)
            raise KeyError

    with pytest.raises(KeyError):
        fail()

    assert phone.seen == [STARTED, STOPPED]


def test_what_was_begun_is_ended_although_it_is_still_on_its_way() -> None:
    phone = Phone(takes_s=LONG_S)

    with typing_shown(phone.begin, phone.end, after_s=SOON_S):
        time.sleep(SOON_S * 3)

    assert phone.seen == [STARTED, STOPPED]


@pytest.mark.parametrize(
    ("failures", "seen"),
    [(1, [STARTED, STOPPED]), (2, [STARTED, STOPPED, STOPPED]), (9, [STARTED, STOPPED, STOPPED])],
)
def test_failures_stay_inside_and_the_end_is_told_twice(failures: int, seen: list[str]) -> None:
    phone = Phone(failures)

    with typing_shown(phone.begin, phone.end, after_s=SOON_S):
        time.sleep(LONG_S)

    assert phone.seen == seen


def test_nothing_runs_on_after_the_block() -> None:
    before = threading.active_count()

    with typing_shown(Phone().begin, after_s=10):
        during = threading.active_count()

    assert (during - before, threading.active_count() - before) == (1, 0)


def test_it_belongs_to_the_request_it_was_shown_in() -> None:
    phone = Phone()
    token = request.set("r-1")

    with typing_shown(phone.begin, phone.end, after_s=SOON_S):
        time.sleep(LONG_S)
    request.reset(token)

    assert phone.requests == {"r-1"}


def test_without_a_thread_to_be_had_the_block_runs_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    phone = Phone()
    monkeypatch.setattr(threading.Thread, "start", refuse)

    with typing_shown(phone.begin, phone.end, after_s=SOON_S):
        time.sleep(SOON_S)

    assert phone.seen == []
