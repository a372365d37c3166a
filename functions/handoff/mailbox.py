"""The mailbox: accept an event once and for good, then work what can be worked, one worker per conversation at a time.

`accept` answers only after the event is stored. Nothing runs after the door's answer: what can't be done in its time is
left for `redeliver`, which the conversation's one alarm clock (`due_at`) asks for.
"""

import contextlib
from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from functions.handoff import ids
from functions.handoff.arrival import Accepted, Arrival, Inbound, merge
from functions.handoff.changes import Changes, conversation_path, entry_path, is_expired
from functions.handoff.conversation import MAX_ACCEPTED_PENDING, Conversation, begin_conversation
from functions.handoff.dead_letters import dead_letter_path
from functions.handoff.entries import encode
from functions.handoff.errors import ConversationBusy, MailboxFull, StoreConflict, StoreUnavailable
from functions.handoff.events import MessageExpired, Subscription, SubscriptionWord, UserReceipt
from functions.handoff.holding import COMMIT_TRIES, Held, Machine, find_conversation, read_again, try_take
from functions.handoff.interfaces import Delete, Document, WakeUps
from functions.handoff.moves import tell_user
from functions.handoff.resending import CONVERSATION_GONE, NO_SUCH_LETTER, find_letter, send_again
from functions.handoff.subscription_work import hear_from_user
from functions.handoff.worker import Worker

__all__ = ["Accepted", "Inbound", "Mailbox"]

