"""Redirects are followed where a file may come from, and nowhere else; nothing goes along."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fetching import fetch, refusal
from tests.file_server import (
    PNG,
    FileServer,
    file,
    file_server,
    head,
    redirects,
    says,
    sends,
)


@pytest.fixture
def server() -> Iterator[FileServer]:
    with file_server() as running:
        yield running


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_within_the_hosts_is_followed(server: FileServer, status: int) -> None:
    server.on("/there/photo.png", file(PNG, "image/png"))
    url = server.on("/here", redirects("/there/photo.png?sig=1", status))

    assert fetch(server, url).name == "photo.png"
    assert server.paths == ["/here", "/there/photo.png?sig=1"]


@pytest.mark.parametrize(("redirect_count", "is_followed"), [(3, True), (4, False)])
def test_three_redirects_are_followed_and_not_four(server: FileServer, redirect_count: int, is_followed: bool) -> None:
    for number in range(redirect_count):
        server.on(f"/{number}", redirects(f"/{number + 1}"))
    server.on(f"/{redirect_count}", file(b"here"))
    url = f"http://{server.authority}/0"

    if is_followed:
        assert fetch(server, url).content == b"here"
    else:
        assert refusal(server, url) == "not_allowed"
        assert len(server.asked) == 4


@pytest.mark.parametrize(
    "location",
    [
        "http://{other}/secret",
        "//{other}/secret",
        "https://{other}/secret",
        "http://{own}@{other}/secret",
        "http://{own}:80@{other}/secret",
        "http://{other}\\@{own}/secret",
        "http://{own}.shop.example/",
        "http://localhost:{port}/secret",
        "http://0.0.0.0:{port}/secret",
        "http://[::ffff:127.0.0.1]:{port}/secret",
        "http://2130706433:{port}/secret",
        "http://127.0.0.1/secret",
        "http://169.254.169.254/computeMetadata/v1/",
        "https://10.0.0.1/",
        "http://storage.googleapis.com/x",
        "https://storage.googleapis.com:8443/x",
        "https://storage.googleapis.com./x",
        "https://storage.googleapis.com@10.0.0.1/x",
        "https://me@storage.googleapis.com/x",
        "file:///etc/passwd",
        "ftp://storage.googleapis.com/x",
        "data:text/plain,hello",
        "gopher://{own}/",
        "http://[::1",
        "\xff\xfe",
        "",
    ],
)
def test_a_redirect_to_elsewhere_is_refused_and_nobody_asked(server: FileServer, location: str) -> None:
    with file_server() as other:
        other.on("/secret", file(b"secret"))
        names = {"other": other.authority, "own": server.authority, "port": str(server.port)}
        for name, value in names.items():
            location = location.replace(f"{{{name}}}", value)
        server.on("/secret", file(b"secret"))
        url = server.on("/a", sends(head(302, "Content-Length: 0")[:-2] + f"Location: {location}\r\n\r\n".encode()))

        # What is no absolute URL leads to a path of the same server, where there is nothing.
        assert refusal(server, url) in {"not_allowed", "expired"}
        assert (other.asked, "/secret" in server.paths) == ([], False)


def test_nothing_is_carried_from_one_request_to_the_next(server: FileServer) -> None:
    server.on("/b", file(b"b"))
    url = server.on("/a", says(302, b"", "Location: /b", "Set-Cookie: id=1; Path=/"))

    fetch(server, url + "?sig=SECRET")

    assert [set(headers) for _, headers in server.asked] == [{"host", "accept", "accept-encoding"}] * 2
    assert all(headers["accept-encoding"] == "identity" for _, headers in server.asked)


def test_proxies_and_passwords_of_the_machine_are_not_used(
    server: FileServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    (tmp_path / ".netrc").write_text("default login me password hunter2\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))

    fetch(server, server.on("/a", file(b"a")))

    assert "authorization" not in server.asked[0][1]
