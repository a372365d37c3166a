"""A file's URL is as good as the file: it stands nowhere that is kept."""

import logging
import traceback
from collections.abc import Callable, Iterator
from socket import gaierror

import pytest

from functions.channels.attachment_addresses import Network
from functions.channels.attachments import AttachmentFetcher
from functions.handoff.content import Media
from functions.handoff.errors import HandoffError
from functions.runtime.log_values import stack_of
from tests.file_server import (
    PAGE,
    Answerer,
    FileServer,
    chunked,
    drips,
    file,
    file_server,
    head,
    redirects,
    says,
    sends,
    then_closes,
    zipped,
)

SIGNED = "X-Goog-Signature=5ec3e7"
HIDDEN = ("5ec3e7", "holiday")


@pytest.fixture
def server() -> Iterator[FileServer]:
    with file_server() as running:
        yield running


def failing_answers() -> Iterator[Answerer]:
    yield says(404)
    yield says(418)
    yield says(503)
    yield file(b"")
    yield file(b"a" * 1001)
    yield file(PAGE, "text/html")
    yield file(PAGE, "image/png")
    yield file(b"a", "text/plain", "Content-Encoding: gzip")
    yield zipped(b"a" * 1000, cut=9)
    yield chunked(b"a", ends=False)
    yield then_closes(b"")
    yield then_closes(head(200, "Content-Type: text/plain", "Content-Length: 10") + b"1")
    yield drips(b"", b"")
    yield sends(b"nonsense\r\n\r\n")
    yield sends(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n")
    yield redirects(f"/holiday.png?{SIGNED}")
    yield redirects(f"https://shop.example/holiday.png?{SIGNED}")
    yield redirects(f"http://[holiday/?{SIGNED}")


@pytest.mark.parametrize("answer", list(failing_answers()))
def test_no_failure_tells_the_address(server: FileServer, answer: Answerer, caplog: pytest.LogCaptureFixture) -> None:
    url = server.on("/holiday.png", answer)

    shown = shown_of_failure([server.authority], f"{url}?{SIGNED}", caplog)

    assert [word for word in HIDDEN if word in shown] == []


@pytest.mark.parametrize(
    "url",
    [
        f"https://shop.example/holiday.png?{SIGNED}",
        f"https://files.example/holiday.png?{SIGNED}",
        f"http://127.0.0.1:1/holiday.png?{SIGNED}",
        f"https://[holiday/?{SIGNED}",
        f"https://files.example/holiday\ud800.png?{SIGNED}",
        f"https://files.example/holiday\x00.png?{SIGNED}",
        f"https://files.example/holiday.png?{SIGNED} ",
        f"holiday{SIGNED}",
    ],
)
def test_no_refusal_tells_the_address(url: str, caplog: pytest.LogCaptureFixture) -> None:
    shown = shown_of_failure(["files.example", "127.0.0.1:1"], url, caplog)

    assert [word for word in HIDDEN if word in shown] == []


def resolve_loopback_only(host: str, port: int) -> list[str]:
    if host != "127.0.0.1":
        raise gaierror(-2, "Name or service not known")
    return [host]


def shown_of_failure(hosts: list[str], url: str, caplog: pytest.LogCaptureFixture) -> str:
    """All that a log could hold of a fetch that fails: error, stack, what is behind it, other loggers, the call."""
    calls: list[object] = []
    on_call: Callable[..., None] = lambda *call: calls.append(call)  # noqa: E731
    files = AttachmentFetcher(hosts, 1000, on_call, Network(resolve_loopback_only))
    caplog.set_level(logging.DEBUG)

    with pytest.raises(HandoffError) as caught:
        files.fetch(Media(url), timeout_s=0.3)

    error = caught.value
    assert (error.__cause__, error.__context__) == (None, None)
    return "".join([*traceback.format_exception(error), stack_of(error), caplog.text, repr(calls), repr(vars(error))])
