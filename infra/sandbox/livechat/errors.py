"""How LiveChat refuses: an error type and a message, in one shape for its APIs and another for its accounts.

LiveChat does not document the HTTP statuses of its API errors: `status_of` picks among plausible ones.
"""

import random
from typing import Any, TypeVar

import msgspec

Shape = TypeVar("Shape")
_STATUSES = {
    "already_exists": (409,),
    "authentication": (401, 403, 400),
    "authorization": (403, 401, 400),
    "chat_already_active": (409, 422, 400),
    "chat_inactive": (422, 400, 403),
    "chat_limit_reached": (403, 409, 422, 400),
    "entity_too_large": (413, 400),
    "group_not_found": (404, 422, 400),
    "groups_offline": (422, 403, 400),
    "license_not_found": (404, 400),
    "limit_reached": (403, 422, 400),
    "not_found": (404, 400),
    "unsupported_version": (400, 404),
    "validation": (400, 422),
}


class ApiError(Exception):
    """A refusal of the chat or configuration APIs. `status` only where one was observed in the field."""

    def __init__(self, error_type: str, message: str, *, status: int | None = None) -> None:
        super().__init__(f"{error_type}: {message}")
        self.error_type = error_type
        self.message = message
        self.status = status


class AccountsError(Exception):
    """A refusal of accounts.livechat.com: OAuth's own shape, HTTP 401."""

    def __init__(self, exception: str, description: str) -> None:
        super().__init__(f"{exception}: {description}")
        self.exception = exception
        self.description = description


def status_of(error: ApiError, dice: random.Random) -> int:
    """An HTTP status for `error`."""
    return error.status or dice.choice(_STATUSES[error.error_type])


def parse(raw: Any, shape: type[Shape]) -> Shape:
    """Read a request body.

    Raises:
        ApiError: `validation`, naming the field.
    """
    try:
        return msgspec.convert(raw, shape)
    except msgspec.ValidationError as e:
        raise ApiError("validation", str(e)) from e


def chat_inactive(dice: random.Random) -> ApiError:
    """A write to a chat without an active thread: the documented type, or the wording seen in the field."""
    if dice.random() < 0.5:
        return ApiError("chat_inactive", "Chat is inactive")
    return ApiError("validation", "Chat not active", status=422)


def chat_limit_reached(dice: random.Random) -> ApiError:
    """A second chat for one customer: the type that LiveChat's SDK knows, or the documented general one."""
    return ApiError(dice.choice(("chat_limit_reached", "limit_reached")), "Customer has a chat already")


def not_a_user() -> ApiError:
    """An agent writes to a chat without being in it; status and wording as observed."""
    return ApiError("authorization", "Requester is not user of the chat", status=403)
