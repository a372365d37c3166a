"""Taking, keeping and giving back a conversation: the lease, and the commits of whoever holds it.

Everything here is compare-and-set on the conversation's version. A commit whose outcome is unknown or refused is judged
by reading again: the lease's owner and its count of steps tell whether it was applied.
"""

import contextlib
import random
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import msgspec

from functions.handoff.changes import Changes, conversation_path, entry_path, is_expired
from functions.handoff.conversation import Conversation, copy, from_record
from functions.handoff.entries import Entry, TimerFired, decode
from functions.handoff.errors import StoreConflict, StoreUnavailable
from functions.handoff.interfaces import PROVIDERS, Clock, Document, Store
from functions.handoff.parts import Lease
from functions.handoff.policy import Policy
from functions.handoff.schedule import DESK_WORKS_UP_TO_S, LEASE_S, needed_time_s, needs, ready

COMMIT_TRIES = 12
MAX_TAKEOVERS = 3
"""An entry in whose hands three workers died is given up: it must not hold a conversation for ever."""

_PREFETCHED = 10
_READ_TRIES = 3
_PATIENT_FROM = 3  # conflicts; whoever holds the conversation comes back sooner than those who only write into it
_GRACE = timedelta(seconds=1)  # past the door's deadline, to write down an effect that is done


class Machine(msgspec.Struct, frozen=True):
    """The means every part of the mailbox works with. `random`: for jitter. `brands`: policies of their own."""

    store: Store
    policy: Policy
    clock: Clock
    random: random.Random
    brands: Mapping[str, Policy] = {}

    def policy_of(self, brand: str) -> Policy:
        """What holds for a brand; one that is not (or no longer) known is the deployment's own."""
        return self.brands.get(brand, self.policy)


class Held:
    """A conversation in hand: as of our last commit, with its version, and the entries' contents as far as known.

    Args:
        conversation: with our lease in it.
        documents: what was read or written last; at least the conversation's.
        deadline: when the door must have answered.
    """

    def __init__(
        self,
        conversation: Conversation,
        documents: Mapping[str, Document],
        entries: Mapping[str, Entry],
        deadline: datetime,
    ) -> None:
        if conversation.lease is None:
            raise LookupError("a conversation is held by its lease")
        self.conversation = conversation
        self.documents = documents
        self.entries = dict(entries)
        self.deadline = deadline
        self.lease = conversation.lease
        self.owner = conversation.lease.owner

    def update(
        self, conversation: Conversation, documents: Mapping[str, Document], entries: Mapping[str, Entry]
    ) -> None:
        """After a commit."""
        self.conversation = conversation
        self.documents = documents
        self.entries.update(entries)
        self.lease = conversation.lease or self.lease


def find_conversation(documents: Mapping[str, Document], key: str, now: datetime) -> Conversation | None:
    """The conversation among documents just read, or None when there is none (any more)."""
    found = documents.get(conversation_path(key))
    return from_record(found.record) if found and not is_expired(found, now) else None


# --- taking ----------------------------------------------------------------------------------------------------------


def try_take(changes: Changes, owner: str, deadline: datetime) -> bool:
    """Take the lease within this commit, if it is free or expired and something can go; answers whether it was taken.

    An expired lease's entry comes first, before any ordering, and its call is in doubt.
    """
    c = changes.conversation
    if c.is_held(changes.now):
        return False
    if c.lease is not None and c.find_pending(c.lease.entry):
        _take_over(changes, c.lease, owner)
        return True
    c.lease = None
    ripen(changes)
    entry_id = choose(changes, deadline)
    if entry_id is None:
        return False
    c.lease = Lease(owner, _lease_until(changes.now), entry_id)
    return True


def _take_over(changes: Changes, expired: Lease, owner: str) -> None:
    c = changes.conversation
    entry = c.find_pending(expired.entry)
    provider = needs(c, entry) if entry else None
    if entry and provider in PROVIDERS:
        # a call that can't be repeated is sent, if at all, with at least this much of the lease left
        changes.doubt(expired.entry, provider, expired.until - timedelta(seconds=DESK_WORKS_UP_TO_S))
    c.lease = Lease(owner, _lease_until(changes.now), expired.entry, expired.takeovers + 1)


def _lease_until(now: datetime) -> datetime:
    return now + timedelta(seconds=LEASE_S)


