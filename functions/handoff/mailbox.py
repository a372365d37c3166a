"""The mailbox: accept an event once and for good, then work what can be worked, one worker per conversation at a time.

`accept` answers only after the event is stored. Nothing runs after the door's answer: what can't be done in its time is
left for `redeliver`, which the conversation's one alarm clock (`due_at`) asks for.
"""

import contextlib
from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from functions.handoff import ids
from functions.handoff.changes import Changes, conversation_path, entry_path, is_expired
from functions.handoff.conversation import MAX_ACCEPTED_PENDING, Conversation, UserProfile, begin_conversation
from functions.handoff.errors import ConversationBusy, MailboxFull, StoreConflict, StoreUnavailable
from functions.handoff.events import Event, JsonObject, encode
from functions.handoff.holding import COMMIT_TRIES, Held, Machine, find_conversation, read_again, try_take
from functions.handoff.interfaces import Delete, Document, WakeUps
from functions.handoff.moves import tell_user
from functions.handoff.worker import Worker

_PROMPT_WITHIN = timedelta(minutes=1)


class Inbound(msgspec.Struct, frozen=True, kw_only=True):
    """One event for one conversation.

    `channel`, `address` and `user` come from the channel's side; "" and empty from the others, which need the
    conversation to exist. `also_known_as`: another id under which the same event may have been accepted.
    """

    key: str
    event: Event
    channel: str = ""
    address: JsonObject = {}
    user: UserProfile = UserProfile()
    also_known_as: str = ""


class Accepted(msgspec.Struct, frozen=True):
    """What became of an inbound event.

    `outcome`: "handled" (resolved within this call), "queued", "duplicate", "ignored" (no such conversation),
    "dead_letter" (too much is waiting). `conversation`: as last seen, for the log.
    """

    outcome: str
    conversation: Conversation | None
    state_before: str = ""


