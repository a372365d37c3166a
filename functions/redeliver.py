"""Cloud Function `redeliver`: wakes what is due. Cloud Tasks calls it for one conversation, Cloud Scheduler for all."""

import contextvars
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import flask

from functions.handoff.errors import ConversationBusy, StoreUnavailable, WebhookRejected
from functions.handoff.events import JsonObject
from functions.runtime import door
from functions.runtime.door import DoorAnswer
from functions.runtime.logs import current_log, shown_conversation
from functions.runtime.wiring import bundle

_BUDGET_S = 25.0
_SWEEP_S = 45.0
_AT_ONCE = 8
_PER_SWEEP = 400


def redeliver(request: flask.Request) -> flask.Response:
    """Verify (the platform does: this function is not public), parse, work, answer."""
    return door.answer("redeliver", request, _handle)


def _handle(raw: bytes, _headers: Mapping[str, str]) -> DoorAnswer:
    body = door.parse_json(raw) if raw.strip() else {}
    if not isinstance(body, dict):
        raise WebhookRejected(400, "field", "the body must be a JSON object")
    key = body.get("conversation")
    if key is None:
        return _sweep()
    if not isinstance(key, str) or not key or "/" in key:
        raise WebhookRejected(400, "field", "conversation must be a conversation key")
    return _one(key)


def _one(key: str) -> DoorAnswer:
    accepted = bundle().mailbox.redeliver(key, budget_s=_BUDGET_S)
    c = accepted.conversation
    fields = {
        "conversation": shown_conversation(key),
        "chat_id": c.chat_id if c else "",
        "state_before": accepted.state_before,
        "state_after": c.state if c else "",
    }
    return DoorAnswer(body={"outcome": accepted.outcome}, outcome=accepted.outcome, fields=fields)


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
