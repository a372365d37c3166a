"""What one may send to Cloud Tasks; an unknown field is refused by name.

Source: Cloud Tasks REST v2 (discovery document): CreateTaskRequest, Task, HttpRequest, OidcToken, RetryConfig.
"""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Duration = Annotated[str, Meta(pattern=r"^\d+(\.\d{1,9})?s$")]


class OidcToken(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    serviceAccountEmail: Annotated[str, Meta(pattern="^[^@]+@[^@]+$")]
    audience: str = ""


class HttpRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    url: Annotated[str, Meta(pattern="^https?://", max_length=2083)]
    httpMethod: Literal["POST", "GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"] = "POST"
    headers: dict[str, str] = {}
    body: str = ""
    oidcToken: OidcToken | None = None


class RetryConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    maxAttempts: Annotated[int, Meta(ge=-1)] | None = None
    maxRetryDuration: Duration | None = None
    minBackoff: Duration | None = None
    maxBackoff: Duration | None = None
    maxDoublings: int | None = None


class NewTask(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    httpRequest: HttpRequest
    name: str = ""
    scheduleTime: Annotated[datetime, Meta(tz=True)] | None = None
    dispatchDeadline: Duration = "600s"
    retryConfig: RetryConfig = RetryConfig()


class CreateTaskRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    task: NewTask
    responseView: Literal["VIEW_UNSPECIFIED", "BASIC", "FULL"] = "BASIC"
    parent: str = ""  # from the path
