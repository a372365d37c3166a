"""Functions that are killed and come back by themselves, as a cloud starts a new instance for one that crashed."""

import threading
from collections.abc import Callable

from infra.sandbox.processes import FunctionProcess, PortInUse

DOWN_S = 2.0
_LOOK_AGAIN_S = 0.1


class Crashes:
    """Kills functions; each is started again after `DOWN_S`. Safe for use by many threads.

    `listeners` are called whenever a function went or came back.
    """

    def __init__(self) -> None:
        self.listeners: list[Callable[[], None]] = []
        self._lock = threading.Lock()
        self._down: set[FunctionProcess] = set()
        self._is_over = threading.Event()

    def is_down(self, process: FunctionProcess) -> bool:
        """Whether it was killed here and does not answer yet."""
        with self._lock:
            return process in self._down

    def kill(self, process: FunctionProcess) -> None:
        """End it in the middle of whatever it does. One that is down already stays so for no longer."""
        with self._lock:
            if process in self._down or self._is_over.is_set():
                return
            self._down.add(process)
        process.kill()
        threading.Thread(target=self._bring_back, args=(process,), name=f"restart-{process.name}", daemon=True).start()
        self._tell()

    def stop(self) -> None:
        """Bring nothing back any more."""
        with self._lock:
            self._is_over.set()

    def _bring_back(self, process: FunctionProcess) -> None:
        self._is_over.wait(DOWN_S)
        while not self._start(process):
            self._is_over.wait(_LOOK_AGAIN_S)
        with self._lock:
            self._down.discard(process)
        self._tell()

    def _start(self, process: FunctionProcess) -> bool:
        """Whether there is nothing left to do: it answers, or shall not any more."""
        try:
            with self._lock:
                if self._is_over.is_set():
                    return True
                if process.pid is None:
                    process.start()
            process.wait_ready()
        except (PortInUse, RuntimeError):  # the last one of those that were killed may hold the port for a moment
            return False
        return True

    def _tell(self) -> None:
        for listener in self.listeners:
            listener()
