"""What a conversation record is made of. Pure data."""

from datetime import datetime

import msgspec

from functions.handoff.events import Agent


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
    group_id: int | None = None


class Departure(msgspec.Struct, frozen=True):
    """An agent who is not shown any more, as they were shown, when they had gone, and from which thread ("": over)."""

    agent: Agent
    at: datetime
    thread_id: str = ""
    group_id: int | None = None


class Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of the recent transcript. `who`: "user", "bot", "agent" or "bridge".

    `entry_id`: the agent's event, or the user's message as the agents got it; "" for what no side asks about again.
    """

    who: str
    text: str
    at: datetime
    name: str = ""
    entry_id: str = ""


class FilesInHand(msgspec.Struct, frozen=True, omit_defaults=True):
    """How far the files of one message are: for each, its address at the desk, or "" and why not in `refused`.

    `tries`: how often the next one could not be had for now.
    """

    addresses: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    tries: int = 0


class HeldWord(msgspec.Struct, frozen=True):
    """A word that waits, no longer than `until`, to be told whether the phone wrote it or the user."""

    id: str
    text: str
    source_at: datetime
    until: datetime
    wanted: bool = False


class MissedFrame(msgspec.Struct, frozen=True, omit_defaults=True):
    """A JOINED or LEFT (the entry's id) that was not shown. `in_doubt`: an earlier try may have shown it."""

    id: str
    agent: Agent
    left: bool = False
    in_doubt: bool = False


class Receipts(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the user's phone told of agents' messages and the desk does not know yet."""

    read_up_to: datetime | None = None
    delivered: tuple[str, ...] = ()


class PastHandoff(msgspec.Struct, frozen=True, omit_defaults=True):
    """One hand-off of this user: why it was asked for, how it ended ("" while it lasts), and when."""

    at: datetime
    reason: str
    outcome: str = ""
    ended_at: datetime | None = None
