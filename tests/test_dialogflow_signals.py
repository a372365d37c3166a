"""Every dialect in which a Dialogflow ES bot asks for a person."""

from typing import Any

import pytest

from functions.dialogflow.signals import SignalRules, find_payload_signal, find_signal
from functions.handoff.events import HandoffSignal, JsonObject
from tests.discovery import faults

RULES = SignalRules(actions=("handoff", "human_handoff"), contexts=("Operator_Request",))
NONE = SignalRules()
SESSION = "projects/p/agent/sessions/s"


def payload(**content: Any) -> JsonObject:
    return {"fulfillmentMessages": [{"text": {"text": ["One moment"]}}, {"payload": content}]}


def context(name: str, **fields: Any) -> JsonObject:
    return {"outputContexts": [{"name": f"{SESSION}/contexts/other"}, {"name": f"{SESSION}/contexts/{name}", **fields}]}


def metadata(result: JsonObject, rules: SignalRules = RULES) -> JsonObject:
    signal = find_signal(result, rules)
    assert signal is not None
    assert signal.reason == "bot"
    return signal.metadata


@pytest.mark.parametrize(
    "result",
    [
        {"intent": {"displayName": "Human", "liveAgentHandoff": True}},
        {"action": "handoff"},
        {"action": "human_handoff"},
        context("operator_request"),
        context("operator_request", lifespanCount=5),
        payload(action="handoff"),
        payload(action=" Handoff "),
        {"webhookPayload": {"action": "handoff"}},
        payload(platform="kommunicate", message="Connecting", metadata={"KM_ASSIGN_TO": ""}),
        payload(action={"name": "TRANSFER", "skill": "billing"}),
    ],
)
def test_every_known_dialect_signals(result: JsonObject) -> None:
    assert faults("dialogflow.v2", "GoogleCloudDialogflowV2QueryResult", result) == []
    assert find_signal(result, RULES) is not None


@pytest.mark.parametrize(
    "result", [{"liveAgentHandoff": True}, payload(liveAgentHandoff=True), payload(liveAgentHandoff={})]
)
def test_flags_the_v2_answer_does_not_describe_signal_too(result: JsonObject) -> None:
    assert find_signal(result, NONE) == HandoffSignal("bot")


@pytest.mark.parametrize(
    "result",
    [
        {},
        {"intent": {"liveAgentHandoff": False}},
        {"intent": {"liveAgentHandoff": "true"}},
        {"intent": None, "outputContexts": 7, "fulfillmentMessages": [None, {"payload": []}], "action": ["handoff"]},
        {"action": "Handoff"},
        {"action": "TRANSFER"},  # a bank's bot may well have such an action
        context("operator_request", lifespanCount=0),
        context("operator_request_2"),
        payload(action="handoff later"),
        payload(action={"name": "transfer"}),
        payload(platform="kommunicate", metadata={"contentType": "300"}),
        payload(metadata={"KM_ASSIGN_TO": "x"}),
        payload(liveAgentHandoff=False),
        payload(suggestions=[{"liveAgentRequest": {}}]),  # offers a person, does not ask for one
    ],
)
def test_nothing_else_signals(result: JsonObject) -> None:
    assert find_signal(result, RULES) is None


@pytest.mark.parametrize("result", [{"action": "handoff"}, context("operator_request")])
def test_actions_and_contexts_signal_only_when_declared(result: JsonObject) -> None:
    assert find_signal(result, NONE) is None


def test_the_turns_parameters_come_along_without_empty_ones() -> None:
    result = {"action": "handoff", "parameters": {"department": "billing", "order": "", "items": [], "vip": False}}

    assert metadata(result) == {"department": "billing", "vip": False}


def test_a_payloads_fields_win_over_the_parameters() -> None:
    result = payload(action="handoff", text="Connecting", department="sales", metadata={"topic": "refund"})

    assert metadata(result | {"parameters": {"department": "billing"}}) == {"department": "sales", "topic": "refund"}


def test_a_contexts_parameters_come_along_below_the_turns() -> None:
    parameters = {"department": "old", "city": "Wien", "city.original": "vienna"}
    result = context("operator_request", parameters=parameters) | {"parameters": {"department": "new"}}

    assert metadata(result) == {"department": "new", "city": "Wien"}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"action": "handoff", "parameters": {"department": "billing"}}, {"department": "billing"}),
        (
            {"platform": "kommunicate", "metadata": {"KM_ASSIGN_TO": "", "KM_ASSIGN_TEAM": "7", "x": "y"}},
            {"KM_ASSIGN_TEAM": "7"},
        ),
        ({"action": {"name": "TRANSFER", "skill": "a", "agentId": "9"}}, {"skill": "a", "agentId": "9"}),
        ({"action": {"name": "TRANSFER", "parameters": {"skill": "a"}}}, {"skill": "a"}),
        ({"liveAgentHandoff": {"metadata": {"department": "billing"}}}, {"department": "billing"}),
    ],
)
def test_each_dialect_says_where_to(content: JsonObject, expected: JsonObject) -> None:
    assert find_payload_signal(content) == HandoffSignal("bot", expected)
