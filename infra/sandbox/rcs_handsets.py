"""The phones themselves: whose there are, which are on, and what waits for one that is off until it is on again.

Source: RCS for Business, "Send messages" (offline users; ttl and expireTime), "Receive events" (server events).
"""

import secrets
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

from infra.sandbox.clock import Clock, Dispatcher
from infra.sandbox.google_api import ApiError, rfc3339
from infra.sandbox.rcs_conversation import Conversation, Device, Held
from infra.sandbox.rcs_schema import check_number

JsonObject = dict[str, Any]
Told = Callable[[Conversation, str], None]


class Handsets:
    """The phones of all users; `conversations` are each of one user with one agent, `devices` the phones by number.

    A conversation is named by the phone's number where it is with the first of the stand-in's agents, and else by
    AGENT/NUMBER.

    Args:
        first_agent: answers the agent that is meant where none is named.
        delivered: is told the id of each message that arrived.
        expired: is told the id of each message whose life ended before it arrived.
    """

    def __init__(
        self, first_agent: Callable[[], str], clock: Clock, lock: threading.RLock, *, delivered: Told, expired: Told
    ) -> None:
        self._first_agent = first_agent
        self._clock = clock
        self._lock = lock
        self._delivered = delivered
        self._expired = expired
        self._jobs = Dispatcher("rcs-lifetimes", clock)
        self.devices: dict[str, Device] = {}
        self.conversations: dict[str, Conversation] = {}
        self.settle, self.stop = self._jobs.settle, self._jobs.stop

    def open(self, number: str, agent: str) -> Conversation:
        """Have a phone with that number ("" = a new one) and a conversation with that agent ("" = the first)."""
        number = number or f"+999{secrets.randbelow(10**9):09d}"
        check_number(number)
        with self._lock:
            self.devices.setdefault(number, Device())
            return self.with_agent(agent or self._first_agent(), number)

    def with_agent(self, agent: str, number: str) -> Conversation:
        """The conversation of these two, new if there was none."""
        with self._lock:
            key = self._key(agent, number)
            return self.conversations.setdefault(key, Conversation(key, agent=agent, number=number))

    def get(self, conversation: str) -> Conversation:
        """The conversation, or `ApiError` NOT_FOUND."""
        agent, _, number = conversation.rpartition("/")
        talk = self.find(agent or self._first_agent(), number)
        if talk is None:
            raise ApiError("NOT_FOUND", "No such conversation on any phone.")
        return talk

    def find(self, agent: str, number: str) -> Conversation | None:
        """The conversation of these two, if there is one."""
        with self._lock:
            return self.conversations.get(self._key(agent, number))

    def _key(self, agent: str, number: str) -> str:
        return number if agent == self._first_agent() else f"{agent}/{number}"

    def take(self, talk: Conversation, held: Held) -> None:
        """A message comes from the agent: it arrives, or waits until the phone is on or its life is over."""
        with self._lock:
            if self.devices[talk.number].online:
                self._arrive(talk, held)
                return
            talk.held.append(held)
        if held.ends_at:
            self._jobs.at(held.ends_at.timestamp(), partial(self._expire, talk, held))

    def change(self, number: str, changes: dict[str, bool | None]) -> None:
        """Change the phone where something is said; what waited for it arrives when it is on."""
        with self._lock:
            device = self.devices[number]
            for name, value in changes.items():
                setattr(device, name, getattr(device, name) if value is None else value)
            if not device.online:
                return
            for talk in [one for one in self.conversations.values() if one.number == number]:
                self._arrive_all(talk)

    def _arrive_all(self, talk: Conversation) -> None:
        now = self._clock.now()
        arriving = [one for one in talk.held if one.lives(now)]
        talk.held = [one for one in talk.held if one.ends_at and not one.lives(now)]  # about to be told of
        for held in arriving:
            self._arrive(talk, held)

    def _arrive(self, talk: Conversation, held: Held) -> None:
        talk.put({"at": rfc3339(self._clock.now()), **held.line}, held.chips)
        talk.sign_at = None
        self._delivered(talk, held.id)

    def _expire(self, talk: Conversation, held: Held) -> None:
        with self._lock:
            is_gone = talk.take_back(held.id)
        if is_gone:
            self._expired(talk, held.id)

    def clear(self) -> None:
        """Forget all."""
        self._jobs.clear()
        self.conversations.clear()
        self.devices.clear()
