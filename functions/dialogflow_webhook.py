"""Cloud Function `dialogflow_webhook`: the bot's fulfilment calls. Answers well inside Dialogflow's five seconds."""

from collections.abc import Mapping

import flask

from functions.dialogflow.agents import is_same_agent
from functions.dialogflow.fulfilment import FulfilmentCall
from functions.dialogflow.webhook import answer, parse_webhook
from functions.handoff.changes import session_path
from functions.handoff.conversation import BOT, Conversation
from functions.handoff.errors import ConversationBusy, StoreUnavailable, WebhookRejected
from functions.handoff.events import HandoffAsked, HandoffSignal
from functions.handoff.mailbox import Inbound
from functions.handoff.texts import find_text
from functions.runtime import door
from functions.runtime.bot_proof import BotProof
from functions.runtime.door import DoorAnswer
from functions.runtime.logs import shown_conversation
from functions.runtime.wiring import bundle

_STORE_BUDGET_S = 2.0  # the last trip may take three more


def dialogflow_webhook(request: flask.Request) -> flask.Response:
    """Verify, parse, accept, answer."""
    return door.answer("dialogflow_webhook", request, _handle)


def _handle(raw: bytes, headers: Mapping[str, str]) -> DoorAnswer:
    proof = bundle().verify_bot(headers)
    call = parse_webhook(door.parse_json(raw), bundle().rules)
    _verify_agent(call, proof)
    if call.signal is None:
        return DoorAnswer(body=answer(call), outcome="ignored", reason="no_handoff_signal")
    try:
        return _hand_off(call, call.signal, proof)
    except (StoreUnavailable, ConversationBusy) as e:  # ES does not come back, CX once at most: the user is told now
        text = _text("handoff_failed", call)
        return DoorAnswer(body=answer(call, text), outcome="error", reason="store_unavailable", error=e)


def _hand_off(call: FulfilmentCall, signal: HandoffSignal, proof: BotProof) -> DoorAnswer:
    started_at = bundle().clock.now()
    key = bundle().links.find_key(session_path(call.session_id))
    conversation = bundle().mailbox.find(key) if key else None
    if key is None or conversation is None:
        return _unknown(call, "unknown_session")
    if not _may_speak_for(call, proof, conversation.brand):
        return _unknown(call, "foreign_session")
    fields = {"conversation": shown_conversation(key), "event_id": call.response_id, "state_before": conversation.state}
    if _is_heard(conversation):
        return DoorAnswer(body=answer(call, is_awaited=True), outcome="handled", reason="nested", fields=fields)
    if conversation.state != BOT:
        return DoorAnswer(body=answer(call), outcome="duplicate", reason="asked_already", fields=fields)
    event = HandoffAsked(id=f"fulfilment:{call.response_id}", source_at=bundle().clock.now(), signal=signal)
    inbound = Inbound(key=key, event=event)
    left_s = _STORE_BUDGET_S - (bundle().clock.now() - started_at).total_seconds()
    if left_s <= 0:
        raise StoreUnavailable("too slow for Dialogflow's five seconds")
    accepted = bundle().mailbox.accept(inbound, budget_s=left_s, drain=False)
    return DoorAnswer(body=answer(call), outcome=accepted.outcome, fields=fields)


def _unknown(call: FulfilmentCall, reason: str) -> DoorAnswer:
    return DoorAnswer(body=answer(call, _text("unknown_session", call)), outcome="ignored", reason=reason)


def _is_heard(conversation: Conversation) -> bool:
    """Whether a worker of ours waits for this very turn: it sees the signal in the answer and acts on it."""
    lease = conversation.lease
    if lease is None or not conversation.is_held(bundle().clock.now()):
        return False
    entry = conversation.find_pending(lease.entry)
    return entry is not None and entry.kind in {"user_message", "bot_event", "return_event"}


def _text(text_id: str, call: FulfilmentCall) -> str:
    brand = bundle().brands.of_bot(call.agent)
    settings = brand.settings if brand else bundle().settings
    return find_text(text_id, call.language, settings.texts, settings.dialogflow_language)


# --- whose bot it is -------------------------------------------------------------------------------------------------


def _verify_agent(call: FulfilmentCall, proof: BotProof) -> None:
    """Let a call pass only with a proof of those whose agent it names; an agent of nobody's is looked at later.

    Raises:
        WebhookRejected: 401, the proof is somebody else's.
    """
    owners = {one.name for one in bundle().brands.all() if is_same_agent(one.settings.dialogflow_agent, call.agent)}
    if owners and owners.isdisjoint(proof.brands):
        raise WebhookRejected(401, "token", "the webhook token is not that of the agent in the session")


def _may_speak_for(call: FulfilmentCall, proof: BotProof, name: str) -> bool:
    """Whether the brand's conversations are with this bot; where there is one bot only, any session path will do.

    Those of a brand that is gone are with none.
    """
    brand = bundle().brands.named(name)
    if brand.name != name or name not in proof.brands:
        return False
    return len(bundle().brands.all()) == 1 or is_same_agent(brand.settings.dialogflow_agent, call.agent)
