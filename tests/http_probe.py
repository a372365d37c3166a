"""A tiny HTTP server on loopback that can also do what no framework lets one do: drip, cut, and answer nonsense."""

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

Answerer = Callable[[socket.socket, "Request"], None]
"""What the probe does with a connection, once a whole request has been read from it."""


@dataclass
class Request:
    """One request as it came over the wire."""

    line: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)


@dataclass
class Probe:
    """`url` to call, the requests that came so far, and over how many connections."""

    url: str
    connections: int = 0
    requests: list[Request] = field(default_factory=list)


@contextmanager
def probe(answerer: Answerer) -> Iterator[Probe]:
    """Run the probe for the time of the block; a connection stays open while the caller uses it."""
    listener = socket.create_server(("127.0.0.1", 0))
    running = Probe(f"http://127.0.0.1:{listener.getsockname()[1]}")

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            running.connections += 1
            threading.Thread(target=_serve, args=(connection, running, answerer), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield running
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def _serve(connection: socket.socket, running: Probe, answerer: Answerer) -> None:
    with connection:
        try:
            while request := _read_request(connection):
                running.requests.append(request)
                answerer(connection, request)
        except OSError:
            return  # cut by the answerer, or the caller gave up first


def _read_request(connection: socket.socket) -> Request | None:
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return None
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    line, *rest = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (entry.partition(":") for entry in rest)}
    while len(body) < int(headers.get("content-length", 0)):
        body += connection.recv(65536)
    return Request(line, headers, body)


def says(status: int, body: bytes = b"{}", *headers: str) -> Answerer:
    """Answer every request with this status, body and further header lines."""
    lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(body)}", *headers, "", ""]
    return lambda connection, _: connection.sendall("\r\n".join(lines).encode() + body)


def drips(*parts: bytes, every_s: float) -> Answerer:
    """Send the parts with a pause before each, then close the connection."""

    def answer(connection: socket.socket, _: Request) -> None:
        for part in parts:
            time.sleep(every_s)
            connection.sendall(part)
        connection.close()

    return answer


def cuts(connection: socket.socket, request: Request) -> None:
    """Read the whole request and reset the connection."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def keeps_silent(for_s: float) -> Answerer:
    """Read the whole request and say nothing."""
    return lambda _connection, _request: time.sleep(for_s)


def refused_url() -> str:
    """A URL on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"
