"""Messages in a channel's own form, as a bot's author wrote them, and what is written into them. Pure.

Source: Business Messages REST reference v1 (conversations.messages), as of 2024-11; RCS for Business REST reference v1
(AgentContentMessage); rcs-business-messaging/rbm-api-examples, Dialogflow templates.
"""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from functions.dialogflow.bounds import MAX_CHIPS
from functions.handoff.content import OutboundMessage, Suggestion
from functions.handoff.events import JsonObject
from functions.handoff.json_fields import list_at

BUSINESS_MESSAGES = "businessMessages"
RCS = "rcs"
"""Keys of `OutboundMessage.native`, and of custom payloads."""

LIVE_AGENT: JsonObject = {"liveAgentRequest": {}}
_FIELDS = ("text", "image", "richCard", "fallback", "containsRichText")  # of Business Messages, and suggestions
_RCS_HOLDERS = ("contentMessage", "params")


def business_message(content: JsonObject, suggestions: list[Any]) -> dict[str, JsonObject]:
    """The message as its author wrote it, without what is not of the message; {} where it has no content there."""
    if not any(content.get(name) for name in ("text", "image", "richCard")):
        return {}
    form = {name: content[name] for name in _FIELDS if name in content}
    return {BUSINESS_MESSAGES: {**form, **({"suggestions": suggestions} if suggestions else {})}}


def with_chips(first: OutboundMessage, second: OutboundMessage) -> OutboundMessage:
    """Two messages in one, of which one has nothing but chips; the other's native forms get them, too."""
    host, guest = (first, second) if second.is_empty else (second, first)
    native = host.native
    if native and guest.suggestions:
        write = _after if host is first else _before
        native = {name: form for name, one in native.items() if (form := _FORMS[name](one, guest.suggestions, write))}
    return replace(host, suggestions=(first.suggestions + second.suggestions)[:MAX_CHIPS], native=native)


_Order = Callable[[list[Any], list[Any]], list[Any]]


def _after(own: list[Any], more: list[Any]) -> list[Any]:
    return own + more


def _before(own: list[Any], more: list[Any]) -> list[Any]:
    return more + own


def _in_business_message(form: JsonObject, chips: tuple[Suggestion, ...], order: _Order) -> JsonObject:
    written = order(list_at(form, "suggestions"), [_WRITTEN[chip.kind](chip) for chip in chips])
    return {**form, "suggestions": written[:MAX_CHIPS]}


def _in_rcs(form: JsonObject, chips: tuple[Suggestion, ...], order: _Order) -> JsonObject:
    """{} where a chip asks for a person: how that is written is the channel's own."""
    if any(chip.kind == "live_agent" for chip in chips):
        return {}
    holder = next((name for name in _RCS_HOLDERS if isinstance(form.get(name), dict)), "")
    if holder:
        return {**form, holder: _in_business_message(form[holder], chips, order)}
    return _in_business_message(form, chips, order)


_FORMS: dict[str, Callable[[JsonObject, tuple[Suggestion, ...], _Order], JsonObject]] = {
    BUSINESS_MESSAGES: _in_business_message,
    RCS: _in_rcs,
}


def _written_action(chip: Suggestion, action: JsonObject) -> JsonObject:
    return {"action": {"text": chip.text, "postbackData": chip.postback or chip.text, **action}}


_WRITTEN: dict[str, Callable[[Suggestion], JsonObject]] = {  # both channels write these alike
    "reply": lambda chip: {"reply": {"text": chip.text, "postbackData": chip.postback or chip.text}},
    "open_url": lambda chip: _written_action(chip, {"openUrlAction": {"url": chip.url}}),
    "dial": lambda chip: _written_action(chip, {"dialAction": {"phoneNumber": chip.phone}}),
    "live_agent": lambda _: LIVE_AGENT,
}
