"""The stand-in's phone: what users do beside writing, each only where something on the screen asks for it."""

from collections.abc import Iterator
from typing import Any

import pytest

from infra.sandbox.business_messages import BusinessMessagesStandIn
from tests.receiver import Receiver

FIRST = {"agent", "conversationId", "customAgentId", "requestId", "sendTime"}
BOT = {"representativeType": "BOT"}
SIGN_IN = {"authenticationRequest": {"oauth": {"clientId": "c", "codeChallenge": "x"}}}


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


def show(channel: BusinessMessagesStandIn, message_id: str, **content: Any) -> None:
    message = {"messageId": message_id, "representative": BOT, **(content or {"text": "Hello"})}
    answer = channel.app.test_client().post("/v1/conversations/c-1/messages", json=message)
    assert answer.status_code == 200, answer.text


def ask_survey(channel: BusinessMessagesStandIn, survey_id: str) -> None:
    answer = channel.app.test_client().post(f"/v1/conversations/c-1/surveys?surveyId={survey_id}", json={})
    assert answer.status_code == 200, answer.text


def do(channel: BusinessMessagesStandIn, deed: str, **arguments: Any) -> tuple[int, Any]:
    """A deed over HTTP: status and what was sent."""
    answer = channel.app.test_client().post(f"/_phone/c-1/{deed}", json=arguments)
    return answer.status_code, answer.get_json().get("sent")


def card(title: str, postback: str) -> dict[str, Any]:
    return {"title": title, "suggestions": [{"reply": {"text": "Order", "postbackData": postback}}]}


# --- chips on cards --------------------------------------------------------------------------------------------------


def test_a_chip_on_a_card_stays_when_newer_messages_come(channel: BusinessMessagesStandIn, webhook: Receiver) -> None:
    show(channel, "m-1", richCard={"standaloneCard": {"cardContent": card("Lamp", "lamp")}})
    show(channel, "m-2")
    show(channel, "m-3")

    channel.phone.tap("c-1", "Order")

    response = only(channel, webhook)["suggestionResponse"]
    assert (response["postbackData"], response["message"]) == ("lamp", "conversations/c-1/messages/m-1")


def test_a_chip_under_a_card_message_goes_when_a_newer_one_comes(channel: BusinessMessagesStandIn) -> None:
    under = {"reply": {"text": "Hours", "postbackData": "hours"}}
    rich = {"standaloneCard": {"cardContent": card("Lamp", "lamp")}}
    show(channel, "m-1", richCard=rich, suggestions=[under])
    show(channel, "m-2")

    assert do(channel, "tap", label="Hours")[0] == 404
    assert do(channel, "tap", label="Order")[0] == 200


def test_of_chips_with_the_same_words_the_one_with_the_postback_is_tapped(channel: BusinessMessagesStandIn) -> None:
    carousel = {"cardWidth": "MEDIUM", "cardContents": [card("Lamp", "lamp"), card("Desk", "desk")]}
    show(channel, "m-1", richCard={"carouselCard": carousel})

    first, second = channel.phone.tap("c-1", "Order"), channel.phone.tap("c-1", "Order", postback="desk")

    assert first["suggestionResponse"]["postbackData"] == "lamp"
    assert second["suggestionResponse"]["postbackData"] == "desk"
    assert do(channel, "tap", label="Order", postback="chair")[0] == 404


# --- signing in ------------------------------------------------------------------------------------------------------


def test_a_user_who_was_asked_signs_in(channel: BusinessMessagesStandIn, webhook: Receiver) -> None:
    show(channel, "m-1", text="Please sign in", suggestions=[SIGN_IN])
    show(channel, "m-2")

    channel.phone.authenticate("c-1", code="example")

    body = only(channel, webhook)
    assert body.keys() == FIRST | {"authenticationResponse", "context"}
    assert body["authenticationResponse"] == {"code": "example", "redirect_uri": "https://shop.example/signed-in"}


