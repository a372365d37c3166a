"""The pictures that the stand-in's users send: fetched by a signed address that ends, and by no other."""

import base64
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from functions.channels.attachments import AttachmentFetcher
from functions.handoff.content import Media
from functions.handoff.errors import FileRefused
from infra.sandbox.business_messages import BusinessMessagesStandIn
from infra.sandbox.business_messages_pictures import WEEK_S
from infra.sandbox.standin import Fault

PHOTO = b"\x89PNG\r\n\x1a\n a photo \x00\xff"


@pytest.fixture
def channel() -> Iterator[BusinessMessagesStandIn]:
    standin = BusinessMessagesStandIn()
    standin.serve()
    standin.phone.open(conversation_id="c-1")
    yield standin
    standin.stop()


def send(channel: BusinessMessagesStandIn, expires_s: int = WEEK_S) -> str:
    """The address under which the photo can be had."""
    sent = channel.phone.send_image("c-1", content=PHOTO, mime_type="image/png", expires_s=expires_s)
    return str(sent["message"]["text"])


def refusal(url: str) -> tuple[int, str]:
    answer = requests.get(url, timeout=5)
    return answer.status_code, answer.text.partition("<Code>")[2].partition("</Code>")[0]


def test_a_picture_can_be_fetched_by_the_address_that_was_sent(channel: BusinessMessagesStandIn) -> None:
    answer = requests.get(send(channel), timeout=5)

    assert (answer.status_code, answer.content, answer.headers["Content-Type"]) == (200, PHOTO, "image/png")
    assert answer.headers["Content-Length"] == str(len(PHOTO))


def test_the_address_has_the_form_of_googles_sample(channel: BusinessMessagesStandIn) -> None:
    parts = urlsplit(send(channel))

    assert parts.netloc == urlsplit(channel.base_url).netloc
    assert parts.path.startswith("/business-messages-us/")
    assert set(parse_qs(parts.query)) == {
        *("x-goog-algorithm", "x-goog-credential", "x-goog-date", "x-goog-expires", "x-goog-signedheaders"),
        "x-goog-signature",
    }


def test_the_functions_can_fetch_it_until_it_ends(channel: BusinessMessagesStandIn) -> None:
    fetcher = AttachmentFetcher([urlsplit(channel.base_url).netloc], max_bytes=1000)
    media = Media(send(channel, expires_s=60))

    file = fetcher.fetch(media, timeout_s=5)
    channel.clock.advance(62)
    with pytest.raises(FileRefused) as refused:
        fetcher.fetch(media, timeout_s=5)

    assert (file.content, file.mime_type, refused.value.reason) == (PHOTO, "image/png", "expired")


def test_a_picture_is_shown_on_the_screen_of_who_sent_it(channel: BusinessMessagesStandIn) -> None:
    url = send(channel)

    assert [line["image"] for line in channel.transcript("c-1")] == [url]


@pytest.mark.parametrize("signature", ["", "x-goog-signature="])
def test_without_its_signature_nothing_is_given_out(channel: BusinessMessagesStandIn, signature: str) -> None:
    url = send(channel).partition("x-goog-signature=")[0] + signature

    assert refusal(url) == (403, "AccessDenied")


@pytest.mark.parametrize(("part", "other"), [("expires=604800", "expires=604801"), ("signature=", "signature=0")])
def test_what_was_signed_can_not_be_changed(channel: BusinessMessagesStandIn, part: str, other: str) -> None:
    url = send(channel).replace(part, other)

    assert refusal(url) == (403, "SignatureDoesNotMatch")


def test_the_signature_is_that_of_one_picture(channel: BusinessMessagesStandIn) -> None:
    first, second = send(channel), send(channel)

    assert refusal(first.partition("?")[0] + "?" + second.partition("?")[2]) == (403, "SignatureDoesNotMatch")


@pytest.mark.parametrize(("passed_s", "status"), [(WEEK_S - 60, 200), (WEEK_S + 2, 400)])
def test_an_address_is_good_for_a_week(channel: BusinessMessagesStandIn, passed_s: int, status: int) -> None:
    url = send(channel)

    channel.clock.advance(passed_s)

    assert requests.get(url, timeout=5).status_code == status


def test_an_address_that_has_ended_says_so(channel: BusinessMessagesStandIn) -> None:
    url = send(channel, expires_s=60)

    channel.clock.advance(62)

    assert refusal(url) == (400, "ExpiredToken")


def test_a_file_server_can_be_told_to_fail(channel: BusinessMessagesStandIn) -> None:
    channel.faults = [Fault(path="/business-messages-us/", status=503, times=1)]
    url = send(channel)

    assert [requests.get(url, timeout=5).status_code for _ in range(2)] == [503, 200]


def test_a_picture_can_be_sent_over_http(channel: BusinessMessagesStandIn) -> None:
    picture = {"content": base64.b64encode(PHOTO).decode(), "mime_type": "image/png"}

    sent = requests.post(f"{channel.base_url}/_phone/c-1/send_image", json=picture, timeout=5).json()["sent"]

    assert requests.get(sent["message"]["text"], timeout=5).content == PHOTO


@pytest.mark.parametrize("content", ["no base64!", "ä"])
def test_a_picture_that_is_not_base64_is_refused(channel: BusinessMessagesStandIn, content: str) -> None:
    answer = requests.post(f"{channel.base_url}/_phone/c-1/send_image", json={"content": content}, timeout=5)

    assert answer.status_code == 400


def test_a_stand_in_that_is_not_served_takes_no_picture() -> None:
    standin = BusinessMessagesStandIn()
    standin.phone.open(conversation_id="c-1")

    answer = standin.app.test_client().post("/_phone/c-1/send_image", json={"content": "YQ=="})

    assert (answer.status_code, standin.transcript("c-1")) == (400, [])
