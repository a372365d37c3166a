"""Files in a form: they arrive whole, under a name that harms nobody, and no receiver holds the caller."""

import io
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.formparser import parse_form_data

from functions.handoff.errors import ProviderUnavailable
from functions.runtime.http_client import FilePart, HttpClient, Response
from tests.examples import examples
from tests.http_probe import Probe, Request, probe, says

TEN_MB = 10 * 1024 * 1024


class Part(NamedTuple):
    field: str
    name: str | None
    mime_type: str
    content: bytes


@pytest.fixture
def server() -> Iterator[Probe]:
    with probe(says(200)) as running:
        yield running


def send(url: str, part: FilePart, timeout_s: float = 5.0, **headers: str) -> Response:
    return HttpClient().request("livechat", "POST", url, timeout_s=timeout_s, headers=headers, files={"file": part})


def parts_of(request: Request) -> list[Part]:
    """What another implementation of forms reads in the request."""
    environ = {
        "REQUEST_METHOD": "POST",
        "CONTENT_TYPE": request.headers["content-type"],
        "CONTENT_LENGTH": request.headers["content-length"],
        "wsgi.input": io.BytesIO(request.body),
    }
    _, form, files = parse_form_data(environ)
    assert not form
    return [Part(field, one.filename, one.mimetype, one.read()) for field, one in files.items(multi=True)]


def test_a_file_arrives_with_its_field_name_type_and_content(server: Probe) -> None:
    send(server.url + "/upload", FilePart("a picture.png", b"\x89PNG\r\n--\x00\xff", "image/png"), Authorization="B t")

    request = server.requests[0]
    assert [Part("file", "a picture.png", "image/png", b"\x89PNG\r\n--\x00\xff")] == parts_of(request)
    assert request.line == "POST /upload HTTP/1.1"
    assert request.headers["authorization"] == "B t"
    assert int(request.headers["content-length"]) == len(request.body)


@pytest.mark.parametrize("size", [0, 1, 16 * 1024, 16 * 1024 + 1, TEN_MB])
def test_a_file_of_any_size_arrives_whole(server: Probe, size: int) -> None:
    content = bytes(range(251)) * (size // 251) + bytes(size % 251)

    answer = send(server.url, FilePart("a.bin", content, "application/octet-stream"))

    assert answer.status == 200
    assert parts_of(server.requests[0])[0].content == content


@pytest.mark.parametrize("name", ["Grüße.pdf", "图片.png", "снимок экрана.jpg", "👋.gif"])
def test_a_name_in_any_script_is_sent_as_utf_8_and_never_encoded_twice(server: Probe, name: str) -> None:
    send(server.url, FilePart(name, b"x", "image/png"))

    request = server.requests[0]
    assert parts_of(request)[0].name == name
    assert f'filename="{name}"'.encode() in request.body
    assert b"filename*" not in request.body


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("", "file"),
        ('"; name="other', "_; name=_other"),
        ("a\r\nX-Evil: 1\r\n\r\n.png", "a__X-Evil: 1____.png"),
        ("../../etc/passwd", ".._.._etc_passwd"),
        ("C:\\temp\\a.png", "C:_temp_a.png"),
        ("ends in a backslash\\", "ends in a backslash_"),
        ("\x00\x7f\ud800.png", "___.png"),
        ("photo\u202egnp.exe", "photo_gnp.exe"),
        ("a" * 10_000 + ".jpeg", "a" * 145 + ".jpeg"),
    ],
)
def test_a_name_can_not_break_out_of_its_header(server: Probe, name: str, expected: str) -> None:
    send(server.url, FilePart(name, b"x", "image/png"))

    sent = parts_of(server.requests[0])
    assert [(expected, b"x")] == [(part.name, part.content) for part in sent]


@pytest.mark.parametrize(
    ("mime_type", "expected"),
    [
        ("image/svg+xml", "image/svg+xml"),
        ("text/plain; charset=utf-8", "text/plain"),
        ("", "application/octet-stream"),
        ("image", "application/octet-stream"),
        ("text/plain\r\nX-Evil: 1", "application/octet-stream"),
        ("图/片", "application/octet-stream"),
    ],
)
def test_a_type_can_not_break_out_of_its_header(server: Probe, mime_type: str, expected: str) -> None:
    send(server.url, FilePart("a", b"x", mime_type))

    assert parts_of(server.requests[0])[0].mime_type == expected
    assert b"X-Evil" not in server.requests[0].body


@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.text(st.characters(codec=None), max_size=300), content=st.binary(max_size=2000), mime_type=st.text())
def test_whatever_name_and_type_are_one_file_arrives(server: Probe, name: str, content: bytes, mime_type: str) -> None:
    send(server.url, FilePart(name, content, mime_type))

    assert [("file", content)] == [(part.field, part.content) for part in parts_of(server.requests.pop())]


# --- time ------------------------------------------------------------------------------------------------------------


@contextmanager
def taking(take: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that gives its one connection, with hardly any room for what is not taken, to `take`."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        listener.bind(("127.0.0.1", 0))
        listener.listen()

        def serve() -> None:
            connection, _ = listener.accept()
            with connection, suppress(OSError):
                take(connection)

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def nothing(_connection: socket.socket) -> None:
    time.sleep(1.5)


def drop_by_drop(connection: socket.socket) -> None:
    while connection.recv(20_000):
        time.sleep(0.05)


def all_after_a_while(connection: socket.socket) -> None:
    """…and then says nothing."""
    time.sleep(0.5)
    while connection.recv(1_000_000):
        pass


def failure(url: str, timeout_s: float) -> tuple[ProviderUnavailable, float]:
    started = time.monotonic()
    with pytest.raises(ProviderUnavailable) as caught:
        send(url, FilePart("a.bin", bytes(TEN_MB), "image/png"), timeout_s)
    return caught.value, time.monotonic() - started


@pytest.mark.parametrize("take", [nothing, drop_by_drop])
def test_a_receiver_who_does_not_take_the_file_ends_the_call_in_time(take: Callable[[socket.socket], None]) -> None:
    with taking(take) as url:
        error, took_s = failure(url, timeout_s=0.4)

    assert (error.undelivered, error.retryable) == (False, True)
    assert took_s < 1.0


def test_time_spent_on_sending_is_not_given_again_for_waiting() -> None:
    with taking(all_after_a_while) as url:
        error, took_s = failure(url, timeout_s=0.8)

    assert (error.error_type, error.undelivered) == ("timeout", False)
    assert took_s < 1.1
