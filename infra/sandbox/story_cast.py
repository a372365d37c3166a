"""Who is at their desks while a story is played, and given back afterwards as they were."""

from collections.abc import Collection, Mapping

from infra.sandbox.livechat.server import LiveChatStandIn
from infra.sandbox.story_errors import StoryFailed

WORKING, AWAY = "accepting_chats", "not_accepting_chats"


class Cast:
    """The agents of one story. Nobody loses a chat by being set aside: they only get no new ones."""

    def __init__(self, livechat: LiveChatStandIn) -> None:
        self._livechat = livechat
        self._before: dict[str, str] = {}

    def call(self, wanted: Mapping[str, str], leaving: Collection[str]) -> None:
        """Give those who are named the status that is wanted, and let nobody else take chats.

        `leaving`: who goes offline in the course of it.

        Raises:
            StoryFailed: one who is named is not there, has no room, or would lose other chats.
        """
        self._check(wanted, {*leaving, *(agent_id for agent_id, status in wanted.items() if status == "offline")})
        self._before = self._statuses()
        for agent_id, status in self._before.items():
            self._set(agent_id, wanted.get(agent_id, AWAY if status == WORKING else status))

    def give_back(self) -> None:
        """Give everybody the status they had."""
        for agent_id, status in self._before.items():
            self._set(agent_id, status)
        self._before = {}

    def _check(self, wanted: Mapping[str, str], leaving: Collection[str]) -> None:
        with self._livechat.lock:
            licence = self._livechat.licence
            for agent_id in wanted:
                agent = licence.agents.get(agent_id)
                if agent is None:
                    raise StoryFailed(f"there is no agent {agent_id}")
                chats = licence.load(agent)
                if chats >= agent.profile.max_chats:
                    raise StoryFailed(f"{agent.profile.name} has no room for another chat: close one of theirs")
                if agent_id in leaving and chats:
                    raise StoryFailed(f"{agent.profile.name} goes offline in it, and has chats: close them first")

    def _statuses(self) -> dict[str, str]:
        with self._livechat.lock:
            agents = self._livechat.licence.agents.values()
            return {agent.id: agent.status for agent in agents if not agent.is_bot}

    def _set(self, agent_id: str, status: str) -> None:
        if self._statuses().get(agent_id) not in (status, None):
            self._livechat.play("status", agent=agent_id, status=status)
