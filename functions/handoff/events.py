"""Neutral events: what a door accepted, free of any provider's field names.

Each is immutable and serialises to one tagged JSON object (`encode`, `decode`); unknown fields are ignored on reading,
so that two versions of the bundle can work on one mailbox. `id` is unique within its conversation; `source_at` is the
sender's time (aware, UTC) or, where the sender gives none, the time of arrival.
"""

from datetime import datetime
from typing import Any

import msgspec

JsonObject = dict[str, Any]


class Agent(msgspec.Struct, frozen=True):
    """A person in the agent desk. `id` may be an e-mail address: it never leaves towards the user."""

    id: str
    name: str = ""


class Suggestion(msgspec.Struct, frozen=True, omit_defaults=True):
    """A chip under a message. `kind`: "reply", "open_url", "dial" or "live_agent" (asks for a person)."""

    kind: str
    text: str = ""
    postback: str = ""
    url: str = ""
    phone: str = ""


class OutboundMessage(msgspec.Struct, frozen=True, omit_defaults=True):
    """One message for the user; `text` of any length, the channel's limits are applied when it is sent."""

    text: str
    suggestions: tuple[Suggestion, ...] = ()


class HandoffSignal(msgspec.Struct, frozen=True, omit_defaults=True):
    """Somebody asked for a person.

    `reason`: "bot" (the bot's own signal), "user" (the channel's request), "keyword", "fallbacks", "bot_unreachable".
    `metadata`: what the signal carried (department, parameters), for routing and briefing.
    """

    reason: str
    metadata: JsonObject = {}


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


class _Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", omit_defaults=True):
    id: str
    source_at: datetime


# --- the user's side -------------------------------------------------------------------------------------------------


class UserMessage(_Event, frozen=True, kw_only=True, tag="user_message"):
    """The user wrote or tapped something.

    `text` is what a person would read; `postback` what a chip carries for the bot. `bot_answer` is set when the channel
    itself already asked the bot (Google's native integration); `answered` when that answer was also already shown.
    """

    text: str
    postback: str | None = None
    bot_answer: BotAnswer | None = None
    answered: bool = False


class HandoffAsked(_Event, frozen=True, kw_only=True, tag="handoff_asked"):
    """A person is asked for, by other means than a bot turn of ours."""

    signal: HandoffSignal


class ReturnAsked(_Event, frozen=True, kw_only=True, tag="return_asked"):
    """The user wants the bot back."""


# --- the agents' side ------------------------------------------------------------------------------------------------


class _DeskEvent(_Event, frozen=True, kw_only=True):
    chat_id: str
    thread_id: str = ""  # "" where the desk's notice does not say


class AgentMessage(_DeskEvent, frozen=True, kw_only=True, tag="agent_message"):
    """An agent wrote to the user; `id` is the desk's event id. `agent.name` may be "" (unknown here)."""

    agent: Agent
    text: str


class WithheldEvent(_DeskEvent, frozen=True, kw_only=True, tag="withheld_event"):
    """Something in the thread that is not for the user; kept (without content) only so that no gap is suspected."""


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
    """The chat goes to other agents (`agent_ids`) or groups; `queued`: nobody has it yet."""

    agent_ids: tuple[str, ...] = ()
    queued: bool = False


class ChatClosed(_DeskEvent, frozen=True, kw_only=True, tag="chat_closed"):
    """The thread ended. `closed_by`: "agent", "user" or "system" (the desk's own timeouts)."""

    closed_by: str = "agent"
    already_read: bool = False  # the thread was read to its end when this was found


DeskEvent = AgentMessage | WithheldEvent | ChatStarted | AgentJoined | AgentLeft | ChatTransferred | ChatClosed
InboundEvent = UserMessage | HandoffAsked | ReturnAsked | DeskEvent


# --- what the core makes of them -------------------------------------------------------------------------------------


class OpenChat(_Event, frozen=True, kw_only=True, tag="open_chat"):
    """Start or resume the chat with the agents. `bot_spoke`: the bot already told the user what will happen."""

    signal: HandoffSignal
    bot_spoke: bool = False


class CloseChat(_Event, frozen=True, kw_only=True, tag="close_chat"):
    """End the thread on the agents' side, because the user went back to the bot."""

    chat_id: str
    thread_id: str


class Framing(_Event, frozen=True, kw_only=True, tag="framing"):
    """Tell the channel that an agent joined or (`left`) is gone."""

    agent: Agent
    left: bool = False


class BotReply(_Event, frozen=True, kw_only=True, tag="bot_reply"):
    """The bot's words, stored before the first of them goes out; then, with `handoff`, a person is asked for."""

    messages: tuple[OutboundMessage, ...]
    handoff: HandoffSignal | None = None


class UserNotice(_Event, frozen=True, kw_only=True, tag="user_notice"):
    """The bridge's own words to the user. `text_id` names an entry of `texts`.

    `with_person`: a person was asked for or present when it was made. Said again it must be the very same.
    """

    text_id: str
    parameters: JsonObject = {}
    with_person: bool = False


class AgentNote(_Event, frozen=True, kw_only=True, tag="agent_note"):
    """The bridge's own words to the agents, never seen by the user."""

    text_id: str
    parameters: JsonObject = {}


class ReturnEvent(_Event, frozen=True, kw_only=True, tag="return_event"):
    """Tell the bot that the person is gone, and why."""

    reason: str
    digest: str = ""


class CustomerDetails(_Event, frozen=True, kw_only=True, tag="customer_details"):
    """Show the agents who they are talking to (name, context)."""


class ReadThread(_Event, frozen=True, kw_only=True, tag="read_thread"):
    """Read a thread once, for messages whose webhook never came; only for those behind the event `after`, if given."""

    chat_id: str
    thread_id: str
    reason: str = ""
    after: str = ""


class TimerFired(_Event, frozen=True, kw_only=True, tag="timer"):
    """A timer of the conversation came due."""

    name: str


OwnEntry = (
    OpenChat
    | CloseChat
    | Framing
    | BotReply
    | UserNotice
    | AgentNote
    | ReturnEvent
    | CustomerDetails
    | ReadThread
    | TimerFired
)
Event = InboundEvent | OwnEntry


def kind_of(event: Event) -> str:
    """The tag of an event ("user_message")."""
    return str(event.__struct_config__.tag)


def encode(event: Event) -> JsonObject:
    """One JSON object holding the event, its kind under "kind"."""
    data: JsonObject = msgspec.to_builtins(event)
    return data


def decode(data: JsonObject) -> Event:
    """Read `encode`'s output back; unknown fields are ignored.

    Raises:
        msgspec.ValidationError: a field is missing or of the wrong type.
    """
    return msgspec.convert(data, Event)  # type: ignore[no-any-return]
