"""An HTTP server on loopback that answers by path as a test scripts it, and keeps what it was asked."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit


class Asked(NamedTuple):
    path: str
    query: dict[str, str]
    headers: dict[str, str]  # names in small letters
    body: Any  # JSON, or a form as a dict

    @property
    def bearer(self) -> str:
        return self.headers.get("authorization", "").removeprefix("Bearer ")


class Answer(NamedTuple):
    status: int = 200
    body: Any = None
    headers: dict[str, str] = {}  # noqa: RUF012 – never changed


Script = Answer | Callable[[Asked], Answer]


class ScriptedServer:
    """`on` says what a path (by its end) answers: the scripts one after the other, the last one for ever."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.asked: list[Asked] = []
        self._scripts: dict[str, list[Script]] = {}
        self._lock = threading.Lock()

    def on(self, path_end: str, *scripts: Script) -> None:
        self._scripts[path_end] = list(scripts)

    def calls(self, path_end: str) -> list[Asked]:
        return [one for one in self.asked if one.path.endswith(path_end)]

    def answer(self, asked: Asked) -> Answer:
        with self._lock:
            self.asked.append(asked)
            scripts = next((s for end, s in self._scripts.items() if asked.path.endswith(end)), None)
            if scripts is None:
                return Answer(404, {"error": {"type": "not_found", "message": "not in the script"}})
            script = scripts.pop(0) if len(scripts) > 1 else scripts[0]
        return script if isinstance(script, Answer) else script(asked)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    scripted: ScriptedServer

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        headers = {name.lower(): value for name, value in self.headers.items()}
        is_form = "form" in headers.get("content-type", "")
        body = dict(parse_qsl(sent)) if is_form else json.loads(sent)
        url = urlsplit(self.path)
        answer = self.scripted.answer(Asked(url.path, dict(parse_qsl(url.query)), headers, body))
        data = b"" if answer.body is None else json.dumps(answer.body).encode()
        self.send_response(answer.status)
        for name, value in {"Content-Length": str(len(data)), **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def scripted_server() -> Iterator[ScriptedServer]:
    """The server, for as long as the block lasts."""
    handler = type("Handler", (_Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    scripted = ScriptedServer(f"http://127.0.0.1:{server.server_port}")
    handler.scripted = scripted  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield scripted
    finally:
        server.shutdown()
        server.server_close()
