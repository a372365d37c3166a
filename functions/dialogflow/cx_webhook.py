"""Dialogflow CX's fulfilment webhook: reads calls, builds answers. Pure.

The caller's `payload` is not read: a conversation is found by its session alone.

Source: Dialogflow v3 REST reference (WebhookRequest, WebhookResponse), guide "webhooks", as of 2026-11.
"""

from typing import Any

from functions.dialogflow.cx_signals import find_called_signal
from functions.dialogflow.fulfilment import FulfilmentCall, session_of, turn_of, wrong
from functions.dialogflow.signals import SignalRules
from functions.handoff.events import HandoffSignal, JsonObject
from functions.handoff.json_fields import object_at, text_at

_OWN_FIELDS = ("detectIntentResponseId", "fulfillmentInfo", "sessionInfo")
_FIELDS_OF_ES = ("queryResult", "responseId", "originalDetectIntentRequest")


def is_cx_call(call: JsonObject) -> bool:
    """Tell whether a call has the shape of CX."""
    return any(name in call for name in _OWN_FIELDS)


def parse_cx_call(call: JsonObject, rules: SignalRules) -> FulfilmentCall:
    """Read one call.

    Raises:
        WebhookRejected: 400, `sessionInfo.session`, `detectIntentResponseId` or `fulfillmentInfo` is missing, too long
            or of the wrong type, or a field of ES is there, too; the message names it.
    """
    for name in _FIELDS_OF_ES:
        if name in call:
            raise wrong(name, "absent where there are fields of Dialogflow CX")
    session_id, agent = session_of(object_at(call, "sessionInfo"), "sessionInfo.session")
    response_id = turn_of(call, "detectIntentResponseId")
    if not isinstance(call.get("fulfillmentInfo"), dict):
        raise wrong("fulfillmentInfo", "an object")
    if not isinstance(call["fulfillmentInfo"].get("tag", ""), str):
        raise wrong("fulfillmentInfo.tag", "a string")
    return FulfilmentCall(
        session_id=session_id,
        response_id=response_id,
        agent=agent,
        signal=find_called_signal(call, rules),
        language=text_at(call, "languageCode"),
        is_cx=True,
    )


def answer_cx(text: str, signal: HandoffSignal | None) -> JsonObject:
    """A WebhookResponse that says `text` and asks whoever waits for the turn for a person; "" and None leave it out."""
    messages: list[dict[str, Any]] = []
    if text:
        messages.append({"text": {"text": [text]}})
    if signal is not None:
        messages.append({"liveAgentHandoff": {"metadata": signal.metadata}})
    return {"fulfillmentResponse": {"messages": messages}} if messages else {}
