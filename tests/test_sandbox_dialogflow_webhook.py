from collections.abc import Iterator
from typing import Any

import pytest
from google.auth import jwt

from infra.sandbox.dialogflow_es import DialogflowStandIn
from infra.sandbox.google_identity import SERVICE_AGENT, GoogleIdentityStandIn
from tests.dialogflow_calls import DIALOGFLOW, SESSION, V2, context_ids, say
from tests.receiver import Answer, Receiver


@pytest.fixture
def bot() -> DialogflowStandIn:
    return DialogflowStandIn()


@pytest.fixture
def webhook(bot: DialogflowStandIn) -> Iterator[Receiver]:
    receiver = Receiver()
    bot.change_options(webhook={"url": receiver.url, "token": "t-1"})
    yield receiver
    receiver.stop()


def test_the_webhook_gets_the_turn_and_the_callers_payload(bot: DialogflowStandIn, webhook: Receiver) -> None:
    answer = say(bot, "a person please", payload={"conversationId": "c-9"})

    [call] = webhook.received
    assert DIALOGFLOW.problems(f"{V2}WebhookRequest", call.json) == []
    assert (SESSION, answer["responseId"]) == (call.json["session"], call.json["responseId"])
    assert call.json["originalDetectIntentRequest"] == {"payload": {"conversationId": "c-9"}}
    assert (call.json["queryResult"]["action"], call.headers["authorization"]) == ("handoff", "Bearer t-1")


def test_other_topics_do_not_call_the_webhook(bot: DialogflowStandIn, webhook: Receiver) -> None:
    say(bot, "hi")

    assert webhook.received == []


@pytest.mark.parametrize(
    ("auth", "authorization", "token"),
    [
        ("basic", "Basic ZGlhbG9nZmxvdzp0LTE=", None),
        ("header", "Bearer ey", "t-1"),
        ("identity", "Bearer ey", None),
        ("none", "Bearer ey", None),
    ],
)
def test_the_webhook_is_authorized_as_configured(
    bot: DialogflowStandIn, webhook: Receiver, auth: str, authorization: str, token: str | None
) -> None:
    bot.change_options(webhook={"auth": auth})

    say(bot, "a person please")

    [call] = webhook.received
    assert call.headers["authorization"].startswith(authorization)
    assert call.headers.get("x-webhook-token") == token


def test_an_identity_token_is_signed_where_there_is_who_signs(webhook: Receiver) -> None:
    google = GoogleIdentityStandIn()
    bot = DialogflowStandIn(google=google)
    bot.change_options(webhook={"url": webhook.url, "auth": "identity"})

    say(bot, "a person please")

    token = webhook.received[0].headers["authorization"].removeprefix("Bearer ")
    claims = jwt.decode(token, certs={key.id: key.certificate for key in google.keys})  # type: ignore[no-untyped-call]
    assert (webhook.url, SERVICE_AGENT) == (claims["aud"], claims["email"])


def test_a_webhooks_answer_replaces_the_static_one(bot: DialogflowStandIn, webhook: Receiver) -> None:
    context = {"name": f"{SESSION}/contexts/waiting", "lifespanCount": 2}
    payload = {"action": "handoff"}
    webhook.answers = [
        Answer(
            body={"fulfillmentText": "Calling Jane.", "outputContexts": [context], "payload": payload, "source": "s"}
        )
    ]

    answer = say(bot, "a person please")

    result = answer["queryResult"]
    assert (result["fulfillmentText"], result["webhookPayload"]) == ("Calling Jane.", payload)
    assert result["fulfillmentMessages"] == [{"text": {"text": ["Calling Jane."]}}]
    assert context_ids(answer) == {"waiting": 2}
    assert "code" not in answer["webhookStatus"]


def test_an_empty_webhook_answer_keeps_the_static_one(bot: DialogflowStandIn, webhook: Receiver) -> None:
    result = say(bot, "a person please")["queryResult"]

    assert result["fulfillmentText"] == "One moment, I am asking for a person."


@pytest.mark.parametrize(
    ("named", "body"),
    [
        ("liveAgentHandoff", {"liveAgentHandoff": True}),
        ("fulfillmentText", {"fulfillmentText": None}),
        ("belong", {"outputContexts": [{"name": "waiting", "lifespanCount": 1}]}),
        ("JSON", "Service Unavailable"),
        ("64 KiB", {"fulfillmentText": "a" * 70_000}),
    ],
)
def test_an_invalid_webhook_answer_is_noted_and_the_static_one_used(
    bot: DialogflowStandIn, webhook: Receiver, named: str, body: Any
) -> None:
    webhook.answers = [Answer(body=body)]

    answer = say(bot, "a person please")

    [violation] = bot.state()["violations"]
    assert named in violation["detail"]
    assert named in answer["queryResult"]["diagnosticInfo"]["webhook_error"]
    assert answer["queryResult"]["fulfillmentText"] == "One moment, I am asking for a person."


@pytest.mark.parametrize(("answer", "code"), [(Answer(delay_s=0.15), 4), (Answer(503), 14)], ids=["slow", "failing"])
def test_a_webhook_that_is_slow_or_fails_leaves_the_static_answer(
    bot: DialogflowStandIn, webhook: Receiver, answer: Answer, code: int
) -> None:
    bot.change_options(webhook={"timeout_s": 0.05})
    webhook.answers = [answer]

    heard = say(bot, "a person please")

    assert heard["webhookStatus"]["code"] == code
    assert heard["queryResult"]["fulfillmentText"] == "One moment, I am asking for a person."
    assert bot.state()["violations"] == []


def test_a_followup_event_takes_the_place_of_the_answer(bot: DialogflowStandIn, webhook: Receiver) -> None:
    webhook.answers = [Answer(body={"fulfillmentText": "ignored", "followupEventInput": {"name": "WELCOME"}})]

    result = say(bot, "a person please")["queryResult"]

    assert (result["action"], result["queryText"]) == ("input.welcome", "WELCOME")


def test_the_webhook_can_be_called_twice_and_outside_a_turn(bot: DialogflowStandIn, webhook: Receiver) -> None:
    bot.change_options(webhook={"twice": True})
    say(bot, "a person please")
    bot.change_options(webhook={"twice": False, "location": "global"})

    alone = bot.app.test_client().post("/_webhook_alone", json={"session": SESSION, "payload": {"a": 1}}).get_json()

    first, second, third = (call.json for call in webhook.received)
    assert first == second
    assert third["session"] == "projects/p/locations/global/agent/sessions/3f0e"
    assert third["originalDetectIntentRequest"] == {"payload": {"a": 1}}
    assert alone["http_status"] == 200
    assert len(bot.state()["sessions"][SESSION]["turns"]) == 1
