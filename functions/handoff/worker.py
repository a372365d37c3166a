"""Working a conversation in hand: entry by entry, each at most one effect on one provider, then one commit.

What fails for now parks its provider for this conversation; what fails for good, or for a day, becomes a dead letter
and its writer is told.
"""

from collections.abc import Callable
from datetime import timedelta

from functions.handoff.bridge import work_of
from functions.handoff.changes import Changes
from functions.handoff.entries import AgentNote, Entry, encode, kind_of
from functions.handoff.errors import (
    ConfigError,
    ConversationBusy,
    HandoffError,
    LeaseTooShort,
    NotYet,
    OutOfTime,
    ProviderError,
    ProviderUnavailable,
    StoreUnavailable,
)
from functions.handoff.holding import MAX_TAKEOVERS, Held, Machine, commit_step, load_entry
from functions.handoff.interfaces import CHANNEL, LIVECHAT, PROVIDERS, Journal
from functions.handoff.moves import tell_user
from functions.handoff.presence import leave_late
from functions.handoff.schedule import needs
from functions.handoff.work import Sides, Step

GIVE_UP_AFTER = timedelta(hours=24)
_PARK_FIRST_S, _PARK_LONGEST_S = 2.0, 300.0
_RETRY_AFTER_LONGEST_S = 3600.0
_TRIES_UNCALLED = 4  # pauses of 24 to 40 s: a try that made no call cost nobody anything, and Cloud Tasks can end it


class Worker:
    """Works whatever it is handed, until nothing can go or the time is up.

    Args:
        machine: store, policy, clock, randomness.
        sides: the outside.
        journal: told what was done.
    """

    def __init__(self, machine: Machine, sides: Sides, journal: Journal) -> None:
        self._machine = machine
        self._sides = sides
        self._journal = journal

    def work(self, held: Held) -> bool:
        """Work the conversation in hand; answers whether it was given back in order (else its lease runs out)."""
        try:
            while self._work_one(held):
                pass
        except (StoreUnavailable, ConversationBusy) as e:
            self._journal.note("lease_left", reason=type(e).__name__)
            return False
        return True

    def _work_one(self, held: Held) -> bool:
        """One entry: at most one effect, then one commit. Answers whether the conversation is still in hand."""
        entry_id, takeovers = held.lease.entry, held.lease.takeovers
        entry = load_entry(self._machine, held)
        if entry is None or takeovers >= 2 * MAX_TAKEOVERS:  # unreadable, or even giving it up in order fails
            reason = "unreadable" if entry is None else "poison"
            self._journal.note("dead_letter", entry=entry_id, reason=reason)
            return self._commit(held, None, lambda changes: _drop(changes, entry_id, reason), "next")
        if takeovers >= MAX_TAKEOVERS:
            return self._commit(held, None, lambda changes: give_up(changes, entry, "poison"), "next")
        step = Step(
            held.conversation,
            entry_id,
            sides=self._sides,
            policy=self._machine.policy_of(held.conversation.brand),
            clock=self._machine.clock,
            deadline=held.deadline,
        )
        try:
            change, then = self._perform(step, entry)
        except ConfigError as e:  # parked like a failure, so that it heals once it is put right; and said aloud
            self._commit(held, step, self._after_failure(step, entry, _unavailable(step, e)), "release")
            raise
        return self._commit(held, step, change, then)

    def _commit(self, held: Held, step: Step | None, change: Callable[[Changes], None], then: str) -> bool:
        given_up: list[tuple[str, str]] = []

        def whole(changes: Changes) -> None:
            if step and step.customer:
                changes.conversation.customer = step.customer  # perhaps with a renewed token
            change(changes)
            given_up[:] = changes.given_up

        is_held = commit_step(self._machine, held, whole, then=then)
        for entry_id, reason in given_up:
            self._journal.note("dead_letter", entry=entry_id, reason=reason)
        return is_held

    def _perform(self, step: Step, entry: Entry) -> tuple[Callable[[Changes], None], str]:
        """Do the effect; answers what to write of it, and how to go on."""
        try:
            result = work_of(entry).perform(step, entry)
        except OutOfTime:
            return lambda changes: _interrupted(changes, entry, step), "release"
        except LeaseTooShort:
            return lambda changes: _interrupted(changes, entry, step), "same"
        except NotYet as e:
            provider, retry_at = e.provider, e.retry_at
            return lambda changes: changes.park(provider, retry_at, failed=False), "next"
        except ProviderError as e:
            return self._after_failure(step, entry, e), "next"
        except HandoffError as e:  # something the call needed is away: a secret, the store
            return self._after_failure(step, entry, _unavailable(step, e)), "next"
        self._journal.note("worked", entry=entry.id, kind=kind_of(entry))
        return lambda changes: _settle(changes, entry, result), "next"

    def _after_failure(self, step: Step, entry: Entry, error: ProviderError) -> Callable[[Changes], None]:
        jitter = self._machine.random.uniform(0.75, 1.25)
        self._journal.note(
            "failed",
            entry=entry.id,
            kind=kind_of(entry),
            provider=error.provider,
            error=error.error_type,
            status=error.status,
        )
        return lambda changes: _failed(changes, entry, error, step, jitter)


