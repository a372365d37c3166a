"""The two grants the bridge uses at LiveChat's accounts service: an agent token renewed, a customer token made.

Source: LiveChat OAuth authorization (v2/token), Customer Accounts API v2 (v2/customer/token); errors
`{"oauth_exception", "exception_description"}` with status 401 or 500.
"""

from datetime import datetime, timedelta

import msgspec

from functions.handoff.errors import ProviderError, ProviderRefused
from functions.handoff.events import JsonObject
from functions.handoff.interfaces import LIVECHAT, Clock, Customer
from functions.livechat.api import DeskAddress, needed
from functions.livechat.errors import AUTHENTICATION, Fault, readable_type, unavailable, without_effect
from functions.runtime.http_client import HttpClient, Response

_REFRESH_REFUSED = frozenset({"invalid_grant", "invalid_client", "unauthorized_client"})
_CUSTOMER_REFUSED = _REFRESH_REFUSED | {
    "access_denied",
    "authorization",
    "bad_request",
    "forbidden",
    "invalid_request",
    "resource_not_found",
    "unsupported_grant_type",
}
_ABOUT_AGENT_TOKEN = frozenset({"access_denied", "http_401", "invalid_grant", "invalid_token", "unauthorized_client"})


class AgentToken(msgspec.Struct, frozen=True):
    """An agent access token and its life; the times are aware, UTC."""

    value: str
    obtained_at: datetime
    expires_at: datetime


class Grant(msgspec.Struct, frozen=True):
    """An agent token, with the refresh token that got it and the one to use from now on (often the same)."""

    token: AgentToken
    used_refresh_token: str
    next_refresh_token: str


def refresh_agent_token(
    http: HttpClient,
    address: DeskAddress,
    clock: Clock,
    *,
    client_secret: str,
    refresh_token: str,
    timeout_s: float,
) -> Grant:
    """Trade the refresh token for a new agent access token.

    Raises:
        ProviderRefused: the grant, the client or its secret is not valid (any more).
        ProviderUnavailable: no usable answer; LiveChat may have made a token all the same.
    """
    asked_at = clock.now()
    form = {
        "grant_type": "refresh_token",
        "refresh_token": refresh_token,
        "client_id": address.client_id,
        "client_secret": client_secret,
    }
    with without_effect():
        answer = http.request(LIVECHAT, "POST", address.accounts("v2/token"), timeout_s=timeout_s, form=form)
        granted = _granted(answer, _REFRESH_REFUSED)
        token = AgentToken(
            needed(granted, "access_token", str), asked_at, asked_at + timedelta(seconds=_life_s(granted))
        )
    returned = granted.get("refresh_token")
    return Grant(token, refresh_token, returned if isinstance(returned, str) and returned else refresh_token)


def make_customer_token(
    http: HttpClient, address: DeskAddress, clock: Clock, *, agent_token: str, customer_id: str, timeout_s: float
) -> Customer:
    """A customer access token: for a new customer, or with `customer_id` for that one.

    Raises:
        ProviderRefused: refused, or given for somebody else.
        ProviderUnavailable: no usable answer. See `refuses_agent_token` for both.
    """
    asked_at = clock.now()
    body = {"grant_type": "agent_token", "client_id": address.client_id, "response_type": "token"}
    if customer_id:
        body["entity_id"] = customer_id
    headers = {"Authorization": f"Bearer {agent_token}"}
    url = address.accounts("v2/customer/token")
    with without_effect():
        answer = http.request(LIVECHAT, "POST", url, timeout_s=timeout_s, headers=headers, json_body=body)
        granted = _granted(answer, _CUSTOMER_REFUSED)
        made = Customer(
            needed(granted, "entity_id", str),
            needed(granted, "access_token", str),
            asked_at + timedelta(seconds=_life_s(granted)),
        )
    if customer_id and made.id != customer_id:
        raise ProviderRefused(LIVECHAT, "another_customer")
    return made


def refuses_agent_token(error: ProviderError) -> bool:
    """Tell whether a call failed because of the agent token it carried."""
    is_about_it = error.status == 401 and error.error_type in _ABOUT_AGENT_TOKEN
    return is_about_it or error.error_type == AUTHENTICATION


def _granted(answer: Response, refusals: frozenset[str]) -> JsonObject:
    body = answer.body if isinstance(answer.body, dict) else {}
    kind = _error_type(body)
    if answer.status // 100 == 2 and not kind:
        return body
    fault = Fault(kind or f"http_{answer.status}", "", answer.status, answer.retry_after_s)
    if fault.type in refusals:
        raise ProviderRefused(LIVECHAT, fault.type, status=fault.status)
    raise unavailable(fault, undelivered=True)


def _error_type(body: JsonObject) -> str:
    error = body.get("error")
    nested = error.get("type") if isinstance(error, dict) else error
    return readable_type(body.get("oauth_exception")) or readable_type(nested)


def _life_s(granted: JsonObject) -> int:
    return max(0, min(needed(granted, "expires_in", int), 10**8))
