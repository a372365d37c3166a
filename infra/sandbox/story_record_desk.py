"""Who was at their desks while a conversation took place, and how a story sees to it that the same people come again.

LiveChat gives a chat to whoever has most room, which another day is somebody else. So a story lets those alone work who
are to come, each just before they do.
"""

from collections.abc import Iterator
from typing import Literal

from infra.sandbox.deeds import Deed
from infra.sandbox.livechat.model import Stay
from infra.sandbox.livechat.server import LiveChatStandIn
from infra.sandbox.story_cast import AWAY, WORKING

_BY_NAME = {"transfer": "to_agent", "accept": "agent", "join": "agent", "start": "agent"}
_DESK = ("status", "timeout")


class Presences:
    """The agents of one recorded conversation, in the order in which its deeds are looked at."""

    def __init__(self, livechat: LiveChatStandIn, chat_id: str, opened: Deed) -> None:
        with livechat.lock:
            licence = livechat.licence
            self._names = {agent.id: agent.profile.name for agent in licence.agents.values()}
            self._stays: list[Stay] = list(licence.chats[chat_id].stays) if chat_id else []
            statuses = {agent.id: agent.profile.status for agent in licence.agents.values() if not agent.is_bot}
        deeds = livechat.deeds.all()
        statuses |= {str(one.arguments["agent"]): str(one.arguments["status"]) for one in _changes(deeds, opened)}
        self._desk_deeds = {deed.number for deed in deeds}
        self._chat_agents = {stay.agent_id for stay in self._stays}
        self._first = {agent_id: self._at_first(agent_id, status) for agent_id, status in statuses.items()}
        self._now = dict(self._first)

    def at_first(self) -> dict[str, str]:
        """The statuses to begin with, of those who were in the chat."""
        return {agent_id: status for agent_id, status in self._first.items() if agent_id in self._chat_agents}

    def _at_first(self, agent_id: str, status: str) -> str:
        is_first = bool(self._stays) and self._stays[0].agent_id == agent_id
        return AWAY if status == WORKING and not is_first else status

    def name(self, agent_id: str) -> str:
        """How the agent is called; of anybody else what was asked."""
        return self._names.get(agent_id, agent_id)

    def role(self, deed: Deed) -> Literal["user", "agent", "desk", "fault"]:
        """Whose deed it is."""
        if deed.number not in self._desk_deeds:
            return "fault" if deed.name == "switch" else "user"
        return "desk" if deed.name in _DESK else "agent"

    def needed_before(self, deed: Deed, end: str) -> Iterator[tuple[str, str]]:
        """Which statuses must be set before the deed, so that who came because of it, before `end`, comes again."""
        for stay in self._stays:
            if deed.at <= stay.came_at < end and stay.agent_id not in self._named(deed):
                yield from self._let_work(stay.agent_id, instead_of=self._now.keys() - self._present(deed))
        if deed.name == "transfer" and deed.arguments.get("to_agent"):
            yield from self._let_work(str(deed.arguments["to_agent"]), instead_of=set())
        if deed.name == "status":
            self._now[str(deed.arguments["agent"])] = str(deed.arguments["status"])

    def _named(self, deed: Deed) -> set[str]:
        """Who comes because the deed says so."""
        named = {str(deed.arguments.get(_BY_NAME.get(deed.name, ""), ""))}
        comes = deed.name == "status" and deed.arguments.get("status") == WORKING
        return named | ({str(deed.arguments["agent"])} if comes else set())

    def _present(self, deed: Deed) -> set[str]:
        """Who was in the chat when it was done: a transfer does not lead back to them."""
        return {one.agent_id for one in self._stays if one.came_at < deed.at <= (one.left_at or deed.at)}

    def _let_work(self, agent_id: str, *, instead_of: set[str]) -> Iterator[tuple[str, str]]:
        for one in sorted(instead_of - {agent_id}):
            if self._now[one] == WORKING:
                self._now[one] = AWAY
                yield one, AWAY
        if self._now.get(agent_id) != WORKING:
            self._now[agent_id] = WORKING
            yield agent_id, WORKING


def _changes(deeds: list[Deed], opened: Deed) -> Iterator[Deed]:
    """The statuses that were set before the conversation was opened."""
    return (deed for deed in deeds if deed.name == "status" and deed.number < opened.number)
