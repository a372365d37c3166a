"""Cloud Function `livechat_webhook`: what agents do in LiveChat."""

from collections.abc import Mapping
from datetime import datetime

import flask
import msgspec

from functions.handoff.changes import chat_path
from functions.handoff.mailbox import Inbound
from functions.handoff.receipts import pass_on_seen
from functions.livechat.webhook import LIFECYCLE_PREFIX, ParsedWebhook, parse_webhook
from functions.runtime import door, reception
from functions.runtime.door import DoorAnswer
from functions.runtime.wiring import bundle

_PERIOD_S = 60


def livechat_webhook(request: flask.Request) -> flask.Response:
    """Verify, parse, accept, answer."""
    return door.answer("livechat_webhook", request, _handle)


def _handle(raw: bytes, _headers: Mapping[str, str]) -> DoorAnswer:
    now, settings = bundle().clock.now(), bundle().settings
    parsed = parse_webhook(
        door.parse_json(raw),
        accepted_secrets=bundle().secrets.accepted("livechat-webhook-secret"),
        client_id=settings.livechat_client_id,
        organization_id=settings.livechat_organization_id,
        received_at=now,
    )
    if parsed.event is None and parsed.seen_up_to is None:
        return DoorAnswer(body={"outcome": "ignored"}, outcome="ignored", reason=parsed.ignored)
    key = bundle().links.find_key(chat_path(parsed.chat_id))
    if key is None:
        return _unknown_chat(parsed)
    if parsed.seen_up_to:
        marked = pass_on_seen(bundle().store, bundle().sides, key, parsed.seen_up_to, by=parsed.seen_by)
        return DoorAnswer(body={"outcome": "handled"}, outcome="handled", reason=marked)
    return reception.receive(bundle(), _inbound(key, parsed, now), budget_s=reception.DESK_BUDGET_S)


def _unknown_chat(parsed: ParsedWebhook) -> DoorAnswer:
    """A chat of ours may be opening just now, so LiveChat is asked to come back; any other is not our business."""
    fields = {"chat_id": parsed.chat_id}
    if parsed.ours and parsed.event:
        body = {"error": "this chat is not known yet"}
        return DoorAnswer(status=503, body=body, outcome="retry", reason="chat_not_known_yet", fields=fields)
    return DoorAnswer(body={"outcome": "ignored"}, outcome="ignored", reason="not_our_chat", fields=fields)


def _inbound(key: str, parsed: ParsedWebhook, now: datetime) -> Inbound:
    """Lifecycle notices have no id: the same content again within a period or two (a retry) is the same one."""
    event = parsed.event
    if event is None:
        raise LookupError("no event")
    if not event.id.startswith(LIFECYCLE_PREFIX):
        return Inbound(key=key, event=event)
    period = int(now.timestamp()) // _PERIOD_S
    marked = msgspec.structs.replace(event, id=f"{event.id}:{period}")
    return Inbound(key=key, event=marked, also_known_as=f"{event.id}:{period - 1}")
