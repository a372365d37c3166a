from collections.abc import Iterator
from typing import Any

import pytest
from google.auth import jwt

from infra.sandbox.dialogflow_cx import DialogflowCxStandIn
from infra.sandbox.google_identity import SERVICE_AGENT, GoogleIdentityStandIn
from tests.dialogflow_cx_calls import AGENT, DIALOGFLOW, FLOW, SESSION, V3, kinds, page, say, words
from tests.receiver import Answer, Receiver

ASKING = "One moment, I am asking for a person."


@pytest.fixture
def google() -> GoogleIdentityStandIn:
    return GoogleIdentityStandIn()


@pytest.fixture
def bot(google: GoogleIdentityStandIn) -> DialogflowCxStandIn:
    return DialogflowCxStandIn(google=google)


@pytest.fixture
def webhook(bot: DialogflowCxStandIn) -> Iterator[Receiver]:
    receiver = Receiver()
    bot.change_options(webhook={"url": receiver.url, "token": "t-1"})
    yield receiver
    receiver.stop()


def test_the_webhook_gets_tag_session_and_the_caller_s_payload(bot: DialogflowCxStandIn, webhook: Receiver) -> None:
    say(bot, "somebody from billing please, a human", payload={"conversationId": "c-9"}, parameters={"topic": "bill"})

    [call] = webhook.received
    assert [] == DIALOGFLOW.problems(f"{V3}WebhookRequest", call.json)
    assert {"tag": "handoff"} == call.json["fulfillmentInfo"]
    assert bot.turns[SESSION][0]["responseId"] == call.json["detectIntentResponseId"]
    assert {"conversationId": "c-9"} == call.json["payload"]
    assert (SESSION, {"topic": "bill", "department": "billing"}) == tuple(call.json["sessionInfo"].values())
    assert (f"{FLOW}/pages/START_PAGE", "Start Page") == tuple(call.json["pageInfo"].values())
    assert ("Talk to human", "billing") == (
        call.json["intentInfo"]["displayName"],
        call.json["intentInfo"]["parameters"]["department"]["resolvedValue"],
    )
    assert ["text", "liveAgentHandoff"] == kinds({"responseMessages": call.json["messages"]})
    assert "Bearer t-1" == call.headers["authorization"]


def test_other_topics_and_turns_without_webhooks_do_not_call_it(bot: DialogflowCxStandIn, webhook: Receiver) -> None:
    say(bot, "hi")
    result = say(bot, "a person please", disableWebhook=True)

    assert [] == webhook.received
    assert "webhookStatuses" not in result


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
    bot: DialogflowCxStandIn, webhook: Receiver, auth: str, authorization: str, token: str | None
) -> None:
    bot.change_options(webhook={"auth": auth})

    say(bot, "a person please")

    [call] = webhook.received
    assert call.headers["authorization"].startswith(authorization)
    assert token == call.headers.get("x-webhook-token")


def test_an_identity_token_is_google_s_and_for_the_webhook(
    bot: DialogflowCxStandIn, webhook: Receiver, google: GoogleIdentityStandIn
) -> None:
    bot.change_options(webhook={"auth": "identity", "url": webhook.url + "?version=2"})
    say(bot, "a person please")
    bot.change_options(webhook={"audience": "https://functions.example/dialogflow_webhook"})
    say(bot, "a person please")

    tokens = [call.headers["authorization"].removeprefix("Bearer ") for call in webhook.received]
    certs = {key.id: key.certificate for key in google.keys}
    claims = [jwt.decode(token, certs=certs) for token in tokens]  # type: ignore[no-untyped-call]
    audiences = [webhook.url, "https://functions.example/dialogflow_webhook"]
    assert [(audience, SERVICE_AGENT) for audience in audiences] == [(one["aud"], one["email"]) for one in claims]


def test_headers_of_the_caller_go_over_the_configured_ones(bot: DialogflowCxStandIn, webhook: Receiver) -> None:
    say(bot, "a person please", webhookHeaders={"authorization": "Bearer mine", "x-brand": "b"})

    [call] = webhook.received
    assert ("Bearer mine", "b") == (call.headers["authorization"], call.headers["x-brand"])


def test_what_the_webhook_says_comes_behind_and_changes_the_session(
    bot: DialogflowCxStandIn, webhook: Receiver
) -> None:
    messages = [{"text": {"text": ["Calling Jane."]}}, {"liveAgentHandoff": {"metadata": {"to": "jane"}}}]
    body = {
        "fulfillmentResponse": {"messages": messages},
        "sessionInfo": {"parameters": {"asked": True, "topic": None}},
        "payload": {"a": 1},
    }
    webhook.answers = [Answer(body=body)]

    result = say(bot, "a person please", parameters={"topic": "bill"})

    assert ["text", "liveAgentHandoff", "text", "liveAgentHandoff", "endInteraction"] == kinds(result)
    assert messages == result["responseMessages"][2:4]
    assert ({"asked": True}, [{"a": 1}], [{}]) == (
        result["parameters"],
        result["webhookPayloads"],
        result["webhookStatuses"],
    )


def test_what_the_webhook_says_can_take_the_place_of_all_else(bot: DialogflowCxStandIn, webhook: Receiver) -> None:
    said = {"messages": [{"text": {"text": ["Sorry."]}}], "mergeBehavior": "REPLACE"}
    webhook.answers = [Answer(body={"fulfillmentResponse": said, "targetPage": f"{FLOW}/pages/START_PAGE"})]

    result = say(bot, "a person please")

    assert (["text"], ["Sorry."], "Start Page") == (kinds(result), words(result), page(result))


