"""One user and one agent of RCS for Business: what is on the screen, and what waits for the phone to be on again.

Source: RCS for Business, "Send messages" (offline users: held up to 30 days; ttl and expireTime), phones.agentEvents
(IS_TYPING is seen for about 20 seconds and never queued), "Receive events" (UNSUBSCRIBE).
"""

from datetime import datetime, timedelta
from typing import Any

import msgspec

from infra.sandbox.phone_screen import Thread
from infra.sandbox.webhook_sender import Delivery

JsonObject = dict[str, Any]
_HELD_FOR = timedelta(days=30)
SIGN_SHOWN_FOR = timedelta(seconds=20)
_TIME_TO_STOP = timedelta(seconds=10)


class Device(msgspec.Struct):
    """A user's phone. `words_only`: it can show no files and cards. `reachable`: whether it has RCS at all."""

    online: bool = True
    words_only: bool = False
    reachable: bool = True


class Held(msgspec.Struct, frozen=True):
    """A message that the phone does not have yet."""

    line: JsonObject
    chips: list[JsonObject]
    sent_at: datetime
    ends_at: datetime | None

    @property
    def id(self) -> str:
        """Of the message."""
        return str(self.line["id"])

    def lives(self, now: datetime) -> bool:
        """Whether it is still worth delivering."""
        return now < (self.ends_at or self.sent_at + _HELD_FOR)


class Conversation(Thread, kw_only=True):
    """One user's conversation with one agent.

    `unsubscription`: the event by which the user unsubscribed, and did not come back since. `writing`: the signs that
    somebody writes; `sign_at`: when the one came that is still shown.
    """

    agent: str
    number: str
    held: list[Held] = msgspec.field(default_factory=list)
    unsubscription: Delivery | None = None
    writing: list[JsonObject] = msgspec.field(default_factory=list)
    sign_at: datetime | None = None

    def is_writing(self, now: datetime) -> bool:
        """Whether the sign is shown that the brand is writing."""
        return self.sign_at is not None and now - self.sign_at < SIGN_SHOWN_FOR

    def take_back(self, message_id: str) -> bool:
        """Forget a message that the phone does not have yet; False = there is none."""
        left = [one for one in self.held if one.id != message_id]
        is_gone, self.held = len(left) < len(self.held), left
        return is_gone

    def is_unwanted(self, now: datetime) -> bool:
        """Whether the brand writes though it was told to stop, and had the time to."""
        told = self.unsubscription
        answered = [one for one in told.attempts if 200 <= one.status < 300] if told else []
        return bool(answered) and now - datetime.fromisoformat(answered[0].ended_at) > _TIME_TO_STOP
