"""Dead letters: what could not be delivered, kept for an operator to see and send again. Pure."""

from datetime import datetime, timedelta

import msgspec

from functions.handoff import ids
from functions.handoff.conversation import Conversation
from functions.handoff.events import JsonObject
from functions.handoff.interfaces import Document, Record
from functions.handoff.json_fields import object_at, text_at
from functions.handoff.schedule import needs

_FOR_THE_BOT_ALONE = frozenset({"user_action", "bot_event"})
RESENT = "resent"
"""State of a dead letter whose entry waits (or waited) again; before that, its state is its reason."""


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One entry that was given up.

    Attributes:
        conversation: its key.
        entry_id: its id in the mailbox.
        entry: the whole of it, as `events.encode` gives it; empty when nothing of it could be found.
        reason: a provider's error type, "poison", "too_slow", "mailbox_full", "bot_unreachable" or "unreadable".
        accepted_at: since when it waited; when it was sent again, since then.
        at: when it was given up.
        agent_name: as the user was shown the agent who wrote it; the desk's notices do not say.
        chat_id, thread_id: where a call to the desk may have left something of it.
        failed_before: how often its provider had failed in a row for this conversation, other entries' tries included.
        takeovers: how many workers died with it in hand.
        resends: how often it was sent again; `resent_at`: the last time, as long as it was not given up again.
    """

    conversation: str
    entry_id: str
    entry: JsonObject
    reason: str
    accepted_at: datetime
    at: datetime
    agent_name: str = ""
    chat_id: str = ""
    thread_id: str = ""
    failed_before: int = 0
    takeovers: int = 0
    resends: int = 0
    resent_at: datetime | None = None


def dead_letter_path(letter_id: str) -> str:
    """Where a dead letter is stored."""
    return f"dead_letters/{letter_id}"


def dead_letter_id(key: str, entry_id: str) -> str:
    """The same for the same entry. A digest, because it is shown and typed, and a key may hold a phone number."""
    return ids.effect_id(key, entry_id, "dead_letter")


def letter_of(c: Conversation, entry_id: str, entry: JsonObject, *, reason: str, now: datetime) -> DeadLetter:
    """The dead letter of an entry that is given up, before it is taken out of the mailbox."""
    pending, doubt = c.find_pending(entry_id), c.doubt.get(entry_id)
    parked = c.parked.get(needs(c, pending) or "") if pending else None
    return DeadLetter(
        conversation=c.key,
        entry_id=entry_id,
        entry=_without_secrets(entry),
        reason=reason,
        agent_name=_shown_name(c, text_at(object_at(entry, "agent"), "id")),
        chat_id=c.chat_id,
        thread_id=doubt.thread_id if doubt and doubt.thread_id else c.thread_id,
        accepted_at=pending.accepted_at if pending else now,
        at=now,
        failed_before=parked.tries if parked else 0,
        takeovers=c.lease.takeovers if c.lease and c.lease.entry == entry_id else 0,
    )


def _without_secrets(entry: JsonObject) -> JsonObject:
    """What only the bot was to hear (a sign-in's code) is worth nothing later, and not for an operator's eyes."""
    if entry.get("kind") not in _FOR_THE_BOT_ALONE:
        return entry
    return {name: value for name, value in entry.items() if name != "parameters"}


def _shown_name(c: Conversation, agent_id: str) -> str:
    presence = c.find_presence(agent_id)
    return presence.agent.name if presence else ""


def to_record(letter: DeadLetter, *, earlier: Document | None, retention: timedelta) -> Record:
    """The document of a dead letter; `earlier`: the one that it takes the place of."""
    resends = earlier.record.body.get("resends", 0) if earlier else 0
    return Record(
        body=_body(msgspec.structs.replace(letter, resends=resends)),
        state=letter.reason,
        expire_at=letter.at + retention,
    )


def as_resent(record: Record, now: datetime) -> Record:
    """The document of a dead letter once its entry waits again; it is kept no longer for that."""
    letter = from_record(record)
    body = _body(msgspec.structs.replace(letter, resent_at=now, resends=letter.resends + 1))
    return msgspec.structs.replace(record, body=body, state=RESENT)


def _body(letter: DeadLetter) -> JsonObject:
    fields = msgspec.to_builtins(letter, builtin_types=(datetime,))
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in fields.items()}


def from_record(record: Record) -> DeadLetter:
    """Read a dead letter.

    Raises:
        msgspec.ValidationError: it is none.
    """
    return msgspec.convert(record.body, DeadLetter)
