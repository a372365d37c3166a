"""A file comes whole and within its size, or not at all."""

from collections.abc import Iterator

import pytest

from functions.handoff.content import Media
from functions.handoff.errors import FileRefused, ProviderUnavailable
from tests.fetching import MAX, failure, fetch, fetcher, refusal
from tests.file_server import (
    Answerer,
    FileServer,
    chunked,
    endless,
    file,
    file_server,
    head,
    sends,
    then_closes,
    zipped,
)


@pytest.fixture
def server() -> Iterator[FileServer]:
    with file_server() as running:
        yield running


@pytest.mark.parametrize(
    "answer",
    [
        file(b"a" * MAX),
        chunked(b"a" * (MAX - 1), b"a"),
        zipped(b"a" * MAX),
        then_closes(b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n" + b"a" * MAX),
    ],
    ids=["length", "chunks", "packed", "to the end"],
)
def test_a_file_of_exactly_the_limit_passes(server: FileServer, answer: Answerer) -> None:
    url = server.on("/a", answer)

    assert fetch(server, url).content == b"a" * MAX


@pytest.mark.parametrize(
    "answer",
    [
        file(b"a" * (MAX + 1)),
        chunked(b"a" * MAX, b"a"),
        zipped(b"a" * (MAX + 1)),
        then_closes(b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n" + b"a" * (MAX + 1)),
    ],
    ids=["length", "chunks", "packed", "to the end"],
)
def test_a_file_of_one_byte_more_is_too_large(server: FileServer, answer: Answerer) -> None:
    url = server.on("/a", answer)

    assert refusal(server, url) == "too_large"


def test_a_length_over_the_limit_is_refused_before_reading(server: FileServer) -> None:
    url = server.on("/a", sends(head(200, "Content-Type: text/plain", f"Content-Length: {MAX + 1}")))

    assert refusal(server, url) == "too_large"


@pytest.mark.parametrize("length", ["", "Content-Length: 99999", "Content-Length: many", "Content-Length: -1"])
def test_an_endless_body_ends_at_the_limit(server: FileServer, length: str) -> None:
    start = head(200, "Content-Type: text/plain", "Connection: close", *filter(None, [length]))
    url = server.on("/a", endless(server, start, b"a" * 65536))

    if length == "Content-Length: 99999":
        assert len(fetch(server, url).content) == 99999
    else:
        assert refusal(server, url) == "too_large"
    assert server.sent_bytes < 20_000_000


@pytest.mark.parametrize("size", [b"10000", b"-1", b"ffffffffff"])
def test_endless_chunks_end_at_the_limit_or_as_no_answer(server: FileServer, size: bytes) -> None:
    start = head(200, "Content-Type: text/plain", "Transfer-Encoding: chunked")
    url = server.on("/a", endless(server, start, size + b"\r\n" + b"a" * 65536 + b"\r\n"))

    with pytest.raises((FileRefused, ProviderUnavailable)):
        fetch(server, url)

    assert server.sent_bytes < 20_000_000


def test_a_packed_body_that_unfolds_without_end_is_too_large(server: FileServer) -> None:
    url = server.on("/a", zipped(bytes(50_000_000)))

    assert refusal(server, url) == "too_large"


@pytest.mark.parametrize(
    ("encoding", "body"), [("br", b"abc"), ("gzip, gzip", b"abc"), ("zstd", b"abc"), ("gzip", b"no gzip at all")]
)
def test_a_body_packed_in_another_way_is_refused(server: FileServer, encoding: str, body: bytes) -> None:
    url = server.on("/a", file(body, "text/plain", f"Content-Encoding: {encoding}"))

    assert refusal(server, url) == "not_allowed"


@pytest.mark.parametrize(
    "answer",
    [
        then_closes(head(200, "Content-Type: text/plain", "Content-Length: 10") + b"12345"),
        then_closes(head(200, "Content-Type: text/plain", "Content-Length: 10")),
        chunked(b"12345", ends=False),
        then_closes(head(200, "Content-Type: text/plain", "Transfer-Encoding: chunked") + b"a\r\n12345"),
        zipped(b"hello" * 100, cut=9),
        then_closes(b"HTTP/1.1 200 OK\r\nContent-Ty"),
        then_closes(b"HTTP/1.1 404 Not Found\r\nContent-Ty"),
        then_closes(b"HTTP/1.1 302 Found\r\nLocation: /bucket/hol"),
        then_closes(b""),
        sends(b"nonsense\r\n\r\n"),
        sends(head(200, "Content-Type: text/plain", "Content-Length: 3", "Content-Length: 5") + b"12345"),
    ],
    ids=[
        "length",
        "nothing of it",
        "chunks",
        "chunk",
        "packed",
        "headers",
        "head of 404",
        "location",
        "nothing",
        "no HTTP",
        "two lengths",
    ],
)
def test_a_file_that_ends_in_the_middle_is_no_file_for_now(server: FileServer, answer: Answerer) -> None:
    url = server.on("/a", answer)

    error = failure(server, url)

    assert (error.provider, error.error_type, error.undelivered) == ("channel", "connection", True)


def test_what_follows_a_length_that_is_too_small_is_not_taken_for_the_next_file(server: FileServer) -> None:
    forged = head(200, "Content-Type: text/plain", "Content-Length: 6") + b"forged"
    first = server.on("/1", sends(head(200, "Content-Type: text/plain", "Content-Length: 2") + b"ok" + forged))
    second = server.on("/2", file(b"second"))
    files = fetcher(server)

    contents = [files.fetch(Media(url), timeout_s=5).content for url in (first, second)]

    assert contents == [b"ok", b"second"]


def test_an_empty_file_is_like_one_that_is_gone(server: FileServer) -> None:
    assert refusal(server, server.on("/a", file(b""))) == "expired"
    assert refusal(server, server.on("/b", zipped(b""))) == "expired"
