"""What reaches a stand-in, call by call, counted in front of it and apart from its own books, which are bounded."""

import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from infra.sandbox.standin import StandIn

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Passed(msgspec.Struct, frozen=True):
    """One call. Times are seconds since the epoch; `at_once`: calls under way when it began, itself included."""

    began_at: float
    ended_at: float
    path: str
    status: int
    at_once: int


class Traffic:
    """Stands in front of a stand-in; `passed` are the calls it has answered, in the order they ended."""

    def __init__(self, standin: StandIn) -> None:
        self.passed: list[Passed] = []
        self._app: WsgiApp = standin.app.wsgi_app
        self._lock = threading.Lock()
        self._under_way = 0
        standin.app.wsgi_app = self._pass  # type: ignore[method-assign]

    def snapshot(self) -> list[Passed]:
        """The calls so far."""
        with self._lock:
            return list(self.passed)

    def _pass(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = str(environ["PATH_INFO"])
        if path.startswith("/_"):
            return self._app(environ, start_response)
        began_at, status = time.time(), 0
        with self._lock:
            self._under_way += 1
            at_once = self._under_way

        def note_status(line: str, *rest: Any) -> Any:
            nonlocal status
            status = int(line.split(maxsplit=1)[0])
            return start_response(line, *rest)

        try:
            return self._app(environ, note_status)
        finally:
            with self._lock:
                self._under_way -= 1
                self.passed.append(Passed(began_at, time.time(), path, status, at_once))


def is_opening(call: Passed) -> bool:
    """Tell whether a call opened a chat."""
    return call.status == 200 and call.path.endswith(("/start_chat", "/resume_chat"))
