"""Cloud Function `redeliver`: wakes what is due, and sends a dead letter again.

Cloud Tasks calls it for one conversation (`{"conversation": KEY}`), Cloud Scheduler for all (`{}`), an operator for a
dead letter (`{"resend": ID}`, see `infra.operate`).
"""

import contextvars
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import flask

from functions.handoff.errors import ConversationBusy, StoreUnavailable, WebhookRejected
from functions.handoff.events import JsonObject
from functions.handoff.mailbox import Accepted
from functions.handoff.resending import WORDS
from functions.runtime import door
from functions.runtime.door import DoorAnswer
from functions.runtime.logs import current_log, shown_conversation
from functions.runtime.wiring import bundle

_BUDGET_S = 25.0
_SWEEP_S = 45.0
_AT_ONCE = 8
_PER_SWEEP = 400
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


def _sweep() -> DoorAnswer:
    """Work what is due, a few at a time; what time does not allow stays due for the next sweep."""
    until = bundle().clock.now().timestamp() + _SWEEP_S
    keys = bundle().mailbox.due(_PER_SWEEP)

    def wake(key: str) -> str:
        if bundle().clock.now().timestamp() > until:
            return "left"
        try:
            return bundle().mailbox.redeliver(key, budget_s=_BUDGET_S).outcome
        except (StoreUnavailable, ConversationBusy):
            return "retry"
        except Exception as e:  # one broken conversation must not keep the others asleep
            _note_broken(key, e)
            return "error"

    with suppress(StoreUnavailable):
        bundle().purge(bundle().clock.now())
    with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        waking = [pool.submit(contextvars.copy_context().run, wake, key) for key in keys]
        outcomes = [one.result() for one in waking]
    counts: JsonObject = {outcome: outcomes.count(outcome) for outcome in sorted(set(outcomes))}
    return DoorAnswer(body={"due": len(keys), **counts}, reason="sweep", fields={"due": len(keys)})


def _note_broken(key: str, error: Exception) -> None:
    log = current_log()
    if log:
        log.note("retry", conversation=shown_conversation(key), error=type(error).__name__)
