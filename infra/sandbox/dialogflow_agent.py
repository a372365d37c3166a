"""The bot that the stand-ins of both Dialogflows play: its intents, and which of them is met."""

import re
from collections.abc import Callable

import msgspec

from infra.sandbox.dialogflow_intent import Intent, Parameter
from infra.sandbox.dialogflow_showcase import SHOWCASE

CANCELLED = "All right."
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


class BotOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the bot knows. Without `knows_return_event` it meets `return_event` with a fallback answer.

    `knows_user_events`: the same for sign-in and survey answers.
    """

    return_event: str = "AGENT_CHAT_ENDED"
    knows_return_event: bool = True
    knows_user_events: bool = True


def meant_by(text: str, is_able: Callable[[Intent], bool]) -> Intent:
    """The first intent that a text means among those that are able to be met."""
    return next((intent for intent in INTENTS if is_able(intent) and intent.is_meant(text)), FALLBACK)


def told_by(event: str, options: BotOptions) -> Intent:
    """The intent of an event."""
    known = (*USER_EVENTS, *INTENTS) if options.knows_user_events else INTENTS
    if options.knows_return_event and event == options.return_event:
        return RETURN
    return next((intent for intent in known if event in intent.events), FALLBACK)


def is_cancel(text: str) -> bool:
    """Whether a text means that nothing more is to be asked."""
    return _CANCEL.search(text) is not None
