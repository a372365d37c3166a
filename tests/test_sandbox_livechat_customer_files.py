"""Files at the LiveChat stand-in: what it takes of a customer, what it refuses, and how long it keeps them."""

import time
from typing import Any

import pytest
import requests

from tests.sandbox_livechat_desk import Desk, Json

pytest_plugins = ("tests.sandbox_livechat_desk",)

TEN_MB = 10 * 1024 * 1024


def upload(desk: Desk, token: str, name: str = "a.txt", content: bytes = b"abc", **more: Any) -> requests.Response:
    url = f"{desk.url}/v3.6/customer/action/upload_file?organization_id={desk.options.organization_id}"
    headers = {"Authorization": f"Bearer {token}"}
    return requests.post(url, files={"file": (name, content), **more}, headers=headers, timeout=10)


def error_of(answered: requests.Response) -> Json:
    assert 400 <= answered.status_code < 500, answered.text
    return dict(answered.json()["error"])


def test_exactly_10_mb_are_taken_and_one_byte_more_is_not(desk: Desk) -> None:
    _, token = desk.customer()

    largest = upload(desk, token, "big.bin", bytes(TEN_MB))
    too_large = upload(desk, token, "big.bin", bytes(TEN_MB + 1))

    assert len(requests.get(largest.json()["url"], timeout=10).content) == TEN_MB
    assert error_of(too_large)["type"] == "entity_too_large"


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.exe", b"abc"), ("a.SH", b"abc"), ("a.exe. ", b"abc"), ("a.txt", b"MZ\x90"), ("a", b"\x7fELF"), ("a", b"#!/x")],
)
def test_executables_are_refused_by_name_and_by_what_is_in_them(desk: Desk, name: str, content: bytes) -> None:
    _, token = desk.customer()

    error = error_of(upload(desk, token, name, content))

    assert (error["type"], "executables" in error["message"]) == ("validation", True)


def test_executables_are_refused_by_their_type(desk: Desk) -> None:
    _, token = desk.customer()

    error = error_of(upload(desk, token, file=("a", b"abc", "application/x-msdownload")))

    assert error["type"] == "validation"


def test_an_upload_is_one_file_in_its_field(desk: Desk) -> None:
    _, token = desk.customer()

    more = error_of(upload(desk, token, picture=("b.txt", b"abc")))
    none = error_of(upload(desk, token, name=""))

    assert "picture" in more["message"]
    assert "file" in none["message"]


@pytest.mark.parametrize("name", ["Grüße aus Köln.png", "图片.png", "100% & more?.png", "a#b;c.png"])
def test_a_file_keeps_its_name_in_any_script_and_is_served_under_it(desk: Desk, name: str) -> None:
    token, chat_id, _ = desk.started()
    url = upload(desk, token, name).json()["url"]

    desk.as_customer(token, "send_event", chat_id=chat_id, event={"type": "file", "url": url})

    assert desk.chat_state(chat_id)["threads"][0]["events"][-1]["name"] == name
    assert requests.get(url, timeout=5).content == b"abc"
    assert url.isascii()


def age(desk: Desk, url: str, seconds: float) -> None:
    desk.stand_in.licence.uploads[url].kept_at = time.time() - seconds


def test_a_file_that_nobody_sent_is_gone_after_a_day_and_one_that_was_sent_stays(desk: Desk) -> None:
    token, chat_id, _ = desk.started()
    unsent, sent, young = (upload(desk, token).json()["url"] for _ in range(3))
    desk.as_customer(token, "send_event", chat_id=chat_id, event={"type": "file", "url": sent})

    for url, hours in ((unsent, 24), (sent, 48), (young, 23.9)):
        age(desk, url, hours * 3600)

    late = desk.refused(token, "send_event", {"chat_id": chat_id, "event": {"type": "file", "url": unsent}})
    assert (late["type"], "url" in late["message"]) == ("validation", True)
    assert [requests.get(url, timeout=5).status_code for url in (unsent, sent, young)] == [404, 200, 200]
    desk.as_customer(token, "send_event", chat_id=chat_id, event={"type": "file", "url": young})
