"""What Dialogflow's HTTP answers mean for a turn: its result, try again, or never.

Source: Dialogflow REST reference, error envelope and retryable statuses, as of 2026-11.
"""

import re
from typing import Any

from functions.handoff.errors import ProviderRefused, ProviderUnavailable
from functions.handoff.events import JsonObject
from functions.handoff.interfaces import DIALOGFLOW
from functions.handoff.json_fields import clean_json, object_at, text_at
from functions.runtime.http_client import Response

_RETRYABLE = {  # error name → whether it is certain that the bot did not hear the turn
    "RESOURCE_EXHAUSTED": True,
    # Google advises against retrying what merely repeats bad credentials; here they are the operator's to mend.
    "UNAUTHENTICATED": True,
    "ABORTED": False,
    "DEADLINE_EXCEEDED": False,
    "INTERNAL": False,
    "UNAVAILABLE": False,
}
_NAME_OF_STATUS = {  # for answers without Google's envelope
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    408: "DEADLINE_EXCEEDED",
    429: "RESOURCE_EXHAUSTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


def query_result(answer: Response) -> JsonObject:
    """The `queryResult` of a detectIntent answer.

    Raises:
        ProviderUnavailable: throttled, failing, credentials refused, or a success that can't be read.
        ProviderRefused: the request or the agent is not acceptable.
    """
    if not 200 <= answer.status < 300:
        raise _error(answer)
    body: Any = clean_json(answer.body)
    if not isinstance(body, dict) or not isinstance(body.get("queryResult"), dict):
        raise ProviderUnavailable(DIALOGFLOW, "malformed_answer", status=answer.status, undelivered=False)
    return object_at(body, "queryResult")


def _error(answer: Response) -> ProviderUnavailable | ProviderRefused:
    name = _error_name(answer.body) or _NAME_OF_STATUS.get(answer.status, f"HTTP_{answer.status}")
    if name not in _RETRYABLE and answer.status < 500:
        return ProviderRefused(DIALOGFLOW, name, status=answer.status)
    return ProviderUnavailable(
        DIALOGFLOW,
        name,
        status=answer.status,
        undelivered=_RETRYABLE.get(name, False),
        retry_after_s=answer.retry_after_s,
    )


def _error_name(body: Any) -> str:
    """Google's own name of the error, "" when the answer is not in Google's envelope."""
    name = text_at(object_at(body, "error"), "status")
    return name if re.fullmatch(r"[A-Z_]{1,40}", name) else ""
