"""Fetching a file: what comes, what it is called, and what a server's answer means."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from functions.channels.attachments import AttachmentFetcher
from functions.handoff.content import Media
from functions.handoff.errors import ProviderUnavailable
from functions.handoff.interfaces import File
from tests.fetching import MAX, failure, fetch, fetcher, refusal
from tests.file_server import (
    JPEG,
    PAGE,
    PNG,
    FileServer,
    chunked,
    file,
    file_server,
    head,
    redirects,
    says,
    sends,
    then_closes,
    zipped,
)


@pytest.fixture
def server() -> Iterator[FileServer]:
    with file_server() as running:
        yield running


def test_a_file_comes_with_its_name_kind_and_bytes(server: FileServer) -> None:
    url = server.on("/bucket/holiday.png", file(PNG, "image/png; charset=binary"))

    assert fetch(server, url + "?X-Goog-Signature=00") == File("holiday.png", "image/png", PNG)


def test_the_query_goes_along_as_it_is(server: FileServer) -> None:
    url = server.on("/b/o", file(b"hello"))

    fetch(server, url + "?X-Goog-Credential=a%2Fb%40c&X-Goog-Signature=0a~+")

    assert server.paths == ["/b/o?X-Goog-Credential=a%2Fb%40c&X-Goog-Signature=0a~+"]


def test_characters_outside_of_ascii_are_escaped(server: FileServer) -> None:
    url = server.on("/gr%C3%BC%C3%9Fe.txt", file(b"hello"))

    assert fetch(server, url.replace("%C3%BC%C3%9F", "üß")).name == "grüße.txt"


# --- kinds ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content_type", ["text/html", "image/svg+xml", "application/x-msdownload", "image/png, text/html"]
)
def test_a_kind_that_is_not_allowed_is_refused_unread(server: FileServer, content_type: str) -> None:
    url = server.on("/a.png", sends(head(200, f"Content-Type: {content_type}", "Content-Length: 9")))

    assert refusal(server, url, mime_type="image/png") == "not_allowed"


def test_a_page_that_is_named_as_an_image_is_refused(server: FileServer) -> None:
    url = server.on("/a.png", file(PAGE, "image/png"))

    assert refusal(server, url, name="a.png", mime_type="image/png") == "not_allowed"


def test_a_file_without_a_type_is_known_by_its_bytes(server: FileServer) -> None:
    url = server.on("/a", says(200, JPEG))

    assert fetch(server, url) == File("a.jpg", "image/jpeg", JPEG)


def test_a_name_that_the_server_gives_stands_before_the_path(server: FileServer) -> None:
    url = server.on("/a", file(PNG, "image/png", 'Content-Disposition: attachment; filename="../holi\'day.png"'))

    assert fetch(server, url).name == "holi'day.png"
    assert fetch(server, url, name="mine.png").name == "mine.png"


# --- what the server says ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_a_link_that_is_over_is_expired(server: FileServer, status: int) -> None:
    assert refusal(server, server.on("/a", says(status))) == "expired"


@pytest.mark.parametrize("status", [101, 201, 204, 206, 300, 304, 402, 405, 416, 451, 499])
def test_any_other_answer_is_not_allowed(server: FileServer, status: int) -> None:
    assert refusal(server, server.on("/a", says(status, b"", "Content-Type: text/plain"))) == "not_allowed"


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_a_server_in_trouble_is_asked_again_later(server: FileServer, status: int) -> None:
    error = failure(server, server.on("/a", says(status, b"", "Retry-After: 7")))

    assert (error.provider, error.status, error.retry_after_s) == ("channel", status, 7.0)
    assert error.error_type == f"HTTP_{status}"


@pytest.mark.parametrize("wait", ["soon", "-1", "9" * 400, "²", ""])
def test_a_wait_that_is_no_number_is_none(server: FileServer, wait: str) -> None:
    url = server.on("/a", sends(f"HTTP/1.1 503 No\r\nRetry-After: {wait}\r\nContent-Length: 0\r\n\r\n".encode()))

    assert failure(server, url).retry_after_s is None


def test_a_server_that_is_not_there_is_asked_again_later() -> None:
    with file_server() as gone:
        url = gone.on("/a", file(b"a"))

    assert failure(gone, url).error_type == "connection"


# --- calls ------------------------------------------------------------------------------------------------------------


def test_calls_are_told_without_the_address(server: FileServer) -> None:
    told: list[tuple[str, str, str, int]] = []
    files = AttachmentFetcher([server.authority], MAX, lambda *call: told.append(call[:4]))
    server.on("/b", file(b"b"))
    url = server.on("/a", redirects("/b"))

    files.fetch(Media(url), timeout_s=5)
    with pytest.raises(ProviderUnavailable):
        files.fetch(Media(server.on("/c", then_closes(b""))), timeout_s=5)

    assert told == [("channel", "GET", "(file)", status) for status in (302, 200, 0)]


def test_files_one_after_the_other_use_one_connection(server: FileServer) -> None:
    files = fetcher(server)
    urls = [server.on("/1", file(b"1")), server.on("/2", chunked(b"2")), server.on("/3", zipped(b"3"))]

    contents = [files.fetch(Media(url), timeout_s=5).content for url in urls]

    assert (contents, len(server.connections)) == ([b"1", b"2", b"3"], 1)


def test_a_connection_that_the_server_closed_meanwhile_is_not_used(server: FileServer) -> None:
    files = fetcher(server)
    url = server.on("/1", then_closes(head(200, "Content-Length: 1", "Content-Type: text/plain") + b"1"))

    contents = []
    for _ in range(3):
        contents.append(files.fetch(Media(url), timeout_s=5).content)
        time.sleep(0.02)

    assert contents == [b"1"] * 3


def test_many_threads_each_get_their_own_file(server: FileServer) -> None:
    files = fetcher(server)
    urls = [server.on(f"/{number}", file(b"%d" % number * 1000)) for number in range(60)]

    with ThreadPoolExecutor(12) as threads:
        found = list(threads.map(lambda url: files.fetch(Media(url), timeout_s=10).content, urls))

    assert found == [b"%d" % number * 1000 for number in range(60)]
