"""How Dialogflow CX calls a standard webhook: what may be over in a moment is tried once more by itself.

Whether the second call has the first one's response id is not documented: both can be had.

Source: Dialogflow v3 discovery document: WebhookRequest, WebhookResponse; "Webhooks" (automatic retry), as of 2026.
"""

import uuid
from typing import Any

import msgspec

from infra.sandbox.dialogflow_cx_result import find_page
from infra.sandbox.dialogflow_cx_schema import WebhookResponse, check_webhook_response
from infra.sandbox.dialogflow_webhook import Caller, Fulfilment, WebhookOptions
from infra.sandbox.google_api import require

JsonObject = dict[str, Any]


def read_response(session: str, body: Any) -> WebhookResponse:
    """A WebhookResponse of an answer's JSON.

    Raises:
        ValueError: it has a wrong type or an unknown field.
        ApiError: what the types alone don't tell.
    """
    response = msgspec.convert(body, WebhookResponse)
    check_webhook_response(response)
    target = response.targetPage or response.targetFlow
    require(not target or find_page(session, target), f"{target!r} is no page or flow of this agent.")
    return response


def call_webhook(
    caller: Caller, options: WebhookOptions, session: str, request: JsonObject, extra: dict[str, str]
) -> tuple[Fulfilment, list[Fulfilment]]:
    """Call the webhook, once more after a timeout or a failure that may pass: the call that counts, and all calls.

    With `twice` it is called a second time after a good answer, too, and that second answer counts for nothing.
    """
    first = caller.call(options, session, request, extra)
    if not first.is_passing and not options.twice:
        return first, [first]
    if options.new_id_again:
        request = {**request, "detectIntentResponseId": str(uuid.uuid4())}
    second = caller.call(options, session, request, extra)
    return second if first.is_passing else first, [first, second]
