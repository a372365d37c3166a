"""Business Messages: what Google's native Dialogflow integration already heard from the bot."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from functions.channels.business_messages import parse_webhook
from functions.handoff.events import BotAnswer, HandoffSignal, OutboundMessage, UserMessage

FIXTURES = Path(__file__).parent / "fixtures" / "business_messages"
RECEIVED_AT = datetime(2024, 1, 2, 3, 5, tzinfo=UTC)


def fixture(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text())
    return content


def read_text_payload(payload: dict[str, Any]) -> BotAnswer:
    """Stands for the bot's side: shows that the payload reached it."""
    return BotAnswer(messages=(OutboundMessage(payload["text"]),) if payload else ())


def heard(content: dict[str, Any]) -> UserMessage:
    event = parse_webhook(content, received_at=RECEIVED_AT, read_payload=read_text_payload).event
    assert isinstance(event, UserMessage)
    return event


def test_an_answer_google_got_but_did_not_show_is_the_bots_answer() -> None:
    event = heard(fixture("dialogflow_response__not_shown"))

    assert not event.answered
    assert event.bot_answer == BotAnswer(
        messages=(OutboundMessage("Connecting you"), OutboundMessage("Meanwhile:")),
        handoff=HandoffSignal("bot", {"department": "billing"}),
        intent="escalate",
    )


def test_an_answer_google_has_shown_is_marked_so() -> None:
    event = heard(fixture("dialogflow_response__shown"))

    assert event.answered
    assert event.bot_answer == BotAnswer(
        messages=(OutboundMessage("Connecting you"),),
        handoff=HandoffSignal("bot", {"department": "billing"}),
        intent="escalate",
    )


def test_without_an_intent_the_best_faq_answers() -> None:
    event = heard(fixture("dialogflow_response__faq"))

    assert event.bot_answer == BotAnswer(messages=(OutboundMessage("We open at nine."),))


@pytest.mark.parametrize(
    "response",
    [
        None,
        {},
        [],
        "x",
        {"intentResponses": 7},
        {"intentResponses": [None, {"intentDetectionConfidence": "x", "fulfillmentMessages": [[], {"text": 1}]}]},
        {"intentResponses": [{"fulfillmentMessages": [{"jsonPayload": "{not json"}, {"jsonPayload": "[" * 5000}]}]},
        {"intentResponses": [{"fulfillmentMessages": [{"error": {"code": 13}}]}], "autoResponded": "false"},
    ],
)
def test_a_dialogflow_response_without_use_leaves_the_bot_to_be_asked(response: object) -> None:
    event = heard(
        {"conversationId": "c-1", "message": {"messageId": "m-1", "text": "Hi"}, "dialogflowResponse": response}
    )

    assert event == UserMessage(id="m-1", source_at=RECEIVED_AT, text="Hi")
