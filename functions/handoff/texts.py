"""The bridge's own words, to users and to agents. Operators override and translate them with `MESSAGES_FILE`."""

from collections.abc import Mapping

BUILT_IN: dict[str, dict[str, str]] = {
    "en": {
        # to the user
        "connecting": "I'm connecting you with a person. Please wait a moment.",
        "queued": "All of our team are busy right now. You are in the queue, and someone will answer you here.",
        "offline": "Nobody is available right now. Your messages are kept, and someone will answer you here later.",
        "no_agent": "Nobody is available right now, so I'm still with you. Please try again later.",
        "try_later": "Our team could not be reached several times just now. Please try again in a few minutes.",
        "nobody_came": "Sorry, nobody could take your request. I'm with you again.",
        "error": "Sorry, I could not reach our team because of a technical problem. I'm still with you.",
        "still_waiting": "You are still in the queue. Write {return_keyword} if you would rather talk to the bot.",
        "still_waiting_only": "You are still in the queue.",
        "still_trying": "I could not reach our team yet, and keep trying. Write {return_keyword} for the bot.",
        "still_trying_only": "I could not reach our team yet, and keep trying.",
        "agent_silent": "It is taking longer than usual. Write {return_keyword} to go back to the bot.",
        "agent_silent_only": "It is taking longer than usual.",
        "back_with_bot": "You are back with the bot.",
        "delayed": "Your message is taking longer than usual to get through. I keep trying.",
        "undelivered": "Sorry, your message could not be delivered: “{excerpt}”",
        "reply_lost": "Sorry, I could not show you my answer. Please ask me again.",
        "overloaded": "Too many messages are waiting at the moment; your last one was not passed on.",
        "handoff_failed": "Sorry, I can't reach our team at the moment. Please try again in a few minutes.",
        "unknown_session": "I can't connect you with a person from here.",
        "agent_joined": "{name} joined the chat.",
        "agent_left": "{name} left the chat.",
        "back_chip": "Back to the bot",
        "someone": "A team member",
        # to the agents
        "briefing_title": "Handed over by the bot",
        "note_title": "Note from the bridge",
        "agent_undelivered": "This message could not be delivered to the user ({reason}): “{excerpt}”",
        "reason": "Reason",
        "topic": "Topic",
        "language": "Language",
        "parameters": "Parameters",
        "earlier_handoffs": "Earlier hand-offs",
        "transcript": "Conversation so far",
        "lines_omitted": "[{count} earlier messages omitted]",
        "reason_bot": "the bot asked for a person",
        "reason_user": "the user asked for a person",
        "reason_keyword": "the user asked for a person",
        "reason_fallbacks": "the bot did not understand several times",
        "reason_bot_unreachable": "the bot could not be reached",
        "reason_agent": "an agent started the conversation",
        "who_user": "User",
        "who_bot": "Bot",
        "who_agent": "Agent",
        "who_bridge": "Bridge",
    }
}


def find_text(text_id: str, locale: str, own: Mapping[str, Mapping[str, str]], **parameters: object) -> str:
    """The text in the closest language: the locale, its language, then English; the operator's before the built-in one.

    Placeholders without a parameter, and unknown texts, stay visible as they are rather than fail a delivery.
    """
    language = locale.replace("_", "-").split("-")[0].lower()
    for name in (locale, language, "en"):
        for table in (own, BUILT_IN):
            text = table.get(name, {}).get(text_id)
            if text is not None:
                return fill(text, parameters)
    return text_id


def fill(text: str, parameters: Mapping[str, object]) -> str:
    """Replace each `{name}` that has a parameter; braces are otherwise ordinary characters."""
    for name, value in parameters.items():
        text = text.replace("{" + name + "}", str(value))
    return text


def excerpt(text: str, length: int = 80) -> str:
    """The beginning of somebody's words, to say which message is meant."""
    return text if len(text) <= length else text[: length - 1] + "…"
