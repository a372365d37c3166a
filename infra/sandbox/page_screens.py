"""What a phone's screen shows that depends on the channel: whose it is, who is there, who is writing."""

from typing import Any, Protocol

from functions.handoff.ids import conversation_key
from infra.sandbox.business_messages import BusinessMessagesStandIn
from infra.sandbox.business_messages_screen import Conversation
from infra.sandbox.clock import Clock
from infra.sandbox.page_kinds import BUSINESS_MESSAGES, at
from infra.sandbox.rcs import RcsStandIn
from infra.sandbox.rcs_conversation import Conversation as RcsConversation
from infra.sandbox.wire import Exchange

JsonObject = dict[str, Any]
ChannelStandIn = BusinessMessagesStandIn | RcsStandIn


class Screen(Protocol):
    """How one channel's conversations are shown. `name`: of the channel."""

    name: str

    def key(self, talk: Any) -> str:
        """What the functions call the conversation."""
        ...

    def user(self, talk: Any) -> str:
        """What the user is called."""
        ...

    def people(self, talk: Any) -> list[str]:
        """Who is shown as present."""
        ...

    def writing(self, talk: Any) -> str:
        """Who is shown as writing, or ""."""
        ...

    def line(self, talk: Any, line: JsonObject) -> JsonObject:
        """A line of the transcript with what belongs to it."""
        ...

    def take(self, exchange: Exchange) -> None:
        """See what the channel was told."""
        ...


class BusinessMessagesScreen:
    """People are present and write under their own names."""

    name = "business_messages"

    def __init__(self) -> None:
        self._writing: dict[str, str] = {}

    def key(self, talk: Conversation) -> str:
        """What the functions call it."""
        return conversation_key(self.name, talk.id)

    def user(self, talk: Conversation) -> str:
        """By the name in the context."""
        return str((talk.context or {}).get("userInfo", {}).get("displayName") or "User")

    def people(self, talk: Conversation) -> list[str]:
        """Who joined and did not leave."""
        return [name for name, times in talk.present.items() if times]

    def writing(self, talk: Conversation) -> str:
        """Who began last and did not cease."""
        return self._writing.get(talk.id, "")

    def line(self, talk: Conversation, line: JsonObject) -> JsonObject:
        """With whether its words are Markdown."""
        sent = talk.used.get(f"messages/{line.get('id')}", {})
        return {**line, "rich_text": bool(sent.get("containsRichText"))}

    def take(self, exchange: Exchange) -> None:
        """See who begins and who ceases to write."""
        if exchange.wire != BUSINESS_MESSAGES or exchange.inward or exchange.status != 200:
            return
        parts = exchange.url.partition("/v1/conversations/")[2].split("?")[0].split("/")
        conversation, resource = parts[0], parts[1] if len(parts) == 2 else ""
        if resource == "messages" or at(exchange.body, "eventType") == "TYPING_STOPPED":
            self._writing.pop(conversation, None)
        elif at(exchange.body, "eventType") == "TYPING_STARTED":
            self._writing[conversation] = str(at(exchange.body, "representative", "displayName") or "Somebody")


class RcsScreen:
    """There is nobody but the agent, under its one name; a user is a phone number."""

    name = "rcs"

    def __init__(self, clock: Clock, brand: str) -> None:
        self._clock = clock
        self._brand = brand

    def key(self, talk: RcsConversation) -> str:
        """What the functions call it."""
        return conversation_key(self.name, talk.agent, talk.number)

    def user(self, talk: RcsConversation) -> str:
        """By the phone's number."""
        return talk.number

    def people(self, _talk: RcsConversation) -> list[str]:
        """Nobody is ever shown."""
        return []

    def writing(self, talk: RcsConversation) -> str:
        """The agent, for as long as the sign lasts."""
        return self._brand if talk.is_writing(self._clock.now()) else ""

    def line(self, _talk: RcsConversation, line: JsonObject) -> JsonObject:
        """With the agent's name, if it is the agent's."""
        return {**line, "name": self._brand} if line["from"] == "brand" else line

    def take(self, exchange: Exchange) -> None:
        """Nothing: the phone itself knows."""


def screen_of(standin: ChannelStandIn, brand: str) -> Screen:
    """How that channel is shown. `brand`: what its agent is called."""
    return RcsScreen(standin.clock, brand) if isinstance(standin, RcsStandIn) else BusinessMessagesScreen()
