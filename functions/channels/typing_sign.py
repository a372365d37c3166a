"""The sign that somebody is writing: shown only while it is true, and worth less than any message. Knows no HTTP."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import copy_context

WORTH_IT_AFTER_S = 0.7
"""A shorter wait needs no sign: it would flicker, and cost calls."""


@contextmanager
def typing_shown(
    begin: Callable[[], None],
    end: Callable[[], None] | None = None,
    *,
    after_s: float | None = None,
    again_s: float | None = None,
) -> Iterator[None]:
    """Call `begin` if the block lasts for `after_s` (WORTH_IT_AFTER_S), and then `end` when it ends, however it ends.

    `end` is for a sign that stays until it is taken away; `again_s` for one that fades: it is shown again as often.

    Once `begin` was called `end` follows it, whether that succeeded or not. Nothing runs on after the block. Raises
    nothing of its own: failures of both are swallowed. A sign that took effect only after its call was given up can
    outlive the end behind it; then the next message ends it.
    """
    sign = _Sign(begin, end, WORTH_IT_AFTER_S if after_s is None else after_s, again_s)
    sign.begin()
    try:
        yield
    finally:
        sign.end()


class _Sign:
    """One block's sign; a thread waits for the moment to show it."""

    def __init__(
        self, begin: Callable[[], None], end: Callable[[], None] | None, after_s: float, again_s: float | None
    ) -> None:
        self._show = begin
        self._take_away = end
        self._after_s = after_s
        self._again_s = again_s
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
        if self._is_shown and self._take_away and not _is_done(self._take_away):
            _is_done(self._take_away)  # once more: a sign that stays is worse than a message a moment later

    def _wait(self) -> None:
        wait_s: float | None = self._after_s
        while wait_s is not None and not self._over.wait(wait_s):
            self._is_shown = True
            _is_done(self._show)
            wait_s = self._again_s


def _is_done(tell: Callable[[], None]) -> bool:
    with suppress(Exception):  # whatever is wrong, the message that follows will meet it and say so
        tell()
        return True
    return False