def test_a_sign_in_can_fail(channel: BusinessMessagesStandIn) -> None:
    show(channel, "m-1", text="Please sign in", suggestions=[SIGN_IN])

    _, sent = do(channel, "authenticate", error="access_denied", error_description="No")

    assert sent["authenticationResponse"] == {
        "redirect_uri": "https://shop.example/signed-in",
        "errorDetails": {"error": "access_denied", "errorDescription": "No"},
    }


@pytest.mark.parametrize("arguments", [{}, {"code": "c", "error": "e"}])
def test_a_sign_in_ends_with_a_code_or_an_error(channel: BusinessMessagesStandIn, arguments: dict[str, str]) -> None:
    show(channel, "m-1", text="Please sign in", suggestions=[SIGN_IN])

    assert do(channel, "authenticate", **arguments)[0] == 400


def test_nobody_signs_in_unasked(channel: BusinessMessagesStandIn, webhook: Receiver) -> None:
    show(channel, "m-1")

    assert do(channel, "authenticate", code="example")[0] == 404
    assert (channel.phone.sender.deliveries(), webhook.received) == ([], [])


# --- surveys ---------------------------------------------------------------------------------------------------------


def test_a_survey_that_was_sent_is_answered(channel: BusinessMessagesStandIn, webhook: Receiver) -> None:
    ask_survey(channel, "s-1")

    channel.phone.answer_survey("c-1", "s-1", "5", "Very satisfied")

    body = only(channel, webhook)
    assert body.keys() == FIRST | {"surveyResponse", "context"}
    answer = body["surveyResponse"]
    assert answer.keys() >= {"survey", "rating", "createTime", "surveyQuestionId", "questionResponseText"}
    assert (answer["survey"], answer["rating"]) == ("conversations/c-1/surveys/s-1", "5")


def test_a_survey_that_was_not_sent_is_not_answered(channel: BusinessMessagesStandIn, webhook: Receiver) -> None:
    assert do(channel, "answer_survey", rating="5")[0] == 404
    ask_survey(channel, "s-1")
    assert do(channel, "answer_survey", survey_id="s-2", rating="5")[0] == 404
    assert (channel.phone.sender.deliveries(), webhook.received) == ([], [])


def test_each_question_of_a_survey_is_answered_once(channel: BusinessMessagesStandIn) -> None:
    ask_survey(channel, "s-1")

    answers = [do(channel, "answer_survey", rating="5", question=question) for question in ("q-1", "q-2", "q-1")]

    assert [status for status, _ in answers] == [200, 200, 404]


def test_the_newest_open_survey_is_answered(channel: BusinessMessagesStandIn) -> None:
    ask_survey(channel, "s-1")
    channel.clock.advance(25 * 3600)
    ask_survey(channel, "s-2")

    answered = [do(channel, "answer_survey", rating="5")[1]["surveyResponse"]["survey"] for _ in range(2)]

    assert [name.rsplit("/", 1)[1] for name in answered] == ["s-2", "s-1"]


# --- reading ---------------------------------------------------------------------------------------------------------


def test_reading_tells_of_all_that_was_not_read_yet(channel: BusinessMessagesStandIn) -> None:
    show(channel, "m-1")
    show(channel, "m-2")
    channel.phone.say("c-1", "Hi")

    first, nothing = channel.phone.read("c-1"), channel.phone.read("c-1")
    show(channel, "m-3")
    second = channel.phone.read("c-1")

    names = [one["message"].rsplit("/", 1)[1] for one in first["receipts"]["receipts"]]
    assert (names, nothing) == (["m-1", "m-2"], {})
    assert second["receipts"]["receipts"] == [
        {"message": "conversations/c-1/messages/m-3", "receiptType": "READ"},
    ]


def test_delivered_and_read_can_come_in_one_webhook(channel: BusinessMessagesStandIn, webhook: Receiver) -> None:
    show(channel, "m-1")

    channel.phone.read("c-1", with_delivered=True)

    body = only(channel, webhook)
    assert body.keys() == FIRST - {"requestId"} | {"receipts"}
    assert [one["receiptType"] for one in body["receipts"]["receipts"]] == ["DELIVERED", "READ"]
