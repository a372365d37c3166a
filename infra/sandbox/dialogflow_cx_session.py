"""A session of the Dialogflow CX stand-in: its page and parameters, and what a turn comes to.

One flow. An intent that asks for something has a page with a form; all others are routes and event handlers of the
flow, which lead to its start page, but for those that need what a page collected. An event without a handler is taken
for something not understood (UNVERIFIED).

Source: Dialogflow v3: Page, Match; google-cloud-dialogflow-cx 2.9.0 (QueryParameters.currentPage, sessionTtl). The
names of the special pages are as seen in public agents.
"""

from typing import Any

import msgspec

from infra.sandbox.dialogflow_agent import (
    CANCELLED,
    FALLBACK,
    INTENTS,
    RETURN,
    USER_EVENTS,
    BotOptions,
    is_cancel,
    meant_by,
    told_by,
)
from infra.sandbox.dialogflow_cx_render import rendered
from infra.sandbox.dialogflow_cx_schema import DEFAULT_LIFE_S
from infra.sandbox.dialogflow_cx_showcase import MORE_SHOWN
from infra.sandbox.dialogflow_intent import Intent

JsonObject = dict[str, Any]
FLOW_ID = "00000000-0000-0000-0000-000000000000"
START_PAGE, END_SESSION = "START_PAGE", "END_SESSION"
_CANCEL = Intent("Cancel", (CANCELLED,))
_GIVEN = Intent("Given answer")
ALL_INTENTS = {intent.id: intent for intent in (*INTENTS, RETURN, *USER_EVENTS, *MORE_SHOWN, _CANCEL)}
FORMS = {intent.id: intent for intent in INTENTS if intent.has_form}
PAGES = {
    START_PAGE: "Start Page",
    END_SESSION: "End Session",
    "END_FLOW": "End Flow",
    **{page: intent.name for page, intent in FORMS.items()},
}
"""Page id → display name."""


class Session(msgspec.Struct):
    """What Dialogflow knows of one session. `spoken`: how often each intent was met, which outlives all else."""

    page: str = START_PAGE
    parameters: JsonObject = {}
    last_at: float = 0.0
    life_s: float = DEFAULT_LIFE_S
    spoken: dict[str, int] = {}

    @property
    def form(self) -> Intent | None:
        """What the current page still asks for."""
        form = FORMS.get(self.page)
        return form if form and self.prompt_of(form) else None

    def prompt_of(self, form: Intent) -> str:
        """The question for what a form lacks, "" when it is complete."""
        lacking = (one.prompt for one in form.parameters if not self.parameters.get(one.name))
        return next((prompt for prompt in lacking if prompt), "")

    def replace_state(self, page: str, parameters: JsonObject) -> None:
        """Be on that page with those parameters; null takes one away."""
        self.page = page
        self.parameters = {}
        self.change_parameters(parameters)

    def change_parameters(self, parameters: JsonObject) -> None:
        """Set parameters; null takes one away."""
        merged = {**self.parameters, **parameters}
        self.parameters = {name: value for name, value in merged.items() if value is not None}

    def refresh(self, now: float, life_s: float) -> None:
        """Forget what is too old."""
        if now - self.last_at > self.life_s:
            self.replace_state(START_PAGE, {})
        self.last_at, self.life_s = now, life_s


class Turn(msgspec.Struct, frozen=True):
    """What one turn came to, before fulfilment. `target`: the page to be on then; `found`: parameters in the input."""

    intent: Intent
    match_type: str
    messages: list[JsonObject]
    target: str
    found: JsonObject = {}
    event: str = ""

    @property
    def hands_off(self) -> bool:
        """Whether it is the wish for a person."""
        return self.intent.live_agent_handoff


def hear_text(session: Session, text: str) -> Turn:
    """Match a text, fill the form, go to a page."""
    form = session.form
    if form and is_cancel(text):
        return Turn(_CANCEL, "INTENT", [_said(CANCELLED)], START_PAGE)
    intent = _meant(session, text)
    if form and intent in (FALLBACK, form):
        return _filled(session, form, text, "INTENT" if intent is form else "PARAMETER_FILLING")
    if intent is FALLBACK:
        return _not_understood(session)
    return _met(session, intent, _found(intent, text), "INTENT")


def hear_event(session: Session, name: str, parameters: JsonObject, options: BotOptions) -> Turn:
    """Meet an event; `parameters` came with it, or an object that holds them, under the event's name in lower case."""
    intent = told_by(name, options)
    if intent is FALLBACK:
        return _not_understood(session)
    own = parameters.get(name.lower())
    text = _variant(session, intent, own if isinstance(own, dict) else parameters)
    target = START_PAGE if session.form else session.page
    return Turn(intent, "EVENT", [_said(text), *_shown(intent)], target, event=name)


def hear_intent(session: Session, intent: Intent) -> Turn:
    """Meet an intent that was named."""
    return _met(session, intent, {}, "DIRECT_INTENT")


def say(messages: list[JsonObject]) -> Turn:
    """A turn that is answered with just these messages."""
    return Turn(_GIVEN, "INTENT", messages, START_PAGE)


def _meant(session: Session, text: str) -> Intent:
    shown = next((intent for intent in MORE_SHOWN if intent.is_meant(text)), None)
    return shown or meant_by(text, lambda intent: all(session.parameters.get(name) for name in _needs(intent)))


def _needs(intent: Intent) -> list[str]:
    return [one.name for one in intent.parameters if one.from_context]


def _found(intent: Intent, text: str) -> JsonObject:
    return {one.name: value for one in intent.parameters if (value := one.found_in(text))}


def _filled(session: Session, form: Intent, text: str, match_type: str) -> Turn:
    found = _found(form, text)
    if found or match_type == "INTENT":
        return _met(session, form, found, match_type)
    return Turn(FALLBACK, "NO_MATCH", [_asked(session.prompt_of(form))], session.page, event="sys.no-match-default")


def _not_understood(session: Session) -> Turn:
    text = _variant(session, FALLBACK, {})
    return Turn(FALLBACK, "NO_MATCH", [_said(text)], session.page, event="sys.no-match-default")


def _met(session: Session, intent: Intent, found: JsonObject, match_type: str) -> Turn:
    if intent.has_form:
        session.change_parameters({one.name: None for one in intent.parameters})
    session.change_parameters(found)
    prompt = session.prompt_of(intent)
    if prompt:
        return Turn(intent, match_type, [_asked(prompt)], intent.id, found)
    target = intent.id if intent.has_form else session.page if _needs(intent) else START_PAGE
    known = {one.name: session.parameters.get(one.name, "") for one in intent.parameters}
    text = _variant(session, intent, known)
    said = [_said(text)] if text else []
    return Turn(intent, match_type, [*said, *_shown(intent)], target, found)


def _variant(session: Session, intent: Intent, parameters: JsonObject) -> str:
    count = session.spoken.get(intent.name, 0)
    session.spoken[intent.name] = count + 1
    return intent.said(parameters, count)


def _said(text: str) -> JsonObject:
    return {"text": {"text": [text]}, "responseType": "HANDLER_PROMPT"}


def _asked(text: str) -> JsonObject:
    return {"text": {"text": [text]}, "responseType": "PARAMETER_PROMPT"}


def _shown(intent: Intent) -> list[JsonObject]:
    messages = [one for message in intent.more_messages for one in rendered(message)]
    return [{**message, "responseType": "HANDLER_PROMPT"} for message in messages]
