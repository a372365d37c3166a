"""Messages that a bot's author wrote in Business Messages' own form: passed on as they are if the API takes them. Pure.

Source: Business Messages REST reference v1 (conversations.messages), as of 2024-11.
"""

from functions.channels.business_messages_limits import MAX_CHIPS, MAX_FALLBACK
from functions.channels.business_messages_shapes import is_message
from functions.channels.google_cards import shortened
from functions.channels.google_native import words_in
from functions.handoff.content import OutboundMessage, plain_text
from functions.handoff.events import JsonObject
from functions.handoff.json_fields import clean_json, objects_at, text_at

KEY = "businessMessages"
"""The key of `OutboundMessage.native`, and of a custom payload, that holds such a message."""

_OURS = ("name", "messageId", "representative")
_LIVE_AGENT: JsonObject = {"liveAgentRequest": {}}


def find_native(message: OutboundMessage) -> JsonObject | None:
    """The author's message, or None where there is none or it breaks a documented rule: then the rest is shown.

    Who speaks, id and name are ours to say and left out. A fallback is added where it has none, and a request for a
    person where the rest of the message offers one and this does not.
    """
    given = clean_json(message.native.get(KEY))
    if not isinstance(given, dict):
        return None
    body = {name: value for name, value in given.items() if name not in _OURS}
    if not is_message(body):
        return None
    if not text_at(body, "fallback").strip():
        words = clean_json(plain_text(message)) or words_in(body)
        body["fallback"] = shortened(words, MAX_FALLBACK)
    return _with_live_agent(body, message)


def _with_live_agent(body: JsonObject, message: OutboundMessage) -> JsonObject:
    chips = objects_at(body, "suggestions")
    is_offered = any(chip.kind == "live_agent" for chip in message.suggestions)
    if not is_offered or len(chips) >= MAX_CHIPS or any("liveAgentRequest" in chip for chip in chips):
        return body
    return {**body, "suggestions": [*chips, _LIVE_AGENT]}
