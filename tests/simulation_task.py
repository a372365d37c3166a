"""A call that only goes on when told to, and can be killed where it stands."""

import threading
from collections.abc import Callable
from typing import Any


class Killed(BaseException):
    """The process is gone."""


class Task:
    """One call of the mailbox, in a thread that only runs when told to."""

    def __init__(self, name: str, work: Callable[[], Any]) -> None:
        self.name = name
        self.ended = False
        self.stops = 0
        self.error: BaseException | None = None
        self._work = work
        self._kill = False
        self._go, self._stopped = threading.Lock(), threading.Lock()  # each is released by the other side
        self._go.acquire()
        self._stopped.acquire()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        self._go.acquire()
        try:
            if self._kill:
                raise Killed
            self._work()
        except BaseException as e:
            self.error = e
        self.ended = True
        self._stopped.release()

    def pause(self) -> None:
        """Called by the task itself: stop until resumed."""
        self._stopped.release()
        self._go.acquire()
        if self._kill:
            raise Killed

    def resume(self, *, kill: bool = False) -> None:
        """Called by the scheduler: let it run to its next stop, or die where it stands."""
        self._kill = kill
        self.stops += 1
        self._go.release()
        self._stopped.acquire()
        if self.ended:
            self._thread.join()
