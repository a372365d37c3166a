"""How a Dialogflow CX bot asks for a person, in answers and in webhook calls."""

from typing import Any

import pytest

from functions.dialogflow.cx_signals import find_called_signal, find_signal, own_parameters
from functions.dialogflow.signals import SignalRules
from functions.handoff.events import HandoffSignal, JsonObject
from functions.handoff.routing import department_names

RULES = SignalRules(tags=("handoff",), actions=("log",))


def handoff(**metadata: Any) -> JsonObject:
    return {"liveAgentHandoff": {"metadata": metadata}}


@pytest.mark.parametrize(
    "result",
    [
        {"responseMessages": [{"liveAgentHandoff": {}}]},
        {"responseMessages": [{"text": {"text": ["A"]}}, handoff(department="billing")]},
        {"responseMessages": [{**handoff(), "channel": "VOICE"}]},
        {"responseMessages": [{"payload": {"action": "handoff"}}]},
        {"responseMessages": [{"payload": {"action": {"name": "TRANSFER", "skill": "billing"}}}]},
        {"responseMessages": [{"payload": {"platform": "kommunicate", "metadata": {"KM_ASSIGN_TEAM": "b"}}}]},
        {"webhookPayloads": [{"note": 1}, {"liveAgentHandoff": True}]},
    ],
)
def test_a_person_is_asked_for_in_every_known_dialect(result: JsonObject) -> None:
    assert find_signal(result) is not None


@pytest.mark.parametrize(
    "result",
    [
        {},
        {"responseMessages": [{"endInteraction": {}}, {"conversationSuccess": {}}, {"telephonyTransferCall": {}}]},
        {"responseMessages": [{"liveAgentHandoff": None}, {"liveAgentHandoff": "yes"}, {"payload": {"action": 7}}]},
        {"parameters": {"action": "handoff", "liveAgentHandoff": {}}, "webhookPayloads": {"liveAgentHandoff": True}},
        {"action": "handoff"},
    ],
)
def test_nothing_else_asks_for_one(result: JsonObject) -> None:
    assert find_signal(result) is None


def test_agents_are_told_the_session_s_parameters_under_what_the_signals_carry() -> None:
    result = {
        "parameters": {"department": "sales", "order": 17.0, "size": "", "items": [], "gone": None},
        "responseMessages": [{"payload": {"action": "handoff", "topic": "late"}}, handoff(department="billing")],
        "match": {"intent": {"displayName": "escalate"}},
    }

    signal = find_signal(result)

    assert signal == HandoffSignal("bot", {"department": "billing", "order": 17.0, "topic": "late"}, "escalate")
    assert department_names(signal) == ("billing",)


def test_where_to_is_what_this_turn_says_and_not_what_is_left_of_another() -> None:
    parameters = {"department": "sales", "order": 1}

    signal = find_signal({"responseMessages": [handoff(skill="billing")], "parameters": parameters})

    assert signal == HandoffSignal("bot", {"order": 1, "skill": "billing"})


def test_metadata_too_large_to_keep_is_left_out() -> None:
    signal = find_signal({"responseMessages": [handoff(large="x" * 16_000, small="x")], "parameters": {"a": 1}})

    assert signal == HandoffSignal("bot", {"a": 1, "small": "x"})


@pytest.mark.parametrize(
    ("parameters", "own"),
    [
        ({"reason": "timeout", "digest": "", "order": 1}, {"order": 1}),
        ({"reason": "broken", "order": 1}, {"reason": "broken", "order": 1}),
        ({"digest": "words"}, {"digest": "words"}),
        ({"authentication_response": {"code": "s3cret"}, "code": "WINTER"}, {"code": "WINTER"}),
        ({"authentication_response": None, "none": None, "no": False}, {"no": False}),
    ],
)
def test_what_events_of_ours_left_in_a_session_is_not_the_bot_s_own(parameters: JsonObject, own: JsonObject) -> None:
    assert own_parameters(parameters) == own


@pytest.mark.parametrize(
    ("call", "metadata"),
    [
        ({"fulfillmentInfo": {"tag": "handoff"}}, {}),
        ({"fulfillmentInfo": {"tag": "handoff"}, "sessionInfo": {"parameters": {"topic": "x"}}}, {"topic": "x"}),
        ({"fulfillmentInfo": {"tag": "other"}, "messages": [handoff(topic="y")]}, {"topic": "y"}),
        ({"messages": [{"payload": {"action": "handoff", "topic": "z"}}]}, {"topic": "z"}),
    ],
)
def test_a_call_asks_by_its_tag_or_by_a_message_that_is_queued(call: JsonObject, metadata: JsonObject) -> None:
    assert find_called_signal(call, RULES) == HandoffSignal("bot", metadata)


@pytest.mark.parametrize(
    "call",
    [
        {"fulfillmentInfo": {"tag": "log"}},
        {"fulfillmentInfo": {"tag": "Handoff"}},
        {"fulfillmentInfo": {"tag": ""}, "payload": {"action": "handoff"}},
        {"fulfillmentInfo": {"tag": "log"}, "messages": {"liveAgentHandoff": {}}},
    ],
)
def test_any_other_call_is_just_a_call(call: JsonObject) -> None:
    assert find_called_signal(call, RULES) is None
