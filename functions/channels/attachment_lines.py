"""Connections to file servers, cut when the time is over and kept open for the next file.

Knows HTTP, not files. Made of `http.client` alone: it follows no redirect, keeps no cookie and reads no proxy or
password from the environment.
"""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from http.client import HTTPConnection, HTTPResponse, IncompleteRead
from io import BufferedReader
from typing import Any

from certifi import where
from urllib3.util import wait_for_read

from functions.channels.attachment_addresses import Connector, Network
from functions.channels.attachment_places import Place

_MAX_IDLE_S = 30.0
_MAX_IDLE_PER_PLACE = 4


class _LastLine(BufferedReader):
    last_line = b""

    def readline(self, size: int | None = -1, /) -> bytes:
        self.last_line = super().readline(size)
        return self.last_line


class _WholeHead(HTTPResponse):
    """An answer with all of its headers; `http.client` takes the end of the connection for their end."""

    def __init__(self, sock: socket.socket, *args: Any, **more: Any) -> None:
        super().__init__(sock, *args, **more)
        self.fp = self._reader = _LastLine(self.fp.detach())

    def begin(self) -> None:
        super().begin()
        if not self._reader.last_line:
            raise IncompleteRead(b"")


class Line:
    """One connection to one place, for one request at a time."""

    def __init__(self, place: Place, connected: socket.socket) -> None:
        self.place = place
        self.is_new = True
        self.idle_since = 0.0
        self._handle = connected.dup()  # cuts the connection, whichever socket object reads from it by then
        self._http = HTTPConnection(place.host, place.port)
        self._http.auto_open = 0  # or it would look the name up by itself
        self._http.response_class = _WholeHead
        self._http.sock = connected
        self._answer: HTTPResponse | None = None

    def secure(self, context: ssl.SSLContext, timeout_s: float) -> None:
        """Speak TLS from here on, with the server that owns the place's name."""
        self._http.sock.settimeout(timeout_s)
        self._http.sock = context.wrap_socket(
            self._http.sock,
            server_hostname=self.place.host,
            suppress_ragged_eofs=False,  # else a body that was cut could pass for one that ended
        )

    def ask(self, target: str, timeout_s: float) -> HTTPResponse:
        """Send one GET; answers status and headers, the body still to be read."""
        self.is_new = False
        self._http.sock.settimeout(timeout_s)
        headers = {"Host": self.place.authority, "Accept": "*/*", "Accept-Encoding": "identity"}
        self._http.request("GET", target, headers=headers)
        self._answer = self._http.getresponse()
        return self._answer

    def is_reusable(self) -> bool:
        """Tell whether the last answer was read to its end, and nothing came after it."""
        is_read = self._answer is not None and self._answer.isclosed()
        return is_read and self._http.sock is not None and not wait_for_read(self._handle, 0)

    def cut(self) -> None:
        """End whatever waits on this connection, from any thread."""
        with suppress(OSError):
            self._handle.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Give up the connection."""
        if self._answer is not None:
            self._answer.close()
        self._http.close()
        self._handle.close()


class Watch:
    """The time one fetch has. When it is over, the line in hand is cut, so that nothing outlives it by dripping."""

    def __init__(self, seconds: float) -> None:
        self.is_over = False
        self._ends = time.monotonic() + seconds
        self._line: Line | None = None
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    def __enter__(self) -> "Watch":
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def left_s(self) -> float:
        """The seconds that are left.

        Raises:
            TimeoutError: none.
        """
        left = self._ends - time.monotonic()
        if self.is_over or left <= 0:
            raise TimeoutError
        return left

    @contextmanager
    def over(self, line: Line) -> Iterator[None]:
        """Inside the block, this is the line in hand."""
        self._hold(line)
        try:
            yield
        finally:
            self._hold(None)

    def _hold(self, line: Line | None) -> None:
        with self._lock:
            self._line = line
            if line is not None and self.is_over:
                line.cut()

    def _end(self) -> None:
        with self._lock:  # the line can't be closed, and its number given to another, while it is cut
            self.is_over = True
            if self._line is not None:
                self._line.cut()


class Lines:
    """Connections, kept open for the next file of the same place. For any number of threads."""

    def __init__(self, network: Network) -> None:
        self._connector = Connector(network)
        self._ca_file = network.ca_file
        self._idle: dict[Place, list[Line]] = {}
        self._lock = threading.Lock()

    @contextmanager
    def get(self, place: Place, target: str, watch: Watch) -> Iterator[HTTPResponse]:
        """Ask a place for something; the answer is good inside the block.

        Raises:
            FileRefused: the place is at an address that must not be connected to.
            OSError, HTTPException: no answer in time.
        """
        line = self._take(place) or Line(place, self._connector.connect(place, watch.left_s()))
        try:
            with watch.over(line):
                if line.is_new and not place.is_stand_in:
                    line.secure(self._tls, watch.left_s())
                yield line.ask(target, watch.left_s())
        except BaseException:
            line.close()
            raise
        self._give_back(line)

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._ca_file or where())

    def _take(self, place: Place) -> Line | None:
        while line := self._pop(place):
            if line.is_reusable() and time.monotonic() - line.idle_since < _MAX_IDLE_S:
                return line
            line.close()
        return None

    def _pop(self, place: Place) -> Line | None:
        with self._lock:
            idle = self._idle.get(place)
            return idle.pop() if idle else None

    def _give_back(self, line: Line) -> None:
        line.idle_since = time.monotonic()
        with self._lock:
            idle = self._idle.setdefault(line.place, [])
            if len(idle) < _MAX_IDLE_PER_PLACE and line.is_reusable():
                idle.append(line)
                return
        line.close()
