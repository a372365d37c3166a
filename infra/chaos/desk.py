"""The people at LiveChat's desks, and who is whose chat."""

from infra.chaos.numbers import find_numbers
from infra.sandbox.livechat.errors import ApiError
from infra.sandbox.livechat.model import Chat, JsonObject
from infra.sandbox.livechat.options import AgentProfile
from infra.sandbox.livechat.server import LiveChatStandIn

GROUP = 0
_NAMES = ("Jane Doe", "Sam Lee", "Ada King", "Noor Ali", "Ivo Horvat", "Mei Lin", "Tom Weber", "Zoe Marin")


def agents_for(conversations: int) -> tuple[AgentProfile, ...]:
    """Eight people with room for two thirds of the conversations at a time: some users have to queue."""
    room = max(2, conversations * 2 // 3 // len(_NAMES))
    return tuple(
        AgentProfile(id=f"{name.lower().replace(' ', '.')}@shop.example", name=name, groups=(GROUP,), max_chats=room)
        for name in _NAMES
    )


class Desk:
    """Finds conversations' chats by the numbers said in them, and does what agents do, if LiveChat allows it."""

    def __init__(self, livechat: LiveChatStandIn) -> None:
        self._livechat = livechat
        self._chats: dict[int, list[Chat]] = {}
        self._known: set[str] = set()

    def look(self) -> None:
        """Find out whose the new chats are; one that nothing was said in yet stays unknown."""
        with self._livechat.lock:
            new = [chat for chat_id, chat in self._livechat.licence.chats.items() if chat_id not in self._known]
            for chat in new:
                owner = owner_of(chat, self._livechat.licence.customers[chat.customer_id].details)
                if owner is not None:
                    self._known.add(chat.id)
                    self._chats.setdefault(owner, []).append(chat)

    def chats(self, conversation: int) -> list[Chat]:
        """The user's chats: one, or something is wrong."""
        return self._chats.get(conversation, [])

    def unknown(self) -> list[Chat]:
        """Chats that can't be told whose they are."""
        return [chat for chat_id, chat in list(self._livechat.licence.chats.items()) if chat_id not in self._known]

    def active(self, conversation: int) -> Chat | None:
        """The chat, while it has an active thread."""
        return next((chat for chat in self.chats(conversation) if chat.active_thread), None)

    def who_has(self, chat: Chat) -> str:
        """The agent in the chat, or ""."""
        present = chat.present_agents("all")
        return present[0].id if present and chat.active_thread else ""

    def do(self, deed: str, chat: Chat, **body: object) -> bool:
        """Have the agent who has the chat do something; False when nobody has it, or LiveChat refuses."""
        with self._livechat.lock:
            agent = self.who_has(chat)
            if not agent:
                return False
            try:
                self._livechat.play(deed, chat_id=chat.id, **({} if deed == "timeout" else {"agent": agent}), **body)
            except ApiError:
                return False
        return True

    def colleague(self, chat: Chat) -> str:
        """Somebody else than who has the chat."""
        others = [agent for agent in self._livechat.licence.agents if agent != self.who_has(chat)]
        return others[len(chat.stays) % len(others)]


def owner_of(chat: Chat, details: JsonObject) -> int | None:
    """The number of the conversation that a chat belongs to: by the name shown to the agents, or by what was said."""
    named = find_numbers(str(details.get("name", "")))
    if named:
        return named[0].conversation
    texts = [text for thread in chat.threads for event in thread.events for text in texts_of(event)]
    return next((number.conversation for text in texts for number in find_numbers(text)), None)


def texts_of(event: JsonObject) -> list[str]:
    """All that can be read in an event."""
    return [str(event.get("text", "")), *(str(field.get("answer", "")) for field in event.get("fields", ()))]
