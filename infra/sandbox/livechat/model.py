"""What a LiveChat licence is made of: agents, customers, chats, threads, events.

Events are kept as the JSON that agents and webhooks see; `views` makes the customer's version of them.
"""

import secrets
from datetime import UTC, datetime
from typing import Any

import msgspec

from infra.sandbox.livechat.options import AgentProfile

JsonObject = dict[str, Any]
AGENT_APP = "livechat-agent-app"
"""Client id behind what people do at their desks."""
_ID_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


class Cause(msgspec.Struct, frozen=True):
    """Who makes something happen, through which app. The router: no client id."""

    user_id: str
    client_id: str | None = None


class Agent(msgspec.Struct):
    """A person (or LiveChat's bot) who can be in chats."""

    profile: AgentProfile
    status: str
    is_bot: bool = False

    @property
    def id(self) -> str:
        """E-mail address; 32 hexadecimal digits for a bot."""
        return self.profile.id


class Customer(msgspec.Struct):
    """An end user's identity (its entity id)."""

    id: str
    created_at: str
    client_id: str
    details: JsonObject = {}
    session_fields: list[dict[str, str]] = []


class Member(msgspec.Struct):
    """A user of one chat. Former agents stay, with `present` False."""

    id: str
    type: str
    present: bool = True
    visibility: str = "all"
    seen_up_to: str = ""


class Stay(msgspec.Struct):
    """An agent's time in a chat, in the thread that was the newest when it began. `left_at`: "" while it lasts."""

    agent_id: str
    thread_id: str
    came_at: str
    left_at: str = ""


class Thread(msgspec.Struct):
    """One run of a chat, from start or resume to its closing (`closed_at`). `edits`: how often an event was changed."""

    id: str
    created_at: str
    active: bool
    group_ids: list[int]
    user_ids: list[str]
    properties: JsonObject
    events: list[JsonObject] = []
    queued_at: str = ""
    closed_at: str = ""
    edits: dict[str, int] = {}


class Chat(msgspec.Struct):
    """A customer's one chat. `stays`: who was in it, and when."""

    id: str
    customer_id: str
    members: dict[str, Member]
    properties: JsonObject
    group_ids: list[int] = []
    threads: list[Thread] = []
    stays: list[Stay] = []

    @property
    def newest(self) -> Thread:
        """The newest thread, active or not."""
        return self.threads[-1]

    @property
    def active_thread(self) -> Thread | None:
        """The newest thread, if it is active."""
        return self.threads[-1] if self.threads and self.threads[-1].active else None

    def present_agents(self, visibility: str | None = None) -> list[Member]:
        """Agents who are in the chat now, optionally only those of one visibility."""
        return [
            member
            for member in self.members.values()
            if member.type == "agent" and member.present and visibility in (None, member.visibility)
        ]

    def end_stay(self, agent_id: str, at: str) -> None:
        """Note that an agent is not in the chat any more."""
        self.members[agent_id].present = False
        for stay in self.stays:
            if stay.agent_id == agent_id and not stay.left_at:
                stay.left_at = at


class Upload(msgspec.Struct):
    """A file given to `upload_file`. `kept_at`: since when, in seconds since the epoch."""

    name: str
    content_type: str
    content: bytes
    kept_at: float = 0.0


def written(at: datetime) -> str:
    """A time as LiveChat writes it: RFC 3339, microseconds, UTC."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def new_id() -> str:
    """An id for a chat or a thread: ten letters and digits."""
    return "".join(secrets.choice(_ID_LETTERS) for _ in range(10))
