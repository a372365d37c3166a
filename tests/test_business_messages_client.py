"""Business Messages: what is sent, and what each answer means."""

import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from functions.channels.business_messages_client import BusinessMessagesChannel
from functions.handoff.content import OutboundMessage
from functions.handoff.errors import ProviderError, ProviderRefused, ProviderUnavailable
from functions.handoff.interfaces import Channel, Voice
from functions.runtime.http_client import HttpClient
from tests.loopback import Loopback, serving

ADDRESS = {"conversationId": "c-1", "agent": "brands/1/agents/2"}
BOT = Voice("BOT", "Shop assistant", "https://shop.example/bot.png")
HUMAN = Voice("HUMAN", "Jane")
ID = "6d0f2f5e-4b0c-5a58-9a5e-0c6f1b1c7d11"
PLAIN_ID = str(uuid.uuid5(uuid.UUID(ID), "plain"))
HELLO = {"text": "Hello", "fallback": "Hello"}
RICH = {"richCard": {"standaloneCard": {"cardContent": {"title": "Shoe"}}}, "fallback": "A shoe"}
WITH_CHIPS = {**HELLO, "suggestions": [{"liveAgentRequest": {}}]}


@pytest.fixture(scope="module")
def server() -> Iterator[Loopback]:
    with serving() as loopback:
        yield loopback


@pytest.fixture
def google(server: Loopback) -> Loopback:
    server.asked.clear()
    server.will_answer(200, {})
    return server


@pytest.fixture
def channel(google: Loopback) -> BusinessMessagesChannel:
    return BusinessMessagesChannel(
        HttpClient(), google.url, lambda base_url: {"Authorization": f"Bearer for {base_url}"}
    )


def send(channel: Channel, part: dict[str, Any] = HELLO, voice: Voice = BOT, address: dict[str, Any] = ADDRESS) -> None:
    channel.send_message(address, part, voice, message_id=ID, timeout_s=2)


def failure(channel: Channel, part: dict[str, Any] = HELLO) -> ProviderError:
    with pytest.raises(ProviderError) as raised:
        send(channel, part)
    return raised.value


def google_error(code: int, status: str) -> dict[str, Any]:
    return {"error": {"code": code, "status": status, "message": "no"}}


# --- messages and events ---------------------------------------------------------------------------------------------


def test_a_part_goes_out_with_its_id_and_its_representative(channel: Channel, google: Loopback) -> None:
    send(channel, RICH)

    asked = google.asked[0]
    assert asked.path == "/v1/conversations/c-1/messages"
    assert asked.headers["authorization"] == f"Bearer for {google.url}"
    representative = {"representativeType": "BOT", "displayName": "Shop assistant", "avatarImage": BOT.avatar_url}
    assert asked.body == {"messageId": ID, "representative": representative, **RICH}


def test_what_is_composed_can_be_sent(channel: Channel, google: Loopback) -> None:
    [part] = channel.compose(OutboundMessage("Hello"), HUMAN)

    send(channel, part)

    assert google.asked[0].body["text"] == "Hello"


def test_a_name_or_picture_nobody_gave_is_left_out(channel: Channel, google: Loopback) -> None:
    send(channel, voice=Voice("HUMAN"))

    assert google.asked[0].body["representative"] == {"representativeType": "HUMAN"}


@pytest.mark.parametrize(("left", "event_type"), [(False, "REPRESENTATIVE_JOINED"), (True, "REPRESENTATIVE_LEFT")])
def test_joining_and_leaving_are_events_of_a_human(
    channel: Channel, google: Loopback, left: bool, event_type: str
) -> None:
    channel.send_framing(ADDRESS, HUMAN, left=left, line=OutboundMessage(), event_id="id-2", timeout_s=2)

    representative = {"representativeType": "HUMAN", "displayName": "Jane"}
    assert google.asked[0].path == "/v1/conversations/c-1/events?eventId=id-2"
    assert google.asked[0].body == {"eventType": event_type, "representative": representative}


def test_a_conversation_id_stays_one_part_of_the_path(channel: Channel, google: Loopback) -> None:
    send(channel, address={"conversationId": "a/b?c#d e"})

    assert google.asked[0].path == "/v1/conversations/a%2Fb%3Fc%23d%20e/messages"


# --- in words what is refused otherwise ------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["INVALID_ARGUMENT", "FAILED_PRECONDITION"])
@pytest.mark.parametrize("part", [RICH, WITH_CHIPS])
def test_what_is_refused_and_more_than_words_is_said_in_words(
    channel: Channel, google: Loopback, part: dict[str, Any], status: str
) -> None:
    google.answers = [(400, google_error(400, status), {}), (200, {}, {})]

    send(channel, part)

    words = {"text": part["fallback"], "fallback": part["fallback"]}
    assert [asked.body["messageId"] for asked in google.asked] == [ID, PLAIN_ID]
    assert google.asked[1].body == {
        "messageId": PLAIN_ID,
        "representative": google.asked[0].body["representative"],
        **words,
    }


