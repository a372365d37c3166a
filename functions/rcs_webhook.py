"""Cloud Function `rcs_webhook`: what users do on RCS for Business."""

from collections.abc import Mapping

import flask

from functions.channels import rcs as channel
from functions.handoff.errors import WebhookRejected
from functions.handoff.policy import keyword
from functions.runtime import channel_door, door
from functions.runtime.config import Brand
from functions.runtime.door import DoorAnswer
from functions.runtime.wiring import bundle

_KEY = "rcs-client-token"


def rcs_webhook(request: flask.Request) -> flask.Response:
    """Verify, parse, accept, answer."""
    return door.answer("rcs_webhook", request, _handle)


def _handle(raw: bytes, headers: Mapping[str, str]) -> DoorAnswer:
    signature = headers.get("X-Goog-Signature")
    body = door.parse_json(raw)
    secret = channel.parse_handshake(body, bundle().accepted_anywhere(_KEY))
    if secret is not None:
        return DoorAnswer(body=secret, reason="handshake")
    data = channel.signed_data(body)
    try:
        content = door.parse_json(data)
    except WebhookRejected as e:  # it names nobody and moves nothing: anyone's key will do
        channel.verify_signature(data, signature, bundle().accepted_anywhere(_KEY))
        return channel_door.unreadable(e)
    brand = bundle().brands.of(channel.NAME, channel.find_agent(content))
    channel.verify_signature(data, signature, bundle().accepted(_KEY, brand))
    try:
        return _accept(content, brand)
    except WebhookRejected as e:
        return channel_door.unreadable(e)


def _accept(content: object, brand: Brand) -> DoorAnswer:
    settings = brand.settings
    if settings.rcs_agent_id and channel.find_agent(content) not in {"", settings.rcs_agent_id}:
        return channel_door.ignored("unknown_agent")
    parsed = channel.parse_webhook(
        content,
        received_at=bundle().clock.now(),
        return_keywords={keyword(one) for one in settings.return_keywords},
        with_receipts=settings.receipts_to_livechat != "off",
        agent_id=settings.rcs_agent_id,
        hash_phones=bundle().settings.rcs_hash_phones,
    )
    return channel_door.accept(parsed, channel.NAME, brand)
