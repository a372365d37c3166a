"""The client of Business Messages and the stand-in it talks to."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from functions.channels.business_messages_client import BusinessMessagesChannel
from functions.handoff.content import OutboundMessage
from functions.handoff.interfaces import Voice
from functions.runtime.http_client import HttpClient
from infra.sandbox.business_messages import BusinessMessagesStandIn
from infra.sandbox.standin import Fault

ADDRESS = {"conversationId": "c-1"}
BOT = Voice("BOT", "Shop assistant")


class Pair(NamedTuple):
    channel: BusinessMessagesChannel
    google: BusinessMessagesStandIn

    def send(self, message: OutboundMessage) -> None:
        for part in self.channel.compose(message, BOT):
            self.channel.send_message(ADDRESS, part, BOT, message_id=str(uuid.uuid4()), timeout_s=5)

    def lines(self) -> list[dict[str, Any]]:
        return self.google.transcript("c-1")

    def screen(self) -> dict[str, Any]:
        conversation: dict[str, Any] = self.google.state()["conversations"]["c-1"]
        return conversation

    def fail(self, path: str, status: int, error: str, **more: Any) -> None:
        self.google.faults = [Fault(path=path, status=status, body={"error": {"status": error}}, **more)]


@contextmanager
def paired() -> Iterator[Pair]:
    """Both, with the conversation c-1 open."""
    google = BusinessMessagesStandIn()
    base_url = google.serve()
    google.phone.open(conversation_id="c-1")
    try:
        yield Pair(BusinessMessagesChannel(HttpClient(), base_url, lambda _: {}), google)
    finally:
        google.stop()
