"""A trace to be told of exchanges and log lines, for the tests of it."""

from typing import Any

from functions.handoff.ids import conversation_key
from infra.sandbox.page_masks import Masks
from infra.sandbox.page_trace import Trace
from infra.sandbox.wire import Exchange
from tests.sandbox_page import request_to

JsonObject = dict[str, Any]
KEY = conversation_key("business_messages", "c-1")
OTHER = conversation_key("business_messages", "c-2")
MESSAGES_URL = "/v1/conversations/c-1/messages"


class Scene:
    """A trace and what it shows."""

    def __init__(self) -> None:
        self.told = 0
        self.trace = Trace(lambda url: f"function at {url[-1]}", Masks([]), self._tell)

    def _tell(self) -> None:
        self.told += 1

    def take(self, *exchanges: Exchange) -> None:
        for exchange in exchanges:
            self.trace.take(exchange)

    def rows(self, *names: str) -> list[tuple[Any, ...]]:
        return [tuple(row[name] for name in names) for row in self.trace.rows_since(-1)[1]]


def message(conversation: str = "c-1", **how: Any) -> Exchange:
    """A user's message that has just been posted to its function."""
    return request_to("business-messages", {"conversationId": conversation, "message": {}}, **how)


def log_line(trace_id: str = "", **fields: Any) -> JsonObject:
    """What that function logs of it."""
    trace = {"logging.googleapis.com/trace": f"projects/p/traces/{trace_id}"} if trace_id else {}
    return {"function": "business_messages_webhook", "outcome": "handled", "calls": {}, **trace, **fields}
