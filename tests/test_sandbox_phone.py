from collections.abc import Iterator
from typing import Any

import pytest

from infra.sandbox.business_messages import BusinessMessagesStandIn
from tests.receiver import Answer, Receiver

FIRST = {"agent", "conversationId", "customAgentId", "requestId", "sendTime"}
CHIPS = {
    "messageId": "m-1",
    "representative": {"representativeType": "BOT"},
    "text": "What is it about?",
    "suggestions": [{"reply": {"text": "Opening hours", "postbackData": "hours"}}, {"liveAgentRequest": {}}],
}


@pytest.fixture
def webhook() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.stop()


@pytest.fixture
def channel(webhook: Receiver) -> Iterator[BusinessMessagesStandIn]:
    standin = BusinessMessagesStandIn()
    standin.change_options(sending={"url": webhook.url})
    standin.phone.open(conversation_id="c-1")
    yield standin
    standin.phone.sender.stop()


def only(channel: BusinessMessagesStandIn, webhook: Receiver) -> Any:
    """The one webhook that arrived."""
    assert channel.phone.sender.settle()
    [call] = webhook.received
    return call.json


def test_a_message_arrives_in_the_shape_of_googles_fixture(channel: BusinessMessagesStandIn, webhook: Receiver) -> None:
    channel.phone.say("c-1", "Hi, I have a problem")

    body = only(channel, webhook)

    assert body.keys() == FIRST | {"message", "context"}
    assert body["message"].keys() == {"messageId", "name", "text", "createTime"}
    assert body["context"].keys() == {"entryPoint", "resolvedLocale", "userInfo"}
    assert body["context"]["userInfo"] == {"displayName": "Michael", "userDeviceLocale": "en"}
    assert body["sendTime"][:10] == channel.clock.now().date().isoformat()
    assert len(body["sendTime"]) == len("2020-10-02T15:01:24.045123456Z")


def test_the_signature_is_that_of_the_raw_body(channel: BusinessMessagesStandIn) -> None:
    body = (
        b'{"agent":"brands/1/agents/2","conversationId":"c-1","requestId":"r-1","userStatus":{"requestedLiveAgent":true,'
        b'"createTime":"2024-01-02T03:04:05Z"},"sendTime":"2024-01-02T03:04:06Z"}'
    )
    channel.change_options(partner_key="example-client-token")

    signature = channel.phone._outbox.signature(body)["X-Goog-Signature"]

    assert signature == "1B7i3XIZ++jm+C62xRwmL9m9HpU4tZv4IzPgJUmis28U4Yx1GZ07Mn/ofBZ4f8Li3ZwYj+Ky3kvvjc2YxGfebQ=="


def test_what_arrives_is_signed_as_sent(channel: BusinessMessagesStandIn, webhook: Receiver) -> None:
    channel.phone.say("c-1", "Grüße 👋")
    channel.phone.sender.settle()

    [call] = webhook.received
    assert call.headers["x-goog-signature"] == channel.phone._outbox.signature(call.data)["X-Goog-Signature"]


@pytest.mark.parametrize("type_field", ["type", "suggestionType"])
def test_a_tapped_chip_answers_with_its_postback(
    channel: BusinessMessagesStandIn, webhook: Receiver, type_field: str
) -> None:
    channel.app.test_client().post("/v1/conversations/c-1/messages", json=CHIPS)

    channel.phone.tap("c-1", "Opening hours", type_field=type_field)

    response = only(channel, webhook)["suggestionResponse"]
    assert response.keys() == {"message", "postbackData", "text", "createTime", type_field}
    assert (response["postbackData"], response["text"]) == ("hours", "Opening hours")
    assert response["message"] == "conversations/c-1/messages/m-1"


def test_the_live_agent_chip_asks_for_a_person(channel: BusinessMessagesStandIn, webhook: Receiver) -> None:
    channel.app.test_client().post("/v1/conversations/c-1/messages", json=CHIPS)

    channel.phone.tap("c-1", "liveAgentRequest")

    body = only(channel, webhook)
    assert body.keys() == FIRST | {"userStatus"}
    assert body["userStatus"]["requestedLiveAgent"] is True


