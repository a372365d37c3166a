"""Doors: bounded reading, one answer per kind of failure, and exactly one log line whatever happens."""

import io
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from wsgiref.types import WSGIApplication

import flask
import pytest
import requests
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.test import Client, TestResponse

from functions.handoff.errors import (
    ConfigError,
    ConversationBusy,
    MailboxFull,
    StoreUnavailable,
    WebhookRejected,
)
from functions.runtime.door import DoorAnswer, Handle, answer
from functions.runtime.logs import RequestJournal, count_call
from functions.runtime.secrets import SecretsUnavailable

_MIB = 1024 * 1024


def fine(raw: bytes, headers: Mapping[str, str]) -> DoorAnswer:
    return DoorAnswer(body={"got": len(raw)}, fields={"event_id": "e-1"})


def raising(error: BaseException) -> Handle:
    def handle(raw: bytes, headers: Mapping[str, str]) -> DoorAnswer:
        raise error

    return handle


class Door:
    """One function with the door under test in front, its log lines kept."""

    def __init__(self, handle: Handle = fine) -> None:
        self.out = io.StringIO()
        self.handle = handle

    def __call__(self, environ: Any, start_response: Any) -> Any:
        request = flask.Request(environ)
        environment = {"GOOGLE_CLOUD_PROJECT": "shop-dev"}
        response = answer("rcs_webhook", request, self.handle, environ=environment, out=self.out)
        return response(environ, start_response)

    def ask(self, method: str = "POST", path: str = "/", **more: Any) -> TestResponse:
        return Client(self).open(path, method=method, **more)

    @property
    def line(self) -> dict[str, Any]:
        (line,) = self.out.getvalue().splitlines()
        value: dict[str, Any] = json.loads(line)
        return value


def test_a_post_is_handled_and_logged_once() -> None:
    door = Door()

    response = door.ask(data=b"{}", headers={"X-Cloud-Trace-Context": "a" * 32 + "/1;o=1"})

    assert (response.status_code, response.json, response.mimetype) == (200, {"got": 2}, "application/json")
    assert (door.line["outcome"], door.line["event_id"], door.line["function"]) == ("handled", "e-1", "rcs_webhook")
    assert door.line["logging.googleapis.com/trace"] == f"projects/shop-dev/traces/{'a' * 32}"


def test_the_door_gets_the_body_as_it_came_and_headers_in_any_case() -> None:
    got: list[tuple[bytes, str | None]] = []

    def handle(raw: bytes, headers: Mapping[str, str]) -> DoorAnswer:
        got.append((raw, headers.get("x-goog-signature")))
        return DoorAnswer()

    Door(handle).ask(data=b' {"a": "\xc3\xa9"}\n', headers={"X-Goog-Signature": "s-1"})

    assert got == [(b' {"a": "\xc3\xa9"}\n', "s-1")]


def test_a_text_answer_goes_out_as_text() -> None:
    response = Door(lambda raw, headers: DoorAnswer(body="secret-echo", status=200)).ask(data=b"{}")

    assert (response.text, response.mimetype) == ("secret-echo", "text/plain")


@pytest.mark.parametrize("path", ["/health", "/rcs_webhook/health"])
def test_health_is_answered_without_the_door(path: str) -> None:
    door = Door(raising(ConfigError("nothing is set")))

    response = door.ask("GET", path)

    assert (response.status_code, response.json) == (200, {"status": "ok", "function": "rcs_webhook"})
    assert (door.line["outcome"], door.line["reason"]) == ("handled", "health")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"])
def test_only_post_is_allowed(method: str) -> None:
    door = Door()

    response = door.ask(method, "/")

    assert (response.status_code, response.headers["Allow"]) == (405, "POST")
    assert (door.line["outcome"], door.line["reason"]) == ("rejected", "method")


def test_a_post_to_health_is_for_the_door() -> None:
    assert Door().ask("POST", "/health", data=b"{}").json == {"got": 2}


@pytest.mark.parametrize(("size", "status"), [(0, 200), (_MIB, 200), (_MIB + 1, 413)])
def test_a_body_of_more_than_a_mebibyte_is_refused(size: int, status: int) -> None:
    door = Door()

    assert door.ask(data=b" " * size).status_code == status


