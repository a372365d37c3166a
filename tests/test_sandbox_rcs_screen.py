"""The stand-in of RCS for Business: what is on the screen, what waits for it, and what must not come there."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from infra.sandbox.rcs import RcsStandIn
from tests.receiver import Answer, Receiver

ANN = "+999000001"
UNWANTED = "message to a user who unsubscribed"
REPLY = {"reply": {"text": "Yes", "postbackData": "yes"}}
CARD = {"title": "Menu", "description": "All day", "suggestions": [{"reply": {"text": "Order", "postbackData": "o"}}]}
RICH: dict[str, Any] = {"richCard": {"standaloneCard": {"cardOrientation": "VERTICAL", "cardContent": CARD}}}
DAY_S = 24 * 3600


@pytest.fixture
def webhook() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.stop()


@pytest.fixture
def rcs(webhook: Receiver) -> Iterator[RcsStandIn]:
    standin = RcsStandIn()
    standin.change_options(sending={"url": webhook.url})
    standin.phone.open(phone_number=ANN)
    yield standin
    standin.phone.stop()


def send(rcs: RcsStandIn, text: str = "Hello", *, content: Any = None, **fields: Any) -> str:
    id_ = str(uuid.uuid4())
    path = f"/v1/phones/{ANN}/agentMessages?agentId=demo_agent&messageId={id_}"
    answer = rcs.app.test_client().post(path, json={"contentMessage": content or {"text": text}, **fields})
    assert answer.status_code == 200, answer.get_json()
    return id_


def write(rcs: RcsStandIn) -> None:
    path = f"/v1/phones/{ANN}/agentEvents?agentId=demo_agent&eventId={uuid.uuid4()}"
    assert rcs.app.test_client().post(path, json={"eventType": "IS_TYPING"}).status_code == 200


def revoke(rcs: RcsStandIn, id_: str) -> int:
    return rcs.app.test_client().delete(f"/v1/phones/{ANN}/agentMessages/{id_}?agentId=demo_agent").status_code


def seen(rcs: RcsStandIn) -> dict[str, Any]:
    conversation: dict[str, Any] = rcs.state()["conversations"][ANN]
    return conversation


def texts(rcs: RcsStandIn) -> list[str]:
    return [line["text"] for line in rcs.transcript(ANN)]


def told(rcs: RcsStandIn) -> list[tuple[str, str]]:
    assert rcs.phone.settle()
    events = [one["body"] for one in rcs.phone.sender.deliveries() if one["kind"] == "serverEvent"]
    return [(one["eventType"], one["messageId"]) for one in events]


def rules_broken(rcs: RcsStandIn) -> list[str]:
    return [violation.rule for violation in rcs.violations]


# --- lines -----------------------------------------------------------------------------------------------------------


def test_a_line_keeps_all_that_a_page_needs_to_show_it(rcs: RcsStandIn) -> None:
    id_ = send(rcs, content={**RICH, "suggestions": [REPLY]})

    [line] = rcs.transcript(ANN)
    assert line.pop("at")
    assert line == {
        "from": "brand",
        "kind": "message",
        "id": id_,
        "text": "Menu\nAll day",
        "suggestions": ["Order", "Yes"],
        "chips": [REPLY],
        "richCard": RICH["richCard"],
    }


@pytest.mark.parametrize(("path", "kind"), [("a.png", "image"), ("a", "image"), ("bill.pdf?as=.png", "file")])
def test_a_file_is_shown_by_its_address(rcs: RcsStandIn, path: str, kind: str) -> None:
    info = {"fileUrl": f"https://shop.example/{path}"}

    send(rcs, content={"contentInfo": info})

    [line] = rcs.transcript(ANN)
    assert line["text"] == info["fileUrl"]
    assert line[kind] == ({"contentInfo": info} if kind == "image" else info)


# --- writing ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("after_s", "is_shown"), [(19, True), (21, False)])
def test_the_sign_of_writing_goes_by_itself(rcs: RcsStandIn, after_s: int, is_shown: bool) -> None:
    write(rcs)

    rcs.clock.advance(after_s)

    assert seen(rcs)["is_writing"] == is_shown
    assert [one["event"] for one in seen(rcs)["writing"]] == ["IS_TYPING"]


def test_a_message_ends_writing(rcs: RcsStandIn) -> None:
    write(rcs)
    send(rcs)

    assert not seen(rcs)["is_writing"]


# --- phones that are off ---------------------------------------------------------------------------------------------


def test_what_is_sent_to_a_phone_that_is_off_arrives_in_order_when_it_is_on(rcs: RcsStandIn) -> None:
    rcs.phone.change(ANN, online=False)
    ids = [send(rcs, "One"), send(rcs, "Two", ttl="60s")]
    before = (texts(rcs), seen(rcs)["held"])

    rcs.phone.change(ANN, online=True)

    assert before == ([], ids)
    assert (texts(rcs), seen(rcs)["held"]) == (["One", "Two"], [])


def test_the_sign_of_writing_does_not_wait_for_a_phone_that_is_off(rcs: RcsStandIn) -> None:
    rcs.phone.change(ANN, online=False)
    write(rcs)

    rcs.phone.change(ANN, online=True)

    assert (seen(rcs)["is_writing"], seen(rcs)["writing"]) == (False, [])


@pytest.mark.parametrize(("days", "arrives"), [(29, True), (31, False)])
def test_a_message_waits_for_30_days(rcs: RcsStandIn, days: int, arrives: bool) -> None:
    rcs.phone.change(ANN, online=False)
    send(rcs)
    rcs.clock.advance(days * DAY_S)

    rcs.phone.change(ANN, online=True)

    assert texts(rcs) == (["Hello"] if arrives else [])
    assert told(rcs) == []


def test_a_message_whose_life_is_over_is_revoked_and_the_agent_told(rcs: RcsStandIn) -> None:
    rcs.phone.change(ANN, online=False)
    id_ = send(rcs, ttl="60s")
    rcs.clock.advance(59)
    before = told(rcs)
    rcs.clock.advance(2)

    assert before == []
    assert told(rcs) == [("TTL_EXPIRATION_REVOKED", id_)]
    rcs.phone.change(ANN, online=True)
    assert texts(rcs) == []


def test_a_message_that_arrived_in_time_does_not_expire(rcs: RcsStandIn) -> None:
    rcs.phone.change(ANN, online=False)
    send(rcs, ttl="60s")
    rcs.phone.change(ANN, online=True)

    rcs.clock.advance(61)

    assert told(rcs) == []
    assert texts(rcs) == ["Hello"]


def test_a_server_event_names_the_phone_in_its_own_way(rcs: RcsStandIn) -> None:
    data = rcs.phone.server_event(ANN, "m-1", "TTL_EXPIRATION_REVOKE_FAILED")

    assert data.keys() == {"phoneNumber", "messageId", "agentId", "eventType", "eventId", "sendTime"}
    assert data["phoneNumber"] == ANN


def test_a_message_can_be_revoked_until_it_is_delivered(rcs: RcsStandIn) -> None:
    rcs.phone.change(ANN, online=False)
    held = send(rcs)

    first, again = revoke(rcs, held), revoke(rcs, held)
    rcs.phone.change(ANN, online=True)

    assert (first, again, texts(rcs)) == (200, 404, [])
    assert revoke(rcs, send(rcs)) == 404


def test_what_was_sent_to_nobody_can_not_be_revoked(rcs: RcsStandIn) -> None:
    path = f"/v1/phones/+999000009/agentMessages/{uuid.uuid4()}?agentId=demo_agent"

    assert rcs.app.test_client().delete(path).status_code == 404
    assert list(rcs.phone.conversations) == [ANN]


# --- users who unsubscribed ------------------------------------------------------------------------------------------


def test_who_unsubscribed_is_not_written_to(rcs: RcsStandIn) -> None:
    rcs.phone.unsubscribe(ANN)
    rcs.phone.settle()
    send(rcs, "On its way")
    rcs.clock.advance(11)
    send(rcs, "Too late")

    assert rules_broken(rcs) == [UNWANTED]


@pytest.mark.parametrize("deed", ["subscribe", "say"])
def test_who_comes_back_is_written_to_again(rcs: RcsStandIn, deed: str) -> None:
    rcs.phone.unsubscribe(ANN)
    rcs.phone.settle()
    rcs.clock.advance(60)

    rcs.phone.subscribe(ANN) if deed == "subscribe" else rcs.phone.say(ANN, "Hi")
    send(rcs)

    assert rules_broken(rcs) == []


def test_nobody_stops_before_being_told(rcs: RcsStandIn, webhook: Receiver) -> None:
    webhook.answers = [Answer(503)]
    rcs.phone.unsubscribe(ANN)
    rcs.phone.settle()
    rcs.clock.advance(60)

    send(rcs)

    assert rules_broken(rcs) == []


# --- control ---------------------------------------------------------------------------------------------------------


def test_phones_are_told_what_to_do_over_http(rcs: RcsStandIn) -> None:
    control = rcs.app.test_client()
    number = control.post("/_phone/open", json={"agent": "demo_agent"}).get_json()["conversation"]

    said = control.post(f"/_phone/{number}/say", json={"text": "Hi"})
    unknown = control.post(f"/_phone/{number}/fly", json={})
    nobody = control.post("/_phone/+999999/say", json={"text": "Hi"})

    assert number.startswith("+999")
    assert said.get_json()["sent"]["text"] == "Hi"
    assert (unknown.status_code, nobody.status_code) == (404, 404)
    assert control.get("/_state").get_json()["conversations"][number]["transcript"][0]["text"] == "Hi"


def test_a_reset_forgets_all(rcs: RcsStandIn) -> None:
    send(rcs, ttl="5s")

    rcs.app.test_client().post("/_reset")

    state = rcs.state()
    assert state == {"conversations": {}, "violations": [], "swallowed": [], "deliveries": []}