def test_chips_are_gone_once_something_newer_is_written(channel: BusinessMessagesStandIn) -> None:
    channel.app.test_client().post("/v1/conversations/c-1/messages", json=CHIPS)
    channel.phone.say("c-1", "hm")

    answer = channel.app.test_client().post("/_phone/c-1/tap", json={"label": "Opening hours"})

    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("on", "spelling", "expected"),
    [
        (True, "bool", True),
        (False, "bool", False),
        (True, "string", "true"),
        (False, "string", "false"),
        (False, "missing", None),
    ],
)
def test_typing_is_spelled_in_every_way_it_was_seen(
    channel: BusinessMessagesStandIn, webhook: Receiver, on: bool, spelling: str, expected: object
) -> None:
    channel.phone.typing("c-1", on=on, spelling=spelling)

    assert only(channel, webhook)["userStatus"].get("isTyping") == expected


def test_receipts_come_several_at_once_and_without_request_id(
    channel: BusinessMessagesStandIn, webhook: Receiver
) -> None:
    channel.phone.receipt("c-1", ["m-1", "m-2"], receipt_type="READ")

    body = only(channel, webhook)
    assert body.keys() == FIRST - {"requestId"} | {"receipts"}
    assert body["receipts"]["receipts"] == [
        {"message": "conversations/c-1/messages/m-1", "receiptType": "READ"},
        {"message": "conversations/c-1/messages/m-2", "receiptType": "READ"},
    ]


def test_the_phone_can_tell_that_messages_were_delivered(channel: BusinessMessagesStandIn, webhook: Receiver) -> None:
    channel.change_options(auto_receipts=True)

    channel.app.test_client().post("/v1/conversations/c-1/messages", json=CHIPS)

    [receipt] = only(channel, webhook)["receipts"]["receipts"]
    assert receipt == {"message": "conversations/c-1/messages/m-1", "receiptType": "DELIVERED"}


def test_a_picture_is_a_text_that_is_a_signed_address(channel: BusinessMessagesStandIn, webhook: Receiver) -> None:
    channel.phone.send_image("c-1")

    text = only(channel, webhook)["message"]["text"]
    assert text.startswith("https://storage.googleapis.com/")
    assert "x-goog-signature=" in text


def test_the_native_integration_speaks_beside_the_next_message_only(
    channel: BusinessMessagesStandIn, webhook: Receiver
) -> None:
    channel.phone.attach_dialogflow_response("c-1", {"queryText": "human!", "autoResponded": False})
    first, second = channel.phone.say("c-1", "human!"), channel.phone.say("c-1", "hello?")

    assert first["dialogflowResponse"] == {"queryText": "human!", "autoResponded": False}
    assert "dialogflowResponse" not in second


def test_context_can_be_missing_or_have_empty_strings(channel: BusinessMessagesStandIn) -> None:
    channel.phone.open(conversation_id="c-2", name="", context={"placeId": ""})

    bare = channel.phone.say("c-2", "Hi")["context"]
    channel.phone.forget_context("c-2")

    assert bare == {"entryPoint": "PLACESHEET", "resolvedLocale": "en", "placeId": ""}
    assert "context" not in channel.phone.say("c-2", "Hi")


@pytest.mark.parametrize(("answer", "accepted"), [("{secret}", True), ('"{secret}"', False), ("", False)])
def test_a_handshake_wants_the_bare_secret(
    channel: BusinessMessagesStandIn, webhook: Receiver, answer: str, accepted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("secrets.token_hex", lambda size: "5ec7e7")
    webhook.answers = [Answer(body=answer.format(secret="5ec7e7"))]

    assert channel.phone.handshake() is accepted
    assert webhook.received[0].json == {"clientToken": "example-client-token", "secret": "5ec7e7"}


def test_the_phone_can_be_played_over_http(channel: BusinessMessagesStandIn, webhook: Receiver) -> None:
    http = channel.app.test_client()
    opened = http.post("/_phone/open", json={"name": "Ann", "locale": "de"}).get_json()["conversationId"]

    sent = http.post(f"/_phone/{opened}/say", json={"text": "Hallo"}).get_json()["sent"]

    assert only(channel, webhook) == sent
    assert sent["context"]["resolvedLocale"] == "de"
    assert http.post("/_phone/c-1/say", json={"words": "Hi"}).status_code == 400
    assert http.post("/_phone/c-3/say", json={"text": "Hi"}).status_code == 404
    assert http.post("/_phone/c-1/explode").status_code == 404
