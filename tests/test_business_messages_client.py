"""Business Messages: what is sent, and what each answer means."""

from collections.abc import Iterator
from typing import Any

import pytest

from functions.channels.business_messages_client import BusinessMessagesChannel
from functions.handoff.errors import ProviderError, ProviderRefused, ProviderUnavailable
from functions.handoff.events import OutboundMessage, Suggestion
from functions.handoff.interfaces import Channel, Voice
from functions.runtime.http_client import HttpClient
from tests.loopback import Loopback, serving

ADDRESS = {"conversationId": "c-1", "agent": "brands/1/agents/2"}
BOT = Voice("BOT", "Shop assistant", "https://shop.example/bot.png")
HUMAN = Voice("HUMAN", "Jane")


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


def send(channel: Channel, message: OutboundMessage, voice: Voice = BOT, address: dict[str, Any] = ADDRESS) -> None:
    channel.send_message(address, message, voice, message_id="id-1", timeout_s=2)


def failure(channel: Channel) -> ProviderError:
    with pytest.raises(ProviderError) as raised:
        send(channel, OutboundMessage("Hello"))
    return raised.value


def google_error(code: int, status: str) -> dict[str, Any]:
    return {"error": {"code": code, "status": status, "message": "no"}}


# --- messages and events ---------------------------------------------------------------------------------------------


def test_a_message_carries_its_representative_and_its_fallback(channel: Channel, google: Loopback) -> None:
    send(channel, OutboundMessage("Hello *there*"))

    asked = google.asked[0]
    assert asked.path == "/v1/conversations/c-1/messages"
    assert asked.headers["authorization"] == f"Bearer for {google.url}"
    representative = {"representativeType": "BOT", "displayName": "Shop assistant", "avatarImage": BOT.avatar_url}
    assert asked.body == {
        "messageId": "id-1",
        "representative": representative,
        "text": "Hello *there*",
        "fallback": "Hello *there*",
    }


def test_a_name_or_picture_nobody_gave_is_left_out(channel: Channel, google: Loopback) -> None:
    send(channel, OutboundMessage("Hello"), Voice("HUMAN"))

    assert google.asked[0].body["representative"] == {"representativeType": "HUMAN"}


@pytest.mark.parametrize(("left", "event_type"), [(False, "REPRESENTATIVE_JOINED"), (True, "REPRESENTATIVE_LEFT")])
def test_joining_and_leaving_are_events_of_a_human(
    channel: Channel, google: Loopback, left: bool, event_type: str
) -> None:
    channel.send_framing(ADDRESS, HUMAN, left=left, line="", event_id="id-2", timeout_s=2)

    representative = {"representativeType": "HUMAN", "displayName": "Jane"}
    assert google.asked[0].path == "/v1/conversations/c-1/events?eventId=id-2"
    assert google.asked[0].body == {"eventType": event_type, "representative": representative}


def test_a_conversation_id_stays_one_part_of_the_path(channel: Channel, google: Loopback) -> None:
    send(channel, OutboundMessage("Hello"), address={"conversationId": "a/b?c#d e"})

    assert google.asked[0].path == "/v1/conversations/a%2Fb%3Fc%23d%20e/messages"


@pytest.mark.parametrize("text", ["", " \n"])
def test_a_blank_message_is_not_sent(channel: Channel, google: Loopback, text: str) -> None:
    send(channel, OutboundMessage(text, (Suggestion("live_agent"),)))

    assert google.asked == []


# --- chips -----------------------------------------------------------------------------------------------------------


def chips_sent(channel: Channel, google: Loopback, *chips: Suggestion) -> list[dict[str, Any]]:
    send(channel, OutboundMessage("Choose", chips))
    sent: list[dict[str, Any]] = google.asked[0].body.get("suggestions", [])
    return sent


def test_each_kind_of_chip_has_its_shape(channel: Channel, google: Loopback) -> None:
    sent = chips_sent(
        channel,
        google,
        Suggestion("reply", "Order status", "order_status"),
        Suggestion("open_url", "Shop", "visited", url="https://shop.example"),
        Suggestion("dial", "Call us", "called", phone="+12223334444"),
        Suggestion("live_agent", "ignored label"),
    )

    assert sent == [
        {"reply": {"text": "Order status", "postbackData": "order_status"}},
        {"action": {"text": "Shop", "postbackData": "visited", "openUrlAction": {"url": "https://shop.example"}}},
        {"action": {"text": "Call us", "postbackData": "called", "dialAction": {"phoneNumber": "+12223334444"}}},
        {"liveAgentRequest": {}},
    ]


def test_a_long_label_is_cut_but_its_postback_is_whole(channel: Channel, google: Loopback) -> None:
    (chip,) = chips_sent(channel, google, Suggestion("reply", "Where can I find the nearest shop"))

    assert chip == {"reply": {"text": "Where can I find the…", "postbackData": "Where can I find the nearest shop"}}


def test_a_label_without_spaces_still_fits(channel: Channel, google: Loopback) -> None:
    (chip,) = chips_sent(channel, google, Suggestion("open_url", url="https://shop.example/a/very/long/path"))

    assert len(chip["action"]["text"]) == 25
    assert chip["action"]["text"].endswith("…")


def test_a_chip_that_would_have_the_message_refused_is_left_out(channel: Channel, google: Loopback) -> None:
    sent = chips_sent(
        channel,
        google,
        Suggestion("reply", " "),
        Suggestion("open_url", "Shop", url="javascript:alert(1)"),
        Suggestion("dial", "Call"),
        Suggestion("hologram", "New"),
    )

    assert sent == []
    assert "suggestions" not in google.asked[0].body


def test_no_more_chips_go_out_than_the_channel_takes(channel: Channel, google: Loopback) -> None:
    sent = chips_sent(channel, google, *(Suggestion("reply", f"Chip {n}") for n in range(20)))

    assert [chip["reply"]["text"] for chip in sent] == [f"Chip {n}" for n in range(13)]


# --- answers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [(409, google_error(409, "ALREADY_EXISTS")), (409, None), (409, "taken")])
def test_an_id_sent_before_counts_as_done(channel: Channel, google: Loopback, answer: tuple[int, Any]) -> None:
    google.will_answer(*answer)

    send(channel, OutboundMessage("Hello"))
    channel.send_framing(ADDRESS, HUMAN, left=True, line="", event_id="id-2", timeout_s=2)

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
