"""The conversation record: all that is known of one user on one channel. Pure data and questions about it.

A `Conversation` is a working copy: decoded from its document, changed by the holder of its lease, encoded back whole.
"""

from datetime import datetime, timedelta

import msgspec

from functions.handoff import ids
from functions.handoff.cursor import Cursor
from functions.handoff.events import Agent, HandoffSignal, JsonObject
from functions.handoff.interfaces import Customer, Record

BOT, WAITING, AGENT = "BOT", "WAITING", "AGENT"
MAX_ACCEPTED_PENDING = 200
SENDERS_RETRY_FOR = timedelta(days=8)
"""How long a done entry must stay recognisable: senders retry for up to seven days."""

_TRANSCRIPT_CHARACTERS = 12_000
_LINE_CHARACTERS = 4_000
_LINE_OVERHEAD = 100  # characters that a line costs beside its text
_CLOSED_THREADS_KEPT = 20
_HANDOFFS_KEPT = 5
DEPARTURES_KEPT = 5


class UserProfile(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the channel says of the user. `context`: entry point, place and the like, as plain texts."""

    name: str = ""
    locale: str = ""
    context: dict[str, str] = {}


class Pending(msgspec.Struct, frozen=True, omit_defaults=True):
    """One entry that waits. `head`: first in its lane. `own`: made by the core. `author`: the agent who wrote it."""

    id: str
    kind: str
    lane: str
    source_at: datetime
    seq: int
    accepted_at: datetime
    head: bool = False
    own: bool = False
    author: str = ""


class Lease(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who works, until when, and which entry is in hand.

    `step` counts the holder's commits: after a lost acknowledgement it tells whether the last one was applied.
    """

    owner: str
    until: datetime
    entry: str
    takeovers: int = 0
    step: int = 0


class Parked(msgspec.Struct, frozen=True):
    """No call to this provider before `retry_at`; `tries` failed in a row."""

    retry_at: datetime
    tries: int


class Doubt(msgspec.Struct, frozen=True, omit_defaults=True):
    """A call that may or may not have taken effect, sent no later than `since`, on `thread_id` where that matters."""

    provider: str
    since: datetime
    thread_id: str = ""


class Presence(msgspec.Struct, frozen=True, omit_defaults=True):
    """An agent the user is (about to be) shown. Present from the JOINED entry's making until LEFT is done.

    `number`: the join's serial number. `late`: only here to frame late words of a closed thread. Whether JOINED is out
    is not noted: it goes at the head of its lane, before anything that is framed by it. `since`: when they came, where
    that is known.
    """

    agent: Agent
    number: int
    leaving: bool = False
    late: bool = False
    since: datetime | None = None


class Departure(msgspec.Struct, frozen=True):
    """An agent who is not shown any more, as they were shown, when they had gone, and from which thread ("": over)."""

    agent: Agent
    at: datetime
    thread_id: str = ""


class Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of the recent transcript. `who`: "user", "bot", "agent" or "bridge"."""

    who: str
    text: str
    at: datetime
    name: str = ""


class PastHandoff(msgspec.Struct, frozen=True, omit_defaults=True):
    """One hand-off of this user: why it was asked for, how it ended ("" while it lasts), and when."""

    at: datetime
    reason: str
    outcome: str = ""
    ended_at: datetime | None = None


class Conversation(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One user on one channel. See the module's docstring for how it is changed."""

    key: str
    channel: str
    address: JsonObject = {}
    user: UserProfile = UserProfile()
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
    signal: HandoffSignal | None = None
    handoffs: tuple[PastHandoff, ...] = ()
    serial: int = 0  # numbers joins and hand-offs, see `begin_conversation`

    # the bot's side
    contexts: tuple[JsonObject, ...] = ()
    contexts_to_restore: tuple[JsonObject, ...] | None = None  # after a person: exactly these, and no others
    fallbacks: int = 0
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

    def is_held(self, now: datetime) -> bool:
        """Tell whether somebody's lease is in force."""
        return self.lease is not None and self.lease.until > now

    def say(self, line: Line) -> None:
        """Add a line to the recent transcript; the oldest go when it grows too long, and are counted."""
        lines = [*self.transcript, msgspec.structs.replace(line, text=line.text[:_LINE_CHARACTERS])]
        while len(lines) > 1 and sum(len(one.text) + _LINE_OVERHEAD for one in lines) > _TRANSCRIPT_CHARACTERS:
            lines.pop(0)
            self.lines_omitted += 1
        self.transcript = tuple(lines)

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
