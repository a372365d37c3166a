"""One LiveChat licence: everything the stand-in holds, and how things in it are found."""

import hashlib
import random

from infra.sandbox.clock import Clock
from infra.sandbox.livechat.accounts_codes import Codes
from infra.sandbox.livechat.errors import ApiError, chat_inactive
from infra.sandbox.livechat.model import Agent, Chat, Customer, Thread, Upload, written
from infra.sandbox.livechat.options import AgentProfile, Options
from infra.sandbox.livechat.tokens import Tokens
from infra.sandbox.livechat.webhooks import Webhooks


class Licence:
    """State of the stand-in. Not locked: its callers are."""

    def __init__(self, options: Options, clock: Clock) -> None:
        self.options = options
        self.clock = clock
        self.dice = random.Random(options.seed)
        self.agents = {profile.id: Agent(profile, profile.status) for profile in options.agents}
        self.customers: dict[str, Customer] = {}
        self.chats: dict[str, Chat] = {}
        self.uploads: dict[str, Upload] = {}
        self.tokens = Tokens(options, clock)
        self.codes = Codes(options, clock)
        self.webhooks = Webhooks(options, clock)
        self.bot = self._add_bot() if options.bot_name else None

    def _add_bot(self) -> Agent:
        bot_id = hashlib.md5(self.options.bot_name.encode(), usedforsecurity=False).hexdigest()
        profile = AgentProfile(id=bot_id, name=self.options.bot_name, groups=self.options.groups, max_chats=500)
        self.agents[bot_id] = Agent(profile, "accepting_chats", is_bot=True)
        return self.agents[bot_id]

    def now(self) -> str:
        """The time as LiveChat writes it."""
        return written(self.clock.now())

    def agent(self, agent_id: str) -> Agent:
        """The agent.

        Raises:
            ApiError: there is none; status and wording as observed.
        """
        if agent_id not in self.agents:
            raise ApiError("validation", f"user_id not found: {agent_id}", status=422)
        return self.agents[agent_id]

    def chat_of(self, customer_id: str) -> Chat | None:
        """The customer's one chat."""
        return next((chat for chat in self.chats.values() if chat.customer_id == customer_id), None)

    def chat(self, chat_id: str) -> Chat:
        """The chat, for an agent.

        Raises:
            ApiError: there is none.
        """
        if chat_id not in self.chats:
            raise ApiError("not_found", "Chat not found")
        return self.chats[chat_id]

    def check_groups(self, group_ids: list[int]) -> None:
        """Refuse groups that the licence doesn't have.

        Raises:
            ApiError: `group_not_found`.
        """
        unknown = [group_id for group_id in group_ids if group_id not in self.options.groups]
        if unknown:
            raise ApiError("group_not_found", f"group_ids: no such group {unknown[0]}")

    def load(self, agent: Agent) -> int:
        """How many active chats the agent is in."""
        return sum(
            any(member.id == agent.id for member in chat.present_agents())
            for chat in self.chats.values()
            if chat.active_thread
        )

    def opaque_id(self, agent_id: str) -> str:
        """An agent's id as customers see it."""
        return hashlib.sha256(f"{self.options.organization_id}/{agent_id}".encode()).hexdigest()[:32]

    def position(self, thread: Thread) -> int:
        """Place in the queue, from 1."""
        waiting = [
            chat.active_thread.queued_at
            for chat in self.chats.values()
            if chat.active_thread and chat.active_thread.queued_at
        ]
        return 1 + sum(queued_at < thread.queued_at for queued_at in waiting)


def thread_of(chat: Chat, thread_id: str | None) -> Thread:
    """One thread of the chat, by default the newest.

    Raises:
        ApiError: there is none.
    """
    if thread_id is None:
        return chat.newest
    for thread in chat.threads:
        if thread.id == thread_id:
            return thread
    raise ApiError("validation", "thread_id: Thread not found")


def active_thread(licence: Licence, chat: Chat) -> Thread:
    """The active thread.

    Raises:
        ApiError: there is none.
    """
    if chat.active_thread is None:
        raise chat_inactive(licence.dice)
    return chat.active_thread