def test_a_body_announced_too_large_is_not_read() -> None:
    class Unreadable(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise AssertionError("read")

    door = Door()

    response = door.ask(input_stream=Unreadable(), environ_overrides={"CONTENT_LENGTH": str(_MIB + 1)})

    assert (response.status_code, door.line["reason"]) == (413, "size")


def test_a_body_shorter_than_announced_is_refused() -> None:
    door = Door()

    response = door.ask(input_stream=io.BytesIO(b"{"), environ_overrides={"CONTENT_LENGTH": "10"})

    assert (response.status_code, door.line["outcome"], door.line["reason"]) == (400, "rejected", "body")


@pytest.fixture
def serve() -> Iterator[Callable[[WSGIApplication], str]]:
    servers: list[Any] = []

    class Quiet(WSGIRequestHandler):
        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            pass

    def start(app: WSGIApplication) -> str:
        server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}/"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(("pieces", "status"), [(4, 200), (20, 413)])
def test_a_body_of_unannounced_length_is_bounded_too(
    serve: Callable[[WSGIApplication], str], pieces: int, status: int
) -> None:
    url = serve(Door())

    response = requests.post(url, data=(b" " * 65536 for _ in range(pieces)), timeout=5)

    assert response.status_code == status


@pytest.mark.parametrize(
    ("error", "status", "reason"),
    [
        (WebhookRejected(401, "signature", "the signature is wrong"), 401, "signature"),
        (WebhookRejected(400, "field", "message.text must be a text"), 400, "field"),
    ],
)
def test_a_rejected_webhook_learns_why(error: WebhookRejected, status: int, reason: str) -> None:
    door = Door(raising(error))

    response = door.ask(data=b"{}")

    assert (response.status_code, response.json) == (status, {"error": str(error)})
    assert (door.line["outcome"], door.line["reason"], door.line["severity"]) == ("rejected", reason, "WARNING")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (StoreUnavailable("firestore: deadline"), "store_unavailable"),
        (ConversationBusy("12 conflicts"), "conversation_busy"),
        (MailboxFull("200 pending"), "mailbox_full"),
        (SecretsUnavailable("secret a: away"), "secrets_unavailable"),
    ],
)
def test_what_passes_makes_the_sender_come_back(error: Exception, reason: str) -> None:
    door = Door(raising(error))

    response = door.ask(data=b"{}")

    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
    assert response.json == {"error": "try again later"}
    assert (door.line["outcome"], door.line["reason"], door.line["detail"]) == ("retry", reason, str(error))


def test_a_missing_setting_is_named_in_answer_and_log() -> None:
    door = Door(raising(ConfigError("missing: LIVECHAT_CLIENT_ID (client id)")))

    response = door.ask(data=b"{}")

    assert (response.status_code, response.json) == (500, {"error": "missing: LIVECHAT_CLIENT_ID (client id)"})
    assert (door.line["severity"], door.line["reason"]) == ("ERROR", "config")
    assert "LIVECHAT_CLIENT_ID" in door.line["stack_trace"]


def test_a_bug_is_a_500_that_tells_the_sender_nothing_and_the_operators_the_stack() -> None:
    door = Door(raising(KeyError("my card is lost")))

    response = door.ask(data=b"{}")

    assert (response.status_code, response.json) == (500, {"error": "internal error"})
    assert (door.line["severity"], door.line["outcome"]) == ("ERROR", "error")
    assert "Traceback (most recent call last)" in door.line["stack_trace"]
    assert "my card" not in door.out.getvalue()


def test_the_line_has_what_was_done_before_a_failure() -> None:
    def handle(raw: bytes, headers: Mapping[str, str]) -> DoorAnswer:
        RequestJournal().note("accepted", event_id="e-1")
        count_call("livechat", "POST", "/x", 200, 0.1)
        raise StoreUnavailable("away")

    door = Door(handle)

    door.ask(data=b"{}")

    assert (door.line["event_id"], door.line["calls"]) == ("e-1", {"livechat": 1})


def test_a_door_may_log_louder_than_its_answer() -> None:
    door = Door(lambda raw, headers: DoorAnswer(outcome="ignored", reason="unreadable", severity="ERROR"))

    response = door.ask(data=b"{}")

    assert (response.status_code, door.line["outcome"], door.line["severity"]) == (200, "ignored", "ERROR")
