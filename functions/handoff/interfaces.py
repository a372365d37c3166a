"""What the core needs from the outside, as protocols. Sides and stores implement them; the core imports none of them.

Every call that leaves the process takes `timeout_s`, the time that is left for it, and raises
`errors.ProviderUnavailable` (try again; `undelivered` says whether it may have had an effect) or
`errors.ProviderRefused` (for good; nothing happened). Calls that carry an id of ours are repeatable unless said
otherwise: done again with the same id they succeed and the other side shows one thing.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Protocol

import msgspec

from functions.handoff.content import AgentButton, Media, OutboundMessage
from functions.handoff.events import AgentMessage, BotAnswer, JsonObject, WithheldEvent

CHANNEL, LIVECHAT, DIALOGFLOW = PROVIDERS = ("channel", "livechat", "dialogflow")
"""Names of the three sides, as used in `parked`, `doubt`, errors and logs."""


# --- the store -------------------------------------------------------------------------------------------------------


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """The content of one document: a few fields for people and the sweep, and one JSON body, always all written."""

    body: JsonObject
    state: str = ""
    chat_id: str = ""
    due_at: datetime | None = None
    expire_at: datetime | None = None


class Document(msgspec.Struct, frozen=True):
    """A stored record with its version (opaque, only good for `Replace` and `Delete` on the same store)."""

    path: str
    record: Record
    version: Any


class Create(msgspec.Struct, frozen=True):
    """Write a document that must not exist yet."""

    path: str
    record: Record


class Replace(msgspec.Struct, frozen=True):
    """Write the whole document, which must still have this version."""

    path: str
    record: Record
    version: Any


class Delete(msgspec.Struct, frozen=True):
    """Remove a document; with a version only if it still has it, with None whether it is there or not."""

    path: str
    version: Any = None


Write = Create | Replace | Delete


class Store(Protocol):
    """Versioned documents.

    Paths: `conversations/K`, `conversations/K/mailbox/E`, `chats/C`, `sessions/S`, `dead_letters/D`, `tokens/T`.
    """

    def get(self, *paths: str) -> dict[str, Document]:
        """Read documents in one round trip; absent ones are left out. An expired one is returned as it is.

        Raises:
            StoreUnavailable: no answer in time.
        """
        ...

    def commit(self, *writes: Write) -> dict[str, Any]:
        """Apply all writes or none, in one round trip; answers the new version per written path.

        Raises:
            StoreConflict: a condition did not hold; nothing of this call was applied, unless an earlier, unacknowledged
                try of the very same call was: the caller reads and judges by content.
            StoreUnavailable: no answer in time; applied or not is unknown.
        """
        ...

    def due(self, before: datetime, limit: int) -> dict[str, datetime]:
        """Conversations whose `due_at` is at or before `before`: key → due_at, earliest first.

        Raises:
            StoreUnavailable: no answer in time.
        """
        ...


# --- the user's side -------------------------------------------------------------------------------------------------


class Voice(msgspec.Struct, frozen=True):
    """Who speaks to the user. `representative`: "BOT" or "HUMAN". `name` and `avatar_url` may be ""."""

    representative: str
    name: str = ""
    avatar_url: str = ""


class Channel(Protocol):
    """A messaging channel, as sender. `address` is the JSON object its webhook put into the conversation."""

    name: str

    def compose(self, message: OutboundMessage, voice: Voice) -> Sequence[JsonObject]:
        """The message as this channel's own, in as many parts as it takes, in order; one call shows each. Pure.

        The same message of the same representative gives as many parts, whatever the name. What the channel can't show
        is replaced by words; nothing is left out.
        """
        ...

    def send_message(
        self, address: JsonObject, part: JsonObject, voice: Voice, *, message_id: str, timeout_s: float
    ) -> None:
        """Show one part of `compose` to the user; repeatable by `message_id` (a UUID).

        One that is refused for more than words is shown in words, under an id made from this one.
        """
        ...

    def send_framing(
        self, address: JsonObject, voice: Voice, *, left: bool, line: OutboundMessage, event_id: str, timeout_s: float
    ) -> None:
        """Show that a person joined or left; repeatable by `event_id`.

        `line` says it in the user's language, for channels that have no such event: short, with at most one chip.
        """
        ...

    def thinking(self, address: JsonObject, voice: Voice) -> AbstractContextManager[None]:
        """Show that somebody is writing while the block runs, if it takes long enough to be worth it. Never raises."""
        ...

    def send_survey(self, address: JsonObject, *, survey_id: str, timeout_s: float) -> bool:
        """Ask how it was; answers whether it was asked, as a channel or phone may not be able to. Repeatable by id."""
        ...

    def send_read(self, address: JsonObject, message_id: str, *, timeout_s: float) -> None:
        """Show the user that their message `message_id` was read; does nothing where the channel has no such mark."""
        ...


class File(msgspec.Struct, frozen=True):
    """A file that was fetched."""

    name: str
    mime_type: str
    content: bytes


class Files(Protocol):
    """Fetches what users send."""

    def fetch(self, media: Media, *, timeout_s: float) -> File:
        """The file at that address, all of it, within limits of place, size, kind and time.

        Raises:
            FileRefused: it can't be had, ever; says why.
            ProviderUnavailable: it could not be had now.
        """
        ...


# --- the agents' side ------------------------------------------------------------------------------------------------


class Customer(msgspec.Struct, frozen=True):
    """Our identity towards the desk for one conversation: its customer id and access token, with expiry."""

    id: str
    access_token: str
    expires_at: datetime


class Note(msgspec.Struct, frozen=True):
    """Something for agents' eyes only: label and text pairs under a title."""

    title: str
    fields: tuple[tuple[str, str], ...]


