"""The sign that somebody is writing: shown only while it is true, and worth less than any message. Knows no HTTP."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import copy_context

STARTED, STOPPED = "TYPING_STARTED", "TYPING_STOPPED"
WORTH_IT_AFTER_S = 0.7
"""A shorter wait needs no sign: it would flicker, and cost two calls."""


@contextmanager
def typing_shown(show: Callable[[str], None], after_s: float = WORTH_IT_AFTER_S) -> Iterator[None]:
    """Call `show(STARTED)` if the block lasts, and then `show(STOPPED)` at its end, however it ends.

    Once STARTED was begun STOPPED follows it, whether that succeeded or not. Nothing runs on after the block. Raises
    nothing of its own: failures of `show` are swallowed. A STARTED that took effect only after its call was given up
    can outlive the STOPPED behind it; then the next message ends it.
    """
    sign = _Sign(show, after_s)
    sign.begin()
    try:
        yield
    finally:
        sign.end()


class _Sign:
    """One block's sign; a thread waits for the moment to show it."""

    def __init__(self, show: Callable[[str], None], after_s: float) -> None:
        self._show = show
        self._after_s = after_s
        self._over = threading.Event()
        self._is_shown = False
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        """Wait beside the block, within the context of its request: that is where calls are counted."""
        thread = threading.Thread(target=copy_context().run, args=(self._wait,), name="typing", daemon=True)
        with suppress(RuntimeError):  # no more threads to be had
            thread.start()
            self._thread = thread

    def end(self) -> None:
        """Only after the thread has ended is it certain whether the sign was begun."""
        self._over.set()
        if self._thread:
            self._thread.join()
        if self._is_shown and not self._is_told(STOPPED):
            self._is_told(STOPPED)  # once more: a sign that stays is worse than a message a moment later

    def _wait(self) -> None:
        if not self._over.wait(self._after_s):
            self._is_shown = True
            self._is_told(STARTED)

    def _is_told(self, event: str) -> bool:
        with suppress(Exception):  # whatever is wrong, the message that follows will meet it and say so
            self._show(event)
            return True
        return False
