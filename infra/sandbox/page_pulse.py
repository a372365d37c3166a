"""Tells those who wait that something has happened: one count for the whole page."""

import threading


class Pulse:
    """Counts happenings. Any thread may beat, any number may wait."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._count = 0
        self._is_over = False

    def beat(self) -> None:
        """Something happened."""
        with self._changed:
            self._count += 1
            self._changed.notify_all()

    def wait(self, seen: int, timeout_s: float, *, gather_s: float) -> int:
        """The count, `gather_s` after it is not `seen` any more, or after `timeout_s`."""
        with self._changed:
            if self._changed.wait_for(lambda: self._count != seen or self._is_over, timeout_s):
                self._changed.wait_for(lambda: self._is_over, gather_s)
            return self._count

    def end(self) -> None:
        """Nothing will happen any more: let everybody go."""
        with self._changed:
            self._is_over = True
            self._changed.notify_all()

    @property
    def is_over(self) -> bool:
        """Whether it was ended."""
        return self._is_over
