"""Everything that can wait in a mailbox: what a door accepted, and what the core makes of it.

Each serialises to one tagged JSON object (`encode`, `decode`); unknown fields are ignored on reading, so that two
versions of the bundle can work on one mailbox.
"""

import msgspec

from functions.handoff.content import OutboundMessage
from functions.handoff.events import Agent, Event, HandoffSignal, InboundEvent, JsonObject


class OpenChat(Event, frozen=True, kw_only=True, tag="open_chat"):
    """Start or resume the chat with the agents. `bot_spoke`: the bot already told the user what will happen."""

    signal: HandoffSignal
    bot_spoke: bool = False


class CloseChat(Event, frozen=True, kw_only=True, tag="close_chat"):
    """End the thread on the agents' side, because the user went back to the bot."""

    chat_id: str
    thread_id: str


class Framing(Event, frozen=True, kw_only=True, tag="framing"):
    """Tell the channel that an agent joined or (`left`) is gone."""

    agent: Agent
    left: bool = False


class BotReply(Event, frozen=True, kw_only=True, tag="bot_reply"):
    """The bot's words, stored before the first of them goes out; then, with `handoff`, a person is asked for."""

    messages: tuple[OutboundMessage, ...]
    handoff: HandoffSignal | None = None


class UserNotice(Event, frozen=True, kw_only=True, tag="user_notice"):
    """The bridge's own words to the user. `text_id` names an entry of `texts`.

    `with_person`: a person was asked for or present when it was made. Said again it must be the very same.
    """

    text_id: str
    parameters: JsonObject = {}
    with_person: bool = False


class AgentNote(Event, frozen=True, kw_only=True, tag="agent_note"):
    """The bridge's own words to the agents, never seen by the user.

    `thread_id`: what it is about; it goes there even when that thread is over, as long as no other followed. Without
    one it goes into the open thread, if there is any.
    """

    text_id: str
    parameters: JsonObject = {}
    thread_id: str = ""


class ReturnEvent(Event, frozen=True, kw_only=True, tag="return_event"):
    """Tell the bot that the person is gone, and why."""

    reason: str
    digest: str = ""


class BotEvent(Event, frozen=True, kw_only=True, tag="bot_event"):
    """Tell the bot that something happened."""

    name: str
    parameters: JsonObject = {}


class AskSurvey(Event, frozen=True, kw_only=True, tag="ask_survey"):
    """Let the channel ask the user how the human part was."""


class ReportReceipts(Event, frozen=True, kw_only=True, tag="report_receipts"):
    """Tell the agents' side what has reached the user and what was read, as far as the conversation knows."""


class CustomerDetails(Event, frozen=True, kw_only=True, tag="customer_details"):
    """Show the agents who they are talking to (name, context)."""


class ReadThread(Event, frozen=True, kw_only=True, tag="read_thread"):
    """Read a thread once, for messages whose webhook never came; only for those behind the event `after`, if given."""

    chat_id: str
    thread_id: str
    reason: str = ""
    after: str = ""


class TimerFired(Event, frozen=True, kw_only=True, tag="timer"):
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
    | BotEvent
    | AskSurvey
    | ReportReceipts
    | CustomerDetails
    | ReadThread
    | TimerFired
)
Entry = InboundEvent | OwnEntry


def kind_of(event: Entry) -> str:
    """The tag of an event ("user_message")."""
    return str(event.__struct_config__.tag)


def encode(event: Entry) -> JsonObject:
    """One JSON object holding the event, its kind under "kind"."""
    data: JsonObject = msgspec.to_builtins(event)
    return data


def decode(data: JsonObject) -> Entry:
    """Read `encode`'s output back; unknown fields are ignored.

    Raises:
        msgspec.ValidationError: a field is missing or of the wrong type.
    """
    return msgspec.convert(data, Entry)  # type: ignore[no-any-return]
