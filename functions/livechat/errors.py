"""What LiveChat's refusals mean. HTTP statuses are undocumented and vary: `error.type` decides wherever it is known.

Source: LiveChat Customer Chat API 3.6 and Agent Chat API 3.6, "Errors"; types that only LiveChat's own SDK knows
(`chat_already_active`, `chat_limit_reached`, `pending_requests_limit_reached`) from @livechat/customer-sdk 4.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from functions.handoff.errors import (
    ChatAlreadyActive,
    ChatInactive,
    ProviderError,
    ProviderRefused,
    ProviderUnavailable,
)
from functions.handoff.interfaces import LIVECHAT
from functions.runtime.http_client import Response

AUTHENTICATION = "authentication"
"""The access token is wrong, expired or revoked: nothing was done."""

VALIDATION = "validation"
"""LiveChat calls the request invalid: nothing was done."""

START_CLASHES = frozenset({"chat_already_active", "chat_limit_reached", "limit_reached"})
"""Answers to `start_chat` that mean: this customer has a chat already."""

RESUME_CLASHES = frozenset({"chat_already_active", "chat_limit_reached"})
"""Answers to `resume_chat` that mean: this chat has an active thread already."""

_NO_EFFECT, _IN_DOUBT = True, False
_RETRYABLE = {
    AUTHENTICATION: _NO_EFFECT,
    "misdirected_request": _NO_EFFECT,
    "pending_requests_limit_reached": _NO_EFFECT,
    "too_many_requests": _NO_EFFECT,
    "internal": _IN_DOUBT,
    "request_timeout": _IN_DOUBT,  # LiveChat gave up after 15 s; what it began may be done
    "service_unavailable": _IN_DOUBT,
}
_FINAL = frozenset(
    {
        "agent_offline",
        "already_exists",
        "authorization",
        "chat_anonymized",
        "chat_inactive",
        "customer_banned",
        "customer_session_fields_limit_reached",
        "entity_too_large",
        "group_not_found",
        "group_offline",
        "group_unavailable",
        "groups_offline",
        "license_expired",
        "license_not_found",
        "missing_access",
        "not_found",
        "unsupported_version",
        "users_limit_reached",
        VALIDATION,
        "wrong_product_version",
        *START_CLASHES,
    }
)
_RETRYABLE_STATUS = {408: _IN_DOUBT, 425: _NO_EFFECT, 429: _NO_EFFECT}
_TYPE = re.compile(r"[A-Za-z0-9_.\-]{1,64}")
_INACTIVE = re.compile(r"\bno active (chat )?thread\b|\bchat (is )?(not active|inactive)\b", re.IGNORECASE)
_CLASH = re.compile(r"\balready\b.*\b(active|chat|thread)\b|\b(active|chat|thread)\b.*\balready\b", re.IGNORECASE)


class Fault(NamedTuple):
    """An answer that is not a success. `message` is only for telling faults apart: it may hold a user's words."""

    type: str
    message: str
    status: int
    retry_after_s: float | None


def find_fault(answer: Response) -> Fault | None:
    """What went wrong, or None for a success. A fault without a readable type is called after its status."""
    body = answer.body if isinstance(answer.body, dict) else {}
    error = body.get("error")
    if answer.status // 100 == 2 and not error:
        return None
    details = error if isinstance(error, dict) else {}
    message = details.get("message")
    return Fault(
        type=readable_type(details.get("type")) or f"http_{answer.status}",
        message=message if isinstance(message, str) else "",
        status=answer.status,
        retry_after_s=answer.retry_after_s,
    )


def readable_type(value: Any) -> str:
    """A provider's error type, fit for logs; "" when it is not one."""
    return value if isinstance(value, str) and _TYPE.fullmatch(value) else ""


def to_error(fault: Fault, clashes: frozenset[str] = frozenset()) -> ProviderError:
    """The core's error for a fault of the chat APIs.

    Args:
        fault: what was answered.
        clashes: for a call that opens a thread, the types that mean that one is open already.
    """
    undelivered = _retryable(fault)
    if undelivered is not None:
        return unavailable(fault, undelivered=undelivered)
    kind: type[ProviderRefused] = ProviderRefused
    if clashes and (fault.type in clashes or _CLASH.search(fault.message)):
        kind = ChatAlreadyActive
    elif fault.type == "chat_inactive" or _INACTIVE.search(fault.message):
        kind = ChatInactive
    return kind(LIVECHAT, fault.type, status=fault.status)


def _retryable(fault: Fault) -> bool | None:
    """Whether the fault certainly had no effect, or None when it is final."""
    if fault.type in _FINAL:
        return None
    by_status = _IN_DOUBT if fault.status >= 500 else _RETRYABLE_STATUS.get(fault.status)
    return _RETRYABLE.get(fault.type, by_status)


def unavailable(fault: Fault, *, undelivered: bool) -> ProviderUnavailable:
    """The fault as something that a later try may overcome."""
    return ProviderUnavailable(
        LIVECHAT, fault.type, status=fault.status, undelivered=undelivered, retry_after_s=fault.retry_after_s
    )


@contextmanager
def without_effect() -> Iterator[None]:
    """Whatever fails inside had no effect that matters: preparing a call, making a token or an unused customer."""
    try:
        yield
    except ProviderUnavailable as e:
        raise ProviderUnavailable(LIVECHAT, e.error_type, status=e.status, retry_after_s=e.retry_after_s) from e