def test_said_in_words_again_it_is_there_already(channel: Channel, google: Loopback) -> None:
    refused, exists = google_error(400, "INVALID_ARGUMENT"), google_error(409, "ALREADY_EXISTS")
    google.answers = [(400, refused, {}), (200, {}, {}), (400, refused, {}), (409, exists, {})]

    send(channel, RICH)
    send(channel, RICH)

    assert [asked.body["messageId"] for asked in google.asked] == [ID, PLAIN_ID, ID, PLAIN_ID]


@pytest.mark.parametrize(
    ("part", "code", "status", "tries"),
    [
        (HELLO, 400, "INVALID_ARGUMENT", 1),
        ({**RICH, "fallback": " "}, 400, "INVALID_ARGUMENT", 1),
        (RICH, 403, "PERMISSION_DENIED", 1),
        (RICH, 404, "NOT_FOUND", 1),
        (RICH, 400, "INVALID_ARGUMENT", 2),
    ],
)
def test_only_words_that_may_help_are_tried_and_once(
    channel: Channel, google: Loopback, part: dict[str, Any], code: int, status: str, tries: int
) -> None:
    google.will_answer(code, google_error(code, status))

    error = failure(channel, part)

    assert isinstance(error, ProviderRefused)
    assert (error.error_type, len(google.asked)) == (status, tries)


def test_both_tries_share_the_time_that_is_left(google: Loopback) -> None:
    def authorize_slowly(base_url: str) -> dict[str, str]:
        time.sleep(0.1)
        return {}

    google.will_answer(400, google_error(400, "INVALID_ARGUMENT"))
    channel = BusinessMessagesChannel(HttpClient(), google.url, authorize_slowly)

    with pytest.raises(ProviderUnavailable) as raised:
        channel.send_message(ADDRESS, RICH, BOT, message_id=ID, timeout_s=0.08)

    assert (raised.value.error_type, raised.value.undelivered) == ("no_time_left", True)
    assert len(google.asked) == 1


# --- answers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [(409, google_error(409, "ALREADY_EXISTS")), (409, None), (409, "taken")])
def test_an_id_sent_before_counts_as_done(channel: Channel, google: Loopback, answer: tuple[int, Any]) -> None:
    google.will_answer(*answer)

    send(channel)
    channel.send_framing(ADDRESS, HUMAN, left=True, line=OutboundMessage(), event_id="id-2", timeout_s=2)

    assert len(google.asked) == 2


@pytest.mark.parametrize(
    ("code", "status"),
    [
        (400, "INVALID_ARGUMENT"),
        (400, "FAILED_PRECONDITION"),
        (403, "PERMISSION_DENIED"),
        (404, "NOT_FOUND"),
        (418, "NEVER_HEARD_OF"),
    ],
)
def test_a_refusal_is_for_good(channel: Channel, google: Loopback, code: int, status: str) -> None:
    google.will_answer(code, google_error(code, status))

    error = failure(channel)

    assert isinstance(error, ProviderRefused)
    assert ("channel", status, code) == (error.provider, error.error_type, error.status)


@pytest.mark.parametrize(
    ("code", "status", "undelivered"),
    [
        (401, "UNAUTHENTICATED", True),
        (429, "RESOURCE_EXHAUSTED", True),
        (409, "ABORTED", False),
        (500, "INTERNAL", False),
        (503, "UNAVAILABLE", False),
        (504, "DEADLINE_EXCEEDED", False),
        (599, "NEVER_HEARD_OF", False),
    ],
)
def test_a_failure_is_tried_again(
    channel: Channel, google: Loopback, code: int, status: str, undelivered: bool
) -> None:
    google.will_answer(code, google_error(code, status))

    error = failure(channel)

    assert isinstance(error, ProviderUnavailable)
    assert (status, undelivered) == (error.error_type, error.undelivered)


@pytest.mark.parametrize(
    ("code", "retryable", "error_type"),
    [
        (302, False, "HTTP_302"),
        (400, False, "HTTP_400"),
        (403, False, "PERMISSION_DENIED"),
        (401, True, "UNAUTHENTICATED"),
        (429, True, "RESOURCE_EXHAUSTED"),
        (502, True, "HTTP_502"),
        (503, True, "UNAVAILABLE"),
    ],
)
def test_without_googles_envelope_the_http_status_decides(
    channel: Channel, google: Loopback, code: int, retryable: bool, error_type: str
) -> None:
    google.will_answer(code, "<html>proxy says no</html>")

    error = failure(channel)

    assert (retryable, error_type) == (error.retryable, error.error_type)


def test_a_throttling_answers_wait_is_passed_on(channel: Channel, google: Loopback) -> None:
    google.will_answer(429, google_error(429, "RESOURCE_EXHAUSTED"), {"Retry-After": "17"})

    assert failure(channel).retry_after_s == 17


def test_words_of_the_provider_stay_out_of_the_error(channel: Channel, google: Loopback) -> None:
    google.will_answer(400, {"error": {"status": "Bad text: Hello", "message": "Bad text: Hello"}})

    assert "Hello" not in str(failure(channel))
