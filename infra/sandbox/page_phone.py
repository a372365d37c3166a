"""The phones, as the page shows them: who has one, what is on a screen, what can be tapped, who is writing."""

from typing import Any

from functions.handoff.ids import conversation_key
from infra.sandbox.business_messages import BusinessMessagesStandIn
from infra.sandbox.business_messages_schema import Suggestion, chip_label
from infra.sandbox.business_messages_screen import Conversation
from infra.sandbox.page_kinds import BUSINESS_MESSAGES, at
from infra.sandbox.wire import Exchange

JsonObject = dict[str, Any]
LINES_SHOWN = 200
_PHONES_SHOWN = 100
_LEFT_OUT = {"chips", "suggestions"}


class Phones:
    """Reads the phones. `take` may be called from any thread."""

    def __init__(self, messages: BusinessMessagesStandIn) -> None:
        self._messages = messages
        self._writing: dict[str, str] = {}

    def newest(self) -> str:
        """The conversation opened last, or ""."""
        with self._messages.lock:
            return next(reversed(self._messages.phone.conversations), "")

    def has(self, conversation: str) -> bool:
        """Whether it was ever opened."""
        with self._messages.lock:
            return conversation in self._messages.phone.conversations

    def read_all(self) -> list[JsonObject]:
        """Whose phones there are, the newest first."""
        with self._messages.lock:
            talks = list(self._messages.phone.conversations.values())[-_PHONES_SHOWN:]
            return [{"id": talk.id, "key": _key(talk.id), "name": _name(talk)} for talk in reversed(talks)]

    def read(self, conversation: str) -> JsonObject:
        """What is around the lines."""
        with self._messages.lock:
            talk = self._messages.phone.get(conversation)
            return {
                "conversation": talk.id,
                "key": _key(talk.id),
                "name": _name(talk),
                "chips": [_chip(chip) for chip in talk.chips],
                "people": [name for name, times in talk.present.items() if times],
                "writing": self._writing.get(talk.id, ""),
                "channels": ["business_messages"],
            }

    def read_lines(self, conversation: str) -> list[JsonObject]:
        """The newest lines, each with its `number`."""
        with self._messages.lock:
            talk = self._messages.phone.get(conversation)
            first = max(0, len(talk.transcript) - LINES_SHOWN)
            return [_line(talk, number) for number in range(first, len(talk.transcript))]

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


def _key(conversation: str) -> str:
    return conversation_key("business_messages", conversation)


def _name(talk: Conversation) -> str:
    return str((talk.context or {}).get("userInfo", {}).get("displayName") or "User")


def _line(talk: Conversation, number: int) -> JsonObject:
    line = talk.transcript[number]
    sent = talk.used.get(f"messages/{line.get('id')}", {})
    shown = {name: value for name, value in line.items() if name not in _LEFT_OUT}
    return {"number": number, **shown, "rich_text": bool(sent.get("containsRichText"))}


def _chip(chip: Suggestion) -> JsonObject:
    """What is printed on it, what it does, and where it leads."""
    if chip.liveAgentRequest or chip.authenticationRequest:
        return {"label": chip_label(chip), "kind": "person" if chip.liveAgentRequest else "sign_in"}
    labelled = chip.reply or chip.action
    shown = {"label": chip_label(chip), "postback": labelled.postbackData if labelled else ""}
    if chip.action and chip.action.openUrlAction:
        return {**shown, "kind": "link", "leads_to": chip.action.openUrlAction.url}
    if chip.action and chip.action.dialAction:
        return {**shown, "kind": "dial", "leads_to": chip.action.dialAction.phoneNumber}
    return {**shown, "kind": "reply"}
