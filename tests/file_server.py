"""A file server on loopback, good or hostile: each path does what a test tells it. With or without TLS."""

import gzip
import itertools
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from functions.channels.attachment_addresses import Network

Answerer = Callable[[socket.socket], object]
"""Answers one request on its connection."""

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(56))
JPEG = b"\xff\xd8\xff\xe0" + bytes(60)
PAGE = b"<!doctype html><script>alert(1)</script>"


@dataclass
class FileServer:
    """`asked`: path and headers (names in small letters) of each request; paths are answered as `on` says, else 404.

    `greeting`: what is done with a connection before anything is read from it.
    """

    port: int
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    connections: list[socket.socket] = field(default_factory=list)
    sent_bytes: int = 0
    answers: dict[str, Answerer] = field(default_factory=dict)
    greeting: Answerer | None = None

    @property
    def authority(self) -> str:
        return f"127.0.0.1:{self.port}"

    def on(self, path: str, answerer: Answerer) -> str:
        """Answer this path so; gives its URL."""
        self.answers[path] = answerer
        return f"http://{self.authority}{path}"

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]


@contextmanager
def file_server(tls: ssl.SSLContext | None = None) -> Iterator[FileServer]:
    """The server, for as long as the block lasts; what it still sends is cut at its end."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    server = FileServer(listener.getsockname()[1])

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            server.connections.append(connection.dup())
            threading.Thread(target=_serve, args=(connection, server, tls), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield server
    finally:
        for sock in (listener, *server.connections):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()


def _serve(connection: socket.socket, server: FileServer, tls: ssl.SSLContext | None) -> None:
    with suppress(OSError), connection:
        if server.greeting:
            server.greeting(connection)
        spoken = tls.wrap_socket(connection, server_side=True) if tls else connection
        with spoken:
            while head := _read_head(spoken):
                line, *rest = head.split("\r\n")
                path = line.split(" ")[1]
                fields = (entry.partition(":") for entry in rest)
                server.asked.append((path, {name.lower(): value.strip() for name, _, value in fields}))
                server.answers.get(path.partition("?")[0], says(404))(spoken)


def _read_head(connection: socket.socket) -> str:
    data = b""
    while not data.endswith(b"\r\n\r\n"):
        more = connection.recv(65536)
        if not more:
            return ""
        data += more
    return data.decode("latin-1").strip()


# --- answers ---------------------------------------------------------------------------------------------------------


def head(status: int, *headers: str) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status} Said", *headers, "", ""]).encode()


def says(status: int, body: bytes = b"", *headers: str) -> Answerer:
    return sends(head(status, f"Content-Length: {len(body)}", *headers) + body)


def file(content: bytes, content_type: str = "text/plain", *headers: str) -> Answerer:
    return says(200, content, f"Content-Type: {content_type}", *headers)


def sends(raw: bytes) -> Answerer:
    return lambda connection: connection.sendall(raw)


def redirects(location: str, status: int = 302) -> Answerer:
    return says(status, b"elsewhere", f"Location: {location}")


def chunked(*chunks: bytes, ends: bool = True, content_type: str = "text/plain") -> Answerer:
    body = b"".join(b"%x\r\n%b\r\n" % (len(one), one) for one in chunks) + (b"0\r\n\r\n" if ends else b"")
    start = head(200, "Transfer-Encoding: chunked", f"Content-Type: {content_type}")
    return sends(start + body) if ends else then_closes(start + body)


def zipped(content: bytes, cut: int = 0) -> Answerer:
    packed = gzip.compress(content)
    return file(packed[: len(packed) - cut], "text/plain", "Content-Encoding: gzip")


def then_closes(raw: bytes) -> Answerer:
    """Send this and close, in the middle or not."""

    def answer(connection: socket.socket) -> None:
        connection.sendall(raw)
        if isinstance(connection, ssl.SSLSocket):
            connection.unwrap()
        connection.shutdown(socket.SHUT_RDWR)

    return answer


def then_cuts(raw: bytes) -> Answerer:
    """Send this and let the connection drop as it is, TLS not ended."""

    def answer(connection: socket.socket) -> None:
        connection.sendall(raw)
        socket.socket.shutdown(connection, socket.SHUT_RDWR)

    return answer


def drips(start: bytes, drop: bytes, every_s: float = 0.02) -> Answerer:
    """Send the start, then for ever a drop and a pause."""

    def answer(connection: socket.socket) -> None:
        connection.sendall(start)
        for _ in itertools.count():
            connection.sendall(drop)
            time.sleep(every_s)

    return answer


def endless(server: FileServer, start: bytes, block: bytes) -> Answerer:
    """Send the start and then the block, as fast as it is taken and as long as it is."""

    def answer(connection: socket.socket) -> None:
        connection.sendall(start)
        while True:
            connection.sendall(block)
            server.sent_bytes += len(block)

    return answer


# --- the way there ---------------------------------------------------------------------------------------------------


class Wires:
    """A network on which every public address leads to one server on loopback; keeps what was resolved and connected.

    The check of addresses is the real one: it stands before `connect`.
    """

    def __init__(self, port: int, names: dict[str, Sequence[str]]) -> None:
        self.resolved: list[str] = []
        self.connected: list[tuple[str, int]] = []
        self._port = port
        self._names = names

    def resolve(self, host: str, port: int) -> Sequence[str]:
        self.resolved.append(host)
        return self._names[host]

    def connect(self, address: str, port: int, timeout_s: float) -> socket.socket:
        self.connected.append((address, port))
        return socket.create_connection(("127.0.0.1", self._port), timeout_s)

    def network(self, ca_file: str = "") -> Network:
        return Network(self.resolve, self.connect, ca_file)
