"""One conversation as it is stored: who has it, what waits and why, who works. Nothing is changed."""

from datetime import datetime
from typing import NamedTuple

import msgspec

from functions.handoff.changes import conversation_path, entry_path, is_expired
from functions.handoff.conversation import AGENT, BOT, Conversation, from_record
from functions.handoff.errors import ConfigError
from functions.handoff.events import JsonObject
from functions.handoff.parts import Pending
from functions.handoff.schedule import HOLD, firsts, needs
from functions.runtime.config import Settings
from infra.operate.documents import read_paths
from infra.operate.letters import Listed, letters_of


class Known(NamedTuple):
    """What is stored of a conversation: None when it is gone. `texts`: entry id → the whole entry, if asked for."""

    key: str
    conversation: Conversation | None
    letters: tuple[Listed, ...]
    texts: dict[str, JsonObject]


def read_known(settings: Settings, key: str, now: datetime, *, with_texts: bool) -> Known:
    """Read it, in a trip for the conversation, one for the dead letters, and one for texts.

    Raises:
        ConfigError: the store is not there, there are no credentials for it, or another version wrote it.
        StoreUnavailable: no answer in time.
    """
    path = conversation_path(key)
    document = read_paths(settings, path).get(path)
    c = None
    if document is not None and not is_expired(document, now):
        try:
            c = from_record(document.record)
        except msgspec.ValidationError as e:
            raise ConfigError(f"the conversation was written by another version of the bundle: {e}") from e
    return Known(key, c, tuple(letters_of(settings, key)), _read_texts(settings, c) if c and with_texts else {})


def _read_texts(settings: Settings, c: Conversation) -> dict[str, JsonObject]:
    paths = {entry_path(c.key, pending.id): pending.id for pending in c.pending}
    found = read_paths(settings, *paths) if paths else {}
    return {paths[path]: document.record.body for path, document in found.items()}


# --- who has it ------------------------------------------------------------------------------------------------------


class Ownership(NamedTuple):
    """Who has the conversation, and as far as the record holds it, since when and why ("" and None: it does not)."""

    owner: str
    since: datetime | None
    why: str


def ownership_of(c: Conversation) -> Ownership:
    """Who has it. Of one that never had a person there is no "since"."""
    asked = c.handoffs[-1] if c.handoffs else None
    if c.state == BOT:
        return Ownership("the bot", asked.ended_at if asked else None, asked.outcome if asked else "")
    why, asked_at = (asked.reason, asked.at) if asked else ("", None)
    if c.state != AGENT:
        return Ownership("nobody yet: a person is asked for", asked_at, why)
    came_at = min((one.since for one in c.agents if one.since and not one.late), default=None)
    return Ownership("a person", came_at or asked_at, why)


# --- what waits, and why ---------------------------------------------------------------------------------------------


class Waiting(NamedTuple):
    """An entry that waits, and what for."""

    pending: Pending
    reason: str


def waiting_in(c: Conversation, now: datetime) -> list[Waiting]:
    """Every entry that waits, in the order in which they are considered, those behind others last."""
    ahead = firsts(c)
    behind = sorted((one for one in c.pending if one not in ahead), key=lambda one: (one.lane, one.source_at, one.seq))
    return [
        *(Waiting(one, _reason(c, one, now)) for one in ahead),
        *(Waiting(one, "behind another of its lane") for one in behind),
    ]


def _reason(c: Conversation, pending: Pending, now: datetime) -> str:
    if c.lease and c.lease.entry == pending.id:
        return "in hand" if c.is_held(now) else "was in the hand of a worker who is gone: next to be taken up"
    provider = needs(c, pending)
    if provider == HOLD:
        return "for LEFT to be shown first" if c.agents else "for the end of its chat to be worked first"
    parked = c.parked.get(provider or "")
    if parked and parked.retry_at > now:
        return f"{provider} is left alone until {parked.retry_at:%H:%M:%S}Z"
    return "for its turn: somebody works here" if c.is_held(now) else "to be worked now"
