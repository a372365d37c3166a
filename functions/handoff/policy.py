"""What an operator can choose about the handoff, as the core sees it. Times are in seconds."""

from typing import NamedTuple

import msgspec

from functions.handoff.events import HandoffSignal
from functions.handoff.parts import UserProfile
from functions.handoff.routing import GroupNames, HandoffFacts, Route, Routing, find_route


class AgentNames(NamedTuple):
    """How agents are shown to users. `policy`: "full", "first" or "fixed"; `human_name` where none of theirs is."""

    policy: str
    human_name: str
    human_avatar_url: str


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """Choices for every conversation of a deployment; the names follow the settings."""

    groups: dict[str, int] = msgspec.field(default_factory=lambda: {"default": 0})
    routing: Routing = Routing()
    language: str = "en"
    return_event: str = "AGENT_CHAT_ENDED"
    handoff_after_fallbacks: int = 2
    handoff_keywords: frozenset[str] = frozenset()  # as `keyword` gives them
    return_keyword: str = ""  # the first of the return keywords, to be named to the user; "" = none
    offline_policy: str = "queue"
    wait_reminder_s: float = 120
    wait_limit_s: float = 900
    agent_silent_s: float = 600
    chat_check_s: float = 900
    delay_notice_s: float = 30
    agent_name_policy: str = "full"
    human_name: str = ""
    human_avatar_url: str = ""
    bot_name: str = ""
    bot_avatar_url: str = ""
    retention_days: int = 30
    survey: bool = False
    receipts_to_livechat: str = "off"  # or "read", "all": each mark is a billed call
    texts: dict[str, dict[str, str]] = {}  # locale → text_id → text, over the built-in ones

    def route(self, signal: HandoffSignal, user: UserProfile) -> Route:
        """Where a hand-off goes."""
        return find_route(self.routing, self.groups, self.facts_of(signal, user))

    def facts_of(self, signal: HandoffSignal, user: UserProfile) -> HandoffFacts:
        """What a hand-off is routed by. Where the channel gives no locale, the user's language is that of the bot."""
        return HandoffFacts(signal, user.locale or self.language, user.context)

    def names_in(self, group_id: int | None) -> AgentNames:
        """How the agents of a group are shown; None: of a group that is not known."""
        own = GroupNames() if group_id is None else self.routing.names.get(group_id, GroupNames())
        return AgentNames(
            self.agent_name_policy if own.agent_name_policy is None else own.agent_name_policy,
            self.human_name if own.human_name is None else own.human_name,
            self.human_avatar_url if own.human_avatar_url is None else own.human_avatar_url,
        )


def keyword(text: str) -> str:
    """A text as keywords are compared: trimmed, case-folded."""
    return text.strip().casefold()
