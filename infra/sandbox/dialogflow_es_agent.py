"""The bot that the Dialogflow ES stand-in plays: its intents, and how a session's contexts and slots live.

Source: Dialogflow v2: Intent, Context (lifespans, 20 minutes), fulfilment; session data lives 30 minutes.
"""

import re
from typing import Any

import msgspec

from infra.sandbox.dialogflow_es_intent import Intent, Parameter
from infra.sandbox.dialogflow_es_showcase import SHOWCASE

JsonObject = dict[str, Any]
CONTEXT_LIFE_S = 20 * 60.0
SESSION_LIFE_S = 30 * 60.0
_CANCEL = re.compile(r"^(cancel|never ?mind|stop)\b", re.IGNORECASE)

FALLBACK = Intent(
    "Default Fallback Intent",
    ("Sorry, I did not get that.", "Could you say that in other words?", "I am afraid I don't understand."),
    action="input.unknown",
    is_fallback=True,
)
HANDOFF = Intent(
    "Talk to human",
    ("One moment, I am asking for a person.",),
    phrases=(r"\b(human|person|live agent|agent|representative|operator)\b",),
    action="handoff",
    parameters=(Parameter("department", r"\b(billing|sales|support)\b"),),
    live_agent_handoff=True,
    calls_webhook=True,
)
RETURN = Intent(
    "Person left",
    ("I am the bot again. What else can I do for you?",),
    events=("AGENT_CHAT_ENDED",),
    action="agent.left",
    texts_by_reason={
        "agent_closed": "Welcome back, I am the bot again. I hope my colleague could help.",
        "no_agent": "I am still here. Nobody is free right now, but maybe I can help?",
    },
)
USER_EVENTS = (
    Intent(
        "Signed in",
        ("I could not sign you in.",),
        events=("AUTHENTICATION_RESPONSE",),
        action="signed.in",
        texts_if_given={"code": "You are signed in."},
    ),
    Intent("Survey answered", ("Thank you for your answer.",), events=("SURVEY_RESPONSE",), action="survey.answered"),
)
INTENTS: tuple[Intent, ...] = (
    RETURN,
    *USER_EVENTS,
    Intent(
        "Order arrival",
        ("Order {number} arrives on Thursday.",),
        phrases=(r"\bwhen\b", r"\bhow long\b", r"\blate\b"),
        action="order.arrival",
        parameters=(Parameter("number", r"\b(\d{3,10})\b", from_context="order"),),
        input_contexts=("order",),
    ),
    HANDOFF,
    Intent(
        "Problem",
        ("Thanks for contacting us. What is it about? I know about orders and opening hours, or I get you a person.",),
        phrases=(r"\bproblem\b", r"\bbroken\b", r"\bhelp\b"),
        action="problem",
        more_messages=(
            {"quickReplies": {"quickReplies": ["Where is my order?", "Opening hours"]}},
            {"payload": {"suggestions": [{"liveAgentRequest": {}}]}},
        ),
    ),
    Intent(
        "Order status",
        ("Order {number} is on its way.",),
        phrases=(r"\border\b", r"\bparcel\b"),
        action="order.status",
        parameters=(Parameter("number", r"\b(\d{3,10})\b", prompt="What is the number of your order?"),),
        output_contexts={"order": 5},
    ),
    Intent(
        "Opening hours", ("We are open Monday to Friday, 9 to 17.",), phrases=(r"\bopen", r"\bhours\b"), action="hours"
    ),
    Intent(
        "Default Welcome Intent",
        ("Hello! What can I do for you?",),
        phrases=(r"^(hi|hello|hey|good (morning|day|evening))\W*$",),
        events=("WELCOME",),
        action="input.welcome",
    ),
    *SHOWCASE,
)


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
    intent = _match_text(session, text)
    if asking and _CANCEL.search(text):
        session.asking, session.collected = None, {}
        return _closed(session, Turn(asking, "All right.", {}, is_complete=False, is_cancelled=True), now)
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


def hear_event(session: Session, known: tuple[Intent, ...], name: str, parameters: JsonObject, now: float) -> Turn:
    """Match an event among `known` intents; its parameters are also a context of that name for one turn."""
    session.asking, session.collected = None, {}
    intent = next((intent for intent in known if name in intent.events), FALLBACK)
    turn = _closed(session, _spoken(session, intent, dict(parameters)), now)
    activate(session, name, 1, parameters, now)
    return turn


def _match_text(session: Session, text: str) -> Intent:
    able = (intent for intent in INTENTS if all(name in session.contexts for name in intent.input_contexts))
    return next((intent for intent in able if _is_meant(intent, text)), FALLBACK)


def _is_meant(intent: Intent, text: str) -> bool:
    return any(re.search(phrase, text, re.IGNORECASE) for phrase in intent.phrases)


def _picked(session: Session, intent: Intent, text: str) -> JsonObject:
    picked: JsonObject = {}
    for parameter in intent.parameters:
        found = re.search(parameter.pattern, text, re.IGNORECASE)
        context = session.contexts.get(parameter.from_context)
        if found:
            picked[parameter.name] = found[1].lower()
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
    text = _special_text(intent, parameters) or (intent.texts[count % len(intent.texts)] if intent.texts else "")
    return Turn(intent, text.format_map(parameters), parameters)


def _special_text(intent: Intent, parameters: JsonObject) -> str:
    by_reason = intent.texts_by_reason.get(str(parameters.get("reason", "")))
    return by_reason or next((text for name, text in intent.texts_if_given.items() if parameters.get(name)), "")


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
