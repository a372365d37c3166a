"""A line to the Firestore emulator that is as long as wanted, and counts the calls that go over it.

A gRPC call is one HTTP/2 stream, and a client begins each stream with one HEADERS frame: counting those frames counts
store round trips without the functions, the client library or the emulator knowing.

Source: RFC 9113, sections 3.4 (preface), 4.1 (frame header), 6.2 (HEADERS); gRPC over HTTP/2.
"""

import contextlib
import queue
import socket
import threading
import time

_PREFACE_BYTES, _FRAME_HEADER_BYTES = 24, 9
_HEADERS = 0x1


class StreamCounter:
    """Counts the HTTP/2 streams that one side begins, fed with its bytes as they come."""

    def __init__(self) -> None:
        self._skip = _PREFACE_BYTES
        self._buffer = b""

    def feed(self, data: bytes) -> int:
        """How many streams begin in these bytes."""
        self._buffer += data
        begun = 0
        while True:
            skipped = min(self._skip, len(self._buffer))
            self._buffer = self._buffer[skipped:]
            self._skip -= skipped
            if self._skip or len(self._buffer) < _FRAME_HEADER_BYTES:
                return begun
            begun += self._buffer[3] == _HEADERS
            self._skip = _FRAME_HEADER_BYTES + int.from_bytes(self._buffer[:3], "big")


class Wire:
    """A TCP relay on loopback to `target_port`; `host` is what FIRESTORE_EMULATOR_HOST should say.

    `delay_s`: how much later what a client sends arrives; what it sends meanwhile is not held up further.
    """

    def __init__(self, target_port: int, delay_s: float = 0.0) -> None:
        self.delay_s = delay_s
        self._target_port = target_port
        self._calls = 0
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.host = f"127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, name="wire", daemon=True).start()

    def calls(self) -> int:
        """Calls begun so far."""
        with self._lock:
            return self._calls

    def stop(self) -> None:
        """Take no more connections."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._target_port))
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            late: queue.SimpleQueue[tuple[float, bytes]] = queue.SimpleQueue()
            _in_thread(self._take, client, late)
            _in_thread(_send_late, late, server)
            _in_thread(_pump, server, client)

    def _take(self, client: socket.socket, late: "queue.SimpleQueue[tuple[float, bytes]]") -> None:
        counter = StreamCounter()
        while True:
            data = _receive(client)
            with self._lock:
                self._calls += counter.feed(data)
            late.put((time.monotonic() + self.delay_s, data))
            if not data:
                return


def _send_late(late: "queue.SimpleQueue[tuple[float, bytes]]", server: socket.socket) -> None:
    while True:
        due_at, data = late.get()
        time.sleep(max(0.0, due_at - time.monotonic()))
        if not data:
            break
        with contextlib.suppress(OSError):
            server.sendall(data)
    _end(server)


def _pump(server: socket.socket, client: socket.socket) -> None:
    while data := _receive(server):
        with contextlib.suppress(OSError):
            client.sendall(data)
    _end(client)


def _receive(end: socket.socket) -> bytes:
    try:
        return end.recv(65536)
    except OSError:
        return b""


def _end(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()


def _in_thread(work: object, *arguments: object) -> None:
    threading.Thread(target=work, args=arguments, name="wire", daemon=True).start()  # type: ignore[arg-type]
