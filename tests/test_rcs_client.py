"""RCS for Business: what is sent, and what each answer means."""

import time
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from functions.channels import rcs_client, typing_sign
from functions.channels.rcs_client import RcsChannel
from functions.handoff.content import Card, OutboundMessage, Suggestion
from functions.handoff.errors import ConfigError, ProviderError, ProviderRefused, ProviderUnavailable
from functions.handoff.interfaces import Channel, Voice
from functions.runtime.http_client import HttpClient
from tests.loopback import Asked, Loopback, serving
from tests.rcs_bodies import AGENT, PHONE

ADDRESS = {"phone": PHONE, "agentId": AGENT}
BOT, HUMAN = Voice("BOT", "Shop assistant"), Voice("HUMAN", "Jane")
ID = "6d0f2f5e-4b0c-5a58-9a5e-0c6f1b1c7d11"
PLAIN_ID = str(uuid.uuid5(uuid.UUID(ID), "plain"))
HELLO = {"contentMessage": {"text": "Hello"}, "fallback": "Hello"}
RICH = {
    "contentMessage": {"richCard": {"standaloneCard": {"cardContent": {"title": "Shoe"}}}},
    "fallback": "A shoe",
}
WITH_CHIPS = {"contentMessage": {"text": "Hi", "suggestions": [{"reply": {}}]}, "fallback": "Hi\n• Yes"}
BACK = OutboundMessage("Jane has joined the chat.", (Suggestion("reply", "Back to the bot", "/bot"),))


@pytest.fixture(scope="module")
def server() -> Iterator[Loopback]:
    with serving() as loopback:
        yield loopback


@pytest.fixture
def google(server: Loopback) -> Loopback:
    server.asked.clear()
    server.will_answer(200, {})
    return server


def open_channel(google: Loopback, **options: Any) -> RcsChannel:
    return RcsChannel(HttpClient(), google.url, lambda base_url: {"Authorization": f"Bearer for {base_url}"}, **options)


@pytest.fixture
def channel(google: Loopback) -> RcsChannel:
    return open_channel(google)


def send(channel: Channel, part: dict[str, Any] = HELLO, voice: Voice = BOT, address: dict[str, Any] = ADDRESS) -> None:
    channel.send_message(address, part, voice, message_id=ID, timeout_s=2)


def failure(channel: Channel, part: dict[str, Any] = HELLO) -> ProviderError:
    with pytest.raises(ProviderError) as raised:
        send(channel, part)
    return raised.value


def google_error(code: int, status: str) -> dict[str, Any]:
    return {"error": {"code": code, "status": status, "message": "no"}}


def query(asked: Asked) -> dict[str, str]:
    return {name: value for name, [value] in parse_qs(urlsplit(asked.path).query).items()}


def texts(google: Loopback) -> list[str]:
    return [asked.body["contentMessage"]["text"] for asked in google.asked]


# --- messages --------------------------------------------------------------------------------------------------------


def test_a_part_goes_out_with_its_id_its_agent_and_its_kind_of_traffic(channel: Channel, google: Loopback) -> None:
    send(channel, RICH)

    [asked] = google.asked
    assert urlsplit(asked.path).path == "/v1/phones/+12223334444/agentMessages"
    assert query(asked) == {"messageId": ID, "agentId": AGENT}
    assert asked.headers["authorization"] == f"Bearer for {google.url}"
    assert asked.body == {"contentMessage": RICH["contentMessage"], "messageTrafficType": "SERVICEREQUEST"}


def test_kind_of_traffic_and_time_to_live_are_settings(google: Loopback) -> None:
    send(open_channel(google, traffic_type="TRANSACTION", ttl_s=600))

    assert google.asked[0].body == {
        "contentMessage": {"text": "Hello"},
        "messageTrafficType": "TRANSACTION",
        "ttl": "600s",
    }


def test_phone_and_agent_stay_one_part_of_the_address(channel: Channel, google: Loopback) -> None:
    send(channel, address={"phone": "+1/../2?x#y", "agentId": "a&messageId=b c"})

    [asked] = google.asked
    assert urlsplit(asked.path).path == "/v1/phones/+1%2F..%2F2%3Fx%23y/agentMessages"
    assert query(asked) == {"messageId": ID, "agentId": "a&messageId=b c"}


def test_without_an_agent_none_is_named(channel: Channel, google: Loopback) -> None:
    send(channel, address={"phone": PHONE, "agentId": ""})

    assert query(google.asked[0]) == {"messageId": ID}


