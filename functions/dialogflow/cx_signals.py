"""How a Dialogflow CX bot says that a person should take over, in answers and in webhook calls. Pure.

Source: Dialogflow v3 REST reference (QueryResult, ResponseMessage.LiveAgentHandoff, WebhookRequest), revision 20261106.
"""

from collections.abc import Iterable

from functions.dialogflow.signals import MAX_INTENT_CHARACTERS, SignalRules, payload_metadata, told
from functions.handoff.events import HandoffSignal, JsonObject
from functions.handoff.json_fields import object_at, objects_at, text_at

SIGN_IN = "authentication_response"
"""The session parameter that holds what a sign-in gave the bot: for the bot alone."""
_OF_A_RETURN = {"reason", "digest"}
_SAYS_WHERE = {"department", "KM_ASSIGN_TEAM", "skill"}
"""What the dialects call the department; the core knows them all, in this order."""


def find_signal(query_result: JsonObject) -> HandoffSignal | None:
    """The bot's wish for a person in a `QueryResult`, or None.

    Its metadata is the session's parameters, under those of payloads and `liveAgentHandoff`.
    """
    payloads = ({"payload": one} for one in objects_at(query_result, "webhookPayloads"))
    said = _in_messages([*objects_at(query_result, "responseMessages"), *payloads])
    return None if said is None else _signal(said, query_result, object_at(object_at(query_result, "match"), "intent"))


def find_called_signal(call: JsonObject, rules: SignalRules) -> HandoffSignal | None:
    """The wish for a person in a `WebhookRequest`: its tag, or a message that is queued already; or None."""
    said = _in_messages(objects_at(call, "messages"))
    tag = text_at(object_at(call, "fulfillmentInfo"), "tag")
    if said is None and tag not in rules.tags:
        return None
    return _signal(said or {}, object_at(call, "sessionInfo"), object_at(call, "intentInfo"))


def own_parameters(parameters: JsonObject) -> JsonObject:
    """A session's parameters, without those that events of ours left in it, and without those that were removed.

    What a return said (`reason`, `digest`) stays in the session as long as that lives, and is not the next hand-off's.
    """
    left_out = {SIGN_IN, *(_OF_A_RETURN if parameters.keys() >= _OF_A_RETURN else ())}
    return {name: value for name, value in parameters.items() if name not in left_out and value is not None}


def _in_messages(messages: Iterable[JsonObject]) -> JsonObject | None:
    """What all signals in them carry together, the later over the earlier; None when there is none."""
    found = [metadata for one in messages if (metadata := _in_message(one)) is not None]
    return {name: value for metadata in found for name, value in metadata.items()} if found else None


def _in_message(message: JsonObject) -> JsonObject | None:
    if isinstance(message.get("liveAgentHandoff"), dict):
        return object_at(message["liveAgentHandoff"], "metadata")
    return payload_metadata(object_at(message, "payload"))


def _signal(said: JsonObject, session: JsonObject, intent: JsonObject) -> HandoffSignal:
    kept = own_parameters(object_at(session, "parameters"))
    if any(said.get(name) for name in _SAYS_WHERE):  # what an earlier turn left in the session says it no more
        kept = {name: value for name, value in kept.items() if name not in _SAYS_WHERE}
    metadata = {**kept, **said}
    return HandoffSignal("bot", told(metadata), text_at(intent, "displayName")[:MAX_INTENT_CHARACTERS])
