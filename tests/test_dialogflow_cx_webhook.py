"""Dialogflow CX's fulfilment webhook: what a call says, and what is answered."""

import json
from pathlib import Path
from typing import Any

import pytest

from functions.dialogflow.fulfilment import FulfilmentCall
from functions.dialogflow.signals import SignalRules
from functions.dialogflow.webhook import answer, parse_webhook
from functions.handoff.errors import WebhookRejected
from functions.handoff.events import HandoffSignal
from tests.discovery_schema import Discovery

FIXTURES = Path(__file__).parent / "fixtures" / "dialogflow_cx"
DIALOGFLOW, V3 = Discovery("dialogflow.v3"), "GoogleCloudDialogflowCxV3"
RULES = SignalRules(tags=("handoff",))
AGENT = "projects/p/locations/eu/agents/a"
SIGNAL = HandoffSignal("bot", {"department": "billing"}, "escalate")


def fixture(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text())
    assert DIALOGFLOW.problems(f"{V3}WebhookRequest", content) == []
    return content


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("webhook__tag", {"response_id": "d-1", "signal": SIGNAL, "language": "de"}),
        (
            "webhook__queued",
            {
                "response_id": "d-2",
                "signal": HandoffSignal("bot", {"department": "billing", "topic": "payment"}),
                "language": "en",
            },
        ),
        ("webhook__other", {"response_id": "d-3", "language": "en"}),
    ],
)
def test_a_call_names_its_session_its_agent_its_turn_and_its_signal(name: str, expected: dict[str, Any]) -> None:
    call = parse_webhook(fixture(name), RULES)

    assert call == FulfilmentCall(session_id="3f0e", agent=AGENT, is_cx=True, **expected)


def test_what_is_unknown_in_a_call_is_not_looked_at() -> None:
    body = fixture("webhook__tag")

    more = {**body, "session": "a/other", "unknown": {"queryResult": {}}, "messages": "none", "languageCode": 7}

    assert parse_webhook(more, RULES) == FulfilmentCall(
        session_id="3f0e", agent=AGENT, response_id="d-1", signal=SIGNAL, is_cx=True
    )


GOOD: dict[str, Any] = {
    "detectIntentResponseId": "d-1",
    "fulfillmentInfo": {"tag": "handoff"},
    "sessionInfo": {"session": f"{AGENT}/sessions/3f0e"},
}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"sessionInfo": None}, "sessionInfo.session"),
        ({"sessionInfo": {"session": 7}}, "sessionInfo.session"),
        ({"sessionInfo": {"session": f"{AGENT}/sessions/"}}, "sessionInfo.session"),
        ({"detectIntentResponseId": None}, "detectIntentResponseId"),
        ({"detectIntentResponseId": ""}, "detectIntentResponseId"),
        ({"detectIntentResponseId": "d" * 201}, "detectIntentResponseId"),
        ({"fulfillmentInfo": "handoff"}, "fulfillmentInfo"),
        ({"fulfillmentInfo": None}, "fulfillmentInfo"),
        ({"fulfillmentInfo": {"tag": ["handoff"]}}, "fulfillmentInfo.tag"),
        ({"queryResult": {"action": "handoff"}}, "queryResult"),
        ({"queryResult": None}, "queryResult"),
        ({"responseId": "r-1"}, "responseId"),
        ({"originalDetectIntentRequest": {}}, "originalDetectIntentRequest"),
    ],
)
def test_a_malformed_or_mixed_call_is_rejected_naming_the_field(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(WebhookRejected, match=f"^{field} must be") as rejected:
        parse_webhook(GOOD | changes, RULES)

    assert (rejected.value.status, rejected.value.reason) == (400, "field")


@pytest.mark.parametrize("missing", GOOD)
def test_a_call_without_a_field_that_is_always_there_is_rejected(missing: str) -> None:
    with pytest.raises(WebhookRejected, match=f"^{missing}.* must be"):
        parse_webhook({name: value for name, value in GOOD.items() if name != missing}, RULES)


def test_a_call_of_the_other_dialogflow_with_a_field_of_this_one_is_rejected() -> None:
    body = {"session": "projects/p/agent/sessions/s", "responseId": "r", "queryResult": {}, "fulfillmentInfo": {}}

    with pytest.raises(WebhookRejected, match="must be absent"):
        parse_webhook(body, RULES)


@pytest.mark.parametrize(
    ("text", "is_awaited", "messages"),
    [
        ("", False, []),
        ("Sorry.", False, [{"text": {"text": ["Sorry."]}}]),
        ("", True, [{"liveAgentHandoff": {"metadata": {"department": "billing"}}}]),
    ],
)
def test_an_answer_is_one_dialogflow_takes(text: str, is_awaited: bool, messages: list[Any]) -> None:
    call = FulfilmentCall(session_id="s", response_id="r", signal=SIGNAL, is_cx=True)

    answered = answer(call, text, is_awaited=is_awaited)

    assert answered == ({"fulfillmentResponse": {"messages": messages}} if messages else {})
    assert DIALOGFLOW.problems(f"{V3}WebhookResponse", answered) == []


def test_the_answer_to_the_other_dialogflow_needs_no_signal() -> None:
    call = FulfilmentCall(session_id="s", response_id="r", signal=SIGNAL)

    assert answer(call, is_awaited=True) == {}
