"""A URL leads to one of the places, or nowhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.channels.attachment_places import Place, find_place, read_places, redirected
from functions.handoff.errors import FileRefused

STORAGE = Place("storage.googleapis.com", 443, "storage.googleapis.com")
STAND_IN = Place("127.0.0.1", 8091, "127.0.0.1:8091", is_stand_in=True)
PLACES = read_places(["storage.googleapis.com", "127.0.0.1:8091"])


@pytest.mark.parametrize(
    ("url", "place", "target"),
    [
        ("https://storage.googleapis.com/a/b?c=d%2Fe", STORAGE, "/a/b?c=d%2Fe"),
        ("HTTPS://Storage.GoogleAPIs.com:443", STORAGE, "/"),
        ("https://storage.googleapis.com?a", STORAGE, "/?a"),
        ("https://storage.googleapis.com/a#b", STORAGE, "/a"),
        ("https://storage.googleapis.com//evil.example/a", STORAGE, "//evil.example/a"),
        ('https://storage.googleapis.com/ü"<>', STORAGE, "/%C3%BC%22%3C%3E"),
        ("http://127.0.0.1:8091/a", STAND_IN, "/a"),
    ],
)
def test_a_url_of_a_place_is_found(url: str, place: Place, target: str) -> None:
    assert find_place(url, PLACES) == (place, target)


@pytest.mark.parametrize(
    "url",
    [
        "http://storage.googleapis.com/a",
        "https://storage.googleapis.com:80/a",
        "https://storage.googleapis.com:0443/a",
        "https://storage.googleapis.com:/a",
        "https://storage.googleapis.com./a",
        "https://.storage.googleapis.com/a",
        "https://a.storage.googleapis.com/a",
        "https://storage.googleapis.com.evil.example/a",
        "https://storage.googleapis.com@evil.example/a",
        "https://me:pw@storage.googleapis.com/a",
        "https://@storage.googleapis.com/a",
        "https://evil.example#@storage.googleapis.com/a",
        "https://evil.example?@storage.googleapis.com/a",
        "https://evil.example\\@storage.googleapis.com/a",
        "https://storage.googleapis.com\\.evil.example/a",
        "https://storage%2egoogleapis.com/a",
        "https://storage。googleapis.com/a",
        "https://ｓtorage.googleapis.com/a",
        " https://storage.googleapis.com/a",
        "https://storage.googleapis.com/a\r\nHost: evil.example",
        "https://storage.google\tapis.com/a",
        "https://storage.googleapis.com/a\x00",
        "https://storage.googleapis.com/\ud800",
        "https:storage.googleapis.com/a",
        "https:///a",
        "//storage.googleapis.com/a",
        "file:///etc/passwd",
        "ftp://storage.googleapis.com/a",
        "https://127.0.0.1:8091/a",
        "http://127.0.0.1:8092/a",
        "http://127.0.0.1/a",
        "http://localhost:8091/a",
        "http://0x7f000001:8091/a",
        "http://127.1:8091/a",
        "https://[::1/a",
        "https://storage.googleapis.com/" + "a" * 8200,
        "",
    ],
)
def test_any_other_url_is_refused(url: str) -> None:
    with pytest.raises(FileRefused, match="not_allowed"):
        find_place(url, PLACES)


@given(
    st.text(max_size=40), st.sampled_from(["", "https://", "https://storage.googleapis.com", "http://127.0.0.1:8091/"])
)
def test_no_text_is_more_than_refused(text: str, start: str) -> None:
    try:
        place, target = find_place(start + text, PLACES)
    except FileRefused:
        return

    assert place in {STORAGE, STAND_IN}
    assert target.startswith("/")
    assert target.isascii()
    assert not set(target) & set(" \r\n\t\\")


@pytest.mark.parametrize(
    ("host", "place"),
    [
        ("localhost:1", Place("localhost", 1, "localhost:1", is_stand_in=True)),
        ("[::1]:8091", Place("::1", 8091, "[::1]:8091", is_stand_in=True)),
    ],
)
def test_a_stand_in_is_a_port_of_this_machine(host: str, place: Place) -> None:
    assert find_place(f"http://{host}/a", read_places([host])) == (place, "/a")


@pytest.mark.parametrize(
    "host", ["storage.googleapis.com:443", "10.0.0.1:80", "me@127.0.0.1:8", "127.0.0.1:", "[::2]:1"]
)
def test_a_port_of_another_machine_is_a_fault_of_the_settings(host: str) -> None:
    with pytest.raises(ValueError, match="must be one of this machine"):
        read_places([host])


def test_without_hosts_there_is_no_place() -> None:
    assert read_places([""]) == {}


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("/b", "https://storage.googleapis.com/b"),
        ("b?c", "https://storage.googleapis.com/a/b?c"),
        ("//evil.example/b", "https://evil.example/b"),
        ("http://evil.example", "http://evil.example"),
        ("/gr\xc3\xbc\xc3\x9fe", "https://storage.googleapis.com/grüße"),
        ("/\xff", ""),
        ("http://[", ""),
    ],
)
def test_a_location_is_read_against_where_it_came_from(location: str, url: str) -> None:
    assert redirected("https://storage.googleapis.com/a/x", location) == url
