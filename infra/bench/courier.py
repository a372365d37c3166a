"""Takes the stand-ins' webhooks in, and keeps them for the bench to deliver when, how often and where it wants.

So what is delivered is exactly what a provider sends, while the bench decides the order and holds the stop-watch.
"""

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec

JsonObject = dict[str, Any]
_KEPT_HEADERS = ("Content-Type", "X-Goog-Signature")


class Webhook(msgspec.Struct, frozen=True):
    """One webhook as its provider sent it. `function`: the door it is for; `content`: `body` as JSON."""

    function: str
    body: bytes
    headers: dict[str, str]
    content: JsonObject


class Courier:
    """A server on loopback; `url` + "/" + a function's name takes that function's webhooks."""

    def __init__(self) -> None:
        self._kept: list[Webhook] = []
        self._changed = threading.Condition()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.keep = self._keep
        threading.Thread(target=self._server.serve_forever, args=(0.05,), name="courier", daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def take(self, wanted: Callable[[Webhook], bool], timeout_s: float = 10.0) -> Webhook:
        """The oldest webhook that is `wanted`, waiting for it; it is not kept any longer.

        Raises:
            TimeoutError: none came.
        """
        deadline = time.monotonic() + timeout_s
        with self._changed:
            while True:
                found = next((webhook for webhook in self._kept if wanted(webhook)), None)
                if found is not None:
                    self._kept.remove(found)
                    return found
                if not self._changed.wait(deadline - time.monotonic()):
                    kinds = [webhook.content.get("action", "message") for webhook in self._kept]
                    raise TimeoutError(f"the webhook that was waited for did not come; there are {kinds}")

    def forget(self) -> None:
        """Keep none of those that came so far."""
        with self._changed:
            self._kept.clear()

    def stop(self) -> None:
        """Stop taking."""
        self._server.shutdown()
        self._server.server_close()

    def _keep(self, webhook: Webhook) -> None:
        with self._changed:
            self._kept.append(webhook)
            self._changed.notify_all()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    keep: Callable[[Webhook], None]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name: self.headers[name] for name in _KEPT_HEADERS if name in self.headers}
        self.server.keep(Webhook(self.path.strip("/"), body, headers, json.loads(body)))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Stay quiet."""
