"""The HTTP client: every call ends in time, and says truly whether it may have had an effect."""

import time

import pytest

from functions.handoff.errors import ProviderUnavailable
from functions.runtime.http_client import HttpClient, Response, is_loopback
from tests.http_probe import cuts, drips, keeps_silent, probe, refused_url, says

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n"
_CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


class Calls:
    """Collects what the client says of its calls."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, str, int]] = []

    def __call__(self, provider: str, method: str, path: str, status: int, seconds: float) -> None:
        assert seconds >= 0
        self.seen.append((provider, method, path, status))


@pytest.fixture
def client() -> HttpClient:
    return HttpClient()


def ask(client: HttpClient, url: str, timeout_s: float = 5.0, **more: str) -> Response:
    return client.request("livechat", "POST", url, timeout_s=timeout_s, json_body={"a": 1}, headers=more)


def failure(client: HttpClient, url: str, timeout_s: float = 5.0) -> ProviderUnavailable:
    with pytest.raises(ProviderUnavailable) as caught:
        ask(client, url, timeout_s)
    return caught.value


def test_the_answer_comes_back_with_status_json_and_headers(client: HttpClient) -> None:
    with probe(says(201, b'{"ok": true}', "X-Request-Id: r-1")) as server:
        answer = ask(client, server.url + "/v1/things", Authorization="Bearer t")

    assert (answer.status, answer.body, answer.headers["x-request-id"]) == (201, {"ok": True}, "r-1")
    assert server.requests[0].line == "POST /v1/things HTTP/1.1"
    assert server.requests[0].headers["authorization"] == "Bearer t"
    assert server.requests[0].json == {"a": 1}


@pytest.mark.parametrize("status", [400, 404, 429, 500, 503])
def test_an_answer_of_any_status_is_returned(client: HttpClient, status: int) -> None:
    with probe(says(status, b'{"error": {"type": "x"}}')) as server:
        answer = ask(client, server.url)

    assert (answer.status, answer.body) == (status, {"error": {"type": "x"}})


@pytest.mark.parametrize(
    "body",
    [b"<html>Bad Gateway</html>", b"", b"\xff\xfe", b"{", b"[" * 100_000],
    ids=["html", "empty", "bytes", "cut", "deep"],
)
def test_a_body_that_is_not_json_is_none(client: HttpClient, body: bytes) -> None:
    with probe(says(502, body)) as server:
        answer = ask(client, server.url)

    assert (answer.status, answer.body) == (502, None)


@pytest.mark.parametrize(("header", "expected"), [("12", 12.0), ("0", 0.0), ("soon", None), ("-1", None), ("", None)])
def test_retry_after_counts_when_it_is_a_number(client: HttpClient, header: str, expected: float | None) -> None:
    with probe(says(429, b"{}", f"Retry-After: {header}")) as server:
        answer = ask(client, server.url)

    assert answer.retry_after_s == expected


def test_a_refused_connection_is_certainly_undelivered(client: HttpClient) -> None:
    error = failure(client, refused_url())

    assert (error.undelivered, error.retryable, error.error_type) == (True, True, "connection")


def test_an_unknown_host_is_certainly_undelivered(client: HttpClient) -> None:
    error = failure(client, "http://nobody.invalid/")

    assert error.undelivered


def test_a_connection_reset_after_the_request_is_in_doubt(client: HttpClient) -> None:
    with probe(cuts) as server:
        error = failure(client, server.url)

    assert (error.undelivered, len(server.requests)) == (False, 1)


def test_an_answer_cut_in_the_middle_is_in_doubt(client: HttpClient) -> None:
    with probe(drips(_HEAD + b'{"half":', every_s=0)) as server:
        error = failure(client, server.url)

    assert (error.undelivered, error.error_type) == (False, "connection")


def test_a_silent_server_is_in_doubt_after_the_timeout(client: HttpClient) -> None:
    started = time.monotonic()

    with probe(keeps_silent(1.0)) as server:
        error = failure(client, server.url, timeout_s=0.15)

    assert (error.undelivered, error.error_type) == (False, "timeout")
    assert time.monotonic() - started < 0.6


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param((_HEAD, *[b" "] * 20), id="body"),
        pytest.param((_CHUNKED, *[b"1\r\n \r\n"] * 20), id="chunked body"),
    ],
)
def test_an_answer_that_drips_ends_at_the_deadline(client: HttpClient, parts: tuple[bytes, ...]) -> None:
    started = time.monotonic()

    with probe(drips(*parts, every_s=0.05)) as server:
        error = failure(client, server.url, timeout_s=0.2)

    assert (error.undelivered, error.error_type) == (False, "timeout")
    assert time.monotonic() - started < 0.6


def test_redirects_are_not_followed(client: HttpClient) -> None:
    with probe(says(200)) as elsewhere, probe(says(307, b"{}", f"Location: {elsewhere.url}/")) as server:
        answer = ask(client, server.url)

    assert (answer.status, elsewhere.requests) == (307, [])


def test_an_answer_over_eight_megabytes_is_not_read_to_its_end(client: HttpClient) -> None:
    with probe(says(200, b" " * (9 * 1024 * 1024))) as server:
        error = failure(client, server.url)

    assert (error.error_type, error.undelivered) == ("answer_too_large", False)


def test_cookies_of_one_call_are_not_sent_with_the_next(client: HttpClient) -> None:
    with probe(says(200, b"{}", "Set-Cookie: __lc_cid=customer-1; Path=/")) as server:
        ask(client, server.url)
        ask(client, server.url)

    assert [request.headers.get("cookie") for request in server.requests] == [None, None]


@pytest.mark.parametrize("body", [b"{}", b"", b"[" + b"1," * 100_000 + b"1]", b"no json"])
def test_calls_one_after_the_other_use_one_connection(client: HttpClient, body: bytes) -> None:
    with probe(says(200, body)) as server:
        for _ in range(3):
            ask(client, server.url)

    assert (len(server.requests), server.connections) == (3, 1)


def test_each_call_is_told_with_its_status_and_0_for_none() -> None:
    calls = Calls()
    client = HttpClient(on_call=calls)

    with probe(says(204, b"")) as server:
        ask(client, server.url + "/v1/a?secret=1")
    failure(client, refused_url() + "/v1/b")

    assert calls.seen == [("livechat", "POST", "/v1/a", 204), ("livechat", "POST", "/v1/b", 0)]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://localhost:8080", True),
        ("http://127.0.0.1:1", True),
        ("http://127.8.8.8/x", True),
        ("http://[::1]:80", True),
        ("https://localhost", False),
        ("http://localhost.shop.example", False),
        ("http://10.0.0.1", False),
        ("http://127.0.0.1.shop.example", False),
        ("https://api.livechatinc.com", False),
        ("", False),
    ],
)
def test_only_plain_http_on_this_machine_is_a_stand_in(url: str, expected: bool) -> None:
    assert is_loopback(url) is expected
