"""Dialogflow's fulfilment webhook: who may call; what a call of ES says, and what it is answered."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from functions.dialogflow.fulfilment import FulfilmentCall
from functions.dialogflow.signals import SignalRules
from functions.dialogflow.webhook import answer, parse_webhook, verify
from functions.handoff.errors import WebhookRejected
from functions.handoff.events import HandoffSignal
from tests.discovery import faults

FIXTURES = Path(__file__).parent / "fixtures" / "dialogflow_es"
RULES = SignalRules(actions=("handoff",))
TOKENS = ["new-token", "example-token"]
IDENTITY_TOKEN = "Bearer eyJ.identity.token"


def fixture(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text())
    return content


def basic(credentials: str) -> str:
    return "Basic " + base64.b64encode(credentials.encode()).decode()


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer example-token"},
        {"authorization": "bearer  new-token "},
        {"Authorization": basic("anyone:example-token")},
        {"Authorization": basic(":new-token")},
        {"X-Webhook-Token": "example-token"},
        {"x-webhook-token": "example-token", "Authorization": IDENTITY_TOKEN},
        {"X-Webhook-Token": "wrong", "Authorization": "Bearer example-token"},
    ],
)
def test_any_one_right_form_suffices(headers: dict[str, str]) -> None:
    verify(headers, TOKENS)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": IDENTITY_TOKEN},
        {"Authorization": "example-token"},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer "},
        {"Authorization": basic("example-token")},
        {"Authorization": basic("example-token:")},
        {"Authorization": "Basic ***"},
        {"Authorization": "Basic /w=="},
        {"Authorization": "Digest example-token"},
        {"X-Webhook-Token": ""},
        {"X-Webhook-Token": "example-token2"},
        {"X-Webhook-Token": "é"},
        {"X-Other": "example-token"},
    ],
)
def test_without_a_right_form_the_call_is_rejected(headers: dict[str, str]) -> None:
    with pytest.raises(WebhookRejected) as rejected:
        verify(headers, TOKENS)

    assert (rejected.value.status, rejected.value.reason) == (401, "token")


@pytest.mark.parametrize("tokens", [[], [""]])
def test_without_a_token_configured_nobody_may_call(tokens: list[str]) -> None:
    with pytest.raises(WebhookRejected):
        verify({"X-Webhook-Token": "", "Authorization": basic("a:")}, tokens)


def test_a_call_names_its_session_its_turn_and_its_signal() -> None:
    body = fixture("webhook__handoff")

    call = parse_webhook(body, RULES)

    assert faults("dialogflow.v2", "GoogleCloudDialogflowV2WebhookRequest", body) == []
    assert call == FulfilmentCall(
        session_id="3f0e",
        response_id="r-1",
        agent="projects/p/agent",
        signal=HandoffSignal("bot", {"department": "billing"}, "Talk to human"),
        language="en",
    )


def test_a_call_without_signal_is_just_a_call() -> None:
    body = fixture("webhook__console")

    call = parse_webhook(body, RULES)

    assert faults("dialogflow.v2", "GoogleCloudDialogflowV2WebhookRequest", body) == []
    assert call == FulfilmentCall(session_id="3f0e", response_id="r-3", agent="projects/p/agent", language="de")


@pytest.mark.parametrize(
    "path",
    [
        "projects/p/agent/sessions/3f0e",
        "projects/p/agent/environments/live/users/u/sessions/3f0e",
        "projects/p/locations/eu/agent/environments/live/users/-/sessions/3f0e",
        "3f0e",
    ],
)
def test_the_session_id_is_the_last_part_of_any_path(path: str) -> None:
    assert parse_webhook(fixture("webhook__console") | {"session": path}, RULES).session_id == "3f0e"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (None, "the body"),
        ([], "the body"),
        ({}, "session"),
        ({"session": 7}, "session"),
        ({"session": "projects/p/agent/sessions/"}, "session"),
        ({"session": "a/s"}, "responseId"),
        ({"session": "a/s", "responseId": ""}, "responseId"),
        ({"session": "a/s", "responseId": "r"}, "queryResult"),
        ({"session": "a/s", "responseId": "r", "queryResult": []}, "queryResult"),
    ],
)
def test_a_malformed_call_is_rejected_naming_the_field(body: object, field: str) -> None:
    with pytest.raises(WebhookRejected, match=f"^{field} must be") as rejected:
        parse_webhook(body, RULES)

    assert (rejected.value.status, rejected.value.reason) == (400, "field")


def test_what_the_caller_put_into_the_payload_is_not_believed() -> None:
    body = fixture("webhook__console")
    body["originalDetectIntentRequest"]["payload"] = {"session": "other", "action": "handoff"}

    assert parse_webhook(body, RULES) == FulfilmentCall(
        session_id="3f0e", response_id="r-3", agent="projects/p/agent", language="de"
    )


@pytest.mark.parametrize(("text", "expected"), [("", {}), ("Sorry.", {"fulfillmentText": "Sorry."})])
def test_an_answer_is_one_dialogflow_takes(text: str, expected: dict[str, Any]) -> None:
    answered = answer(FulfilmentCall(session_id="s", response_id="r"), text)

    assert answered == expected
    assert faults("dialogflow.v2", "GoogleCloudDialogflowV2WebhookResponse", answered) == []
