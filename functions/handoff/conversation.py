"""The conversation record: all that is known of one user on one channel. Pure data and questions about it.

A `Conversation` is a working copy: decoded from its document, changed by the holder of its lease, encoded back whole.
"""

from datetime import datetime, timedelta

import msgspec

from functions.handoff import ids
from functions.handoff.cursor import Cursor
from functions.handoff.events import HandoffSignal, JsonObject
from functions.handoff.interfaces import Customer, Record
from functions.handoff.parts import (
    Departure,
    Doubt,
    FilesInHand,
    HeldWord,
    Lease,
    Line,
    MissedFrame,
    Parked,
    PastHandoff,
    Pending,
    Presence,
    Receipts,
    UserProfile,
)

BOT, WAITING, AGENT = "BOT", "WAITING", "AGENT"
MAX_ACCEPTED_PENDING = 200
SENDERS_RETRY_FOR = timedelta(days=8)
"""How long a done entry must stay recognisable: senders retry for up to seven days."""

_TRANSCRIPT_CHARACTERS = 12_000
_LINE_CHARACTERS = 4_000
_LINE_OVERHEAD = 100  # characters that a line costs beside its text
_CLOSED_THREADS_KEPT = 20
_HANDOFFS_KEPT = 5
_WITHDRAWN_KEPT = 20
DEPARTURES_KEPT = 5


