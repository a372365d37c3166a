"""What can go wrong, and what each failure means for delivery.

Every error of a side is translated into one of these at that side's border. A message holds the provider, its status
and its own error type: never a secret, a token, or a user's words.
"""

from datetime import datetime
from typing import ClassVar


class ConfigError(Exception):
    """A setting or secret is missing or wrong. Stands apart from `HandoffError` so that nothing swallows it.

    The message names the variable or secret and where to set it.
    """


class HandoffError(Exception):
    """Base of everything the bundle raises on purpose."""


class ProviderError(HandoffError):
    """An outbound call did not succeed.

    Attributes:
        provider: "channel", "livechat" or "dialogflow".
        retryable: a later try with the same input may succeed.
        undelivered: it is certain that the call had no effect. False means in doubt.
        retry_after_s: how long the provider asked us to wait, or None.
        error_type: the provider's own name for it ("chat_inactive", "PERMISSION_DENIED", "timeout").
    """

    retryable: ClassVar[bool]

    def __init__(
        self,
        provider: str,
        error_type: str,
        *,
        status: int | None = None,
        undelivered: bool = True,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(f"{provider} answered {status or 'nothing'}: {error_type}")
        self.provider = provider
        self.error_type = error_type
        self.status = status
        self.undelivered = undelivered
        self.retry_after_s = retry_after_s


class ProviderUnavailable(ProviderError):
    """Slow, throttling, failing or out of reach: try again later."""

    retryable = True


class ProviderRefused(ProviderError):
    """Refused for good: the same call will be refused again. Nothing was delivered."""

    retryable = False


class ChatInactive(ProviderRefused):
    """The agent desk has no active thread in this chat: it was closed there."""


class ChatAlreadyActive(ProviderRefused):
    """The agent desk already has an active thread (or chat) for this customer."""


class FileRefused(HandoffError):
    """A file that can't be had or passed on, ever.

    Attributes:
        reason: "too_large", "expired" (gone, or the link is over), "not_allowed" (from there, or what it is),
            "unreachable" (tried for long enough).
    """

    def __init__(self, reason: str) -> None:
        super().__init__(f"file refused: {reason}")
        self.reason = reason


class NotYet(HandoffError):
    """It is too early to judge or repeat a call that is in doubt: look again at `retry_at`. Not a failure."""

    def __init__(self, provider: str, retry_at: datetime) -> None:
        super().__init__(f"{provider}: look again at {retry_at:%H:%M:%S}")
        self.provider = provider
        self.retry_at = retry_at


class OutOfTime(HandoffError):
    """Too little of the door's time is left to begin this call: leave it for the next wake-up."""


class LeaseTooShort(HandoffError):
    """The call could outlive the lease: extend the lease first."""


class StoreConflict(HandoffError):
    """A write's condition did not hold: somebody else wrote first, or our own acknowledgement was lost."""


class StoreUnavailable(HandoffError):
    """The store did not answer in time. A commit that raised this may or may not have been applied."""


class ConversationBusy(HandoffError):
    """Too many writers on one conversation for too long: the sender should come back (503)."""


class MailboxFull(ConversationBusy):
    """200 accepted events are pending: the conversation takes no more until some are delivered."""


class WebhookRejected(HandoffError):
    """An inbound request that can't be taken.

    Attributes:
        status: HTTP status to answer (400, 401, 405, 413).
        reason: short word for the log ("signature", "field").
    """

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
