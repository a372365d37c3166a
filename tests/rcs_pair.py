"""The client of RCS and the stand-in it talks to."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from functions.channels.rcs_client import RcsChannel
from functions.handoff.content import OutboundMessage
from functions.handoff.interfaces import Voice
from functions.runtime.http_client import HttpClient
from infra.sandbox.rcs import RcsStandIn
from infra.sandbox.standin import Fault

NUMBER, AGENT = "+99912345678", "demo_agent"
ADDRESS = {"phone": NUMBER, "agentId": AGENT}
BOT, JANE = Voice("BOT", "Shop assistant"), Voice("HUMAN", "Jane")


class Pair(NamedTuple):
    channel: RcsChannel
    google: RcsStandIn
    talk: str

    def send(self, message: OutboundMessage, voice: Voice = BOT) -> None:
        for part in self.channel.compose(message, voice):
            self.channel.send_message(ADDRESS, part, voice, message_id=str(uuid.uuid4()), timeout_s=5)

    def lines(self) -> list[dict[str, Any]]:
        return self.google.transcript(self.talk)

    def fail(self, path: str, status: int, error: str, **more: Any) -> None:
        self.google.faults = [Fault(path=path, status=status, body={"error": {"status": error}}, **more)]


@contextmanager
def paired() -> Iterator[Pair]:
    """Both, with one phone's conversation open."""
    google = RcsStandIn()
    base_url = google.serve()
    talk = google.phone.open(phone_number=NUMBER, agent=AGENT)
    try:
        yield Pair(RcsChannel(HttpClient(), base_url, lambda _: {}, ttl_s=600), google, talk)
    finally:
        google.stop()
