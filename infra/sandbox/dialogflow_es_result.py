"""How the Dialogflow ES stand-in writes a turn down as QueryResult, and merges a webhook's answer into it.

As in all of Google's JSON, what is empty or false is left out.

Source: Dialogflow v2 discovery document: QueryResult, Intent, WebhookResponse.
"""

from typing import Any

import msgspec

from infra.sandbox.dialogflow_es_schema import Heard, TextInput, WebhookResponse
from infra.sandbox.dialogflow_es_session import Session, Turn
from infra.sandbox.dialogflow_intent import Intent

JsonObject = dict[str, Any]


def query_result(name: str, session: Session, turn: Turn, heard: Heard) -> JsonObject:
    """The QueryResult of a turn in the session of that resource name, before fulfilment."""
    messages: list[JsonObject] = [{"text": {"text": [turn.text]}}] if turn.text else []
    is_certain = turn.intent.is_fallback or not isinstance(heard, TextInput)
    return {
        "queryText": heard.text if isinstance(heard, TextInput) else heard.name,
        "languageCode": heard.languageCode,
        "parameters": turn.parameters,
        "fulfillmentMessages": messages + (list(turn.intent.more_messages) if turn.is_complete else []),
        "intent": _intent(name, turn.intent),
        "intentDetectionConfidence": 1.0 if is_certain else 0.9,
        **set_only(
            fulfillmentText=turn.text,
            action=turn.intent.action,
            allRequiredParamsPresent=turn.is_complete,
            cancelsSlotFilling=turn.is_cancelled,
            outputContexts=contexts(name, session),
        ),
    }


def contexts(name: str, session: Session) -> list[JsonObject]:
    """The session's living contexts, as Context resources."""
    return [
        {"name": f"{name}/contexts/{key}", "lifespanCount": context.lifespan, "parameters": context.parameters}
        for key, context in session.contexts.items()
    ]


def merge(result: JsonObject, response: WebhookResponse) -> None:
    """Put what the webhook answered in place of the intent's own responses."""
    messages: list[JsonObject] = msgspec.to_builtins(response.fulfillmentMessages or [])
    if response.fulfillmentText:
        result["fulfillmentText"] = response.fulfillmentText
        result["fulfillmentMessages"] = [{"text": {"text": [response.fulfillmentText]}}]
    if messages:
        result["fulfillmentMessages"] = [set_only(**message) for message in messages]
    result.update(set_only(webhookPayload=response.payload, webhookSource=response.source))


def set_only(**fields: Any) -> JsonObject:
    """The fields that are neither empty nor false."""
    return {name: value for name, value in fields.items() if value}


def _intent(name: str, intent: Intent) -> JsonObject:
    return {
        "name": f"{name.partition('/agent/')[0]}/agent/intents/{intent.id}",
        "displayName": intent.name,
        **set_only(
            isFallback=intent.is_fallback,
            liveAgentHandoff=intent.live_agent_handoff,
            endInteraction=intent.live_agent_handoff,
        ),
    }
