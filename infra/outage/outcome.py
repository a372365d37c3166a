"""What a run found out, and the figures that follow from it. Times in seconds since the outage began."""

from collections import Counter

import msgspec

from infra.bench.figures import percentile
from infra.outage.books import Reckoning
from infra.outage.logbook import Work
from infra.outage.plan import Plan
from infra.outage.traffic import Passed, is_opening

_FIRST_MINUTE_S = 60.0


class Slice(msgspec.Struct, frozen=True, kw_only=True):
    """State at the end of one slice of time that began at `at_s`, and the work logged in it.

    `queued`: tasks that were due and waited for the queue's limits.
    """

    at_s: float
    asked: int
    opened: int
    queued: int
    work: Work

    @property
    def waiting(self) -> int:
        """Conversations whose chat is not open yet."""
        return self.asked - self.opened


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """One run, as observed. `first`: conversations served before the outage; `violations`: of the channel's rules."""

    plan: Plan
    slices: tuple[Slice, ...]
    calls: tuple[Passed, ...]
    began_at: float
    settled_s: float
    reckoning: Reckoning
    violations: int
    first: int

    def calls_between(self, from_s: float, to_s: float) -> list[Passed]:
        """Calls that LiveChat got in that time."""
        start, end = self.began_at + from_s, self.began_at + to_s
        return [call for call in self.calls if start <= call.began_at < end]

    @property
    def calls_while_away(self) -> list[Passed]:
        """Calls that LiveChat got during the outage: each of them failed."""
        return self.calls_between(0.0, self.plan.outage_s)

    @property
    def calls_of_drain(self) -> list[Passed]:
        """Calls that LiveChat got from the recovery on."""
        return self.calls_between(self.plan.outage_s, self.settled_s)

    @property
    def failed_while_away(self) -> int:
        """Entries that failed during the outage, with a call or without one."""
        return sum(one.work.failed for one in self.slices if one.at_s + self.plan.slice_s <= self.plan.outage_s)

    @property
    def waits(self) -> list[float]:
        """From the recovery to each chat's opening, shortest first."""
        back_at = self.began_at + self.plan.outage_s
        return sorted(call.ended_at - back_at for call in self.calls_of_drain if is_opening(call))

    @property
    def mean_per_s(self) -> float:
        """Calls a second over the whole drain, up to the last chat's opening."""
        return len(self.calls_of_drain) / max(self.waits[-1], 1.0) if self.waits else 0.0

    @property
    def peak_per_s(self) -> int:
        """The most calls in one second of the first minute after the recovery."""
        back_s = self.plan.outage_s
        return most_in_a_second(self.calls_between(back_s, back_s + _FIRST_MINUTE_S))

    def wait(self, share: float) -> float:
        """That percentile of the waits; 0 without any."""
        return percentile(self.waits, share) if self.waits else 0.0


def most_in_a_second(calls: list[Passed]) -> int:
    """The most calls that began in one second."""
    return max(Counter(int(call.began_at) for call in calls).values(), default=0)


def most_at_once(calls: list[Passed]) -> int:
    """The most calls under way at a time."""
    return max((call.at_once for call in calls), default=0)
