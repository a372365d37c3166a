"""A desk and one of its customers before a scripted LiveChat, for tests of the client."""

from datetime import timedelta
from typing import Any

from functions.handoff.interfaces import Customer, Note
from functions.livechat.api import DeskAddress
from functions.livechat.client import LiveChatDesk
from functions.livechat.customer import LiveChatCustomer
from functions.runtime.http_client import HttpClient
from tests.fakes import FakeClock
from tests.scripted_server import Answer, Asked, ScriptedServer

CUSTOMER_ID = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
TOKEN_PATH = "/v2/customer/token"
BRIEFING = Note("Handed over by the bot", (("Reason", "asked for a person"), ("Conversation", "user: hello\nbot: hi")))
CUSTOM_ID = "handoff-7f0c7f6e-52a7-5c38-8ad3-6a2d7a6d7f11"


class Tokens:
    """The agent token: a new number after each refusal."""

    def __init__(self) -> None:
        self.refusals: list[str] = []

    def get(self, timeout_s: float) -> str:
        assert timeout_s > 0
        return f"agent-{len(self.refusals) + 1}"

    def refused(self, token: str) -> None:
        self.refusals.append(token)


class Desk:
    """The desk under test, the clock it goes by, and what LiveChat was asked."""

    def __init__(self, server: ScriptedServer) -> None:
        self.server = server
        self.clock = FakeClock()
        self.tokens = Tokens()
        address = DeskAddress(
            organization_id="org-1", client_id="client-1", api_url=server.url + "/", accounts_url=server.url
        )
        self.desk = LiveChatDesk(HttpClient(), self.tokens, self.clock, address)
        server.on(TOKEN_PATH, self.mint)

    def mint(self, asked: Asked) -> Answer:
        number = len(self.server.calls(TOKEN_PATH))
        entity_id = asked.body.get("entity_id", CUSTOMER_ID)
        return Answer(200, {"access_token": f"customer-{number}", "entity_id": entity_id, "expires_in": 28800})

    def customer(self, life_s: float = 28800) -> LiveChatCustomer:
        expires_at = self.clock.now() + timedelta(seconds=life_s)
        return self.desk.as_customer(Customer(CUSTOMER_ID, "customer-0", expires_at))

    def asked(self, action: str) -> list[Asked]:
        return self.server.calls(f"/action/{action}")

    def answers(self, action: str, *answers: Any) -> None:
        self.server.on(f"/action/{action}", *answers)


def error(error_type: str, message: str = "", status: int = 422, headers: dict[str, str] | None = None) -> Answer:
    return Answer(status, {"error": {"type": error_type, "message": message}}, headers or {})