def ripen(changes: Changes) -> None:
    """Timers that came due become control entries."""
    c = changes.conversation
    for name, at in sorted(c.timers.items()):
        if at <= changes.now:
            del c.timers[name]
            changes.add(TimerFired(id=f"timer:{name}:{at.isoformat()}", source_at=at, name=name))


def choose(changes: Changes, deadline: datetime) -> str | None:
    """The next entry that can go, if the door's time suffices to begin it."""
    c = changes.conversation
    left_s = (deadline - changes.now).total_seconds()
    for pending in ready(c, changes.now)[:1]:
        if needed_time_s(c, pending) <= left_s:
            return pending.id
    return None


# --- keeping ---------------------------------------------------------------------------------------------------------


def commit_step(machine: Machine, held: Held, change: Callable[[Changes], None], *, then: str) -> bool:
    """Apply `change` and move on, in one commit; `held` is brought up to date. Answers whether it is still in hand.

    `then`: "next" names the next entry able to go, or releases; "same" keeps the entry in hand (lease extended);
    "release" gives the conversation back, due at once if something can go.

    Raises:
        StoreUnavailable: the store stays away, or others write all the time; the lease will run out and somebody
            else takes over. What was done can't be undone, so it is tried for as long as there is time.
    """
    base, documents = held.conversation, held.documents
    conflicts = 0
    while True:
        changes = Changes(copy(base), documents, machine.policy_of(base.brand), machine.clock.now())
        change(changes)
        _move_on(changes, held, then)
        writes = changes.writes()
        try:
            versions = machine.store.commit(*writes)
        except (StoreConflict, StoreUnavailable):
            documents = read_again(machine, changes.paths, min(conflicts, _PATIENT_FROM), held.deadline + _GRACE)
        else:
            path = conversation_path(base.key)
            held.update(changes.conversation, {path: Document(path, changes.record, versions[path])}, changes.entries)
            return changes.conversation.lease is not None
        found = find_conversation(documents, base.key, machine.clock.now())
        if found is None or found.lease is None or found.lease.owner != held.owner:
            held.conversation = found or changes.conversation
            return False  # given back by our own commit, or lost: either way nothing is ours to do
        if found.lease.step > held.lease.step:
            held.update(found, documents, changes.entries)
            return True
        base = found
        conflicts += 1


def _move_on(changes: Changes, held: Held, then: str) -> None:
    c, lease = changes.conversation, held.lease
    ripen(changes)
    c.lease = None
    entry_id = lease.entry if then == "same" else choose(changes, held.deadline) if then == "next" else None
    if entry_id is not None:
        takeovers = lease.takeovers if entry_id == lease.entry else 0
        c.lease = Lease(lease.owner, _lease_until(changes.now), entry_id, takeovers, lease.step + 1)


def read_again(machine: Machine, paths: list[str], attempt: int, deadline: datetime) -> dict[str, Document]:
    """Read everything a commit was made from, with jitter between tries.

    Raises:
        StoreUnavailable: the store stays away, or the time is up.
    """
    for again in range(_READ_TRIES):
        machine.clock.sleep(machine.random.uniform(0.005, 0.03) * (1 + attempt + 10 * again))
        if machine.clock.now() >= deadline:
            break
        with contextlib.suppress(StoreUnavailable):
            return machine.store.get(*paths)
    raise StoreUnavailable("the store is away, or too slow")


def load_entry(machine: Machine, held: Held) -> Entry | None:
    """The content of the entry in hand, reading it (and some that follow) if need be; None: gone, or not readable."""
    wanted = held.lease.entry
    if wanted not in held.entries:
        c = held.conversation
        coming = [p.id for p in ready(c, machine.clock.now()) if p.id not in held.entries][:_PREFETCHED]
        paths = {entry_path(c.key, entry_id): entry_id for entry_id in [wanted, *coming]}
        found = machine.store.get(*paths)
        held.documents = {**held.documents, **found}
        held.entries.update(_readable({paths[path]: document for path, document in found.items()}))
    return held.entries.get(wanted)


def _readable(documents: Mapping[str, Document]) -> dict[str, Entry]:
    """Those written by this version or one that this one understands."""
    entries = {}
    for entry_id, document in documents.items():
        with contextlib.suppress(msgspec.ValidationError):
            entries[entry_id] = decode(document.record.body)
    return entries
