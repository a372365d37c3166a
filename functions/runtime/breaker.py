"""A circuit breaker per provider, in this process: while a provider is down, it is not called.

Parking holds back one conversation; this holds back all of them, so that an outage does not cost a slow (and at
LiveChat billed) failure per waiting conversation. No store trip; each process finds out for itself.
"""

import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

FAILURES = 5
"""So many failures in a row, with no success between, open the circuit."""

OPEN_S = 5.0
"""So long it stays open; then one call may try (half-open), and its outcome decides."""

LONGEST_OPEN_S = 60.0
"""So long at most, if the provider asks for more (Retry-After): one answer must not silence a process for hours."""


@dataclass
class _Circuit:
    """One provider's: failures in a row, and until when it is left alone if there were enough of them."""

    failures: int = 0
    left_alone_until: float = 0.0


class Breaker:
    """The circuits of all providers; safe for use by many threads.

    Args:
        monotonic: seconds on a clock that never goes back.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._circuits: dict[str, _Circuit] = defaultdict(_Circuit)

    def lets_through(self, provider: str) -> bool:
        """Tell whether a call may be made now.

        A half-open circuit lets one through, and another `OPEN_S` later if no outcome was told by then: waiting for a
        try that hangs would find the provider's recovery late.
        """
        with self._lock:
            circuit, now = self._circuits[provider], self._monotonic()
            if circuit.failures < FAILURES:
                return True
            if now < circuit.left_alone_until:
                return False
            circuit.left_alone_until = now + OPEN_S
            return True

    def note(self, provider: str, *, failed: bool, retry_after_s: float | None = None) -> None:
        """Tell the outcome of a call that was made, and how long the provider wants to be left alone.

        A later failure that asks for less does not take back what was asked.
        """
        open_s = min(max(OPEN_S, retry_after_s or 0.0), LONGEST_OPEN_S)
        with self._lock:
            circuit = self._circuits[provider]
            if not failed:
                self._circuits[provider] = _Circuit()
                return
            circuit.failures += 1
            circuit.left_alone_until = max(circuit.left_alone_until, self._monotonic() + open_s)