class OpenedChat(msgspec.Struct, frozen=True):
    """A chat with an active thread. `event_ids`: the desk's ids of what we put into it at the start."""

    chat_id: str
    thread_id: str
    event_ids: tuple[str, ...] = ()


class ChatSummary(msgspec.Struct, frozen=True):
    """The customer's one chat: its newest thread and whether that is active."""

    chat_id: str
    thread_id: str
    active: bool


class ThreadView(msgspec.Struct, frozen=True):
    """One thread as read from the desk, oldest event first.

    `events`: what agents wrote for the user (`AgentMessage`) and everything else (`WithheldEvent`, our own included).
    `own`: custom_id → event id of the events we sent. `agents`: ids of the people who are in the chat now, visibly.
    """

    chat_id: str
    thread_id: str
    active: bool
    events: tuple[AgentMessage | WithheldEvent, ...]
    own: dict[str, str]
    agents: tuple[str, ...] = ()


class CustomerDesk(Protocol):
    """The desk as one customer sees it.

    A token close to expiry, or refused once, is renewed for the same customer on the way; `customer` is the identity as
    of the last call, and the caller stores it.
    """

    customer: Customer

    def group_status(self, group_id: int, *, timeout_s: float) -> str:
        """ "online", "online_for_queue", "offline", or "unknown"."""
        ...

    def start_chat(self, group_id: int, briefing: Note | None, *, custom_id: str, timeout_s: float) -> OpenedChat:
        """Open the customer's chat (continuous), with the briefing for agents in it. Not repeatable.

        Raises:
            ChatAlreadyActive: the customer has a chat already.
        """
        ...

    def resume_chat(
        self, chat_id: str, group_id: int, briefing: Note | None, *, custom_id: str, timeout_s: float
    ) -> OpenedChat:
        """Open a new thread in the chat. Not repeatable.

        Raises:
            ChatAlreadyActive: it has an active thread already.
        """
        ...

    def find_chat(self, *, timeout_s: float) -> ChatSummary | None:
        """The customer's chat, or None when there is none."""
        ...

    def send_message(
        self, chat_id: str, text: str, *, custom_id: str, timeout_s: float, button: AgentButton | None = None
    ) -> str:
        """Write as the user, as an answer to `button` if given; answers the desk's event id. Not repeatable.

        Raises:
            ChatInactive: the chat has no active thread.
        """
        ...

    def upload_file(self, file: File, *, timeout_s: float) -> str:
        """Bring a file to the desk; answers its address there, good for a day. Seen by nobody until it is sent.

        Raises:
            FileRefused: the desk does not take it; says why.
        """
        ...

    def send_file(self, chat_id: str, url: str, *, custom_id: str, timeout_s: float) -> str:
        """Send an uploaded file as the user; answers the desk's event id. Not repeatable.

        Raises:
            ChatInactive: the chat has no active thread.
        """
        ...

    def send_note(self, chat_id: str, note: Note, *, custom_id: str, timeout_s: float, to_closed: bool = False) -> str:
        """Show something to the agents only; answers the desk's event id. Not repeatable.

        `to_closed`: into the last thread if none is active.

        Raises:
            ChatInactive: the chat has no active thread.
        """
        ...

    def mark_seen(self, chat_id: str, seen_up_to: datetime, *, timeout_s: float) -> None:
        """Show the agents that the user has read everything up to that moment."""
        ...

    def mark_delivered(self, chat_id: str, thread_id: str, event_id: str, *, timeout_s: float) -> None:
        """Show the agents that the user's phone has this event."""
        ...

    def close_chat(self, chat_id: str, *, timeout_s: float) -> None:
        """End the active thread; fine when there is none."""
        ...

    def update_details(self, name: str, fields: dict[str, str], *, timeout_s: float) -> None:
        """Show the agents the customer's name and session fields."""
        ...


