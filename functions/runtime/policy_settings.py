"""What an operator decided, as the core wants to know it."""

from functions.handoff.policy import Policy, keyword
from functions.runtime.config import Settings


def read_policy(settings: Settings) -> Policy:
    """The core's view of the settings."""
    return Policy(
        groups=settings.livechat_groups,
        routing=settings.routing,
        language=settings.dialogflow_language,
        return_event=settings.dialogflow_return_event,
        handoff_after_fallbacks=settings.handoff_after_fallbacks,
        handoff_keywords=frozenset(map(keyword, settings.handoff_keywords)),
        return_keyword=next(iter(settings.return_keywords), ""),
        offline_policy=settings.offline_policy,
        wait_reminder_s=settings.wait_reminder_s,
        wait_limit_s=settings.wait_limit_s,
        agent_silent_s=settings.agent_silent_s,
        chat_check_s=settings.chat_check_s,
        delay_notice_s=settings.delay_notice_s,
        agent_name_policy=settings.agent_name_policy,
        human_name=settings.human_name,
        human_avatar_url=settings.human_avatar_url,
        bot_name=settings.bot_name,
        bot_avatar_url=settings.bot_avatar_url,
        retention_days=settings.retention_days,
        survey=settings.survey,
        receipts_to_livechat=settings.receipts_to_livechat,
        texts=settings.texts,
    )
