"""What comes to the mailbox, what became of it, and the one call that sees to it."""

from datetime import datetime

import msgspec

from functions.handoff.changes import conversation_path, entry_path
from functions.handoff.conversation import Conversation
from functions.handoff.entries import Entry
from functions.handoff.events import JsonObject
from functions.handoff.parts import UserProfile


class Inbound(msgspec.Struct, frozen=True, kw_only=True):
    """One event for one conversation.

    `channel`, `address` and `user` come from the channel's side; "" and empty from the others, which need the
    conversation to exist; so does `brand`: whose bot, groups, names and words, "" = the deployment's own.
    `also_known_as`: another id under which the same event may have been accepted.
    """

    key: str
    event: Entry
    channel: str = ""
    brand: str = ""
    address: JsonObject = {}
    user: UserProfile = UserProfile()
    also_known_as: str = ""


class Accepted(msgspec.Struct, frozen=True):
    """What became of an inbound event.

    `outcome`: "handled" (resolved within this call), "queued", "duplicate", "ignored" (no such conversation),
    "dead_letter" (too much is waiting; given up again). `conversation`: as last seen, for the log. `reason`: why, where
    that needs saying.
    """

    outcome: str
    conversation: Conversation | None
    state_before: str = ""
    reason: str = ""


class Arrival:
    """One call of the mailbox: what came, who we are, and what must be read to judge our own commit."""

    def __init__(self, inbound: Inbound | None, owner: str, deadline: datetime, drain: bool) -> None:
        self.inbound = inbound
        self.owner = owner
        self.deadline = deadline
        self.drain = drain
        self.state_before = ""
        self.has_tried = False
        self.entry_id = ""  # what it is all about
        self.entry_paths: list[str] = []
        self._paths: dict[str, None] = {}
        if inbound:
            self.entry_id = inbound.event.id
            ids_known = filter(None, (inbound.event.id, inbound.also_known_as))
            self.entry_paths = [entry_path(inbound.key, entry_id) for entry_id in ids_known]
            self.also_read([conversation_path(inbound.key), *self.entry_paths])

    def also_read(self, paths: list[str]) -> None:
        """Read these, too, from the next try on."""
        self._paths.update(dict.fromkeys(paths))

    @property
    def paths(self) -> list[str]:
        """What to read."""
        return list(self._paths)

    @property
    def entries(self) -> dict[str, Entry]:
        """Contents known without reading."""
        return {self.inbound.event.id: self.inbound.event} if self.inbound else {}


def merge(known: UserProfile, heard: UserProfile) -> UserProfile:
    """The user's profile with what this event says of it; context is optional on every event."""
    return UserProfile(heard.name or known.name, heard.locale or known.locale, {**known.context, **heard.context})
