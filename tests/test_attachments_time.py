"""Fetching ends in time, whatever a server does."""

import time
from collections.abc import Iterator
from socket import create_connection, socket, socketpair
from threading import Event

import pytest

from functions.channels.attachment_addresses import Network
from functions.channels.attachment_lines import Line, Watch
from functions.channels.attachment_places import Place
from functions.handoff.content import Media
from functions.handoff.errors import FileRefused, ProviderUnavailable
from tests.fetching import MAX, failure, fetcher
from tests.file_server import (
    Answerer,
    FileServer,
    drips,
    file,
    file_server,
    head,
    redirects,
    says,
    then_closes,
)


@pytest.fixture
def server() -> Iterator[FileServer]:
    with file_server() as running:
        yield running


@pytest.mark.parametrize(
    "answer",
    [
        drips(b"", b""),
        drips(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"a"),
        drips(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        drips(head(200, "Content-Type: text/plain", "Content-Length: 99999"), b"a"),
        drips(head(200, "Content-Type: text/plain", "Connection: close"), b"a"),
        drips(head(200, "Content-Type: text/plain", "Transfer-Encoding: chunked"), b"1\r\na\r\n"),
        drips(head(200, "Content-Type: text/plain", "Transfer-Encoding: chunked") + b"1;", b"a"),
        drips(head(200, "Content-Type: text/plain", "Transfer-Encoding: chunked") + b"1\r\na\r\n0\r\n", b"A: b\r\n"),
    ],
    ids=["silence", "headers", "continue", "length", "to the end", "chunks", "chunk size", "trailers"],
)
def test_a_server_that_drips_ends_at_the_deadline(server: FileServer, answer: Answerer) -> None:
    url = server.on("/a", answer)
    started = time.monotonic()

    error = failure(server, url, timeout_s=0.3)

    assert error.error_type == "timeout"
    assert 0.25 < time.monotonic() - started < 2


def test_redirects_share_one_deadline(server: FileServer) -> None:
    def slowly(connection: socket) -> None:
        time.sleep(0.2)
        redirects("/a")(connection)

    url = server.on("/a", slowly)
    started = time.monotonic()

    assert failure(server, url, timeout_s=0.3).error_type == "timeout"
    assert time.monotonic() - started < 2


def test_a_name_that_is_looked_up_for_long_ends_at_the_deadline(server: FileServer) -> None:
    enough = Event()

    def resolve(host: str, port: int) -> list[str]:
        enough.wait(5)
        return ["127.0.0.1"]

    files = fetcher(server, Network(resolve))
    started = time.monotonic()

    with pytest.raises(ProviderUnavailable, match="timeout"):
        files.fetch(Media(server.on("/a", file(b"a"))), timeout_s=0.2)

    assert time.monotonic() - started < 2
    enough.set()


def test_nothing_is_left_open_of_what_failed(server: FileServer) -> None:
    answers = (then_closes(b""), drips(b"", b""), says(503), file(b"a" * (MAX + 1)), redirects("//shop.example/"))
    urls = [server.on(f"/{number}", answer) for number, answer in enumerate(answers)]
    opened: list[socket] = []

    def connect(address: str, port: int, timeout_s: float) -> socket:
        opened.append(create_connection((address, port), timeout_s))
        return opened[-1]

    files = fetcher(server, Network(connect=connect))
    for url in urls:
        with pytest.raises((FileRefused, ProviderUnavailable)):
            files.fetch(Media(url), timeout_s=0.1)

    assert [one.fileno() for one in opened] == [-1] * len(urls)


def test_a_line_that_is_taken_in_hand_too_late_is_cut() -> None:
    ours, theirs = socketpair()
    line = Line(Place("127.0.0.1", 8091, "127.0.0.1:8091", is_stand_in=True), ours)

    with theirs, Watch(0.01) as watch:
        time.sleep(0.1)
        with watch.over(line):
            theirs.settimeout(5)
            received = theirs.recv(1)
        line.close()

    assert (received, watch.is_over) == (b"", True)


@pytest.mark.parametrize("timeout_s", [0, -1])
def test_without_time_nothing_is_asked(server: FileServer, timeout_s: float) -> None:
    assert failure(server, server.on("/a", file(b"a")), timeout_s).error_type == "no_time_left"
    assert server.asked == []
