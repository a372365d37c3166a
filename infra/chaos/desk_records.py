"""Reads the agents' side from LiveChat's stand-in: who wrote what, whose notices were sent, who was there."""

import json
from collections import defaultdict
from datetime import datetime
from typing import NamedTuple

from infra.chaos.desk import owner_of, texts_of
from infra.chaos.numbers import find_numbers
from infra.chaos.transcript import NEVER, Got, Read, Said, Stay, Thread
from infra.sandbox.livechat.deliveries import DELIVERED, Delivery
from infra.sandbox.livechat.model import Chat
from infra.sandbox.livechat.server import LiveChatStandIn
from infra.sandbox.standin import Call, JsonObject

_READ_TIMEOUT_S = 5.0


class _Notice(NamedTuple):
    """How a webhook fared, all its copies together."""

    told_from: float
    accepted_by: float


class DeskRecords:
    """What LiveChat holds, by conversation; reads it once."""

    def __init__(self, livechat: LiveChatStandIn) -> None:
        with livechat.lock:
            self._livechat = livechat
            self._chats: dict[int, list[Chat]] = defaultdict(list)
            for chat in livechat.licence.chats.values():
                owner = owner_of(chat, livechat.licence.customers[chat.customer_id].details)
                if owner is not None:
                    self._chats[owner].append(chat)
            self._names = {agent.id: agent.profile.name for agent in livechat.licence.agents.values()}
        self._sent: dict[str, float] = {}
        self._reads: dict[str, list[Read]] = defaultdict(list)
        for call in list(livechat.calls):
            self._take_call(call)
        self._notices: dict[str, _Notice] = {}
        for delivery in list(livechat.licence.webhooks.deliveries.log):
            self._take_delivery(delivery)

    def _take_call(self, call: Call) -> None:
        if not isinstance(call.body, dict):
            return
        if call.path.endswith("/customer/action/send_event"):
            for number in find_numbers(str(call.body.get("event", {}).get("text", ""))):
                self._sent.setdefault(str(number), call.at)
        elif call.path.endswith("/agent/action/get_chat"):
            is_done = call.status == 200 and call.ended_at - call.at < _READ_TIMEOUT_S
            thread_id = str(call.body.get("thread_id", ""))
            read = Read(thread_id, call.at, call.ended_at or NEVER, is_done)
            self._reads[str(call.body.get("chat_id", ""))].append(read)

    def _take_delivery(self, delivery: Delivery) -> None:
        payload = json.loads(delivery.body)["payload"]
        key = str(payload.get("event", {}).get("id") or f"{delivery.action}:{payload.get('thread_id', '')}")
        told_from = delivery.began_at or NEVER
        accepted_by = delivery.ended_at if delivery.outcome == DELIVERED else NEVER
        known = self._notices.get(key, _Notice(NEVER, NEVER))
        self._notices[key] = _Notice(min(known.told_from, told_from), min(known.accepted_by, accepted_by))

    def chats(self, conversation: int) -> int:
        """How many chats the user has; one that never came about counts as one."""
        return max(1, len(self._chats[conversation]))

    def said(self, conversation: int) -> list[Said]:
        """What agents wrote for the user."""
        return [
            self._said(event, thread_id, str(number))
            for event, thread_id, author in self._events(conversation)
            if author in self._names and event["visibility"] == "all"
            for number in find_numbers(str(event.get("text", "")))
        ]

    def _said(self, event: JsonObject, thread_id: str, number: str) -> Said:
        told_from, accepted_by = self._notices.get(event["id"], _Notice(NEVER, NEVER))
        return Said(
            number=number,
            said_at=_seconds(event["created_at"]),
            told_from=told_from,
            accepted_by=accepted_by,
            by=self._names[event["author_id"]],
            thread=thread_id,
            event_id=event["id"],
        )

    def got(self, conversation: int) -> list[Got]:
        """The user's texts in the threads, in their order."""
        return [
            Got(str(number), self._sent.get(str(number), NEVER))
            for event, _, author in self._events(conversation)
            if author not in self._names and event["type"] == "message"
            for number in find_numbers(str(event.get("text", "")))
        ]

    def tried(self, conversation: int) -> dict[str, float]:
        """When a call first tried to bring each of the user's texts."""
        return {number: at for number, at in self._sent.items() if find_numbers(number)[0].conversation == conversation}

    def texts(self, conversation: int) -> list[str]:
        """All that the bridge brought to the agents."""
        events = [event for event, _, author in self._events(conversation) if author and author not in self._names]
        return [text for event in events for text in texts_of(event)]

    def notes(self, conversation: int) -> list[str]:
        """What the bridge told the agents about texts that were not delivered."""
        return [text for text in self.texts(conversation) if text.startswith("This message could not be delivered")]

    def reads(self, conversation: int) -> list[Read]:
        """When the bridge read the chat."""
        return [read for chat in self._chats[conversation] for read in self._reads[chat.id]]

    def stays(self, conversation: int) -> list[Stay]:
        """Who was there, and when."""
        return [
            Stay(self._names[stay.agent_id], stay.thread_id, _seconds(stay.came_at), _seconds(stay.left_at))
            for chat in self._chats[conversation]
            for stay in chat.stays
        ]

    def threads(self, conversation: int) -> list[Thread]:
        """The runs of the chat."""
        return [
            Thread(
                thread.id,
                _seconds(thread.created_at),
                _seconds(thread.closed_at),
                self._notices.get(f"chat_deactivated:{thread.id}", _Notice(NEVER, NEVER)).accepted_by < NEVER,
            )
            for chat in self._chats[conversation]
            for thread in chat.threads
        ]

    def _events(self, conversation: int) -> list[tuple[JsonObject, str, str]]:
        """(event, thread id, author's id or "")."""
        return [
            (event, thread.id, str(event.get("author_id", "")))
            for chat in self._chats[conversation]
            for thread in chat.threads
            for event in thread.events
        ]


def _seconds(at: str) -> float:
    return datetime.fromisoformat(at).timestamp() if at else NEVER
