"""Waits on this machine's loopback for the browser that LiveChat sends back. Writes nothing down, not even a request.

Anything but the right answer (a favicon, another attempt's code) is answered and waited on.
"""

import html
import queue
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from functions.handoff.errors import ConfigError
from infra.credentials.consent import PATH, NotAnAnswer, NotGranted

_SLOWEST_REQUEST_S = 10
_FORGET_ADDRESS = '<script>history.replaceState(null, "", "/")</script>'  # the code is in it
_GO_ON = "This can be closed: it goes on where make login was started."

ReadAnswer = Callable[[str], str]
"""The query of a request → the code in it; raises `NotAnAnswer` or `NotGranted`."""


class NoAnswer(Exception):
    """Nobody came back in time. The message says what may have happened."""


class Listener(ThreadingHTTPServer):
    """Listens from the start; `wait` answers the first code.

    Raises:
        ConfigError: the port can't be had.
    """

    daemon_threads = True

    def __init__(self, port: int, read_answer: ReadAnswer) -> None:
        try:
            super().__init__(("127.0.0.1", port), _Handler)
        except OSError as e:
            raise ConfigError(
                f"port {port} of this machine can't be used ({e.strerror}): stop what listens there, choose another "
                "one with LOGIN_PORT=… and register its address, too, or go without: PASTE=1"
            ) from None
        self._read_answer = read_answer
        self._outcome: queue.Queue[str | NotGranted] = queue.Queue()

    def wait(self, timeout_s: float) -> str:
        """The code.

        Raises:
            NoAnswer: none came in time.
            NotGranted: LiveChat said no.
        """
        try:
            outcome = self._outcome.get(timeout=timeout_s)
        except queue.Empty:
            raise NoAnswer(
                f"nobody came back within {timeout_s:.0f} s. If LiveChat showed an error, its address says which one: "
                "make login PASTE=1 takes that address and explains it"
            ) from None
        if isinstance(outcome, NotGranted):
            raise outcome
        return outcome

    def judge(self, query: str) -> tuple[int, str]:
        """What to answer to a request for our address: status and words. The first real answer counts."""
        try:
            outcome: str | NotGranted = self._read_answer(query)
        except NotAnAnswer as e:
            return 400, f"Not taken: {e}."
        except NotGranted as e:
            outcome = e
        self._outcome.put(outcome)
        return 200, f"{outcome}. {_GO_ON}" if isinstance(outcome, NotGranted) else _GO_ON

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that hangs up is nobody's concern."""


class _Handler(BaseHTTPRequestHandler):
    server: Listener
    server_version = "login"
    sys_version = ""
    timeout = _SLOWEST_REQUEST_S

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        status, words = self.server.judge(query) if path == PATH else (404, "There is nothing here.")
        page = f"<!doctype html><meta charset=utf-8><title>make login</title><p>{html.escape(words)}{_FORGET_ADDRESS}"
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(page.encode())

    def log_message(self, format: str, *args: Any) -> None:
        """Requests hold codes."""
