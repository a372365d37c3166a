"""What an operator can choose about the handoff, as the core sees it. Times are in seconds."""

import msgspec


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """Choices for every conversation of a deployment; the names follow the settings."""

    groups: dict[str, int] = msgspec.field(default_factory=lambda: {"default": 0})
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
    texts: dict[str, dict[str, str]] = {}  # locale → text_id → text, over the built-in ones

    def group_for(self, department: str) -> int:
        """The agents' group of a department; the default one when it is unknown."""
        return self.groups.get(department, self.groups["default"])


def keyword(text: str) -> str:
    """A text as keywords are compared: trimmed, case-folded."""
    return text.strip().casefold()