_PROMPT_WITHIN = timedelta(minutes=1)
_CALL_NOBODY = (Subscription, SubscriptionWord, MessageExpired)
"""Taken in however much waits: the sender can't be told to come back, and they are worked at once."""


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
        arrival = Arrival(inbound, ids.new_owner_id(), self._now() + timedelta(seconds=budget_s), drain)
        return self._until_settled(arrival, lambda documents: self._try_accept(arrival, inbound, documents))

    def _bury(self, expired: Document | None) -> None:
        """Delete a conversation that is over, so that it is not due for ever."""
        if expired:
            with contextlib.suppress(StoreConflict):
                self._machine.store.commit(Delete(expired.path, expired.version))

    def _until_settled(self, arrival: Arrival, attempt: Callable[[dict[str, Document]], Accepted | None]) -> Accepted:
        documents = self._read(arrival)
        for tries in range(COMMIT_TRIES):
            answer = attempt(documents)
            if answer is not None:
                return answer
            documents = read_again(self._machine, arrival.paths, tries, arrival.deadline)
        raise ConversationBusy(f"{COMMIT_TRIES} conflicts in a row")

    def _try_accept(self, arrival: Arrival, inbound: Inbound, documents: dict[str, Document]) -> Accepted | None:
        """One try; None when somebody else wrote first, or it is not known whether we did."""
        now = self._now()
        found = find_conversation(documents, inbound.key, now)
        if found and found.lease and found.lease.owner == arrival.owner:  # applied, though the answer was lost
            return self._work(Held(found, documents, arrival.entries, arrival.deadline), arrival)
        if found is None and not inbound.channel:
            return Accepted("ignored", None)
        conversation = found or begin_conversation(inbound.key, inbound.channel, now)
        policy = self._machine.policy_of(inbound.brand if inbound.channel else conversation.brand)
        changes = Changes(conversation, documents, policy, now)
        arrival.state_before = conversation.state
        is_known = any(path in documents and not is_expired(documents[path], now) for path in arrival.entry_paths)
        outcome = "duplicate" if is_known else self._admit(changes, inbound)
        is_pending = bool(conversation.find_pending(inbound.event.id))
        taken = arrival.drain and is_pending and try_take(changes, arrival.owner, arrival.deadline)
        if is_known and not taken:
            return self._answer_known(arrival, conversation, outcome)
        return self._commit_arrival(arrival, changes, outcome, taken=taken)

    def _answer_known(self, arrival: Arrival, c: Conversation, outcome: str) -> Accepted:
        if arrival.has_tried:  # perhaps it was our own commit, whose answer was lost
            self._ask_for_wake_up(c)
            outcome = "queued"
        return Accepted(outcome, c, c.state)

    def _commit_arrival(self, arrival: Arrival, changes: Changes, outcome: str, *, taken: bool) -> Accepted | None:
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

        But not that they want to hear no more, nor that they missed an agent's words.

        Raises:
            MailboxFull: too much waits, and the sender will come back.
        """
        c = changes.conversation
        c.accepted_at = changes.now
        if inbound.channel:
            c.address, c.brand = inbound.address, inbound.brand
            c.user = merge(c.user, inbound.user)
            hear_from_user(changes, inbound.event)
        is_full = c.accepted_pending() >= MAX_ACCEPTED_PENDING
        c.full_told = c.full_told and is_full
        if not is_full or isinstance(inbound.event, _CALL_NOBODY):
            changes.add(inbound.event, own=False)
            return "queued"
        if not inbound.channel:
            raise MailboxFull(f"{MAX_ACCEPTED_PENDING} events are waiting")
        if isinstance(inbound.event, UserReceipt):
            return "ignored"
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
        arrival = Arrival(None, ids.new_owner_id(), self._now() + timedelta(seconds=budget_s), drain=True)
        arrival.also_read([conversation_path(key)])
        return self._until_settled(arrival, lambda documents: self._try_redeliver(arrival, key, documents))

    def _try_redeliver(self, arrival: Arrival, key: str, documents: dict[str, Document]) -> Accepted | None:
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
        changes = Changes(found, documents, self._machine.policy_of(found.brand), now)
        taken = try_take(changes, arrival.owner, arrival.deadline)
        return self._commit_arrival(arrival, changes, "queued", taken=taken)

    # --- resend ---

    def resend(self, letter_id: str, *, budget_s: float) -> Accepted:
        """Let a dead letter's entry wait again, once, and work its conversation.

        Outcome "duplicate": it was sent again before. "ignored": it can't be, `reason` says why (`resending.WORDS`).
        "dead_letter": it was given up again, for this `reason`.

        Raises:
            StoreUnavailable: not now; call again.
            ConversationBusy: the same, or (`MailboxFull`) too much waits in its conversation.
        """
        path = dead_letter_path(letter_id)
        arrival = Arrival(None, ids.new_owner_id(), self._now() + timedelta(seconds=budget_s), drain=True)
        arrival.also_read([path])
        letter = find_letter(self._read(arrival), path, self._now())
        if letter is None:
            return Accepted("ignored", None, reason=NO_SUCH_LETTER)
        arrival.entry_id, key = letter.entry_id, letter.conversation
        arrival.also_read([conversation_path(key), entry_path(key, letter.entry_id)])
        answer = self._until_settled(arrival, lambda documents: self._try_resend(arrival, path, key, documents))
        return self._judge(answer, path) if answer.outcome == "handled" else answer

    def _try_resend(self, arrival: Arrival, path: str, key: str, documents: dict[str, Document]) -> Accepted | None:
        now = self._now()
        letter, found = find_letter(documents, path, now), find_conversation(documents, key, now)
        if found and found.lease and found.lease.owner == arrival.owner:
            return self._work(Held(found, documents, {}, arrival.deadline), arrival)
        if letter is None or found is None:
            return Accepted("ignored", found, reason=CONVERSATION_GONE if letter else NO_SUCH_LETTER)
        if letter.resent_at:
            return self._answer_known(arrival, found, "duplicate")
        arrival.state_before = found.state
        changes = Changes(found, documents, self._machine.policy_of(found.brand), now)
        refusal = send_again(changes, letter)
        if refusal:
            return Accepted("ignored", found, found.state, refusal)
        changes.mark_resent(documents[path])
        taken = try_take(changes, arrival.owner, arrival.deadline)
        return self._commit_arrival(arrival, changes, "queued", taken=taken)

    def _judge(self, answer: Accepted, path: str) -> Accepted:
        """Resolved: delivered, or given up again."""
        with contextlib.suppress(StoreUnavailable):
            letter = find_letter(self._machine.store.get(path), path, self._now())
            if letter and not letter.resent_at:
                return msgspec.structs.replace(answer, outcome="dead_letter", reason=letter.reason)
        return answer

    # --- small things ---

    def find(self, key: str) -> Conversation | None:
        """A conversation as it is stored, or None; only to look at.

        Raises:
            StoreUnavailable: no answer in time.
        """
        return find_conversation(self._machine.store.get(conversation_path(key)), key, self._now())

    def due(self, limit: int) -> dict[str, datetime]:
        """Conversations that somebody must touch now: key → due since, longest first."""
        return self._machine.store.due(self._now(), limit)

    def _now(self) -> datetime:
        return self._machine.clock.now()

    def _read(self, arrival: Arrival) -> dict[str, Document]:
        """Read, bearing with a store that is away for a moment."""
        try:
            return self._machine.store.get(*arrival.paths)
        except StoreUnavailable:
            return read_again(self._machine, arrival.paths, 0, arrival.deadline)

    def _work(self, held: Held, arrival: Arrival) -> Accepted:
        if self._worker.work(held):
            self._ask_for_wake_up(held.conversation)
        is_open = held.conversation.find_pending(arrival.entry_id)
        return Accepted("queued" if is_open else "handled", held.conversation, arrival.state_before)

    def _ask_for_wake_up(self, c: Conversation) -> None:
        """Prompt for what is due soon; what is due later, and what this misses, is the sweep's."""
        if c.lease is None and c.due_at and c.due_at - self._now() < _PROMPT_WITHIN:
            self._wake_ups.schedule(c.key, c.due_at)
