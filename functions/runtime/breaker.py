"""A circuit breaker per provider, in this process: while a provider is down, it is not called.

Parking holds back one conversation; this holds back all of them, so that an outage does not cost a slow (and at
LiveChat billed) failure per waiting conversation. No store trip; each process finds out for itself.
"""

import threading
import time
from collections.abc import Callable

FAILURES = 5
"""So many failures in a row, with no success between, open the circuit."""

OPEN_S = 5.0
"""So long it stays open; then one call may try (half-open), and its outcome decides."""

LONGEST_OPEN_S = 60.0
"""So long at most, if the provider asks for more (Retry-After): one answer must not silence a process for hours."""


class Breaker:
    """The circuits of all providers; safe for use by many threads.

    Args:
        monotonic: seconds on a clock that never goes back.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._failures: dict[str, int] = {}
        self._opens_at: dict[str, float] = {}  # when the next call may try

    def lets_through(self, provider: str) -> bool:
        """Tell whether a call may be made now. A half-open circuit lets one through and waits for its outcome."""
        with self._lock:
            if self._failures.get(provider, 0) < FAILURES:
                return True
            now = self._monotonic()
            if now < self._opens_at[provider]:
                return False
            self._opens_at[provider] = now + OPEN_S
            return True

    def note(self, provider: str, *, failed: bool, retry_after_s: float | None = None) -> None:
        """Tell the outcome of a call that was made, and how long the provider wants to be left alone."""
        open_s = min(max(OPEN_S, retry_after_s or 0.0), LONGEST_OPEN_S)
        with self._lock:
            self._failures[provider] = self._failures.get(provider, 0) + 1 if failed else 0
            self._opens_at[provider] = self._monotonic() + open_s
