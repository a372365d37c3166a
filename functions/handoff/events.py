"""Neutral events: what a door accepted, free of any provider's field names.

Each is immutable; how they are stored, and what the core makes of them, is in `entries`. `id` is unique within its
conversation; `source_at` is the sender's time (aware, UTC) or, where the sender gives none, the time of arrival.
"""

from datetime import datetime
from typing import Any

import msgspec

from functions.handoff.content import Media, OutboundMessage

JsonObject = dict[str, Any]


class Agent(msgspec.Struct, frozen=True):
    """A person in the agent desk. `id` may be an e-mail address: it never leaves towards the user."""

    id: str
    name: str = ""


class HandoffSignal(msgspec.Struct, frozen=True, omit_defaults=True):
    """Somebody asked for a person.

    `reason`: "bot" (the bot's own signal), "user" (the channel's request), "keyword", "fallbacks", "bot_unreachable".
    `metadata`: what the signal carried (department, parameters), for routing and briefing. `intent`: what the bot
    understood last.
    """

    reason: str
    metadata: JsonObject = {}
    intent: str = ""


class BotAnswer(msgspec.Struct, frozen=True, omit_defaults=True):
    """One turn of the bot.

    `contexts` are the bot's own records (opaque to the core), kept to be given back after the person left.
    """

    messages: tuple[OutboundMessage, ...] = ()
    handoff: HandoffSignal | None = None
    is_fallback: bool = False
    intent: str = ""
    parameters: JsonObject = {}
    contexts: tuple[JsonObject, ...] = ()


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", omit_defaults=True):
    """What every event has."""

    id: str
    source_at: datetime


# --- the user's side -------------------------------------------------------------------------------------------------


class UserMessage(Event, frozen=True, kw_only=True, tag="user_message"):
    """The user wrote, tapped or sent something.

    `text` is what a person would read; `postback` what a chip carries for the bot; `files` pictures and files by their
    address (`text` may be nothing but that address). `bot_answer` is set when the channel itself already asked the bot
    (Google's native integration); `answered` when that answer was also already shown.
    """

    text: str
    postback: str | None = None
    files: tuple[Media, ...] = ()
    bot_answer: BotAnswer | None = None
    answered: bool = False


class HandoffAsked(Event, frozen=True, kw_only=True, tag="handoff_asked"):
    """A person is asked for, by other means than a bot turn of ours."""

    signal: HandoffSignal


class ReturnAsked(Event, frozen=True, kw_only=True, tag="return_asked"):
    """The user wants the bot back; `text` is how they said it."""

    text: str = ""


class UserAction(Event, frozen=True, kw_only=True, tag="user_action"):
    """The user did something that is no message.

    `action`: "authentication" (answered a sign-in request) or "survey" (answered a question). `parameters`: all of it,
    for the bot alone, as it may hold credentials. `details`: what agents may see of it.
    """

    action: str
    parameters: JsonObject = {}
    details: dict[str, str] = {}


class Subscription(Event, frozen=True, kw_only=True, tag="subscription"):
    """The user has switched off that we write to them, or (`wanted`) on again."""

    wanted: bool


class SubscriptionWord(Event, frozen=True, kw_only=True, tag="subscription_word"):
    """A word that phones send by themselves beside a `Subscription`, before or after it; alone it is a message.

    `wanted`: it says what the switch to on says ("start").
    """

    text: str
    wanted: bool = False


class MessageExpired(Event, frozen=True, kw_only=True, tag="message_expired"):
    """Messages of ours (by the ids they were sent under) did not reach the user in time, and will not any more."""

    message_ids: tuple[str, ...]


class UserReceipt(Event, frozen=True, kw_only=True, tag="user_receipt"):
    """Messages of ours (by the ids they were sent under) reached the user's phone, or were `read` there."""

    message_ids: tuple[str, ...]
    read: bool = False


# --- the agents' side ------------------------------------------------------------------------------------------------


class _DeskEvent(Event, frozen=True, kw_only=True):
    chat_id: str
    thread_id: str = ""  # "" where the desk's notice does not say


class AgentMessage(_DeskEvent, frozen=True, kw_only=True, tag="agent_message"):
    """An agent wrote to the user; `id` is the desk's event id. `agent.name` may be "" (unknown here).

    `text`: all of it in words, for the transcript; `messages`: how it is to be shown, where that is more than the text.
    """

    agent: Agent
    text: str
    messages: tuple[OutboundMessage, ...] = ()


class WithheldEvent(_DeskEvent, frozen=True, kw_only=True, tag="withheld_event"):
    """Something in the thread that is not for the user; kept (without content) only so that no gap is suspected.

    `unsupported`: an agent meant it for the user, but it is of this kind, which can't be shown: agents are told.
    """

    unsupported: str = ""


class MessageEdited(_DeskEvent, frozen=True, kw_only=True, tag="message_edited"):
    """An agent changed what they had written in the event `event_id`; `text` is what it says now.

    `formatting`: as of `content.OutboundMessage`.
    """

    event_id: str
    agent: Agent
    text: str
    formatting: str = ""


class MessageDeleted(_DeskEvent, frozen=True, kw_only=True, tag="message_deleted"):
    """The event `event_id`, whatever it was, was taken back."""

    event_id: str


class ChatStarted(_DeskEvent, frozen=True, kw_only=True, tag="chat_started"):
    """A thread was opened, by us or by an agent; `agents` are in it already, `messages` are what agents wrote in it."""

    agents: tuple[Agent, ...] = ()
    messages: tuple[AgentMessage, ...] = ()


class AgentJoined(_DeskEvent, frozen=True, kw_only=True, tag="agent_joined"):
    """A visible human agent entered."""

    agent: Agent


class AgentLeft(_DeskEvent, frozen=True, kw_only=True, tag="agent_left"):
    """An agent was removed or left."""

    agent_id: str


class ChatTransferred(_DeskEvent, frozen=True, kw_only=True, tag="chat_transferred"):
    """The chat goes to other agents (`agent_ids`) or groups (`group_ids`); `queued`: nobody has it yet."""

    agent_ids: tuple[str, ...] = ()
    group_ids: tuple[int, ...] = ()
    queued: bool = False


class ChatClosed(_DeskEvent, frozen=True, kw_only=True, tag="chat_closed"):
    """The thread ended. `closed_by`: "agent", "user" or "system" (the desk's own timeouts)."""

    closed_by: str = "agent"
    already_read: bool = False  # the thread was read to its end when this was found


DeskEvent = (
    AgentMessage
    | WithheldEvent
    | MessageEdited
    | MessageDeleted
    | ChatStarted
    | AgentJoined
    | AgentLeft
    | ChatTransferred
    | ChatClosed
)
InboundEvent = (
    UserMessage
    | HandoffAsked
    | ReturnAsked
    | UserAction
    | Subscription
    | SubscriptionWord
    | MessageExpired
    | UserReceipt
    | DeskEvent
)
