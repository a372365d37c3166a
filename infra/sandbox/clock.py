"""A clock that can be put forward, and a dispatcher that starts jobs at their time by it."""

import heapq
import itertools
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from infra.sandbox.traffic import Traffic

_END_OF_TIME_S = 3600.0


class Clock:
    """The machine's time plus what it was put forward by.

    `ahead_s`: those seconds. `traffic`: of those who go by this clock.
    """

    def __init__(self) -> None:
        self.ahead_s = 0.0
        self.traffic = Traffic()
        self._listeners: list[Callable[[], None]] = []

    def time(self) -> float:
        """Seconds since the epoch."""
        return time.time() + self.ahead_s

    def now(self) -> datetime:
        """Aware, UTC."""
        return datetime.fromtimestamp(self.time(), UTC)

    def advance(self, seconds: float) -> None:
        """Let `seconds` go by at once."""
        self.ahead_s += seconds
        for listener in self._listeners:
            listener()

    def on_advance(self, listener: Callable[[], None]) -> None:
        """Call `listener` whenever the clock is put forward, in the order of their coming."""
        self._listeners.append(listener)


class Dispatcher:
    """Starts jobs at their time, each in a thread of its own. After `stop` none is started."""

    def __init__(self, name: str, clock: Clock) -> None:
        self._name = name
        self._clock = clock
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._running = 0
        self._stopped = False
        clock.on_advance(self._wake)
        threading.Thread(target=self._loop, name=name, daemon=True).start()

    def at(self, when: float, job: Callable[[], None]) -> None:
        """Start `job` at `when` (seconds since the epoch, by the clock); in the past means now."""
        with self._changed:
            heapq.heappush(self._heap, (when, next(self._numbers), job))
            self._changed.notify_all()

    def clear(self) -> None:
        """Forget what was not started yet."""
        with self._changed:
            self._heap.clear()
            self._changed.notify_all()

    def settle(self, timeout_s: float) -> bool:
        """Wait until nothing runs and nothing is due; False when that took longer than `timeout_s`."""
        with self._changed:
            return self._changed.wait_for(self._is_quiet, timeout_s)

    def stop(self, timeout_s: float = 2.0) -> None:
        """Start nothing more and wait for what runs, at most `timeout_s`."""
        with self._changed:
            self._stopped = True
            self._heap.clear()
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._running == 0, timeout_s)

    def _is_quiet(self) -> bool:
        return self._running == 0 and self._wait_s() > 0

    def _wait_s(self) -> float:
        return self._heap[0][0] - self._clock.time() if self._heap else _END_OF_TIME_S

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _loop(self) -> None:
        while True:
            with self._changed:
                if self._stopped:
                    return
                wait_s = self._wait_s()
                if wait_s > 0:
                    self._changed.wait(min(wait_s, _END_OF_TIME_S))
                    continue
                job = heapq.heappop(self._heap)[2]
                self._running += 1
            threading.Thread(target=self._run, args=(job,), name=self._name, daemon=True).start()

    def _run(self, job: Callable[[], None]) -> None:
        try:
            job()
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()
