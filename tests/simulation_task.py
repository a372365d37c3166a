"""A call that only goes on when told to, and can be killed where it stands."""

from collections.abc import Callable
from typing import Any

from greenlet import getcurrent, greenlet


class Killed(BaseException):
    """The process is gone."""


class Task:
    """One call of the mailbox, in a coroutine of its own: the call itself knows nothing of stopping."""

    def __init__(self, name: str, work: Callable[[], Any]) -> None:
        self.name = name
        self.ended = False
        self.stops = 0
        self.error: BaseException | None = None
        self._work = work
        self._kill = False
        self._coroutine = greenlet(self._run)
        self._scheduler = getcurrent()

    def _run(self) -> None:
        try:
            if self._kill:
                raise Killed
            self._work()
        except BaseException as e:
            self.error = e
        self.ended = True

    def pause(self) -> None:
        """Called by the task itself: stop until resumed."""
        self._scheduler.switch()
        if self._kill:
            raise Killed

    def resume(self, *, kill: bool = False) -> None:
        """Called by the scheduler: let it run to its next stop, or die where it stands."""
        self._kill = kill
        self.stops += 1
        self._scheduler = self._coroutine.parent = getcurrent()
        self._coroutine.switch()
