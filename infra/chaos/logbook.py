"""What the functions log, with the time each line came: to tell the history of a text that went wrong."""

import threading
import time
from pathlib import Path

_LOOK_EVERY_S = 0.1
_LINES_TOLD = 60


class Logbook:
    """Follows a log file until stopped."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines: list[tuple[float, str]] = []
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="logbook", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Read what is left, and no more."""
        self._is_over.set()
        self._thread.join()

    def about(self, *words: str) -> list[str]:
        """The lines with one of the words, each with its time; of many the last ones."""
        found = [f"{clock_time(at)} {line}" for at, line in self._lines if any(word in line for word in words if word)]
        return found[-_LINES_TOLD:]

    def count(self, word: str) -> int:
        """How many lines have the word."""
        return sum(word in line for _, line in self._lines)

    def _follow(self) -> None:
        with self._path.open(errors="replace") as log:
            while True:
                is_over = self._is_over.is_set()
                now = time.time()
                self._lines += [(now, line.rstrip("\n")) for line in log.readlines()]
                if is_over:
                    return
                self._is_over.wait(_LOOK_EVERY_S)


def clock_time(at: float) -> str:
    """Hours to milliseconds."""
    return time.strftime("%H:%M:%S", time.localtime(at)) + f".{int(at % 1 * 1000):03d}"
