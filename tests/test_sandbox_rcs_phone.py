"""The phones of the RCS stand-in: what leaves them, as the real webhooks do."""

import base64
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
import requests

from infra.sandbox.google_api import ApiError
from infra.sandbox.rcs import RcsOptions, RcsStandIn
from infra.sandbox.rcs_outbox import envelope, signature
from tests.receiver import Answer, Received, Receiver

ANN = "+999000001"
ACME_ANN = f"acme_agent/{ANN}"
FIRST = {"agentId", "senderPhoneNumber", "sendTime"}
PERSON = {"reply": {"text": "Talk to a person", "postbackData": "handoff:person"}}
HOURS = {"reply": {"text": "Hours", "postbackData": "hours"}}
SITE = {"action": {"text": "Site", "postbackData": "site", "openUrlAction": {"url": "https://shop.example"}}}
VECTOR = (
    b'{"agentId":"demo_agent","senderPhoneNumber":"+12223334444","messageId":"m-1",'
    b'"sendTime":"2026-01-02T03:04:05Z","text":"human please"}'
)


@pytest.fixture
def webhook() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.stop()


@pytest.fixture
def rcs(webhook: Receiver) -> Iterator[RcsStandIn]:
    standin = RcsStandIn(RcsOptions(agents={"demo_agent": "example-client-token", "acme_agent": "acme-token"}))
    standin.change_options(sending={"url": webhook.url})
    standin.phone.open(phone_number=ANN)
    yield standin
    standin.phone.stop()


def send(rcs: RcsStandIn, message_id: int, *chips: Any, agent: str = "demo_agent", **content: Any) -> None:
    path = f"/v1/phones/{ANN}/agentMessages?agentId={agent}&messageId=00000000-0000-5000-8000-{message_id:012d}"
    body = {"contentMessage": {**(content or {"text": "Hi"}), "suggestions": list(chips)}}
    answer = rcs.app.test_client().post(path, json=body)
    assert answer.status_code == 200, answer.get_json()


def opened(call: Received) -> Any:
    return msgspec.json.decode(base64.b64decode(call.json["message"]["data"]))


def only(rcs: RcsStandIn, webhook: Receiver) -> Any:
    """The data of the one webhook that arrived."""
    assert rcs.phone.settle()
    [call] = webhook.received
    return opened(call)


# --- envelope and signature ------------------------------------------------------------------------------------------


def test_the_vector_of_the_reference_is_made() -> None:
    data = msgspec.json.decode(VECTOR)

    assert envelope(data)["message"]["data"] == (
        "eyJhZ2VudElkIjoiZGVtb19hZ2VudCIsInNlbmRlclBob25lTnVtYmVyIjoiKzEyMjIzMzM0NDQ0IiwibWVzc2FnZUlkIjoibS0xIiwic2Vu"
        "ZFRpbWUiOiIyMDI2LTAxLTAyVDAzOjA0OjA1WiIsInRleHQiOiJodW1hbiBwbGVhc2UifQ=="
    )
    assert signature(VECTOR, "example-client-token") == (
        "PYEvTsGILGx1K3+BB01xGt9pyiGUIHoQoPTT7Sc7fbV0MoCcMJ5fJjJUSL04yrlp9qvD+5/KZ6dymKtOolSLIg=="
    )


def test_the_data_is_signed_and_not_the_body(rcs: RcsStandIn, webhook: Receiver) -> None:
    rcs.phone.say(ANN, "Grüße 👋")
    rcs.phone.settle()

    [call] = webhook.received
    data = base64.b64decode(call.json["message"]["data"])
    assert call.headers["x-goog-signature"] == signature(data, "example-client-token")
    assert call.headers["x-goog-signature"] != signature(call.data, "example-client-token")
    assert opened(call)["text"] == "Grüße 👋"


def test_each_agent_signs_with_its_own_token(rcs: RcsStandIn, webhook: Receiver) -> None:
    rcs.phone.open(phone_number=ANN, agent="acme_agent")

    data = rcs.phone.say(ACME_ANN, "Hi")

    assert only(rcs, webhook) == data
    assert data["agentId"] == "acme_agent"
    raw = base64.b64decode(webhook.received[0].json["message"]["data"])
    assert webhook.received[0].headers["x-goog-signature"] == signature(raw, "acme-token")


@pytest.mark.parametrize("on", [True, False])
def test_the_header_with_the_kind_may_be_missing(rcs: RcsStandIn, webhook: Receiver, on: bool) -> None:
    rcs.change_options(type_header=on)
    rcs.phone.say(ANN, "Hi")
    rcs.phone.launch_notice()
    rcs.phone.handshake()
    rcs.phone.settle()

    kinds = {call.headers.get("x-goog-webhook-type") for call in webhook.received}

    assert kinds == ({"message_callback", "agent_callback", "verification"} if on else {None})