def _unavailable(step: Step, error: Exception) -> ProviderUnavailable:
    """A failure on our side of a call, as one of its provider: nothing was delivered."""
    pending = step.conversation.find_pending(step.entry_id)
    provider = needs(step.conversation, pending) if pending else None
    return ProviderUnavailable(provider if provider in PROVIDERS else LIVECHAT, type(error).__name__)


def _settle(changes: Changes, entry: Entry, result: object) -> None:
    pending = changes.conversation.find_pending(entry.id)
    provider = needs(changes.conversation, pending) if pending else None
    work_of(entry).settle(changes, entry, result)
    if changes.kept:
        return
    changes.conversation.parked.pop(provider or "", None)
    changes.finish(entry.id)


def _interrupted(changes: Changes, entry: Entry, step: Step) -> None:
    """Not begun, or only partly done: the part that was is looked for, or known, before the rest is done."""
    pending = changes.conversation.find_pending(entry.id)
    if pending and changes.now - pending.accepted_at >= GIVE_UP_AFTER:
        give_up(changes, entry, "too_slow")
        return
    _keep_progress(changes, entry, step)
    if step.had_effect and step.began_at:
        changes.doubt(entry.id, LIVECHAT, step.began_at)


def _keep_progress(changes: Changes, entry: Entry, step: Step) -> None:
    if step.shown:
        changes.conversation.shown[entry.id] = step.shown


def _failed(changes: Changes, entry: Entry, error: ProviderError, step: Step, jitter: float) -> None:
    c = changes.conversation
    pending = c.find_pending(entry.id)
    if pending is None:
        return
    cannot_wait = needs(c, pending) is None  # parking does not hold it back, and it would come round at once
    if cannot_wait or not error.retryable or changes.now - pending.accepted_at >= GIVE_UP_AFTER:
        give_up(changes, entry, error.error_type)
        return
    _keep_progress(changes, entry, step)
    tries = c.parked[error.provider].tries if error.provider in c.parked else 0
    was_called = error.error_type != "circuit_open"
    pause_s = pause_after(tries if was_called else min(tries, _TRIES_UNCALLED)) * jitter
    pause_s = max(pause_s, min(error.retry_after_s or 0.0, _RETRY_AFTER_LONGEST_S) * (jitter + 0.25))
    retry_at = changes.now + timedelta(seconds=pause_s)
    changes.park(error.provider, retry_at, failed=was_called or tries < _TRIES_UNCALLED)
    may_have_worked = not error.undelivered and (step.began_at is not None or error.provider == CHANNEL)
    if step.had_effect or may_have_worked:
        changes.doubt(entry.id, error.provider, changes.now)


def pause_after(tries: int) -> float:
    """Seconds to leave a provider alone after so many failures in a row: 2, doubling, at most 5 minutes."""
    return float(min(_PARK_FIRST_S * 2.0 ** min(tries, 10), _PARK_LONGEST_S))


def give_up(changes: Changes, entry: Entry, reason: str) -> None:
    """Resolve an entry that can't be done: kept for an operator where it matters, and its writer is told."""
    work = work_of(entry)
    changes.given_up.append((entry.id, reason))
    if work.leaves_dead_letter or reason == "poison":
        changes.write_dead_letter(entry.id, encode(entry), reason)
    work.give_up(changes, entry, reason)
    changes.finish(entry.id)


def _free(changes: Changes) -> None:
    """Nobody waits for what was dropped: a LEFT, late words, the end of a thread."""
    c = changes.conversation
    c.agents = tuple(p for p in c.agents if not p.leaving or c.find_pending(f"left:{p.number}"))
    leave_late(changes)
    if c.closing and not any(p.kind == "chat_closed" for p in c.pending):
        c.closing = ""


def _drop(changes: Changes, entry_id: str, reason: str) -> None:
    """Give up an entry that can't even be read, or given up in order; its writer is told, without its words."""
    pending = changes.conversation.find_pending(entry_id)
    changes.drop(entry_id, reason)
    _free(changes)
    if pending and pending.kind == "user_message":
        tell_user(changes, "undelivered", entry_id, excerpt="…")
    if pending and pending.kind == "agent_message":
        unknown = {"excerpt": "…", "reason": reason}
        note_id = f"undelivered:{entry_id}"
        changes.add(AgentNote(id=note_id, source_at=changes.now, text_id="agent_undelivered", parameters=unknown))
