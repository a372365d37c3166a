"""The page on which one plays the user and the agents: a small server on loopback, for pages of its own alone.

- ``GET /api/state?conversation=ID&chat=ID`` – everything the page shows, see `page_state`
- ``POST /api/<action>`` – one of `page_actions.ACTIONS`, its arguments as a JSON object

Refused are other hosts' names (403), other origins (403), bodies that are not JSON (415), not as they should be (400),
or too large (413).
"""

import threading
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException, abort
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from infra.sandbox import google_api
from infra.sandbox.livechat import errors as livechat_errors
from infra.sandbox.page_actions import ACTIONS, TextTooLong
from infra.sandbox.page_state import PageState
from infra.sandbox.processes import refuse_if_taken
from infra.sandbox.sandbox import Sandbox

JsonObject = dict[str, Any]
_MAX_BODY_BYTES = 64 * 1024
_OWN_HOSTS = ("localhost", "127.0.0.1", "::1")
_LIVECHAT_STATUSES = {"validation": 400, "not_found": 404}
_OTHER_REFUSAL = 409
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
    " img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class PageServer:
    """The page of one sandbox. `url` is known once it is served."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.app = make_app(sandbox)
        self.url = ""
        self._server: BaseWSGIServer | None = None

    def serve(self, port: int) -> None:
        """Start answering on loopback, in threads of this process.

        Raises:
            PortInUse: the port is taken.
        """
        refuse_if_taken(port)
        self._server = make_server("127.0.0.1", port, self.app, threaded=True, request_handler=_QuietHandler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), name="page", daemon=True).start()
        self.url = f"http://localhost:{self._server.server_port}"

    def stop(self) -> None:
        """Stop answering."""
        if self._server:
            self._server.shutdown()
            self._server.server_close()


class _QuietHandler(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Stay quiet: the page asks every second."""


def make_app(sandbox: Sandbox) -> Flask:
    """The page as a WSGI application."""
    app = Flask("page", root_path=str(Path(__file__).parent), static_folder="static")
    app.config["MAX_CONTENT_LENGTH"] = _MAX_BODY_BYTES
    app.json.sort_keys = False  # type: ignore[attr-defined]
    state = PageState(sandbox)

    def show_state() -> Response:
        return jsonify(state.read(request.args.get("conversation", ""), request.args.get("chat", "")))

    def act(action: str) -> Response:
        if action not in ACTIONS:
            abort(404, f"there is no action {action}")
        if not request.is_json:
            abort(415, "the body must be JSON, said to be so")
        body = msgspec.json.decode(request.get_data(), type=ACTIONS[action].shape)
        return jsonify(ACTIONS[action].run(sandbox, body))

    app.before_request(_refuse_strangers)
    app.after_request(_harden)
    app.add_url_rule("/", "page", lambda: app.send_static_file("page.html"))
    app.add_url_rule("/api/state", view_func=show_state)
    app.add_url_rule("/api/<path:action>", view_func=act, methods=["POST"])
    _answer_errors(app)
    return app


def _refuse_strangers() -> None:
    try:
        name = urlsplit(f"//{request.host}").hostname
    except ValueError:
        name = None
    if name not in _OWN_HOSTS:
        abort(403, "this page answers to localhost only")
    if request.headers.get("Origin", f"http://{request.host}") != f"http://{request.host}":
        abort(403, "this page answers to itself only")


def _harden(response: Response) -> Response:
    response.headers.update(_HEADERS)
    return response


def _answer_errors(app: Flask) -> None:
    def refuse(status: int, message: object) -> Response:
        response = jsonify({"error": str(message)})
        response.status_code = status
        return response

    app.register_error_handler(HTTPException, lambda e: refuse(e.code or 500, e.description))
    app.register_error_handler(msgspec.MsgspecError, lambda e: refuse(400, e))
    app.register_error_handler(TextTooLong, lambda e: refuse(413, e))
    app.register_error_handler(
        livechat_errors.ApiError,
        lambda e: refuse(_LIVECHAT_STATUSES.get(e.error_type, _OTHER_REFUSAL), f"LiveChat: {e.message}"),
    )
    app.register_error_handler(google_api.ApiError, lambda e: refuse(google_api.STATUS_CODES[e.status], e))
