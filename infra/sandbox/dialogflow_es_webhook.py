"""How Dialogflow ES calls a fulfilment webhook: it tries once, and may name sessions as the console does.

Source: Dialogflow v2 discovery document: WebhookRequest, WebhookResponse.
"""

import json
from typing import Any

import msgspec

from infra.sandbox.dialogflow_es_schema import WebhookResponse, check_webhook_response
from infra.sandbox.dialogflow_webhook import Caller, Fulfilment, WebhookOptions

JsonObject = dict[str, Any]


def read_response(session: str, body: Any) -> WebhookResponse:
    """A WebhookResponse of an answer's JSON.

    Raises:
        ValueError: it has a wrong type or an unknown field.
        ApiError: what the types alone don't tell.
    """
    response = msgspec.convert(body, WebhookResponse)
    check_webhook_response(session, response)
    return response


def call_webhook(caller: Caller, options: WebhookOptions, request: JsonObject, extra: dict[str, str]) -> Fulfilment:
    """Call the webhook once (or twice, then the first answer counts). `extra`: the caller's own webhookHeaders."""
    if options.location:
        request = _relocated(request, options.location)
    first = caller.call(options, request["session"], request, extra)
    if options.twice:
        caller.call(options, request["session"], request, extra)
    return first


def _relocated(request: JsonObject, location: str) -> JsonObject:
    session: str = request["session"]
    if "/locations/" in session:
        return request
    moved = session.replace("/agent/", f"/locations/{location}/agent/", 1)
    relocated: JsonObject = json.loads(json.dumps(request).replace(session, moved))
    return relocated
