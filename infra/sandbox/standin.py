"""What every stand-in shares: an HTTP server on loopback, a log of its calls, and faults that can be switched on.

Besides its provider's own API each stand-in answers:

- ``GET /_state`` – everything it holds, as JSON
- ``GET /_calls`` – the calls it got, oldest first
- ``POST /_faults`` – replaces the fault rules (a JSON list of `Fault` fields; ``[]`` = behave)
- ``POST /_reset`` – forgets everything
"""

import random
import re
import socket
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from typing import Any

import msgspec
from flask import Flask, Response, jsonify, request
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from infra.sandbox.clock import Clock
from infra.sandbox.wire import Exchange, Wire

JsonObject = dict[str, Any]
_MAX_CALLS_KEPT = 20_000


class Fault(msgspec.Struct):
    """One way to misbehave, for calls whose path matches the regular expression `path`.

    `times`: for how many calls (None = until taken away). `skip`: let that many matching calls pass first. `share`: of
    the matching calls, drawn at random; those not drawn fall to the rules behind. `delay_s`: wait before anything else.
    `status`/`body`/`headers`: answer this. `cut`: close the connection without an answer. `after`: first do what was
    asked, then misbehave (the effect happened, its acknowledgement is lost). `name`: counted under it in `struck`.
    """

    path: str = ".*"
    name: str = ""
    times: int | None = None
    skip: int = 0
    share: float = 1.0
    delay_s: float = 0.0
    status: int | None = None
    body: Any = None
    headers: dict[str, str] = {}
    cut: bool = False
    after: bool = False


class Call(msgspec.Struct):
    """One request the stand-in got, and what it answered. Times are seconds since the epoch; 0 = not yet.

    `status`: 0 = not answered yet, 599 = the connection was cut.
    """

    at: float
    method: str
    path: str
    query: dict[str, str]
    body: Any
    status: int = 0
    ended_at: float = 0.0


class StandIn:
    """Base of the stand-ins. A subclass adds its routes to `app` and says what it holds in `state`.

    `lock` guards the subclass's state: routes take it themselves. `struck` counts faults by name; `dice` draws them.
    `base_url` is where it answers, "" before `serve`. `wire`: to listen to its calls. `clock`: what time it is.
    """

    def __init__(self, name: str, clock: Clock | None = None) -> None:
        self.name = name
        self.clock = clock or Clock()
        self.wire = Wire(name)
        self.base_url = ""
        self.app = Flask(name)
        self.app.json.sort_keys = False  # type: ignore[attr-defined]
        self.lock = threading.RLock()
        self.calls: deque[Call] = deque(maxlen=_MAX_CALLS_KEPT)
        self.faults: list[Fault] = []
        self.struck: Counter[str] = Counter()
        self.dice = random.Random()
        self._server: BaseWSGIServer | None = None
        self.app.before_request(self._before)
        self.app.after_request(self._after)
        self.app.teardown_request(self._end)
        self.app.add_url_rule("/_state", "_state", view_func=lambda: jsonify(self.state()))
        self.app.add_url_rule("/_calls", "_calls", view_func=lambda: jsonify(msgspec.to_builtins(list(self.calls))))
        self.app.add_url_rule("/_faults", view_func=self._set_faults, methods=["POST"])
        self.app.add_url_rule("/_reset", view_func=self._reset, methods=["POST"])

    def state(self) -> JsonObject:
        """Everything it holds."""
        raise NotImplementedError

    def reset(self) -> None:
        """Forget everything."""
        raise NotImplementedError

    def serve(self, port: int = 0) -> str:
        """Start answering on loopback (0 = any free port) in threads of this process; answers the base URL."""
        self._server = make_server("127.0.0.1", port, self.app, threaded=True, request_handler=_KeepAliveHandler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), name=self.name, daemon=True).start()
        self.base_url = f"http://127.0.0.1:{self._server.server_port}"
        return self.base_url

    def stop(self) -> None:
        """Stop answering."""
        if self._server:
            self._server.shutdown()
            self._server.server_close()

    def _before(self) -> Response | None:
        if request.path.startswith("/_"):
            return None
        call = Call(time.time(), request.method, request.path, dict(request.args), _json_or_text())
        self.calls.append(call)
        request.environ["standin.call"] = call
        self.clock.traffic.begin_call()
        request.environ["standin.exchange"] = self.wire.begin_call(call.body)
        fault = self._take_fault(request.path)
        request.environ["standin.fault"] = fault
        if fault is None:
            return None
        time.sleep(fault.delay_s)
        return None if fault.after else self._misbehave(fault)

    def _after(self, response: Response) -> Response:
        call: Call | None = request.environ.get("standin.call")
        fault: Fault | None = request.environ.get("standin.fault")
        if fault and fault.after:
            response = self._misbehave(fault) or response
        if call:
            call.status, call.ended_at = response.status_code, time.time()
        exchange: Exchange | None = request.environ.get("standin.exchange")
        if exchange:
            self.wire.end_call(exchange, response)
        return response

    def _end(self, _error: BaseException | None = None) -> None:
        if "standin.call" in request.environ:
            self.clock.traffic.end_call()

    def _take_fault(self, path: str) -> Fault | None:
        with self.lock:
            for fault in self.faults:
                if not re.search(fault.path, path) or fault.times == 0 or self.dice.random() >= fault.share:
                    continue
                if fault.skip > 0:
                    fault.skip -= 1
                    continue
                if fault.times is not None:
                    fault.times -= 1
                self.struck[fault.name] += 1
                return fault
        return None

    def _misbehave(self, fault: Fault) -> Response | None:
        if fault.cut:
            connection: socket.socket = request.environ["werkzeug.socket"]
            connection.shutdown(socket.SHUT_RDWR)
            return Response(status=599)
        if fault.status is None:
            return None
        response = jsonify(fault.body)
        response.status_code = fault.status
        response.headers.extend(fault.headers)
        return response

    def _set_faults(self) -> Response:
        faults = msgspec.convert(request.get_json(), list[Fault])
        with self.lock:
            self.faults = faults
        return jsonify({"faults": len(faults)})

    def _reset(self) -> Response:
        with self.lock:
            self.faults = []
            self.calls.clear()
            self.struck.clear()
            self.reset()
        return jsonify({})


class _KeepAliveHandler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Stay quiet: the call log has it."""


def _json_or_text() -> Any:
    if request.is_json:
        try:
            return request.get_json(silent=True)
        except RecursionError:
            return None
    return request.form.to_dict() or request.get_data(as_text=True)[:10_000]


def in_thread(work: Callable[[], None], name: str) -> None:
    """Run `work` beside the request (deliveries of webhooks), ending with the process."""
    threading.Thread(target=work, name=name, daemon=True).start()
