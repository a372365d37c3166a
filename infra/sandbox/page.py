"""The page on which one plays the user and the agents: a small server on loopback, for pages of its own alone.

- ``GET /api/events?conversation=ID&chat=ID`` – everything the page shows and then what changes, see `page_stream`
- ``GET /api/state?conversation=ID&chat=ID`` – the same, once, as one JSON object by section
- ``GET /api/exchange/NUMBER`` – the raw request and answer behind a row of the trace, secrets masked
- ``POST /api/<action>`` – one of `ACTIONS`, its arguments as a JSON object
- ``POST /api/<upload>?ARGUMENTS`` – one of `page_uploads.UPLOADS`, the file as the body

Refused are other hosts' names (403), other origins (403), bodies that are not JSON (415), not as they should be (400),
or too large (413).
"""

import threading
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge, abort
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from infra.sandbox import google_api, page_actions, page_faults, story_actions
from infra.sandbox.faults import CantSwitch
from infra.sandbox.livechat import errors as livechat_errors
from infra.sandbox.page_actions import TextTooLong
from infra.sandbox.page_state import PageState, Watch
from infra.sandbox.page_stream import stream
from infra.sandbox.page_uploads import MAX_UPLOAD_BYTES, UPLOADS, upload
from infra.sandbox.processes import refuse_if_taken
from infra.sandbox.sandbox import Sandbox
from infra.sandbox.story_errors import StoryError

JsonObject = dict[str, Any]
ACTIONS = {**page_actions.ACTIONS, **page_faults.ACTIONS, **story_actions.ACTIONS}
_MAX_BODY_BYTES = 64 * 1024
_MAX_UPLOAD_MB = MAX_UPLOAD_BYTES // 1024**2
_OWN_HOSTS = ("localhost", "127.0.0.1", "::1")
_LIVECHAT_STATUSES = {"validation": 400, "not_found": 404, "entity_too_large": 413}
_OTHER_REFUSAL = 409
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class PageServer:
    """The page of one sandbox. `url` is known once it is served. What happens before that is shown, too."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.url = ""
        self._state = PageState(sandbox)
        self.app = make_app(sandbox, self._state)
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
        """Stop answering, and end what is being streamed."""
        self._state.pulse.end()
        if self._server:
            self._server.shutdown()
            self._server.server_close()


class _QuietHandler(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Stay quiet: the page has a trace of its own."""


def make_app(sandbox: Sandbox, state: PageState | None = None) -> Flask:
    """The page as a WSGI application."""
    app = Flask("page", root_path=str(Path(__file__).parent), static_folder="static")
    app.config["MAX_CONTENT_LENGTH"] = _MAX_BODY_BYTES
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.before_request(_refuse_strangers)
    app.after_request(_hardening(sandbox))
    app.add_url_rule("/", "page", lambda: app.send_static_file("page.html"))
    state = state or PageState(sandbox)
    _add_reading(app, state)
    _add_deeds(app, sandbox, state)
    _answer_errors(app)
    return app


def _add_reading(app: Flask, state: PageState) -> None:
    def chosen() -> tuple[str, str]:
        return request.args.get("conversation", ""), request.args.get("chat", "")

    def show_detail(number: int) -> Response:
        state.read_log()
        detail = state.trace.find_detail(number)
        return jsonify(detail) if detail else abort(404, "this is no longer kept")

    app.add_url_rule("/api/events", view_func=lambda: stream(state, *chosen()), endpoint="events")
    app.add_url_rule("/api/state", view_func=lambda: jsonify(dict(Watch(state, *chosen()).changes())), endpoint="state")
    app.add_url_rule("/api/exchange/<int:number>", view_func=show_detail)


def _add_deeds(app: Flask, sandbox: Sandbox, state: PageState) -> None:
    def act(action: str) -> Response:
        done = _take_file(sandbox, action) if action in UPLOADS else _run(sandbox, action)
        state.pulse.beat()
        return jsonify(done)

    app.add_url_rule("/api/<path:action>", view_func=act, methods=["POST"])


def _take_file(sandbox: Sandbox, action: str) -> JsonObject:
    request.max_content_length = MAX_UPLOAD_BYTES
    return upload(sandbox, action, request.args, request.mimetype, request.get_data())


def _run(sandbox: Sandbox, action: str) -> JsonObject:
    if action not in ACTIONS:
        abort(404, f"there is no action {action}")
    if not request.is_json:
        abort(415, "the body must be JSON, said to be so")
    body = msgspec.json.decode(request.get_data(), type=ACTIONS[action].shape)
    return ACTIONS[action].run(sandbox, body)


def _refuse_strangers() -> None:
    try:
        name = urlsplit(f"//{request.host}").hostname
    except ValueError:
        name = None
    if name not in _OWN_HOSTS:
        abort(403, "this page answers to localhost only")
    if request.headers.get("Origin", f"http://{request.host}") != f"http://{request.host}":
        abort(403, "this page answers to itself only")


def _hardening(sandbox: Sandbox) -> Any:
    """What adds the headers: scripts come from the page alone, pictures also from the stand-ins that keep them."""
    pictures = " ".join(filter(None, (sandbox.channels[sandbox.channel].base_url, sandbox.livechat.base_url)))
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
        f" img-src 'self' data: {pictures}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )

    def harden(response: Response) -> Response:
        response.headers.update({**_HEADERS, "Content-Security-Policy": policy})
        return response

    return harden


def _answer_errors(app: Flask) -> None:
    def refuse(status: int, message: object) -> Response:
        response = jsonify({"error": str(message)})
        response.status_code = status
        return response

    def refuse_large(_error: RequestEntityTooLarge) -> Response:
        is_file = request.path.removeprefix("/api/") in UPLOADS
        return refuse(413, f"a file may have {_MAX_UPLOAD_MB} MB at most" if is_file else "the request is too large")

    app.register_error_handler(HTTPException, lambda e: refuse(e.code or 500, e.description))
    app.register_error_handler(RequestEntityTooLarge, refuse_large)
    app.register_error_handler(msgspec.MsgspecError, lambda e: refuse(400, e))
    app.register_error_handler(TextTooLong, lambda e: refuse(413, e))
    app.register_error_handler(CantSwitch, lambda e: refuse(_OTHER_REFUSAL, e))
    app.register_error_handler(StoryError, lambda e: refuse(_OTHER_REFUSAL, e))
    app.register_error_handler(
        livechat_errors.ApiError,
        lambda e: refuse(_LIVECHAT_STATUSES.get(e.error_type, _OTHER_REFUSAL), f"LiveChat: {e.message}"),
    )
    app.register_error_handler(google_api.ApiError, lambda e: refuse(google_api.STATUS_CODES[e.status], e))
