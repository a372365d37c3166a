"""Cloud Function `business_messages_webhook`: what users do on Business Messages."""

from collections.abc import Mapping

import flask

from functions.channels import business_messages as channel
from functions.dialogflow.payloads import read_payload
from functions.handoff.errors import WebhookRejected
from functions.handoff.policy import keyword
from functions.runtime import channel_door, door
from functions.runtime.config import Brand
from functions.runtime.door import DoorAnswer
from functions.runtime.wiring import bundle

_KEY = "business-messages-partner-key"


def business_messages_webhook(request: flask.Request) -> flask.Response:
    """Verify, parse, accept, answer."""
    return door.answer("business_messages_webhook", request, _handle)


def _handle(raw: bytes, headers: Mapping[str, str]) -> DoorAnswer:
    signature = headers.get("X-Goog-Signature")
    try:
        body = door.parse_json(raw)
    except WebhookRejected as e:  # it names nobody and moves nothing: anyone's key will do
        channel.verify_signature(raw, signature, bundle().accepted_anywhere(_KEY))
        return channel_door.unreadable(e)
    secret = channel.parse_handshake(body, bundle().accepted_anywhere(_KEY))
    if secret is not None:
        return DoorAnswer(body=secret, reason="handshake")
    brand = bundle().brands.of(channel.NAME, channel.find_agent(body))
    channel.verify_signature(raw, signature, bundle().accepted(_KEY, brand))
    try:
        return _accept(body, brand)
    except WebhookRejected as e:
        return channel_door.unreadable(e)


def _accept(body: object, brand: Brand) -> DoorAnswer:
    parsed = channel.parse_webhook(
        body,
        received_at=bundle().clock.now(),
        read_payload=read_payload,
        return_keywords={keyword(one) for one in brand.settings.return_keywords},
        attachment_hosts=bundle().settings.attachment_hosts,
        with_receipts=brand.settings.receipts_to_livechat != "off",
        brand=brand.name,
    )
    return channel_door.accept(parsed, channel.NAME, brand)
