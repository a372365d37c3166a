"""The channels with the bots that are fuzzed: who the user of the scenes is there, and what such a user sends."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from functions.handoff.ids import conversation_key, session_id
from tests.doors import CHANNEL, RCS

JsonObject = dict[str, Any]
PHONE, RCS_AGENT = "+12223334444", "demo_agent"
_SCENES = ("nobody", "bot", "waiting", "agent", "returned")


@dataclass(frozen=True, eq=False)
class Pair:
    """A deployment with the channel and the bot of one conversation. All doors are there, whatever the channel.

    Attributes:
        door: where the user's webhooks come in.
        key: of the conversation.
        bot: the resource name of the Dialogflow agent.
        settings: beside those of every deployment.
        says: (message id, text) → what comes in when the user writes that.
        asks: what comes in when the user asks for a person.
        leaves: the same when the user does not want to be written to any more; None where there is no such thing.
    """

    name: str
    door: str
    key: str
    bot: str
    settings: Mapping[str, str]
    says: Callable[[str, str], JsonObject]
    asks: JsonObject
    leaves: JsonObject | None = None

    def __str__(self) -> str:
        return self.name

    @property
    def session(self) -> str:
        """The bot's session of the conversation."""
        return f"{self.bot}/sessions/{session_id(self.key)}"

    @property
    def scenes(self) -> tuple[str, ...]:
        """What came before: nothing, a turn of the bot, a person asked for, a person there, and gone; or unwanted."""
        return (*_SCENES, "unsubscribed") if self.leaves else _SCENES


def _says_on_business_messages(message_id: str, text: str) -> JsonObject:
    return {"conversationId": "c-1", "message": {"messageId": message_id, "text": text}}


def _says_on_rcs(message_id: str, text: str) -> JsonObject:
    return {**_AT, "messageId": message_id, "text": text}


_AT = {"agentId": RCS_AGENT, "senderPhoneNumber": PHONE}
_PERSON = {"postbackData": "handoff:person", "text": "Talk to a person", "type": "REPLY"}

BUSINESS_MESSAGES_ES = Pair(
    "business_messages-es",
    CHANNEL,
    conversation_key("business_messages", "c-1"),
    "projects/p/agent",
    {"RCS_HASH_PHONES": "on"},
    _says_on_business_messages,
    {"conversationId": "c-1", "requestId": "r-0", "userStatus": {"requestedLiveAgent": True}},
)
RCS_CX = Pair(
    "rcs-cx",
    RCS,
    conversation_key("rcs", RCS_AGENT, PHONE),
    "projects/p/locations/eu/agents/a",
    {"RCS_AGENT_ID": RCS_AGENT, "RCS_TTL_S": "600"},
    _says_on_rcs,
    {**_AT, "messageId": "r-0", "suggestionResponse": _PERSON},
    {**_AT, "eventId": "u-0", "eventType": "UNSUBSCRIBE"},
)
PAIRS = (BUSINESS_MESSAGES_ES, RCS_CX)
