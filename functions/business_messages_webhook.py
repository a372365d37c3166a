"""Cloud Function `business_messages_webhook`: what users do on Business Messages."""

from collections.abc import Mapping

import flask

from functions.channels import business_messages as channel
from functions.dialogflow.payloads import read_payload
from functions.handoff.errors import WebhookRejected
from functions.handoff.mailbox import Inbound
from functions.handoff.parts import UserProfile
from functions.handoff.policy import keyword
from functions.runtime import door, reception
from functions.runtime.door import DoorAnswer
from functions.runtime.wiring import bundle


def business_messages_webhook(request: flask.Request) -> flask.Response:
    """Verify, parse, accept, answer."""
    return door.answer("business_messages_webhook", request, _handle)


def _handle(raw: bytes, headers: Mapping[str, str]) -> DoorAnswer:
    keys = bundle().secrets.accepted("business-messages-partner-key")
    try:
        body = door.parse_json(raw)
    except WebhookRejected as e:
        channel.verify_signature(raw, headers.get("X-Goog-Signature"), keys)
        return _unreadable(e)
    secret = channel.parse_handshake(body, keys)
    if secret is not None:
        return DoorAnswer(body=secret, reason="handshake")
    channel.verify_signature(raw, headers.get("X-Goog-Signature"), keys)
    try:
        return _accept(body)
    except WebhookRejected as e:
        return _unreadable(e)


def _unreadable(error: WebhookRejected) -> DoorAnswer:
    """Rightly signed, so a refusal would only be retried for a week and hold up all of a partner's traffic."""
    return DoorAnswer(
        body={"outcome": "ignored", "reason": str(error)}, outcome="ignored", reason=error.reason, severity="ERROR"
    )


def _accept(body: object) -> DoorAnswer:
    settings = bundle().settings
    parsed = channel.parse_webhook(
        body,
        received_at=bundle().clock.now(),
        read_payload=read_payload,
        return_keywords={keyword(one) for one in settings.return_keywords},
        attachment_hosts=settings.attachment_hosts,
        with_receipts=settings.receipts_to_livechat != "off",
    )
    if parsed.event is None:
        return DoorAnswer(body={"outcome": "ignored"}, outcome="ignored", reason=parsed.ignored)
    inbound = Inbound(
        key=parsed.conversation_key,
        event=parsed.event,
        channel=channel.NAME,
        address=parsed.address,
        user=UserProfile(parsed.user_name, parsed.locale, parsed.context),
    )
    return reception.receive(bundle(), inbound, budget_s=reception.CHANNEL_BUDGET_S)
