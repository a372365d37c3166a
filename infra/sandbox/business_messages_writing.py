"""The sign that the brand is writing, as phones show it, and when it stays though nobody writes.

On a phone it goes with STOPPED or with the next message. Whether it also goes by itself is not documented.

Source: Business Messages REST reference v1 (conversations.events); integrators' complaints of a sign that stays.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from infra.sandbox.business_messages_schema import Event
from infra.sandbox.clock import Clock
from infra.sandbox.google_api import Violation, rfc3339

JsonObject = dict[str, Any]
STARTED = "TYPING_STARTED"
LONGEST = timedelta(seconds=10)
"""Nobody writes for longer without a message; a sign that does is stuck."""


class WritingSigns:
    """The signs of all conversations. The caller holds the stand-in's lock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._shown: dict[str, datetime] = {}
        self._events: dict[str, list[JsonObject]] = {}

    def note(self, conversation: str, event: Event) -> None:
        """Show or take away the sign."""
        voice = event.representative.representativeType if event.representative else ""
        line = {"at": rfc3339(self._clock.now()), "event": event.eventType, "representative": voice}
        self._events.setdefault(conversation, []).append(line)
        if event.eventType == STARTED:
            self._shown.setdefault(conversation, self._clock.now())
        else:
            self.end(conversation)

    def end(self, conversation: str) -> None:
        """Take the sign away, if it is there."""
        self._shown.pop(conversation, None)

    def of(self, conversation: str) -> JsonObject:
        """Whether it is shown now, and its history."""
        return {"is_writing": conversation in self._shown, "writing": list(self._events.get(conversation, ()))}

    def stuck(self) -> Iterator[Violation]:
        """Signs that have stayed for too long."""
        for conversation, since in self._shown.items():
            if self._clock.now() - since > LONGEST:
                rule = "TYPING_STARTED without TYPING_STOPPED or a message"
                yield Violation(rfc3339(since), rule, f"conversations/{conversation}/events")

    def clear(self) -> None:
        """Forget all."""
        self._shown.clear()
        self._events.clear()
