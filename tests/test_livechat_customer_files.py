"""The desk as a customer: files, first brought to LiveChat, then sent."""

from collections.abc import Iterator
from typing import Any

import pytest

from functions.handoff.errors import ChatInactive, FileRefused, ProviderError, ProviderRefused, ProviderUnavailable
from functions.handoff.interfaces import File
from tests.livechat_customers import CUSTOM_ID, TOKEN_PATH, Desk, error
from tests.scripted_server import Answer, scripted_server

SENT = Answer(200, {"event_id": "T1_3"})
PICTURE = File("a.png", "image/png", b"a picture")
URL = "https://cdn.livechat.example/api/file/lc/att/1/abc/a.png"


@pytest.fixture
def desk() -> Iterator[Desk]:
    with scripted_server() as server:
        yield Desk(server)


# --- bringing --------------------------------------------------------------------------------------------------------


def upload(desk: Desk) -> str:
    return desk.customer().upload_file(PICTURE, timeout_s=8)


def test_a_file_is_brought_as_a_form_and_its_address_answered(desk: Desk) -> None:
    desk.answers("upload_file", Answer(200, {"url": URL}))

    url = upload(desk)

    asked = desk.asked("upload_file")[0]
    assert url == URL
    assert (asked.path, asked.query) == ("/v3.6/customer/action/upload_file", {"organization_id": "org-1"})
    assert asked.bearer == "customer-0"
    assert asked.headers["content-type"].startswith("multipart/form-data; boundary=")


def test_a_file_is_brought_again_with_a_new_token_when_the_old_one_is_refused(desk: Desk) -> None:
    desk.answers("upload_file", error("authentication", status=401), Answer(200, {"url": URL}))

    url = upload(desk)

    asked = desk.asked("upload_file")
    assert url == URL
    assert [one.bearer for one in asked] == ["customer-0", "customer-1"]
    assert [one.headers["content-length"] for one in asked] == [asked[0].headers["content-length"]] * 2


@pytest.mark.parametrize(
    ("refusal", "reason"),
    [
        (error("entity_too_large"), "too_large"),
        (error("entity_too_large", status=500), "too_large"),
        (Answer(413), "too_large"),
        (error("validation", "Executable files are forbidden", 400), "not_allowed"),
    ],
)
def test_a_file_that_livechat_does_not_take_is_refused_with_a_reason(desk: Desk, refusal: Answer, reason: str) -> None:
    desk.answers("upload_file", refusal)

    with pytest.raises(FileRefused) as caught:
        upload(desk)

    assert caught.value.reason == reason
    assert len(desk.asked("upload_file")) == 1


@pytest.mark.parametrize("error_type", ["customer_banned", "license_expired", "authorization"])
def test_a_refusal_that_is_not_about_the_file_stays_one(desk: Desk, error_type: str) -> None:
    desk.answers("upload_file", error(error_type))

    with pytest.raises(ProviderRefused) as caught:
        upload(desk)

    assert caught.value.error_type == error_type


@pytest.mark.parametrize("body", [None, {}, {"url": ""}, {"url": None}, {"url": [URL]}, [URL]])
def test_an_upload_without_an_address_can_be_tried_again(desk: Desk, body: Any) -> None:
    desk.answers("upload_file", Answer(200, body))

    with pytest.raises(ProviderUnavailable) as caught:
        upload(desk)

    assert (caught.value.error_type, caught.value.undelivered) == ("unreadable_answer", True)


@pytest.mark.parametrize("answer", [error("internal", status=500), error("request_timeout"), Answer(502), Answer(429)])
def test_an_upload_that_may_have_arrived_leaves_no_doubt_as_nobody_sees_it(desk: Desk, answer: Answer) -> None:
    desk.answers("upload_file", answer)

    with pytest.raises(ProviderUnavailable) as caught:
        upload(desk)

    assert caught.value.undelivered


# --- sending ---------------------------------------------------------------------------------------------------------


def send_file(desk: Desk, life_s: float = 28800) -> str:
    return desk.customer(life_s).send_file("C1", URL, custom_id=CUSTOM_ID, timeout_s=8)


def test_an_uploaded_file_is_sent_by_its_address(desk: Desk) -> None:
    desk.answers("send_event", SENT)

    event_id = send_file(desk)

    assert event_id == "T1_3"
    assert desk.asked("send_event")[0].body == {
        "chat_id": "C1",
        "attach_to_last_thread": False,
        "event": {"type": "file", "custom_id": CUSTOM_ID, "url": URL, "recipients": "all"},
    }


def test_a_file_whose_preparation_took_too_long_is_not_begun(desk: Desk) -> None:
    def slow(asked: Any) -> Answer:
        desk.clock.sleep(1.5)
        return desk.mint(asked)

    desk.server.on(TOKEN_PATH, slow)

    with pytest.raises(ProviderUnavailable) as caught:
        send_file(desk, life_s=0)

    assert (caught.value.error_type, caught.value.undelivered) == ("began_too_late", True)
    assert desk.asked("send_event") == []


@pytest.mark.parametrize(
    ("answer", "expected"), [(error("chat_inactive"), ChatInactive), (error("validation"), ProviderRefused)]
)
def test_a_file_in_a_closed_chat_is_told_from_one_that_is_refused(
    desk: Desk, answer: Answer, expected: type[ProviderError]
) -> None:
    desk.answers("send_event", answer)

    with pytest.raises(ProviderRefused) as caught:
        send_file(desk)

    assert type(caught.value) is expected


def test_a_file_that_may_have_been_sent_is_in_doubt(desk: Desk) -> None:
    desk.answers("send_event", error("internal", status=500))

    with pytest.raises(ProviderUnavailable) as caught:
        send_file(desk)

    assert not caught.value.undelivered
