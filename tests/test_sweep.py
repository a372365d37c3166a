"""The sweep: everything that is due, each once, whatever one of them does."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

import pytest

from functions.handoff.errors import ConversationBusy, StoreUnavailable
from functions.runtime.sweep import AT_ONCE, PER_ROUND, SWEEP_S, sweep
from tests.fakes import FakeClock


class Outcome(NamedTuple):
    outcome: str


class FakeMailbox:
    """So many conversations are due; `stuck` ones stay so, whatever is done."""

    def __init__(self, clock: FakeClock, due: int, *, stuck: int = 0, takes_s: float = 0.0, late_s: int = 0) -> None:
        self.clock = clock
        self.keys = [f"c{number:05}" for number in range(due)]
        self.stuck = set(self.keys[:stuck])
        self.takes_s = takes_s
        self.late_s = late_s
        self.woken: list[str] = []
        self.errors: dict[str, Exception] = {}
        self.asked: list[int] = []

    def due(self, limit: int) -> dict[str, datetime]:
        self.asked.append(limit)
        return dict.fromkeys(self.keys[:limit], self.clock.at - timedelta(seconds=self.late_s))

    def redeliver(self, key: str, *, budget_s: float) -> Outcome:
        self.clock.at += timedelta(seconds=self.takes_s)
        self.woken.append(key)
        if key in self.errors:
            raise self.errors[key]
        if key not in self.stuck:
            self.keys.remove(key)
        return Outcome("queued")


def swept(mailbox: Any, broken: list[str] | None = None) -> dict[str, int]:
    return sweep(mailbox, mailbox.clock, lambda key, _error: (broken if broken is not None else []).append(key))


def test_more_than_one_round_is_swept_while_there_is_time() -> None:
    mailbox = FakeMailbox(FakeClock(), 3 * PER_ROUND + 5)

    counts = swept(mailbox)

    assert {"due": 3 * PER_ROUND + 5, "oldest_due_s": 0, "queued": 3 * PER_ROUND + 5} == counts
    assert ([], 3 * PER_ROUND + 5) == (mailbox.keys, len(set(mailbox.woken)))


def test_each_is_woken_once_and_those_that_stay_due_do_not_keep_the_others_asleep() -> None:
    mailbox = FakeMailbox(FakeClock(), PER_ROUND + 50, stuck=PER_ROUND)

    swept(mailbox)

    assert sorted(mailbox.stuck) == mailbox.keys
    assert len(mailbox.woken) == len(set(mailbox.woken)) == PER_ROUND + 50


def test_what_time_does_not_allow_is_left() -> None:
    mailbox = FakeMailbox(FakeClock(), 100, takes_s=SWEEP_S / 10)
    began = mailbox.clock.now()

    counts = swept(mailbox)

    assert 100 == counts["due"] == counts["queued"] + counts["left"]
    assert counts["queued"] <= 10 + AT_ONCE
    assert mailbox.clock.now() - began < timedelta(seconds=2 * SWEEP_S)


@pytest.mark.parametrize(
    ("error", "outcome"),
    [(StoreUnavailable("away"), "retry"), (ConversationBusy("busy"), "retry"), (KeyError("a bug"), "error")],
)
def test_one_that_fails_does_not_keep_the_others_asleep(error: Exception, outcome: str) -> None:
    mailbox = FakeMailbox(FakeClock(), 20)
    mailbox.errors["c00003"] = error
    broken: list[str] = []

    counts = swept(mailbox, broken)

    assert (19, 1) == (counts["queued"], counts[outcome])
    assert (["c00003"] if outcome == "error" else []) == broken


def test_a_store_that_cant_say_what_is_due_is_the_callers_to_know() -> None:
    class Away(FakeMailbox):
        def due(self, limit: int) -> dict[str, datetime]:
            raise StoreUnavailable("away")

    with pytest.raises(StoreUnavailable):
        swept(Away(FakeClock(), 1))


def test_nothing_due_is_one_question() -> None:
    mailbox = FakeMailbox(FakeClock(), 0)

    assert ({"due": 0, "oldest_due_s": 0}, [PER_ROUND]) == (swept(mailbox), mailbox.asked)


def test_it_tells_for_how_long_the_longest_due_one_was_so_when_it_began() -> None:
    mailbox = FakeMailbox(FakeClock(), 3, takes_s=5, late_s=130)

    assert 130 == swept(mailbox)["oldest_due_s"]
