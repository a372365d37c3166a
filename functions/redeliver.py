"""Cloud Function `redeliver`: wakes what is due, sends a dead letter again, reconciles a conversation with LiveChat.

Cloud Tasks calls it for one conversation (`{"conversation": KEY}`), Cloud Scheduler for all (`{}`), an operator for a
dead letter (`{"resend": ID}`) or a reconciliation (`{"conversation": KEY, "reconcile": true}`), see `infra.operate`.
"""

import math
import re
from collections.abc import Mapping
from contextlib import suppress

import flask
import msgspec

from functions.handoff.errors import ProviderUnavailable, StoreUnavailable, WebhookRejected
from functions.handoff.events import JsonObject
from functions.handoff.mailbox import Accepted
from functions.handoff.resending import WORDS
from functions.runtime import door
from functions.runtime.door import DoorAnswer
from functions.runtime.logs import current_log, shown_conversation
from functions.runtime.sweep import sweep
from functions.runtime.wiring import bundle

_BUDGET_S = 25.0
_DESK_BACK_IN_S = 5.0  # where it does not say itself when to come back
_IDS = {  # anything else is not even looked up: a store may not take it for a document's id
    "conversation": (re.compile(r"(?!\.{1,2}$|__.*__$)[\w\-.@+=%:~]{1,1500}", re.ASCII), "a conversation key"),
    "resend": (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "a dead letter's id"),
}


def redeliver(request: flask.Request) -> flask.Response:
    """Verify (the platform does: this function is not public), parse, work, answer."""
    return door.answer("redeliver", request, _handle)


def _handle(raw: bytes, _headers: Mapping[str, str]) -> DoorAnswer:
    body = door.parse_json(raw) if raw.strip() else {}
    if not isinstance(body, dict):
        raise WebhookRejected(400, "field", "the body must be a JSON object")
    key, letter_id = _find_id(body, "conversation"), _find_id(body, "resend")
    if key and letter_id:
        raise WebhookRejected(400, "field", "either conversation or resend, not both")
    if _find_reconcile(body):
        return _reconcile(key)
    if letter_id:
        return _resend(letter_id)
    return _one(key) if key else _sweep()


def _find_id(body: JsonObject, name: str) -> str | None:
    value = body.get(name)
    if value is None:
        return None
    pattern, what = _IDS[name]
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise WebhookRejected(400, "field", f"{name} must be {what}")
    return value


def _find_reconcile(body: JsonObject) -> bool:
    value = body.get("reconcile")
    if not isinstance(value, bool | None):
        raise WebhookRejected(400, "field", "reconcile must be true or false")
    return bool(value)


def _one(key: str) -> DoorAnswer:
    accepted = bundle().mailbox.redeliver(key, budget_s=_BUDGET_S)
    fields = {"conversation": shown_conversation(key), **_fields(accepted)}
    return DoorAnswer(body={"outcome": accepted.outcome}, outcome=accepted.outcome, fields=fields)


def _fields(accepted: Accepted) -> JsonObject:
    c = accepted.conversation
    return {
        "chat_id": c.chat_id if c else "",
        "state_before": accepted.state_before,
        "state_after": c.state if c else "",
    }


def _resend(letter_id: str) -> DoorAnswer:
    """Let a dead letter's entry wait again. What can't be sent again is valid, and 200: nothing will change that."""
    accepted = bundle().mailbox.resend(letter_id, budget_s=_BUDGET_S)
    key = accepted.conversation.key if accepted.conversation else ""
    body = {"outcome": accepted.outcome, "reason": accepted.reason, "message": WORDS.get(accepted.reason, "")}
    fields = {"dead_letter": letter_id, "conversation": shown_conversation(key), **_fields(accepted)}
    return DoorAnswer(body=body, outcome=accepted.outcome, reason=accepted.reason or "resend", fields=fields)


def _reconcile(key: str | None) -> DoorAnswer:
    """Hold what agents wrote against what was delivered. Asked for only by hand: LiveChat bills each look."""
    if key is None:
        raise WebhookRejected(400, "field", "reconcile needs a conversation")
    conversation = {"conversation": shown_conversation(key)}
    try:
        found = bundle().reconciler.reconcile(key, budget_s=_BUDGET_S)
    except ProviderUnavailable as e:
        return _desk_away(e, conversation)
    body: JsonObject = msgspec.to_builtins(found)
    said = {name: value for name, value in body.items() if name not in {"outcome", "reason"}}
    fields = {**conversation, **said, "missing": len(found.missing)}
    return DoorAnswer(body=body, outcome=found.outcome, reason=found.reason or "reconcile", fields=fields)


def _desk_away(error: ProviderUnavailable, fields: JsonObject) -> DoorAnswer:
    return DoorAnswer(
        status=503,
        body={"error": "try again later"},
        headers={"Retry-After": str(math.ceil(error.retry_after_s or _DESK_BACK_IN_S))},
        outcome="retry",
        reason="livechat_unavailable",
        fields={**fields, "detail": str(error)},
    )


def _sweep() -> DoorAnswer:
    """Work what is due, and tidy up where the store does not do that by itself."""
    with suppress(StoreUnavailable):
        bundle().purge(bundle().clock.now())
    counts = sweep(bundle().mailbox, bundle().clock, _note_broken)
    return DoorAnswer(
        body=dict(counts), reason="sweep", fields={"due": counts["due"], "oldest_due_s": counts["oldest_due_s"]}
    )


def _note_broken(key: str, error: Exception) -> None:
    log = current_log()
    if log:
        log.note("retry", conversation=shown_conversation(key), error=type(error).__name__)
