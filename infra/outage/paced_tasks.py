"""The Cloud Tasks stand-in with the limits of a queue: so many dispatches a second, so many under way at a time.

Source: Cloud Tasks REST v2, RateLimits (`maxDispatchesPerSecond`, `maxConcurrentDispatches`).
"""

import queue
import threading
import time

from infra.sandbox.cloud_tasks import CloudTasksStandIn, Task


class PacedTasks(CloudTasksStandIn):
    """Cloud Tasks with one queue's limits; what is due and above them waits, the longest due first.

    Args:
        per_s: dispatches a second, evenly spaced.
        at_once: dispatches under way at a time.
    """

    def __init__(self, *, per_s: float, at_once: int) -> None:
        super().__init__()
        self._gap_s = 1.0 / per_s
        self._due: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._at_once = at_once
        self._next_at = 0.0
        self._pace = threading.Lock()
        self._is_stopping = threading.Event()
        for _ in range(at_once):
            threading.Thread(target=self._dispatch, name="queue", daemon=True).start()

    @property
    def waiting(self) -> int:
        """Tasks that are due and wait for the limits."""
        return self._due.qsize()

    def stop(self) -> None:
        """Dispatch nothing more, stop answering."""
        self._is_stopping.set()
        for _ in range(self._at_once):
            self._due.put(None)
        super().stop()

    def _call(self, task: Task) -> None:
        self._due.put(task)

    def _dispatch(self) -> None:
        while True:
            task = self._due.get()
            if task is None or self._is_stopping.wait(self._my_turn_in_s()):
                return
            super()._call(task)

    def _my_turn_in_s(self) -> float:
        with self._pace:
            now = time.monotonic()
            turn_at = max(self._next_at, now)
            self._next_at = turn_at + self._gap_s
            return turn_at - now