# --- who speaks ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("voice", "has_prefix", "text"),
    [(HUMAN, True, "Jane: Hello"), (HUMAN, False, "Hello"), (BOT, True, "Hello"), (Voice("HUMAN"), True, "Hello")],
)
def test_a_persons_name_stands_in_front_of_their_words(
    google: Loopback, voice: Voice, has_prefix: bool, text: str
) -> None:
    send(open_channel(google, name_prefix=has_prefix), HELLO, voice)

    assert texts(google) == [text]


@pytest.mark.parametrize("composes_with_prefix", [True, False])
@pytest.mark.parametrize("name", ["", "Jane", "Jane " * 40])
def test_every_part_of_a_long_text_has_the_name_and_their_number_does_not_depend_on_it(
    google: Loopback, name: str, composes_with_prefix: bool
) -> None:
    composer, sender = open_channel(google, name_prefix=composes_with_prefix), open_channel(google)
    voice = Voice("HUMAN", name)

    parts = composer.compose(OutboundMessage("word " * 1200), voice)
    for part in parts:
        send(sender, part, voice)

    assert len(parts) == 2
    assert all(text.startswith(f"{name.strip()[:40]}") for text in texts(google))
    assert composer.compose(OutboundMessage("x" * 9000), HUMAN) == composer.compose(OutboundMessage("x" * 9000), voice)


def test_a_persons_card_that_is_refused_is_words_with_their_name(channel: Channel, google: Loopback) -> None:
    google.answers = [(400, google_error(400, "INVALID_ARGUMENT"), {}), (200, {}, {})]

    send(channel, RICH, HUMAN)

    assert google.asked[1].body["contentMessage"] == {"text": "Jane: A shoe"}


@pytest.mark.parametrize("left", [False, True])
def test_joining_and_leaving_are_said_without_a_name_in_front(channel: Channel, google: Loopback, left: bool) -> None:
    channel.send_framing(ADDRESS, HUMAN, left=left, line=BACK, event_id=ID, timeout_s=2)

    [asked] = google.asked
    assert query(asked)["messageId"] == ID
    assert asked.body["contentMessage"] == {
        "text": "Jane has joined the chat.",
        "suggestions": [{"reply": {"text": "Back to the bot", "postbackData": "/bot"}}],
    }


def test_a_line_of_several_parts_has_an_id_for_each(channel: Channel, google: Loopback) -> None:
    channel.send_framing(ADDRESS, HUMAN, left=False, line=OutboundMessage("x" * 7000), event_id=ID, timeout_s=2)

    ids = [query(asked)["messageId"] for asked in google.asked]
    assert (ids[0], len(set(ids))) == (ID, 3)
    assert all(uuid.UUID(one) for one in ids)


# --- in words what is refused otherwise ------------------------------------------------------------------------------


@pytest.mark.parametrize("part", [RICH, WITH_CHIPS])
def test_what_is_refused_and_more_than_words_is_said_in_words_under_its_own_id(
    channel: Channel, google: Loopback, part: dict[str, Any]
) -> None:
    google.answers = [(400, google_error(400, "INVALID_ARGUMENT"), {}), (200, {}, {})]

    send(channel, part)

    assert [query(asked)["messageId"] for asked in google.asked] == [ID, PLAIN_ID]
    assert google.asked[1].body == {
        "contentMessage": {"text": part["fallback"]},
        "messageTrafficType": "SERVICEREQUEST",
    }


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
    assert len(google.asked) == tries


def test_both_tries_share_the_time_that_is_left(google: Loopback) -> None:
    def authorize_slowly(base_url: str) -> dict[str, str]:
        time.sleep(0.1)
        return {}

    google.will_answer(400, google_error(400, "INVALID_ARGUMENT"))
    channel = RcsChannel(HttpClient(), google.url, authorize_slowly)

    with pytest.raises(ProviderUnavailable) as raised:
        channel.send_message(ADDRESS, RICH, BOT, message_id=ID, timeout_s=0.08)

    assert (raised.value.error_type, raised.value.undelivered) == ("no_time_left", True)


# --- answers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [google_error(404, "NOT_FOUND"), "<html>nobody</html>", None])
def test_a_phone_without_rcs_is_unreachable(channel: Channel, google: Loopback, body: Any) -> None:
    google.will_answer(404, body)

    error = failure(channel)

    assert isinstance(error, ProviderRefused)
    assert (error.provider, error.error_type, error.status) == ("channel", "unreachable", 404)