class AgentDesk(Protocol):
    """The agents' inbox. `text_limit_bytes`: longest message in UTF-8 bytes."""

    text_limit_bytes: int

    def new_customer(self, *, timeout_s: float) -> Customer:
        """Make a new customer identity. Doing it again makes another one; store it before using it."""
        ...

    def as_customer(self, customer: Customer) -> CustomerDesk:
        """The desk seen by that customer. No call is made."""
        ...

    def read_thread(self, chat_id: str, thread_id: str, *, timeout_s: float) -> ThreadView:
        """Read one thread with the agents' eyes; `thread_id` "" means the newest."""
        ...


# --- the bot's side --------------------------------------------------------------------------------------------------


class Bot(Protocol):
    """The bot. Not repeatable: each call is a turn it hears."""

    def hear(
        self,
        session: str,
        text: str,
        *,
        language: str,
        payload: JsonObject,
        contexts: Sequence[JsonObject] | None,
        timeout_s: float,
    ) -> BotAnswer:
        """Give the bot what the user wrote (any length; cut at a word to the bot's limit).

        `payload` reaches the bot's own webhook verbatim. `contexts`: exactly these are active first; None leaves the
        bot's own as they are.
        """
        ...

    def hear_event(
        self,
        session: str,
        name: str,
        parameters: JsonObject,
        *,
        language: str,
        payload: JsonObject,
        contexts: Sequence[JsonObject] | None,
        timeout_s: float,
    ) -> BotAnswer:
        """Tell the bot that something happened (`name`), with parameters."""
        ...


# --- the machine -----------------------------------------------------------------------------------------------------


class Clock(Protocol):
    """Time, so that tests can own it."""

    def now(self) -> datetime:
        """Aware, UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class WakeUps(Protocol):
    """Asks for `redeliver` to be called for a conversation soon after `due_at`. Best effort: the sweep is certain."""

    def schedule(self, conversation_key: str, due_at: datetime) -> None:
        """Never raises; a failure is logged."""
        ...


class Journal(Protocol):
    """Where the core says what it did. Ids only: no texts, tokens, phone numbers or e-mails."""

    def note(self, happening: str, **fields: object) -> None:
        """Add to the log line of the request in hand."""
        ...
