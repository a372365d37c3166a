"""What goes wrong in a simulated run: calls and the store that fail, processes that die, effects that come late."""

import random
from datetime import datetime, timedelta

from functions.handoff.errors import StoreUnavailable
from tests.fakes import FakeClock, Faults

_LATE_WITHIN = timedelta(seconds=15)
"""A desk that did not answer in time may still be at work for so long after the call began."""
_CALL_LASTS_AT_MOST = timedelta(seconds=8)
_MAY_BE_REFUSED = (
    "channel.send_message",
    "channel.send_survey",
    "dialogflow.hear_event",
    *(f"livechat.{call}" for call in ("send", "close", "update", "start", "resume", "upload", "mark")),
)


class Trouble:
    """Each run has its own rates; once it is `calm`, nothing goes wrong any more."""

    def __init__(self, randomness: random.Random, clock: FakeClock, faults: Faults, trace: list[str]) -> None:
        self.calm = False
        self.failure_rate = randomness.choice([0.0, 0.1, 0.3, 0.5])
        self.refusal_rate = randomness.choice([0.0, 0.0, 0.0, 0.05])
        self.store_failure_rate = randomness.choice([0.0, 0.0, 0.03])
        self.kill_rate = randomness.choice([0.0, 0.005, 0.03])
        self._random = randomness
        self._clock = clock
        self._faults = faults
        self._trace = trace
        self._late_since: list[datetime] = []
        self.failed: set[str] = set()  # providers that had a call fail

    def _strikes(self, rate: float) -> bool:
        return not self.calm and self._random.random() < rate

    def fate(self, name: str, began_at: datetime) -> str:
        """How a call ends. One that slept through its timeout has given up, and never reached the other side."""
        if self._clock.now() - began_at > _CALL_LASTS_AT_MOST:
            fate = "lost"
        elif name.startswith(_MAY_BE_REFUSED) and self._strikes(self.refusal_rate):
            fate = "refused"
        elif self._strikes(self.failure_rate):
            fate = self._random.choice(["away", "lost", "done", "late", "late"])
        else:
            return "ok"
        if fate == "late":
            self._late_since.append(self._clock.now())
        self._trace.append(f"{name} {fate}")
        self.failed.add(name.partition(".")[0])
        return fate

    def at_store(self, what: str) -> None:
        """Perhaps the store is away just now."""
        if self._strikes(self.store_failure_rate):
            self._trace.append(f"store {what}")
            raise StoreUnavailable(what)

    def kills(self) -> bool:
        """Tell whether the process that would go on dies instead."""
        return self._strikes(self.kill_rate)

    def late_effect(self) -> None:
        """The call without an answer that was made first takes effect now."""
        if not self._faults.late:
            return
        self._late_since.pop(0)
        effect = self._faults.late.pop(0)
        self._trace.append("late effect")
        try:
            effect()
        except Exception as e:
            self._trace.append(f"late effect refused: {e}")

    def late_effects_until(self, until: datetime) -> None:
        """What can't take longer than until then takes effect."""
        while self._late_since and self._late_since[0] + _LATE_WITHIN <= until:
            self.late_effect()

    @property
    def is_rare(self) -> bool:
        """Tell whether neither calls nor the store fail in this run."""
        return not (self.failure_rate or self.store_failure_rate)