def test_the_envelope_has_the_form_of_googles(rcs: RcsStandIn, webhook: Receiver) -> None:
    rcs.phone.say(ANN, "Hi")
    rcs.phone.settle()

    body = webhook.received[0].json
    assert body.keys() == {"message", "subscription"}
    assert body["message"].keys() >= {"data", "attributes", "messageId", "publishTime"}


def test_what_is_posted_again_is_the_same_to_the_byte(rcs: RcsStandIn, webhook: Receiver) -> None:
    data = rcs.phone.say(ANN, "Hi")
    rcs.phone.sender.post("again", data)
    rcs.phone.settle()

    assert len({(call.data, call.headers["x-goog-signature"]) for call in webhook.received}) == 1
    assert [one["body"] for one in rcs.phone.sender.deliveries()] == [data, data]


def test_a_launch_notice_says_in_its_attributes_what_it_is(rcs: RcsStandIn, webhook: Receiver) -> None:
    rcs.phone.launch_notice(state="SUSPENDED")

    assert only(rcs, webhook)["newLaunchState"] == "SUSPENDED"
    assert webhook.received[0].json["message"]["attributes"]["type"] == "agent_launch_event"


@pytest.mark.parametrize(("answer", "ok"), [("bare", True), ({"secret": "bare"}, False)])
def test_the_handshake_wants_the_bare_secret(
    rcs: RcsStandIn, webhook: Receiver, monkeypatch: pytest.MonkeyPatch, answer: Any, ok: bool
) -> None:
    monkeypatch.setattr("infra.sandbox.rcs_outbox.secrets.token_hex", lambda _bytes: "bare")
    webhook.answers = [Answer(200, answer)]

    assert rcs.phone.handshake(agent="acme_agent") == ok
    [call] = webhook.received
    assert call.json == {"clientToken": "acme-token", "secret": "bare"}
    assert "x-goog-signature" not in call.headers


# --- messages --------------------------------------------------------------------------------------------------------


def test_a_message_has_the_fields_of_the_reference(rcs: RcsStandIn, webhook: Receiver) -> None:
    rcs.phone.say(ANN, "Hi")

    data = only(rcs, webhook)
    assert data.keys() == FIRST | {"messageId", "text"}
    assert (data["agentId"], data["senderPhoneNumber"], data["text"]) == ("demo_agent", ANN, "Hi")
    assert rcs.transcript(ANN)[0] | {"at": ""} == {
        "at": "",
        "from": "user",
        "kind": "message",
        "id": data["messageId"],
        "text": "Hi",
    }


def test_a_message_may_name_its_id_as_the_guide_does(rcs: RcsStandIn, webhook: Receiver) -> None:
    rcs.change_options(id_field="eventId")

    rcs.phone.say(ANN, "Hi")

    assert only(rcs, webhook).keys() == FIRST | {"eventId", "text"}


def test_a_file_can_be_fetched_where_the_message_says(rcs: RcsStandIn, webhook: Receiver) -> None:
    rcs.serve()

    rcs.phone.send_file(ANN, content=b"%PDF", mime_type="application/pdf", file_name="bill.pdf")

    payload = only(rcs, webhook)["userFile"]["payload"]
    fetched = requests.get(payload.pop("fileUri"), timeout=5)
    assert payload == {"mimeType": "application/pdf", "fileSizeBytes": 4, "fileName": "bill.pdf"}
    assert (fetched.content, fetched.headers["Content-Type"]) == (b"%PDF", "application/pdf")
    rcs.stop()


def test_a_file_is_kept_for_60_days(rcs: RcsStandIn) -> None:
    rcs.serve()
    url = rcs.phone.send_image(ANN, content="iVBORw==", mime_type="image/png")["userFile"]["payload"]["fileUri"]
    rcs.clock.advance(61 * 24 * 3600)

    assert requests.get(url, timeout=5).status_code == 404
    assert rcs.transcript(ANN)[0]["image"] == url
    rcs.stop()


def test_a_location_is_sent_as_coordinates(rcs: RcsStandIn, webhook: Receiver) -> None:
    rcs.phone.send_location(ANN, 37.4, -122.1)

    assert only(rcs, webhook)["location"] == {"latitude": 37.4, "longitude": -122.1}


def test_what_no_reference_knows_can_be_sent(rcs: RcsStandIn, webhook: Receiver) -> None:
    rcs.phone.send_unknown(ANN, {"hologram": {"size": 3}})

    assert only(rcs, webhook).keys() == FIRST | {"messageId", "hologram"}


# --- chips -----------------------------------------------------------------------------------------------------------


def test_a_tapped_reply_is_a_message(rcs: RcsStandIn, webhook: Receiver) -> None:
    send(rcs, 1, HOURS, PERSON)

    rcs.phone.tap(ANN, "Hours")

    data = only(rcs, webhook)
    assert data.keys() == FIRST | {"messageId", "suggestionResponse"}
    assert data["suggestionResponse"] == {"postbackData": "hours", "text": "Hours", "type": "REPLY"}


