"""The ids that agents gave to their messages and events: one space for each agent, over all phones and both kinds.

Whatever comes with an id that is taken is silently ignored: a success that never reaches the phone.

Source: RCS for Business, phones.agentMessages.create. The status of that answer is not documented; 200 is assumed.
"""

from datetime import datetime
from typing import Any

import msgspec

from infra.sandbox.google_api import rfc3339

JsonObject = dict[str, Any]


class Swallowed(msgspec.Struct, frozen=True):
    """What was ignored. `same`: it was what the id was taken for, sent again; else something is lost."""

    at: str
    agent: str
    name: str
    same: bool


class Ids:
    """Which are taken, and for what. The caller holds the stand-in's lock."""

    def __init__(self) -> None:
        self._taken: dict[tuple[str, str], tuple[str, JsonObject]] = {}
        self.swallowed: list[Swallowed] = []

    def ignored(self, agent: str, id_: str, name: str, raw: JsonObject, now: datetime) -> Swallowed | None:
        """What is to be ignored, since the id is taken; None = it is free."""
        if (agent, id_) not in self._taken:
            return None
        ignored = Swallowed(rfc3339(now), agent, name, self._taken[agent, id_] == (name, raw))
        self.swallowed.append(ignored)
        return ignored

    def take(self, agent: str, id_: str, name: str, raw: JsonObject) -> None:
        """The id is taken from here on."""
        self._taken[agent, id_] = (name, raw)

    def clear(self) -> None:
        """Forget all."""
        self._taken.clear()
        self.swallowed.clear()
