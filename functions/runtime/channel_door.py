"""What the doors of the users' side share: what is said of a body that is rightly signed."""

from functions.channels.parsed_webhook import ParsedWebhook
from functions.handoff.errors import WebhookRejected
from functions.handoff.mailbox import Inbound
from functions.handoff.parts import UserProfile
from functions.runtime import reception
from functions.runtime.config import Brand
from functions.runtime.door import DoorAnswer
from functions.runtime.wiring import bundle


def unreadable(error: WebhookRejected) -> DoorAnswer:
    """It can't be read: a refusal would only be retried for a week and hold up all of a partner's traffic."""
    return DoorAnswer(
        body={"outcome": "ignored", "reason": str(error)}, outcome="ignored", reason=error.reason, severity="ERROR"
    )


def ignored(reason: str) -> DoorAnswer:
    """It is not for us, or says nothing that anybody wants to know."""
    return DoorAnswer(body={"outcome": "ignored"}, outcome="ignored", reason=reason)


def accept(parsed: ParsedWebhook, channel: str, brand: Brand) -> DoorAnswer:
    """Into the mailbox with it, if there is anything in it for the core. Raises as `reception.receive`."""
    if parsed.event is None:
        return ignored(parsed.ignored)
    inbound = Inbound(
        key=parsed.conversation_key,
        event=parsed.event,
        channel=channel,
        brand=brand.name,
        address=parsed.address,
        user=UserProfile(parsed.user_name, parsed.locale, parsed.context),
    )
    return reception.receive(bundle(), inbound, budget_s=reception.CHANNEL_BUDGET_S)
