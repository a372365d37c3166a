"""A session of the Dialogflow ES stand-in: how its contexts and slots live, and what a turn comes to.

Source: Dialogflow v2: Intent, Context (lifespans, 20 minutes), fulfilment; session data lives 30 minutes.
"""

from typing import Any

import msgspec

from infra.sandbox.dialogflow_agent import CANCELLED, BotOptions, is_cancel, meant_by, told_by
from infra.sandbox.dialogflow_intent import Intent

JsonObject = dict[str, Any]
CONTEXT_LIFE_S = 20 * 60.0
SESSION_LIFE_S = 30 * 60.0


class ActiveContext(msgspec.Struct):
    """A context while it lives: for `lifespan` more turns and until `ends_at`."""

    lifespan: int
    parameters: JsonObject
    ends_at: float


class Session(msgspec.Struct):
    """What Dialogflow knows of one session. `asking`: the intent whose required parameter was asked for."""

    last_at: float = 0.0
    contexts: dict[str, ActiveContext] = {}
    asking: Intent | None = None
    collected: JsonObject = {}
    spoken: dict[str, int] = {}
    misses: int = 0


class Turn(msgspec.Struct, frozen=True):
    """What one turn came to, before fulfilment."""

    intent: Intent
    text: str
    parameters: JsonObject
    is_complete: bool = True
    is_cancelled: bool = False


def refresh(session: Session, now: float) -> None:
    """Forget what is too old."""
    if now - session.last_at > SESSION_LIFE_S:
        session.contexts, session.asking, session.collected, session.misses = {}, None, {}, 0
    session.contexts = {name: context for name, context in session.contexts.items() if context.ends_at > now}
    session.last_at = now


def activate(session: Session, context_id: str, lifespan: int, parameters: JsonObject, now: float) -> None:
    """Set a context, or end it with a lifespan of 0. Ids are lower-cased."""
    if lifespan > 0:
        session.contexts[context_id.lower()] = ActiveContext(lifespan, parameters, now + CONTEXT_LIFE_S)
    else:
        session.contexts.pop(context_id.lower(), None)


def hear_text(session: Session, text: str, now: float) -> Turn:
    """Match a text, fill slots, and let contexts live on or die."""
    asking = session.asking
    intent = meant_by(text, lambda intent: all(name in session.contexts for name in intent.input_contexts))
    if asking and is_cancel(text):
        session.asking, session.collected = None, {}
        return _closed(session, Turn(asking, CANCELLED, {}, is_complete=False, is_cancelled=True), now)
    if asking and intent.is_fallback:
        intent = asking
    if intent is not asking:
        session.collected = {}
    session.collected |= _picked(session, intent, text)
    turn = _spoken(session, intent, dict(session.collected))
    if turn.is_complete:
        session.collected = {}
    return _closed(session, turn, now)


def say(session: Session, messages: tuple[JsonObject, ...], now: float) -> Turn:
    """A turn that is answered with just these messages."""
    session.asking, session.collected = None, {}
    return _closed(session, Turn(Intent("Given answer", more_messages=messages), "", {}), now)


def hear_event(session: Session, options: BotOptions, name: str, parameters: JsonObject, now: float) -> Turn:
    """Match an event; its parameters are also a context of that name for one turn."""
    session.asking, session.collected = None, {}
    turn = _closed(session, _spoken(session, told_by(name, options), dict(parameters)), now)
    activate(session, name, 1, parameters, now)
    return turn


def _picked(session: Session, intent: Intent, text: str) -> JsonObject:
    picked: JsonObject = {}
    for parameter in intent.parameters:
        found = parameter.found_in(text)
        context = session.contexts.get(parameter.from_context)
        if found:
            picked[parameter.name] = found
        elif context:
            picked[parameter.name] = context.parameters.get(parameter.name, "")
    return picked


def _spoken(session: Session, intent: Intent, parameters: JsonObject) -> Turn:
    for parameter in intent.parameters:
        parameters.setdefault(parameter.name, "")
        if parameter.prompt and not parameters[parameter.name]:
            session.asking = intent
            return Turn(intent, parameter.prompt, parameters, is_complete=False)
    session.asking = None
    count = session.spoken.get(intent.name, 0)
    session.spoken[intent.name] = count + 1
    return Turn(intent, intent.said(parameters, count), parameters)


def _closed(session: Session, turn: Turn, now: float) -> Turn:
    for context in session.contexts.values():
        context.lifespan -= 1
        context.ends_at = context.ends_at if turn.intent.is_fallback else now + CONTEXT_LIFE_S
    session.contexts = {name: context for name, context in session.contexts.items() if context.lifespan > 0}
    session.misses = session.misses + 1 if turn.intent.is_fallback else 0
    if session.misses:
        activate(session, "__system_counters__", 1, {"no-input": 0.0, "no-match": float(session.misses)}, now)
    if session.asking:
        activate(session, f"{turn.intent.id}_id_dialog_context", 2, {}, now)
    originals = {f"{name}.original": value for name, value in turn.parameters.items()}
    for name, lifespan in turn.intent.output_contexts.items() if turn.is_complete else ():
        activate(session, name, lifespan, turn.parameters | originals, now)
    return turn