@pytest.mark.parametrize(
    ("code", "status"), [(400, "INVALID_ARGUMENT"), (403, "PERMISSION_DENIED"), (418, "NEVER_HEARD_OF")]
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
        (500, "INTERNAL", False),
        (503, "UNAVAILABLE", False),
        (504, "DEADLINE_EXCEEDED", False),
    ],
)
def test_a_failure_is_tried_again(
    channel: Channel, google: Loopback, code: int, status: str, undelivered: bool
) -> None:
    google.will_answer(code, google_error(code, status), {"Retry-After": "17"})

    error = failure(channel)

    assert isinstance(error, ProviderUnavailable)
    assert (status, undelivered, 17) == (error.error_type, error.undelivered, error.retry_after_s)


def test_an_id_that_is_known_counts_as_done(channel: Channel, google: Loopback) -> None:
    google.will_answer(409, google_error(409, "ALREADY_EXISTS"))

    send(channel)

    assert len(google.asked) == 1


# --- signs -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typing_sign, "WORTH_IT_AFTER_S", 0.01)
    monkeypatch.setattr(rcs_client, "_TYPING_FADES_AFTER_S", 0.05)


@pytest.mark.usefixtures("soon")
def test_a_long_thought_is_shown_again_and_again_and_never_taken_back(channel: Channel, google: Loopback) -> None:
    with channel.thinking(ADDRESS, BOT):
        time.sleep(0.3)

    assert len(google.asked) >= 2
    assert {urlsplit(asked.path).path for asked in google.asked} == {"/v1/phones/+12223334444/agentEvents"}
    assert all(asked.body == {"eventType": "IS_TYPING"} for asked in google.asked)
    ids = {query(asked)["eventId"] for asked in google.asked}
    assert len(ids) == len(google.asked)
    assert {uuid.UUID(one).version for one in ids} == {4}


def test_a_short_thought_makes_no_call(channel: Channel, google: Loopback) -> None:
    with channel.thinking(ADDRESS, BOT):
        pass

    assert google.asked == []


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("address", [ADDRESS, {}])
def test_thinking_never_raises(google: Loopback, address: dict[str, str]) -> None:
    def refuse(base_url: str) -> dict[str, str]:
        raise ConfigError("no credentials")

    with RcsChannel(HttpClient(), google.url, refuse).thinking(address, BOT):
        time.sleep(0.1)

    assert google.asked == []


def test_what_the_user_wrote_is_marked_as_read_under_one_id(channel: Channel, google: Loopback) -> None:
    for _ in range(2):
        channel.send_read(ADDRESS, "message:m-1", timeout_s=2)
    channel.send_read({**ADDRESS, "phone": "+999"}, "message:m-1", timeout_s=2)

    assert [asked.body for asked in google.asked] == [{"eventType": "READ", "messageId": "m-1"}] * 3
    first, again, other = [query(asked)["eventId"] for asked in google.asked]
    assert first == again != other


@pytest.mark.parametrize("event_id", ["", "event:e-1", "message#0123", "word:message:m-1", "m-1"])
def test_what_is_no_message_of_the_phone_is_not_marked(channel: Channel, google: Loopback, event_id: str) -> None:
    channel.send_read(ADDRESS, event_id, timeout_s=2)

    assert google.asked == []


def test_nobody_is_asked_how_it_was(channel: Channel, google: Loopback) -> None:
    assert channel.send_survey(ADDRESS, survey_id=ID, timeout_s=2) is False
    assert google.asked == []


@pytest.mark.usefixtures("soon")
def test_signs_that_fail_do_not_hold_back_messages(channel: Channel, google: Loopback) -> None:
    google.will_answer(503, google_error(503, "UNAVAILABLE"))
    for _ in range(6):
        with pytest.raises(ProviderUnavailable):
            channel.send_read(ADDRESS, "message:m-1", timeout_s=2)
    with channel.thinking(ADDRESS, BOT):
        time.sleep(0.5)
    google.will_answer(200, {})

    send(channel)

    assert google.asked[-1].body["contentMessage"] == {"text": "Hello"}


def test_what_is_composed_can_be_sent(channel: Channel, google: Loopback) -> None:
    message = OutboundMessage("Hello", cards=(Card("Shoe"),))

    for part in channel.compose(message, HUMAN):
        send(channel, part, HUMAN)

    assert [next(iter(asked.body["contentMessage"])) for asked in google.asked] == ["text", "richCard"]
