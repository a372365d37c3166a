"""Calls to Google's messaging APIs, and what their answers mean. Knows no messages."""

import re
from collections.abc import Callable
from typing import Any

from functions.handoff.errors import ProviderRefused, ProviderUnavailable
from functions.handoff.events import JsonObject
from functions.handoff.interfaces import CHANNEL
from functions.handoff.json_fields import object_at, text_at
from functions.runtime.http_client import HttpClient, Response

_RETRYABLE = {  # error name → whether it is certain that nothing was delivered
    "RESOURCE_EXHAUSTED": True,
    # Credentials are the operator's to mend, and the user's words must not be lost until then.
    "UNAUTHENTICATED": True,
    "ABORTED": False,
    "CANCELLED": False,
    "DEADLINE_EXCEEDED": False,
    "INTERNAL": False,
    "UNAVAILABLE": False,
    "UNKNOWN": False,
}
_NAME_OF_STATUS = {  # for answers without Google's envelope
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    408: "DEADLINE_EXCEEDED",
    409: "ALREADY_EXISTS",
    429: "RESOURCE_EXHAUSTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


class GoogleCalls:
    """One of the messaging APIs.

    Args:
        base_url: scheme, host and optional path prefix.
        authorize: gives the headers for calls to a base URL.
    """

    def __init__(self, http: HttpClient, base_url: str, authorize: Callable[[str], dict[str, str]]) -> None:
        self._http = http
        self._base_url = base_url.rstrip("/")
        self._authorize = authorize

    def call(
        self,
        circuit: str,
        method: str,
        path: str,
        body: JsonObject,
        timeout_s: float,
        *,
        params: dict[str, str] | None = None,
    ) -> None:
        """Make one call; it succeeded now, or earlier with the same id (ALREADY_EXISTS).

        `circuit` names its breaker: what fails all day without harm must not hold back the messages. `path` is quoted.

        Raises:
            ProviderUnavailable: out of reach, throttled, failing, or our credentials are refused (UNAUTHENTICATED).
            ProviderRefused: for good; `error_type` is Google's name of the error.
        """
        try:
            answer = self._http.request(
                circuit,
                method,
                f"{self._base_url}{path}",
                headers=self._authorize(self._base_url),
                params=params,
                json_body=body,
                timeout_s=timeout_s,
            )
        except ProviderUnavailable as e:
            raise ProviderUnavailable(
                CHANNEL, e.error_type, status=e.status, undelivered=e.undelivered, retry_after_s=e.retry_after_s
            ) from e
        _check(answer)


def _check(answer: Response) -> None:
    if 200 <= answer.status < 300:
        return
    error = _error_name(answer.body) or _NAME_OF_STATUS.get(answer.status, f"HTTP_{answer.status}")
    if error == "ALREADY_EXISTS":
        return
    if error in _RETRYABLE or answer.status >= 500:
        raise ProviderUnavailable(
            CHANNEL,
            error,
            status=answer.status,
            undelivered=_RETRYABLE.get(error, False),
            retry_after_s=answer.retry_after_s,
        )
    raise ProviderRefused(CHANNEL, error, status=answer.status)


def _error_name(body: Any) -> str:
    """Google's own name of the error, "" when the answer is not in Google's envelope."""
    name = text_at(object_at(body, "error"), "status")
    return name if re.fullmatch(r"[A-Z_]{1,40}", name) else ""