def test_an_empty_answer_of_the_webhook_adds_nothing(bot: DialogflowCxStandIn, webhook: Receiver) -> None:
    result = say(bot, "a person please")

    assert (["text", "liveAgentHandoff", "endInteraction"], [ASKING]) == (kinds(result), words(result))
    assert ([{}], [{}]) == (result["webhookStatuses"], result["webhookPayloads"])


@pytest.mark.parametrize(
    ("named", "body"),
    [
        ("fulfillmentText", {"fulfillmentText": "Calling Jane."}),
        ("platform", {"fulfillmentResponse": {"messages": [{"text": {"text": ["a"]}, "platform": "SLACK"}]}}),
        ("Exactly one", {"fulfillmentResponse": {"messages": [{"text": {}, "payload": {}}]}}),
        ("Exactly one", {"fulfillmentResponse": {"messages": [{}]}}),
        ("Exactly one", {"fulfillmentResponse": {"messages": [{"endInteraction": {}}]}}),
        ("text", {"fulfillmentResponse": {"messages": [{"text": {"text": "a"}}]}}),
        ("mergeBehavior", {"fulfillmentResponse": {"mergeBehavior": "PREPEND"}}),
        ("parameters", {"sessionInfo": {"parameters": ["a"]}}),
        ("no page", {"targetPage": f"{AGENT}/flows/f/pages/p"}),
        ("At most one", {"targetPage": f"{FLOW}/pages/START_PAGE", "targetFlow": FLOW}),
        ("JSON", "Service Unavailable"),
        ("64 KiB", {"payload": {"a": "a" * 70_000}}),
    ],
)
def test_an_invalid_webhook_answer_is_noted_and_the_agent_s_own_one_used(
    bot: DialogflowCxStandIn, webhook: Receiver, named: str, body: Any
) -> None:
    webhook.answers = [Answer(body=body)]

    result = say(bot, "a person please")

    [violation] = bot.state()["violations"]
    assert named in violation["detail"]
    [status] = result["webhookStatuses"]
    assert (3, True) == (status["code"], named in status["message"])
    assert [ASKING] == words(result)
    assert 1 == len(webhook.received)


PASSING = [Answer(delay_s=0.3), Answer(503), Answer(500)]


@pytest.mark.parametrize("failing", PASSING, ids=["slow", "503", "500"])
def test_a_webhook_that_fails_for_a_moment_is_called_again_by_itself(
    bot: DialogflowCxStandIn, webhook: Receiver, failing: Answer
) -> None:
    bot.change_options(webhook={"timeout_s": 0.15})
    said = {"fulfillmentResponse": {"messages": [{"text": {"text": ["Calling Jane."]}}]}}
    webhook.answers = [failing, Answer(body=said)]

    result = say(bot, "a person please")

    first, second = (call.json for call in webhook.received)
    assert first == second
    assert ([ASKING, "Calling Jane."], [{}]) == (words(result), result["webhookStatuses"])
    assert 2 == len(bot.webhook_calls)


@pytest.mark.parametrize(("failing", "code"), list(zip(PASSING, (4, 14, 14), strict=True)), ids=["slow", "503", "500"])
def test_a_webhook_that_fails_twice_is_not_called_a_third_time(
    bot: DialogflowCxStandIn, webhook: Receiver, failing: Answer, code: int
) -> None:
    bot.change_options(webhook={"timeout_s": 0.1})
    webhook.answers = [failing]

    result = say(bot, "a person please")

    assert 2 == len(webhook.received)
    assert [code] == [status["code"] for status in result["webhookStatuses"]]
    assert ([ASKING], [{}]) == (words(result), result["webhookPayloads"])
    assert [] == bot.state()["violations"]


@pytest.mark.parametrize("status", [302, 401, 404])
def test_a_webhook_that_refuses_is_not_called_again(bot: DialogflowCxStandIn, webhook: Receiver, status: int) -> None:
    webhook.answers = [Answer(status)]

    result = say(bot, "a person please")

    assert (1, 14) == (len(webhook.received), result["webhookStatuses"][0]["code"])


@pytest.mark.parametrize("new_id", [False, True])
def test_the_webhook_can_be_called_twice_with_the_same_id_or_another(
    bot: DialogflowCxStandIn, webhook: Receiver, new_id: bool
) -> None:
    bot.change_options(webhook={"twice": True, "new_id_again": new_id})
    ignored = {"fulfillmentResponse": {"messages": [{"text": {"text": ["Again."]}}]}}
    webhook.answers = [Answer(), Answer(body=ignored)]

    result = say(bot, "a person please")

    ids = [call.json["detectIntentResponseId"] for call in webhook.received]
    assert (2, 1 + new_id) == (len(ids), len(set(ids)))
    assert [ASKING] == words(result)


def test_the_webhook_can_be_called_outside_a_turn(bot: DialogflowCxStandIn, webhook: Receiver) -> None:
    body = {"session": SESSION, "text": "a human", "payload": {"a": 1}, "parameters": {"department": "sales"}}

    alone = bot.app.test_client().post("/_webhook_alone", json=body).get_json()

    [call] = webhook.received
    assert [] == DIALOGFLOW.problems(f"{V3}WebhookRequest", call.json)
    assert ("a human", {"a": 1}, SESSION) == (
        call.json["text"],
        call.json["payload"],
        call.json["sessionInfo"]["session"],
    )
    assert {"metadata": {"department": "sales"}} == call.json["messages"][1]["liveAgentHandoff"]
    assert (200, {}, {}) == (alone["http_status"], alone["answer"], bot.turns)
