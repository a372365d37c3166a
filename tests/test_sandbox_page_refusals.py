"""Whom and what the sandbox's page refuses, so that no other site can play on it."""

from collections.abc import Iterator

import pytest
import requests
from flask.testing import FlaskClient

from infra.sandbox.page import PageServer, make_app
from infra.sandbox.page_actions import MAX_TEXT_CHARACTERS
from infra.sandbox.processes import free_port
from infra.sandbox.sandbox import Sandbox


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """The stand-ins alone, one for all: what is refused changes nothing."""
    sandbox = Sandbox()
    yield sandbox
    sandbox.stop()


@pytest.fixture
def client(sandbox: Sandbox) -> FlaskClient:
    return make_app(sandbox).test_client()


@pytest.fixture
def conversation(sandbox: Sandbox) -> str:
    return sandbox.messages.phone.open()


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"conversation": "c"}, "text"),
        ({"conversation": "c", "text": 1}, "text"),
        ({"conversation": "c", "text": " \n"}, "text"),
        ({"conversation": "", "text": "x"}, "conversation"),
        ({"conversation": "c", "text": "x", "more": 1}, "more"),
        ([], "object"),
        ("text", "object"),
    ],
)
def test_a_body_that_is_not_as_it_should_be_is_refused_by_name(client: FlaskClient, body: object, named: str) -> None:
    refused = client.post("/api/phone/say", json=body)

    assert 400 == refused.status_code
    assert named in refused.get_json()["error"]


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'{"conversation": "c", "text": "\\ud800"}'])
def test_what_is_not_json_is_refused(client: FlaskClient, body: bytes) -> None:
    assert 400 == client.post("/api/phone/say", data=body, content_type="application/json").status_code


def test_a_body_that_does_not_say_it_is_json_is_refused(client: FlaskClient) -> None:
    assert 415 == client.post("/api/phone/open", data=b"{}", content_type="text/plain").status_code


def test_an_oversized_text_or_body_is_refused(client: FlaskClient, sandbox: Sandbox, conversation: str) -> None:
    sizes = (MAX_TEXT_CHARACTERS, MAX_TEXT_CHARACTERS + 1, 70_000)

    statuses = [
        client.post("/api/phone/say", json={"conversation": conversation, "text": "x" * size}).status_code
        for size in sizes
    ]

    assert [200, 413, 413] == statuses
    assert 1 == len(sandbox.messages.transcript(conversation))


@pytest.mark.parametrize(
    ("action", "whom"),
    [("phone/say", {"conversation": "none"}), ("agent/reply", {"agent": "jane@shop.example", "chat_id": "none"})],
)
def test_unknown_conversations_and_chats_are_not_found(client: FlaskClient, action: str, whom: dict[str, str]) -> None:
    assert 404 == client.post(f"/api/{action}", json={**whom, "text": "x"}).status_code


def test_an_unknown_action_is_not_found(client: FlaskClient) -> None:
    assert 404 == client.post("/api/phone/explode", json={}).status_code


@pytest.mark.parametrize("path", ["/", "/api/state", "/api/events", "/api/exchange/1", "/static/page.js"])
@pytest.mark.parametrize("host", ["shop.example", "localhost.shop.example:8080", "[", ""])
def test_other_hosts_names_are_refused(client: FlaskClient, path: str, host: str) -> None:
    assert 403 == client.get(path, headers={"Host": host}).status_code


@pytest.mark.parametrize("origin", ["https://shop.example", "http://localhost:9", "https://localhost:8080", "null"])
def test_a_foreign_origin_is_refused_and_changes_nothing(
    client: FlaskClient, sandbox: Sandbox, conversation: str, origin: str
) -> None:
    headers = {"Host": "localhost:8080", "Origin": origin}

    refused = client.post("/api/phone/say", json={"conversation": conversation, "text": "x"}, headers=headers)

    assert (403, []) == (refused.status_code, sandbox.messages.transcript(conversation))


@pytest.mark.parametrize("host", ["localhost:8080", "127.0.0.1:8080", "[::1]:8080"])
def test_its_own_origin_is_served_and_never_shared(client: FlaskClient, host: str) -> None:
    served = client.get("/api/state", headers={"Host": host, "Origin": f"http://{host}"})

    assert 200 == served.status_code
    assert "Access-Control-Allow-Origin" not in served.headers
    assert "script-src 'self'" in served.headers["Content-Security-Policy"]


def test_pictures_come_from_the_page_and_the_stand_ins_alone(client: FlaskClient, sandbox: Sandbox) -> None:
    policy = client.get("/").headers["Content-Security-Policy"]

    sources = policy.partition("img-src ")[2].partition(";")[0].split()
    assert ["'self'", "data:", sandbox.messages.base_url, sandbox.livechat.base_url] == sources
    assert "unsafe" not in policy


# --- files -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("more", "status"), [(0, 200), (1, 413)])
def test_a_picture_may_have_ten_megabytes_and_not_one_byte_more(
    client: FlaskClient, sandbox: Sandbox, conversation: str, more: int, status: int
) -> None:
    picture = b"x" * (10 * 1024 * 1024 + more)

    sent = client.post(f"/api/phone/picture?conversation={conversation}", data=picture, content_type="image/png")

    assert (status, 1 - more) == (sent.status_code, len(sandbox.messages.transcript(conversation)))
    assert not more or {"error": "a file may have 10 MB at most"} == sent.get_json()


def test_a_file_that_is_too_large_is_refused_with_an_answer_that_arrives(sandbox: Sandbox) -> None:
    page = PageServer(sandbox)
    page.serve(free_port())

    refused = requests.post(f"{page.url}/api/agent/file?agent=a&chat_id=c", data=b"x" * (12 * 1024 * 1024), timeout=20)

    page.stop()
    assert (413, {"error": "a file may have 10 MB at most"}) == (refused.status_code, refused.json())


@pytest.mark.parametrize(
    ("query", "content_type", "data", "status"),
    [
        ("", "image/png", b"x", 400),
        ("conversation=", "image/png", b"x", 400),
        (f"conversation={'c' * 201}", "image/png", b"x", 400),
        ("conversation=unknown", "image/png", b"x", 404),
        ("conversation=unknown", "image/png", b"", 400),
        ("conversation=unknown", "text/html", b"<b>", 415),
    ],
)
def test_what_is_no_picture_of_somebody_s_is_refused(
    client: FlaskClient, query: str, content_type: str, data: bytes, status: int
) -> None:
    refused = client.post(f"/api/phone/picture?{query}", data=data, content_type=content_type)

    assert status == refused.status_code
    assert refused.get_json()["error"]


def test_a_foreign_page_can_send_no_file(client: FlaskClient, sandbox: Sandbox, conversation: str) -> None:
    headers = {"Host": "localhost:8080", "Origin": "https://shop.example"}

    refused = client.post(f"/api/phone/picture?conversation={conversation}", data=b"x", headers=headers)

    assert (403, []) == (refused.status_code, sandbox.messages.transcript(conversation))
