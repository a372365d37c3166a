"""All users' phones on one channel: handled, and read, alike on each of them."""

from collections.abc import Sequence
from typing import Any, Protocol

import msgspec

from infra.sandbox.business_messages import BusinessMessagesStandIn
from infra.sandbox.google_api import ApiError
from infra.sandbox.rcs import RcsStandIn
from infra.sandbox.standin import Call, JsonObject
from infra.sandbox.taken_for import as_taken

_NOBODY = "the bot"


class Sent(msgspec.Struct, frozen=True):
    """Something a phone sent.

    `key`: whose. `text`: what was written, "" = nothing. `asks`: a person is asked for by the channel's own means.
    `delivery`: how its webhook fared.
    """

    key: str
    id: str
    text: str
    said_at: str
    asks: bool
    delivery: JsonObject


class Users(Protocol):
    """Everybody on one channel; each known by a key."""

    @property
    def standin(self) -> BusinessMessagesStandIn | RcsStandIn:
        """The channel's."""
        ...

    def open(self, number: int, name: str) -> str:
        """Begin the conversation of that number; answers the user's key."""
        ...

    def say(self, key: str, text: str) -> object:
        """Write."""
        ...

    def ask(self, key: str) -> bool:
        """Ask for a person by what the channel has for it; False where it has nothing now."""
        ...

    def lines(self, key: str) -> list[JsonObject]:
        """What is on the phone, each line with who it is taken for."""
        ...

    def sent(self) -> list[Sent]:
        """What all phones sent, oldest first."""
        ...

    def outbound_id(self, call: Call) -> str:
        """Of the message that a call was to show, "" = none."""
        ...


class BusinessMessagesUsers:
    """On Business Messages."""

    def __init__(self, standin: BusinessMessagesStandIn) -> None:
        self.standin = standin

    def open(self, number: int, name: str) -> str:
        """Begin the conversation of that number; answers the user's key."""
        return self.standin.phone.open(conversation_id=f"chaos-{number:04d}", name=name)

    def say(self, key: str, text: str) -> object:
        """Write."""
        return self.standin.phone.say(key, text)

    def ask(self, key: str) -> bool:
        """By the menu, which is always there."""
        self.standin.phone.request_live_agent(key)
        return True

    def lines(self, key: str) -> list[JsonObject]:
        """What is on the phone."""
        return list(self.standin.phone.get(key).transcript)

    def sent(self) -> list[Sent]:
        """What all phones sent, oldest first."""
        return [_sent_by_business_messages(one) for one in self.standin.phone.sender.deliveries()]

    def outbound_id(self, call: Call) -> str:
        """Of the message that a call was to show, "" = none."""
        return str(call.body.get("messageId", "")) if isinstance(call.body, dict) else ""


def _sent_by_business_messages(delivery: JsonObject) -> Sent:
    body = delivery["body"]
    message = body.get("message", {})
    return Sent(
        key=body["conversationId"],
        id=message.get("messageId", ""),
        text=message.get("text", ""),
        said_at=message.get("createTime", ""),
        asks=bool(body.get("userStatus", {}).get("requestedLiveAgent")),
        delivery=delivery,
    )


class RcsUsers:
    """On RCS for Business."""

    def __init__(self, standin: RcsStandIn) -> None:
        self.standin = standin

    def open(self, number: int, name: str) -> str:  # noqa: ARG002 - nobody is told a name there
        """Begin the conversation of that number; answers the user's key."""
        return self.standin.phone.open(phone_number=f"+999{number:09d}")

    def say(self, key: str, text: str) -> object:
        """Write."""
        return self.standin.phone.say(key, text)

    def ask(self, key: str) -> bool:
        """By the chip for it, if one is on the screen."""
        try:
            self.standin.phone.request_live_agent(key)
        except ApiError:
            return False
        return True

    def lines(self, key: str) -> list[JsonObject]:
        """What is on the phone, each line with who it is taken for."""
        return list(as_taken(self.standin.transcript(key), bot=_NOBODY))

    def sent(self) -> list[Sent]:
        """What all phones sent, oldest first."""
        postback = self.standin.options.person_postback
        return [_sent_by_rcs(one, postback) for one in self.standin.phone.sender.deliveries()]

    def outbound_id(self, call: Call) -> str:
        """Of the message that a call was to show, "" = none."""
        return call.query.get("messageId", "")


def _sent_by_rcs(delivery: JsonObject, person_postback: str) -> Sent:
    data: JsonObject = delivery["body"]
    tapped: Any = data.get("suggestionResponse") or {}
    return Sent(
        key=data.get("senderPhoneNumber", ""),
        id=data.get("messageId", ""),
        text=data.get("text", ""),
        said_at=data.get("sendTime", ""),
        asks=tapped.get("postbackData") == person_postback,
        delivery=delivery,
    )


def users_of(standin: BusinessMessagesStandIn | RcsStandIn) -> Users:
    """Everybody on that channel."""
    return RcsUsers(standin) if isinstance(standin, RcsStandIn) else BusinessMessagesUsers(standin)


def keys(everybody: Sequence[Sent]) -> dict[str, list[Sent]]:
    """What was sent, by whose it is."""
    found: dict[str, list[Sent]] = {}
    for one in everybody:
        found.setdefault(one.key, []).append(one)
    return found