class Conversation(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One user on one channel. See the module's docstring for how it is changed."""

    key: str
    channel: str
    brand: str = ""  # whose bot, groups, names and words; "" = the deployment's own
    address: JsonObject = {}
    user: UserProfile = UserProfile()
    unsubscribed: bool = False
    subscription_at: datetime | None = None  # when the user last switched that, or wrote to us
    switches: tuple[datetime, ...] = ()  # of late: their words may still come
    held_words: tuple[HeldWord, ...] = ()
    missed_frames: tuple[MissedFrame, ...] = ()  # while unsubscribed, in order
    state: str = BOT
    accepted_at: datetime | None = None

    # the agents' side
    chat_id: str = ""
    thread_id: str = ""  # "" = none open that we know of
    closed_threads: tuple[str, ...] = ()
    thread_to_close: str = ""  # the user left it, the desk has not been told yet
    closing: str = ""  # found closed on a send; the notice of it is being worked
    customer: Customer | None = None
    agents: tuple[Presence, ...] = ()
    departed: tuple[Departure, ...] = ()  # newest last; their words may come yet
    cursor: Cursor = Cursor()
    withdrawn: tuple[str, ...] = ()  # events taken back, newest last: their notices may still come
    receipts: Receipts = Receipts()
    signal: HandoffSignal | None = None
    group_id: int | None = None  # where the current (or last) hand-off was routed to, or transferred
    handoffs: tuple[PastHandoff, ...] = ()
    serial: int = 0  # numbers joins and hand-offs, see `begin_conversation`

    # the bot's side
    contexts: tuple[JsonObject, ...] = ()
    contexts_to_restore: tuple[JsonObject, ...] | None = None  # after a person: exactly these, and no others
    fallbacks: int = 0
    last_intent: str = ""  # what the bot understood last, for routing
    bot_failed_on: str = ""  # the entry whose bot turn last led to a person because the bot was down

    # what was said
    transcript: tuple[Line, ...] = ()
    lines_omitted: int = 0
    delay_told: bool = False
    full_told: bool = False

    # the mailbox
    pending: tuple[Pending, ...] = ()
    seq: int = 0
    lease: Lease | None = None
    parked: dict[str, Parked] = {}
    doubt: dict[str, Doubt] = {}
    files: dict[str, FilesInHand] = {}  # entry id → its files, while it is not done
    shown: dict[str, int] = {}  # entry id → how many of its parts the user has seen, while it is not done
    timers: dict[str, datetime] = {}
    due_at: datetime | None = None
    links_until: datetime | None = None

    @property
    def session_id(self) -> str:
        """The bot's session of this conversation."""
        return ids.session_id(self.key)

    def find_pending(self, entry_id: str) -> Pending | None:
        """The waiting entry of that id, or None when it is done (or never was)."""
        return next((p for p in self.pending if p.id == entry_id), None)

    def accepted_pending(self) -> int:
        """How many accepted events wait; what the core made itself does not count."""
        return sum(not p.own for p in self.pending)

    def find_presence(self, agent_id: str) -> Presence | None:
        """How this agent is shown to the user, or None when not at all."""
        return next((p for p in self.agents if p.agent.id == agent_id), None)

    def find_departure(self, agent_id: str) -> Departure | None:
        """How this agent was shown last, and when they had gone, or None when that is not known."""
        return next((d for d in self.departed if d.agent.id == agent_id), None)

    @property
    def last_thread_id(self) -> str:
        """The newest thread that is known, open or over; "" when there was none."""
        return self.thread_id or self.thread_to_close or "".join(self.closed_threads[-1:])

    def was_answered(self) -> bool:
        """Tell whether an agent has said something since the hand-off, though none may be there now."""
        since = self.handoffs[-1].at if self.handoffs else None
        return since is not None and any(line.who == "agent" and line.at >= since for line in self.transcript)

    def find_line(self, entry_id: str) -> Line | None:
        """What was said by that entry, or None when it was not, or too long ago to be in the transcript."""
        return next((line for line in self.transcript if line.entry_id == entry_id), None)

    def is_held(self, now: datetime) -> bool:
        """Tell whether somebody's lease is in force."""
        return self.lease is not None and self.lease.until > now

    def say(self, line: Line) -> None:
        """Add a line to the recent transcript; the oldest go when it grows too long, and are counted."""
        self._keep_newest([*self.transcript, msgspec.structs.replace(line, text=kept_of(line.text))])

    def _keep_newest(self, lines: list[Line]) -> None:
        while len(lines) > 1 and sum(len(one.text) + _LINE_OVERHEAD for one in lines) > _TRANSCRIPT_CHARACTERS:
            lines.pop(0)
            self.lines_omitted += 1
        self.transcript = tuple(lines)

    def remember_withdrawn(self, event_id: str) -> None:
        """Note that an agent's event was taken back; forgets the oldest of many."""
        self.withdrawn = (*self.withdrawn, event_id)[-_WITHDRAWN_KEPT:]

    def rewrite(self, entry_id: str, text: str) -> None:
        """Let a line of the transcript say something else."""
        said = (
            msgspec.structs.replace(line, text=kept_of(text)) if line.entry_id == entry_id else line
            for line in self.transcript
        )
        self._keep_newest(list(said))

    def remember_closed(self, thread_id: str) -> None:
        """Note that a thread is over; forgets the oldest of many."""
        if thread_id and thread_id not in self.closed_threads:
            self.closed_threads = (*self.closed_threads, thread_id)[-_CLOSED_THREADS_KEPT:]
        if self.thread_id == thread_id:
            self.thread_id = ""
        if self.closing == thread_id:
            self.closing = ""

    def record_handoff(self, reason: str, at: datetime) -> None:
        """Begin the account of a hand-off."""
        self.serial += 1
        self.handoffs = (*self.handoffs, PastHandoff(at, reason))[-_HANDOFFS_KEPT:]

    def end_handoff(self, outcome: str, at: datetime) -> None:
        """Complete the account of the current hand-off."""
        if self.handoffs and not self.handoffs[-1].outcome:
            ended = msgspec.structs.replace(self.handoffs[-1], outcome=outcome, ended_at=at)
            self.handoffs = (*self.handoffs[:-1], ended)


def kept_of(text: str) -> str:
    """As much of a text as a line of the transcript keeps."""
    return text[:_LINE_CHARACTERS]


def begin_conversation(key: str, channel: str, now: datetime) -> Conversation:
    """A conversation that was not there, or not any more.

    Its serial numbers start with its time of birth: ids derived from them in an earlier life must not come again, or
    the channel would take a new JOINED for a repeated one.
    """
    return Conversation(key=key, channel=channel, serial=int(now.timestamp()))


def to_record(conversation: Conversation, *, retention: timedelta) -> Record:
    """The document of a conversation. It never expires while anything is to come; with a person, it lasts longer."""
    c = conversation
    expire_at = None
    if c.accepted_at and not c.pending and not c.timers:
        expire_at = c.accepted_at + max(retention, SENDERS_RETRY_FOR) * (1 if c.state == BOT else 2)
    return Record(
        body=msgspec.to_builtins(c),
        state=c.state,
        chat_id=c.chat_id,
        due_at=c.due_at,
        expire_at=expire_at,
    )


def from_record(record: Record) -> Conversation:
    """A fresh working copy from a document."""
    return msgspec.convert(record.body, Conversation)


def copy(conversation: Conversation) -> Conversation:
    """An independent working copy."""
    return msgspec.convert(msgspec.to_builtins(conversation), Conversation)