class Mailbox:
    """Accepts events and works them.

    Args:
        machine: store, policy, clock, randomness.
        worker: does what can be done.
        wake_ups: asked for a prompt wake-up when a conversation is released with work soon due.
    """

    def __init__(self, machine: Machine, worker: Worker, wake_ups: WakeUps) -> None:
        self._machine = machine
        self._worker = worker
        self._wake_ups = wake_ups

    # --- accept ---

    def accept(self, inbound: Inbound, *, budget_s: float, drain: bool = True) -> Accepted:
        """Store the event, once; with `drain`, work the conversation for as long as the budget lasts.

        Raises:
            StoreUnavailable: it could not be stored (as far as is known); the sender should come back.
            ConversationBusy: too many writers, or (`MailboxFull`) too much waiting; the same.
        """
        arrival = _Arrival(inbound, ids.new_owner_id(), self._now() + timedelta(seconds=budget_s), drain)
        return self._until_settled(arrival, lambda documents: self._try_accept(arrival, inbound, documents))

    def _bury(self, expired: Document | None) -> None:
        """Delete a conversation that is over, so that it is not due for ever."""
        if expired:
            with contextlib.suppress(StoreConflict):
                self._machine.store.commit(Delete(expired.path, expired.version))

    def _until_settled(
        self, arrival: "_Arrival", attempt: Callable[[dict[str, Document]], Accepted | None]
    ) -> Accepted:
        documents = self._read(arrival)
        for tries in range(COMMIT_TRIES):
            answer = attempt(documents)
            if answer is not None:
                return answer
            documents = read_again(self._machine, arrival.paths, tries, arrival.deadline)
        raise ConversationBusy(f"{COMMIT_TRIES} conflicts in a row")

    def _try_accept(self, arrival: "_Arrival", inbound: Inbound, documents: dict[str, Document]) -> Accepted | None:
        """One try; None when somebody else wrote first, or it is not known whether we did."""
        now = self._now()
        found = find_conversation(documents, inbound.key, now)
        if found and found.lease and found.lease.owner == arrival.owner:  # applied, though the answer was lost
            return self._work(Held(found, documents, arrival.entries, arrival.deadline), arrival)
        if found is None and not inbound.channel:
            return Accepted("ignored", None)
        conversation = found or begin_conversation(inbound.key, inbound.channel, now)
        changes = Changes(conversation, documents, self._machine.policy, now)
        arrival.state_before = conversation.state
        is_known = any(path in documents and not is_expired(documents[path], now) for path in arrival.entry_paths)
        outcome = "duplicate" if is_known else self._admit(changes, inbound)
        is_pending = bool(conversation.find_pending(inbound.event.id))
        taken = arrival.drain and is_pending and try_take(changes, arrival.owner, arrival.deadline)
        if is_known and not taken:
            if arrival.has_tried:  # perhaps it was our own commit, whose answer was lost
                self._ask_for_wake_up(conversation)
                outcome = "queued"
            return Accepted(outcome, conversation, conversation.state)
        return self._commit_arrival(arrival, changes, outcome, taken=taken)

    def _commit_arrival(self, arrival: "_Arrival", changes: Changes, outcome: str, *, taken: bool) -> Accepted | None:
        writes = changes.writes()
        arrival.also_read(changes.paths)
        arrival.has_tried = True
        try:
            versions = self._machine.store.commit(*writes)
        except (StoreConflict, StoreUnavailable):
            return None
        c = changes.conversation
        if not taken:
            self._ask_for_wake_up(c)
            return Accepted(outcome, c, arrival.state_before)
        path = conversation_path(c.key)
        document = Document(path, changes.record, versions[path])
        entries = {**arrival.entries, **changes.entries}
        return self._work(Held(c, {path: document}, entries, arrival.deadline), arrival)

    def _admit(self, changes: Changes, inbound: Inbound) -> str:
        """Take the event into the mailbox; when too much waits, the user's become dead letters.

        Raises:
            MailboxFull: too much waits, and the sender will come back.
        """
        c = changes.conversation
        c.accepted_at = changes.now
        if inbound.channel:
            c.address = inbound.address
            c.user = _merge(c.user, inbound.user)
        if c.accepted_pending() < MAX_ACCEPTED_PENDING:
            c.full_told = False
            changes.add(inbound.event, own=False)
            return "queued"
        if not inbound.channel:
            raise MailboxFull(f"{MAX_ACCEPTED_PENDING} events are waiting")
        changes.store_only(inbound.event)
        changes.write_dead_letter(inbound.event.id, encode(inbound.event), "mailbox_full")
        if not c.full_told:
            c.full_told = True
            tell_user(changes, "overloaded", inbound.event.id)
        return "dead_letter"

    # --- redeliver ---

    def redeliver(self, key: str, *, budget_s: float) -> Accepted:
        """Work one conversation if it is due; looks before it leaps, so calling it too often costs one read.

        Raises:
            StoreUnavailable: not now; call again.
            ConversationBusy: the same.
        """
        arrival = _Arrival(None, ids.new_owner_id(), self._now() + timedelta(seconds=budget_s), drain=True)
        arrival.also_read([conversation_path(key)])
        return self._until_settled(arrival, lambda documents: self._try_redeliver(arrival, key, documents))

    def _try_redeliver(self, arrival: "_Arrival", key: str, documents: dict[str, Document]) -> Accepted | None:
        now = self._now()
        found = find_conversation(documents, key, now)
        if found and found.lease and found.lease.owner == arrival.owner:
            return self._work(Held(found, documents, {}, arrival.deadline), arrival)
        if found is None:
            self._bury(documents.get(conversation_path(key)))
            return Accepted("ignored", None)
        if found.due_at is None or found.due_at > now:
            return Accepted("ignored", found, found.state)
        arrival.state_before = found.state
        changes = Changes(found, documents, self._machine.policy, now)
        taken = try_take(changes, arrival.owner, arrival.deadline)
        return self._commit_arrival(arrival, changes, "queued", taken=taken)

    def find(self, key: str) -> Conversation | None:
        """A conversation as it is stored, or None; only to look at.

        Raises:
            StoreUnavailable: no answer in time.
        """
        return find_conversation(self._machine.store.get(conversation_path(key)), key, self._now())

    def due(self, limit: int) -> list[str]:
        """Keys of conversations that somebody must touch now."""
        return self._machine.store.due(self._now(), limit)

    # --- small things ---

    def _now(self) -> datetime:
        return self._machine.clock.now()

    def _read(self, arrival: "_Arrival") -> dict[str, Document]:
        """Read, bearing with a store that is away for a moment."""
        try:
            return self._machine.store.get(*arrival.paths)
        except StoreUnavailable:
            return read_again(self._machine, arrival.paths, 0, arrival.deadline)

    def _work(self, held: Held, arrival: "_Arrival") -> Accepted:
        if self._worker.work(held):
            self._ask_for_wake_up(held.conversation)
        event = arrival.inbound.event if arrival.inbound else None
        is_open = event is not None and held.conversation.find_pending(event.id)
        return Accepted("queued" if is_open else "handled", held.conversation, arrival.state_before)

    def _ask_for_wake_up(self, c: Conversation) -> None:
        """Prompt for what is due soon; what is due later, and what this misses, is the sweep's."""
        if c.lease is None and c.due_at and c.due_at - self._now() < _PROMPT_WITHIN:
            self._wake_ups.schedule(c.key, c.due_at)


class _Arrival:
    """One call of the mailbox: what came, who we are, and what must be read to judge our own commit."""

    def __init__(self, inbound: Inbound | None, owner: str, deadline: datetime, drain: bool) -> None:
        self.inbound = inbound
        self.owner = owner
        self.deadline = deadline
        self.drain = drain
        self.state_before = ""
        self.has_tried = False
        self.entry_paths: list[str] = []
        self._paths: dict[str, None] = {}
        if inbound:
            ids_known = filter(None, (inbound.event.id, inbound.also_known_as))
            self.entry_paths = [entry_path(inbound.key, entry_id) for entry_id in ids_known]
            self.also_read([conversation_path(inbound.key), *self.entry_paths])

    def also_read(self, paths: list[str]) -> None:
        """Read these, too, from the next try on."""
        self._paths.update(dict.fromkeys(paths))

    @property
    def paths(self) -> list[str]:
        """What to read."""
        return list(self._paths)

    @property
    def entries(self) -> dict[str, Event]:
        """Contents known without reading."""
        return {self.inbound.event.id: self.inbound.event} if self.inbound else {}


def _merge(known: UserProfile, heard: UserProfile) -> UserProfile:
    """The user's profile with what this event says of it; context is optional on every event."""
    return UserProfile(heard.name or known.name, heard.locale or known.locale, {**known.context, **heard.context})
