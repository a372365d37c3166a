"""The common end of the doors that accept events: into the mailbox, and what to say of it in the log."""

import msgspec

from functions.handoff.errors import WebhookRejected
from functions.handoff.mailbox import Inbound
from functions.runtime.door import DoorAnswer
from functions.runtime.logs import shown_conversation
from functions.runtime.wiring import Bundle

_MAX_EVENT_BYTES = 800_000  # a store takes a megabyte, and the event's own entries are a little larger
CHANNEL_BUDGET_S = 25.0
DESK_BUDGET_S = 9.0


def receive(bundle: Bundle, inbound: Inbound, *, budget_s: float) -> DoorAnswer:
    """Accept one event and work what can be worked within the budget; 200 once it is stored.

    Raises:
        StoreUnavailable: not stored; the sender should come back.
        ConversationBusy: the same.
        WebhookRejected: 400, it is larger than what can be stored.
    """
    if len(msgspec.json.encode(inbound.event)) > _MAX_EVENT_BYTES:
        raise WebhookRejected(400, "size", "the event is too large to be kept")
    lag = bundle.clock.now() - inbound.event.source_at
    accepted = bundle.mailbox.accept(inbound, budget_s=budget_s)
    c = accepted.conversation
    fields = {
        "event_id": inbound.event.id,
        "conversation": shown_conversation(inbound.key),
        "chat_id": c.chat_id if c else "",
        "state_before": accepted.state_before,
        "state_after": c.state if c else "",
        "lag_ms": round(lag.total_seconds() * 1000),
    }
    return DoorAnswer(body={"outcome": accepted.outcome}, outcome=accepted.outcome, fields=fields)
