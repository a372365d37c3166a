"""Business Messages' native Dialogflow integration: reads what Google already heard from the bot. Pure.

With auto-response off, the answer comes beside the user's message and is ours to show. With it on, Google has shown it.

Source: Business Messages REST reference v1, DialogflowResponse, as of 2024-11.
"""

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from functions.handoff.content import OutboundMessage, Suggestion, plain_text
from functions.handoff.events import BotAnswer, HandoffSignal, JsonObject
from functions.handoff.json_fields import clean_json, is_true, object_at, objects_at, text_at

_MAX_MESSAGES = 30  # each is at least one call to the channel
_MAX_TEXT_CHARACTERS = 64_000  # of all messages together
_MAX_BYTES = 256 * 1024  # of all messages together, as they are stored; of the one beyond, some words
_MAX_LAST_WORDS = 4_000
_MAX_NATIVE_BYTES = 32 * 1024
_MAX_CARDS = 30
_MAX_CHIPS = 50
_WITHOUT_WORDS = "…"  # chips need a message to hang on
_MAX_INTENT_CHARACTERS = 200
_MAX_METADATA_CHARACTERS = 16_000  # it is kept with the conversation

ReadPayload = Callable[[JsonObject], BotAnswer]
"""Reads a bot's custom payload: its messages and its hand-off signal. It belongs to the bot's side."""


class Heard(NamedTuple):
    """What the bot answered (None: nothing usable, ask it), and whether the user has seen that."""

    answer: BotAnswer | None = None
    was_shown: bool = False


def parse_dialogflow_response(response: JsonObject, read_payload: ReadPayload) -> Heard:
    """Read `dialogflowResponse`; whatever is malformed in it counts as not there: the user's words never suffer.

    Of several intents the one detected with most confidence speaks, as it does in Google's auto-response.
    """
    intent = _best_intent(response)
    parts = [_read_fulfilment(one, read_payload) for one in objects_at(intent, "fulfillmentMessages")]
    was_shown = is_true(response.get("autoResponded"))
    signal = next((part.handoff for part in parts if part.handoff), None)
    name = text_at(intent, "intentDisplayName")[:_MAX_INTENT_CHARACTERS]
    answer = BotAnswer(
        messages=_shown(response, read_payload) if was_shown else _messages(parts) or _first_faq(response),
        handoff=replace(signal, intent=name) if signal else None,
        intent=name,
    )
    if answer.messages or answer.handoff or was_shown:
        return Heard(answer, was_shown)
    return Heard()


def _best_intent(response: JsonObject) -> JsonObject:
    return max(objects_at(response, "intentResponses"), key=_confidence, default={})


def _confidence(intent: JsonObject) -> float:
    value = intent.get("intentDetectionConfidence")
    return float(value) if isinstance(value, int | float) else 0.0


def _read_fulfilment(fulfilment: JsonObject, read_payload: ReadPayload) -> BotAnswer:
    """One of `text`, `jsonPayload` and `liveAgentHandoff`."""
    if isinstance(fulfilment.get("liveAgentHandoff"), dict):
        metadata = object_at(fulfilment["liveAgentHandoff"], "metadata")
        is_bearable = len(json.dumps(metadata)) <= _MAX_METADATA_CHARACTERS
        return BotAnswer(handoff=HandoffSignal("bot", metadata if is_bearable else {}))
    text = text_at(fulfilment, "text")
    if text.strip():
        return BotAnswer(messages=(OutboundMessage(text),))
    return read_payload(_payload(fulfilment.get("jsonPayload")))


def _payload(given: Any) -> JsonObject:
    """The custom payload, which is JSON in a string."""
    try:
        value = clean_json(json.loads(given)) if isinstance(given, str) else given
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _messages(parts: list[BotAnswer]) -> tuple[OutboundMessage, ...]:
    """What the user can be shown of them: a body of a megabyte could ask for tens of thousands."""
    kept: list[OutboundMessage] = []
    characters, room = _MAX_TEXT_CHARACTERS, _MAX_BYTES
    for message in _with_chips_attached([message for part in parts for message in part.messages])[:_MAX_MESSAGES]:
        said = _shortened(message, characters)
        characters -= len(said.text)
        room -= _size(said)
        if said.is_empty:
            break
        if room < 0:
            return (*kept, OutboundMessage(plain_text(said)[:_MAX_LAST_WORDS]))
        kept.append(said)
    return tuple(kept)


def _with_chips_attached(messages: list[OutboundMessage]) -> list[OutboundMessage]:
    """Chips alone go under the message before them, else under the next; a native form would hide them."""
    said: list[OutboundMessage] = []
    early: tuple[Suggestion, ...] = ()
    for message in messages:
        if not message.is_empty:
            said.append(_with_chips(message, before=early) if early else message)
            early = ()
        elif said:
            said[-1] = _with_chips(said[-1], after=message.suggestions)
        else:
            early = (early + message.suggestions)[:_MAX_CHIPS]
    return [*said, OutboundMessage(_WITHOUT_WORDS, early)] if early else said


def _with_chips(
    message: OutboundMessage, *, before: tuple[Suggestion, ...] = (), after: tuple[Suggestion, ...] = ()
) -> OutboundMessage:
    return replace(message, suggestions=(before + message.suggestions + after)[:_MAX_CHIPS], native={})


def _shortened(message: OutboundMessage, characters: int) -> OutboundMessage:
    return replace(
        message,
        text=message.text[:characters],
        suggestions=message.suggestions[:_MAX_CHIPS],
        cards=message.cards[:_MAX_CARDS],
        native=message.native if _size(message.native) <= _MAX_NATIVE_BYTES else {},
    )


def _size(value: object) -> int:
    return len(msgspec.json.encode(value))


def _shown(response: JsonObject, read_payload: ReadPayload) -> tuple[OutboundMessage, ...]:
    """What Google sent by itself: Business Messages messages, the form custom payloads have."""
    sent = objects_at(response, "autoRespondedMessages")
    messages = _messages([read_payload(object_at(one, "message")) for one in sent])
    return tuple(replace(message, native={}) for message in messages)


def _first_faq(response: JsonObject) -> tuple[OutboundMessage, ...]:
    answers = [text_at(one, "faqAnswer") for one in objects_at(object_at(response, "faqResponse"), "answers")]
    return tuple(OutboundMessage(text[:_MAX_TEXT_CHARACTERS]) for text in answers[:1] if text.strip())
