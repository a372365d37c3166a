"""One call to LiveChat's chat APIs, version 3.6, and one to its accounts service. Knows no conversation.

Source: LiveChat Customer Chat API 3.6, Agent Chat API 3.6 (POST with JSON, Bearer token); Customer Accounts API v2.
"""

from datetime import datetime, timedelta
from typing import Any, TypeVar

import msgspec

from functions.handoff.errors import ProviderUnavailable
from functions.handoff.events import JsonObject
from functions.handoff.interfaces import LIVECHAT, Clock
from functions.livechat.errors import find_fault, to_error
from functions.runtime.http_client import FilePart, HttpClient

T = TypeVar("T")
_SHORTEST_CALL_S = 0.05


class DeskAddress(msgspec.Struct, frozen=True, kw_only=True):
    """Whose licence, as which app, and where. The URLs are bases: each API's own path is appended."""

    organization_id: str
    client_id: str
    api_url: str = "https://api.livechatinc.com"
    accounts_url: str = "https://accounts.livechat.com"

    def customer_action(self, action: str) -> str:
        """URL of a Customer Chat API method."""
        return f"{self.api_url.rstrip('/')}/v3.6/customer/action/{action}"

    def agent_action(self, action: str) -> str:
        """URL of an Agent Chat API method."""
        return f"{self.api_url.rstrip('/')}/v3.6/agent/action/{action}"

    def accounts(self, path: str) -> str:
        """URL in the accounts service ("v2/token")."""
        return f"{self.accounts_url.rstrip('/')}/{path}"


class Deadline:
    """The end of one operation, whatever number of calls it takes.

    Args:
        clock: what time it is.
        timeout_s: how long the operation may take.
        begin_within_s: how late its main call may begin. LiveChat works on a call for up to 15 s, and the core takes
            one that was not answered to be over 16 s after the operation began.
    """

    def __init__(self, clock: Clock, timeout_s: float, begin_within_s: float | None = None) -> None:
        self._clock = clock
        self._end: datetime = clock.now() + timedelta(seconds=timeout_s)
        self._latest_start = None if begin_within_s is None else clock.now() + timedelta(seconds=begin_within_s)

    def left_s(self) -> float:
        """Seconds left for a call.

        Raises:
            ProviderUnavailable: none are; nothing was sent.
        """
        left = (self._end - self._clock.now()).total_seconds()
        if left < _SHORTEST_CALL_S:
            raise ProviderUnavailable(LIVECHAT, "out_of_time")
        return left

    def start_s(self) -> float:
        """Seconds left for the operation's main call, if it may still begin.

        Raises:
            ProviderUnavailable: preparing it took too long; nothing was sent.
        """
        if self._latest_start is not None and self._clock.now() > self._latest_start:
            raise ProviderUnavailable(LIVECHAT, "began_too_late")
        return self.left_s()


def post(
    http: HttpClient,
    url: str,
    body: JsonObject | FilePart,
    *,
    token: str,
    timeout_s: float,
    params: dict[str, str] | None = None,
    clashes: frozenset[str] = frozenset(),
) -> JsonObject:
    """Call a method with an object, or with a file in the form field `file`; answers its object, {} where it has none.

    Raises:
        ProviderUnavailable: no answer, or a passing fault; `error_type` is "authentication" for a refused token.
        ChatInactive, ChatAlreadyActive, ProviderRefused: refused for good (`clashes`: see `errors.to_error`).
    """
    headers = {"Authorization": f"Bearer {token}"}
    answer = http.request(
        LIVECHAT,
        "POST",
        url,
        timeout_s=timeout_s,
        headers=headers,
        params=params,
        json_body=body if isinstance(body, dict) else None,
        files={"file": body} if isinstance(body, FilePart) else None,
    )
    fault = find_fault(answer)
    if fault:
        raise to_error(fault, clashes)
    return answer.body if isinstance(answer.body, dict) else {}


def needed(answer: JsonObject, name: str, kind: type[T]) -> T:
    """A documented field of a success.

    Raises:
        ProviderUnavailable: it is not there, or empty text, so whether the call took effect is in doubt.
    """
    value: Any = answer.get(name)
    if not isinstance(value, kind) or value == "":
        raise ProviderUnavailable(LIVECHAT, "unreadable_answer", status=200, undelivered=False)
    return value
