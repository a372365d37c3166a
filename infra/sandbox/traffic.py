"""Who is at work just now, so that one can wait for a moment in which nobody is, and keep it for as long as one needs.

The clock is put forward in such a moment only. A lease that ends while its holder is in the middle of a call would let
somebody else look for what is still to come: in life a minute can't go by within a second.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class NeverQuiet(Exception):
    """Somebody was at work all the time."""


class Traffic:
    """Requests to the functions, and the calls that they make. Safe for use by many threads."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._at_work = 0
        self._is_stopped = False

    @contextmanager
    def request(self) -> Iterator[None]:
        """Inside the block a request is under way; it does not begin while the traffic is stopped."""
        with self._changed:
            self._changed.wait_for(lambda: not self._is_stopped)
            self._at_work += 1
        try:
            yield
        finally:
            self.end_call()

    def begin_call(self) -> None:
        """A call begins; it is never held up, or the request that it is made for would not come to its end."""
        with self._changed:
            self._at_work += 1

    def end_call(self) -> None:
        """It is over."""
        with self._changed:
            self._at_work -= 1
            self._changed.notify_all()

    @contextmanager
    def stopped(self, timeout_s: float) -> Iterator[None]:
        """Wait until nobody is at work; inside the block nobody begins.

        Raises:
            NeverQuiet: that took longer than `timeout_s`.
        """
        with self._changed:
            self._changed.wait_for(lambda: not self._is_stopped)
            self._is_stopped = True
        try:
            with self._changed:
                if not self._changed.wait_for(lambda: self._at_work == 0, timeout_s):
                    raise NeverQuiet
            yield
        finally:
            with self._changed:
                self._is_stopped = False
                self._changed.notify_all()
