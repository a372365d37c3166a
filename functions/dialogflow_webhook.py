"""Cloud Function `dialogflow_webhook`: the bot's fulfilment calls. Answers well inside Dialogflow's five seconds."""

from collections.abc import Mapping

import flask

from functions.dialogflow.webhook import FulfilmentCall, answer, parse_webhook, verify
from functions.handoff.changes import session_path
from functions.handoff.conversation import BOT, Conversation
from functions.handoff.errors import ConversationBusy, StoreUnavailable
from functions.handoff.events import HandoffAsked, HandoffSignal
from functions.handoff.mailbox import Inbound
from functions.handoff.texts import find_text
from functions.runtime import door
from functions.runtime.door import DoorAnswer
from functions.runtime.logs import shown_conversation
from functions.runtime.wiring import bundle

_STORE_BUDGET_S = 2.0  # the last trip may take three more


def dialogflow_webhook(request: flask.Request) -> flask.Response:
    """Verify, parse, accept, answer."""
    return door.answer("dialogflow_webhook", request, _handle)


def _handle(raw: bytes, headers: Mapping[str, str]) -> DoorAnswer:
    verify(headers, bundle().secrets.accepted("dialogflow-webhook-token"))
    call = parse_webhook(door.parse_json(raw), bundle().rules)
    if call.signal is None:
        return DoorAnswer(body=answer(), outcome="ignored", reason="no_handoff_signal")
    try:
        return _hand_off(call, call.signal)
    except (StoreUnavailable, ConversationBusy) as e:  # Dialogflow ES does not come back: the user is told now
        text = _text("handoff_failed", call)
        return DoorAnswer(body=answer(text), outcome="error", reason="store_unavailable", error=e)


def _hand_off(call: FulfilmentCall, signal: HandoffSignal) -> DoorAnswer:
    started_at = bundle().clock.now()
    key = bundle().links.find_key(session_path(call.session_id))
    conversation = bundle().mailbox.find(key) if key else None
    if key is None or conversation is None:
        return DoorAnswer(body=answer(_text("unknown_session", call)), outcome="ignored", reason="unknown_session")
    fields = {"conversation": shown_conversation(key), "event_id": call.response_id, "state_before": conversation.state}
    if _is_heard(conversation):
        return DoorAnswer(body=answer(), outcome="handled", reason="nested", fields=fields)
    if conversation.state != BOT:
        return DoorAnswer(body=answer(), outcome="duplicate", reason="asked_already", fields=fields)
    event = HandoffAsked(id=f"fulfilment:{call.response_id}", source_at=bundle().clock.now(), signal=signal)
    inbound = Inbound(key=key, event=event)
    left_s = _STORE_BUDGET_S - (bundle().clock.now() - started_at).total_seconds()
    if left_s <= 0:
        raise StoreUnavailable("too slow for Dialogflow's five seconds")
    accepted = bundle().mailbox.accept(inbound, budget_s=left_s, drain=False)
    return DoorAnswer(body=answer(), outcome=accepted.outcome, fields=fields)


def _is_heard(conversation: Conversation) -> bool:
    """Whether a worker of ours waits for this very turn: it sees the signal in the answer and acts on it."""
    lease = conversation.lease
    if lease is None or not conversation.is_held(bundle().clock.now()):
        return False
    entry = conversation.find_pending(lease.entry)
    return entry is not None and entry.kind in {"user_message", "return_event"}


def _text(text_id: str, call: FulfilmentCall) -> str:
    settings = bundle().settings
    return find_text(text_id, call.language, settings.texts, settings.dialogflow_language)