def test_a_tapped_action_is_an_event(rcs: RcsStandIn, webhook: Receiver) -> None:
    send(rcs, 1, SITE)

    rcs.phone.tap(ANN, "Site")

    data = only(rcs, webhook)
    assert data.keys() == FIRST | {"eventId", "suggestionResponse"}
    assert data["suggestionResponse"]["postbackData"] == "site"


def test_a_person_is_asked_for_by_the_chip_that_says_so(rcs: RcsStandIn, webhook: Receiver) -> None:
    send(rcs, 1, HOURS, PERSON)

    rcs.phone.request_live_agent(ANN)

    assert only(rcs, webhook)["suggestionResponse"]["postbackData"] == "handoff:person"


@pytest.mark.parametrize("newer", ["of the user", "of the brand"])
def test_chips_are_gone_once_something_newer_is_written(rcs: RcsStandIn, newer: str) -> None:
    send(rcs, 1, PERSON)

    if newer == "of the user":
        rcs.phone.say(ANN, "hm")
    else:
        send(rcs, 2)

    with pytest.raises(ApiError) as refused:
        rcs.phone.request_live_agent(ANN)
    assert refused.value.status == "NOT_FOUND"


def test_chips_on_cards_stay(rcs: RcsStandIn, webhook: Receiver) -> None:
    content = {"title": "Menu", "suggestions": [HOURS]}
    send(rcs, 1, richCard={"standaloneCard": {"cardOrientation": "VERTICAL", "cardContent": content}})
    send(rcs, 2, text="More?")

    rcs.phone.tap(ANN, "Hours")

    assert only(rcs, webhook)["suggestionResponse"]["postbackData"] == "hours"


def test_a_chip_of_another_brand_is_not_there(rcs: RcsStandIn) -> None:
    send(rcs, 1, PERSON, agent="acme_agent")

    assert rcs.transcript(ANN) == []
    with pytest.raises(ApiError):
        rcs.phone.tap(ANN, "Talk to a person")
    assert rcs.phone.tap(ACME_ANN, "Talk to a person")["agentId"] == "acme_agent"


# --- events ----------------------------------------------------------------------------------------------------------


def test_typing_is_told_but_not_its_end(rcs: RcsStandIn, webhook: Receiver) -> None:
    rcs.phone.typing(ANN, on=True)
    rcs.phone.typing(ANN, on=False)

    data = only(rcs, webhook)
    assert data.keys() == FIRST | {"eventId", "eventType"}
    assert data["eventType"] == "IS_TYPING"


def test_what_is_read_is_told_once_each_in_a_webhook_of_its_own(rcs: RcsStandIn, webhook: Receiver) -> None:
    rcs.change_options(sending={"one_queue": True})
    send(rcs, 1)
    send(rcs, 2)

    rcs.phone.read(ANN, with_delivered=True)
    nothing = rcs.phone.read(ANN)
    rcs.phone.settle()

    told = [(opened(call)["eventType"], opened(call)["messageId"][-1]) for call in webhook.received]
    assert told == [("DELIVERED", "1"), ("DELIVERED", "2"), ("READ", "1"), ("READ", "2")]
    assert nothing == {}
    assert len({opened(call)["eventId"] for call in webhook.received}) == 4


def test_the_phone_can_tell_that_messages_were_delivered(rcs: RcsStandIn, webhook: Receiver) -> None:
    rcs.change_options(auto_receipts=True)

    send(rcs, 1)

    assert only(rcs, webhook)["eventType"] == "DELIVERED"


@pytest.mark.parametrize("order", ["event_first", "text_first"])
@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("+999000001", ["STOP", "START"]),
        ("+34600000001", ["BAJA", "ALTA"]),
        ("+525500000001", ["BAJA", "ALTA"]),
        ("+33600000001", ["STOP", "Démarrer"]),
        ("+5511900000001", ["parar", "começar"]),
    ],
)
def test_who_unsubscribes_and_comes_back_sends_an_event_and_a_word_each(
    rcs: RcsStandIn, webhook: Receiver, number: str, words: list[str], order: str
) -> None:
    rcs.change_options(sending={"one_queue": True})
    rcs.phone.open(phone_number=number)

    rcs.phone.unsubscribe(number, order=order)
    rcs.phone.subscribe(number, order=order)
    rcs.phone.settle()

    came = [opened(call).get("eventType") or opened(call)["text"] for call in webhook.received]
    pairs = [["UNSUBSCRIBE", words[0]], ["SUBSCRIBE", words[1]]]
    assert came == [one for pair in pairs for one in (pair if order == "event_first" else reversed(pair))]
    assert [(line["kind"], line["text"]) for line in rcs.transcript(number)] == [("subscription", one) for one in words]


def test_the_word_can_come_later(rcs: RcsStandIn, webhook: Receiver) -> None:
    rcs.phone.unsubscribe(ANN, gap_s=60, word="PARAR")
    rcs.phone.settle()
    before = len(webhook.received)
    rcs.clock.advance(60)
    rcs.phone.settle()

    assert before == 1
    assert opened(webhook.received[1])["text"] == "PARAR"
