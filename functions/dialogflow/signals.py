"""How a Dialogflow bot says that a person should take over: every known dialect, in answers and webhook calls alike.

Pure. Knows the shapes of Dialogflow ES (v2) `QueryResult` and of custom payloads, which CX (`cx_signals`) shares;
nothing of channels or of the desk.

Source: Dialogflow v2 and v2beta1 REST reference (Intent, WebhookResponse); custom payloads by the public documentation
of Chatwoot, Kommunicate and LivePerson, as of 2026-11.
"""

import json
from collections.abc import Callable
from typing import Any

import msgspec

from functions.handoff.events import HandoffSignal, JsonObject
from functions.handoff.json_fields import object_at, objects_at, text_at

MAX_INTENT_CHARACTERS = 200
_MAX_METADATA_CHARACTERS = 16_000  # it is kept with the conversation

_NOT_METADATA = {
    "action",
    "fallback",
    "image",
    "message",
    "metadata",
    "name",
    "parameters",
    "representative",
    "richCard",
    "suggestions",
    "text",
}
"""Fields of a payload beside its hand-off action that are content, or are unfolded."""


class SignalRules(msgspec.Struct, frozen=True):
    """What an operator declared to mean hand-off: ES actions and output contexts, CX tags."""

    actions: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    contexts: tuple[str, ...] = ()


def find_signal(query_result: JsonObject, rules: SignalRules) -> HandoffSignal | None:
    """The bot's wish for a person in an ES `QueryResult`, or None.

    Its metadata is the turn's parameters, over those of a context that signalled, under those of a payload.
    """
    flagged = _has_flag(query_result) or text_at(query_result, "action") in rules.actions
    context = _find_context(query_result, rules)
    payload = _find_payload(query_result)
    if not flagged and context is None and payload is None:
        return None
    metadata = {**(context or {}), **object_at(query_result, "parameters"), **(payload or {})}
    intent = text_at(object_at(query_result, "intent"), "displayName")[:MAX_INTENT_CHARACTERS]
    return HandoffSignal("bot", told(metadata), intent)


def find_payload_signal(payload: JsonObject) -> HandoffSignal | None:
    """The wish for a person in one custom payload, or None."""
    metadata = payload_metadata(payload)
    return None if metadata is None else HandoffSignal("bot", told(metadata))


def context_id(context: JsonObject) -> str:
    """The id of a context, in lower case as Dialogflow keeps it; its session part is not looked at."""
    return text_at(context, "name").rsplit("/", 1)[-1].lower()


def is_active(context: JsonObject) -> bool:
    """Tell whether a context lives on; one without a count is in its last turn."""
    lifespan = context.get("lifespanCount", 1)
    return isinstance(lifespan, int | float) and lifespan > 0


def _has_flag(query_result: JsonObject) -> bool:
    """The flag of the intent, or of a v2beta1 webhook answer where Dialogflow hands it on."""
    holders = (object_at(query_result, "intent"), query_result)
    return any(holder.get("liveAgentHandoff") is True for holder in holders)


def _find_context(query_result: JsonObject, rules: SignalRules) -> JsonObject | None:
    wanted = {name.lower() for name in rules.contexts}
    for context in objects_at(query_result, "outputContexts"):
        if context_id(context) in wanted and is_active(context):
            parameters = object_at(context, "parameters")
            return {name: value for name, value in parameters.items() if not name.endswith(".original")}
    return None


def _find_payload(query_result: JsonObject) -> JsonObject | None:
    messages = objects_at(query_result, "fulfillmentMessages")
    payloads = [object_at(message, "payload") for message in messages]
    payloads.append(object_at(query_result, "webhookPayload"))
    return next((found for payload in payloads if (found := payload_metadata(payload)) is not None), None)


# --- custom payloads -------------------------------------------------------------------------------------------------


def payload_metadata(payload: JsonObject) -> JsonObject | None:
    """What the hand-off signal in a payload carries, or None when there is no signal in it."""
    return next((found for read in _DIALECTS if (found := read(payload)) is not None), None)


def _read_action(payload: JsonObject) -> JsonObject | None:
    """`{"action": "handoff", …}`: all else that is not content says where to."""
    if text_at(payload, "action").strip().casefold() != "handoff":
        return None
    beside = {name: value for name, value in payload.items() if name not in _NOT_METADATA}
    return {**beside, **object_at(payload, "metadata"), **object_at(payload, "parameters")}


def _read_kommunicate(payload: JsonObject) -> JsonObject | None:
    """`KM_ASSIGN_TO` or `KM_ASSIGN_TEAM` among the metadata; an empty value means "by the routing rules"."""
    assigned = {name: value for name, value in object_at(payload, "metadata").items() if name.startswith("KM_ASSIGN_")}
    return assigned if text_at(payload, "platform") == "kommunicate" and assigned else None


def _read_liveperson(payload: JsonObject) -> JsonObject | None:
    """An action object named TRANSFER, in capitals, with the skill beside its name or among its parameters."""
    action = object_at(payload, "action")
    if text_at(action, "name") != "TRANSFER":
        return None
    beside = {name: value for name, value in action.items() if name not in {"name", "parameters"}}
    return {**beside, **object_at(action, "parameters")}


def _read_live_agent_handoff(payload: JsonObject) -> JsonObject | None:
    """Dialogflow's own word, as a flag or as CX writes it, put into a payload."""
    handoff: Any = payload.get("liveAgentHandoff")
    if handoff is True:
        return {}
    return object_at(handoff, "metadata") if isinstance(handoff, dict) else None


_DIALECTS: tuple[Callable[[JsonObject], JsonObject | None], ...] = (
    _read_action,
    _read_kommunicate,
    _read_liveperson,
    _read_live_agent_handoff,
)


def told(metadata: JsonObject) -> JsonObject:
    """Only what says something (Dialogflow sends every parameter, unfilled ones empty), as far as it can be kept."""
    kept: JsonObject = {}
    left = _MAX_METADATA_CHARACTERS
    for name, value in metadata.items():
        size = len(json.dumps({name: value}))
        if value not in ("", None, [], {}) and size <= left:
            kept[name] = value
            left -= size
    return kept
