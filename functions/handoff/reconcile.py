"""Reconciliation: agents' messages, as the desk shows them, held against what was delivered; the lost are recovered.

One read of the chat's newest thread, and while nothing is missing nothing is written. What is missing is left to the
worker, which reads the thread again and delivers it in its order, framed, once. Older threads were read at their end.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec

from functions.handoff.changes import Changes, conversation_path, entry_path, is_expired
from functions.handoff.conversation import Conversation
from functions.handoff.dead_letters import RESENT, dead_letter_id, dead_letter_path
from functions.handoff.entries import ReadThread
from functions.handoff.errors import ProviderRefused
from functions.handoff.events import AgentMessage
from functions.handoff.holding import Machine, find_conversation
from functions.handoff.interfaces import AgentDesk, Document, ThreadView
from functions.handoff.mailbox import Inbound, Mailbox
from functions.handoff.schedule import REPEATABLE_TIMEOUT_S

NO_SUCH_CONVERSATION, NO_CHAT = "no_such_conversation", "no_chat"
CLOSED_AT_DESK, NEWER_THREAD = "closed_at_desk", "newer_thread"

_DELIVERED, _WAITING, _GIVEN_UP, _WITHHELD = "delivered", "waiting", "given_up", "withheld"
_TOO_OLD, _MISSING = "too_old", "missing"
_MESSAGES_PER_TRIP = 200  # two documents each


class Reconciliation(msgspec.Struct, frozen=True, kw_only=True):
    """What was found of one conversation, and what became of it: ids and numbers, no words.

    Attributes:
        outcome: "handled" (nothing is left to do), "queued" (what was missing, or the thread itself, waits to be
            worked), "retry" (time was up before all of it was taken up), "dead_letter" (some of it was given up), or
            "ignored" (nothing could be compared).
        reason: why it was ignored: `NO_SUCH_CONVERSATION`, `NO_CHAT`, or the error type of a desk that refused.
        thread_id: the chat's newest thread, which was compared; `active`: whether it is open at the desk.
        known_thread: the one taken for open here, "" = none.
        thread_news: `CLOSED_AT_DESK`, `NEWER_THREAD` (never heard of here), or "" while both agree.
        agent_messages: how many messages for the user are in the thread. Of them were found: `delivered`, `waiting`,
            `given_up` (a dead letter that was not sent again), `withheld` (when its notice came, it was not for the
            user), `too_old` (for telling whether it was delivered), and the ids of those that are `missing`.
        own_events: what we put into the thread.
        recovered: how many of the missing ones are delivered, or wait to be, since.
    """

    outcome: str
    reason: str = ""
    chat_id: str = ""
    state_before: str = ""
    state_after: str = ""
    thread_id: str = ""
    known_thread: str = ""
    active: bool = False
    thread_news: str = ""
    agent_messages: int = 0
    delivered: int = 0
    waiting: int = 0
    given_up: int = 0
    withheld: int = 0
    too_old: int = 0
    own_events: int = 0
    missing: tuple[str, ...] = ()
    recovered: int = 0


class _Compared(NamedTuple):
    """`standing`: event id → what became of it, in the order of the thread."""

    conversation: Conversation
    standing: dict[str, str]


class Reconciler:
    """Compares conversations with the desk, and has what is missing recovered.

    Args:
        machine: the mailbox's.
        mailbox: where what is missing is asked for.
        desk: where the threads are.
    """

    def __init__(self, machine: Machine, mailbox: Mailbox, desk: AgentDesk) -> None:
        self._machine = machine
        self._mailbox = mailbox
        self._desk = desk

    def reconcile(self, key: str, *, budget_s: float) -> Reconciliation:
        """Compare one conversation; called again, or twice at once, it does no harm.

        Raises:
            ProviderUnavailable: the desk is away; nothing was changed.
            StoreUnavailable: not now; call again.
            ConversationBusy: the same, or (`MailboxFull`) too much waits in the conversation.
        """
        deadline = self._machine.clock.now() + timedelta(seconds=budget_s)
        c = self._mailbox.find(key)
        if c is None or not c.chat_id:
            return Reconciliation(outcome="ignored", reason=NO_CHAT if c else NO_SUCH_CONVERSATION)
        try:
            view = self._desk.read_thread(c.chat_id, "", timeout_s=REPEATABLE_TIMEOUT_S)
        except ProviderRefused as e:
            return Reconciliation(outcome="ignored", reason=e.error_type, chat_id=c.chat_id, state_before=c.state)
        messages = [event for event in view.events if isinstance(event, AgentMessage)]
        before = self._compare(key, messages)
        if before is None:
            return Reconciliation(outcome="ignored", reason=NO_SUCH_CONVERSATION)
        missing = [message for message in messages if before.standing[message.id] == _MISSING]
        if not missing and not _thread_news(before.conversation, view):
            return _report(view, before, before)
        self._recover(before.conversation, view, missing, deadline)
        return _report(view, before, self._compare(key, missing) or before)

    def _compare(self, key: str, messages: Sequence[AgentMessage]) -> _Compared | None:
        """What became of each message as of now; None when the conversation is gone.

        The conversation counts as of the last trip: what came in between waits, and is not taken for delivered.
        """
        documents: dict[str, Document] = {}
        for start in range(0, len(messages) or 1, _MESSAGES_PER_TRIP):
            paths = [path for m in messages[start : start + _MESSAGES_PER_TRIP] for path in _paths(key, m.id)]
            documents |= self._machine.store.get(*paths, conversation_path(key))
        now = self._machine.clock.now()
        c = find_conversation(documents, key, now)
        if c is None:
            return None
        changes = Changes(c, documents, self._machine.policy_of(c.brand), now)
        return _Compared(c, {message.id: _standing(changes, message, documents) for message in messages})

    def _recover(self, c: Conversation, view: ThreadView, missing: Sequence[AgentMessage], deadline: datetime) -> None:
        """Have the worker read the thread; what that puts off, or takes for known, is handed in by itself."""
        prefix = _reading_prefix(view.thread_id)
        if not _reads(c, prefix):  # else it was asked for before, and perhaps put off: once is enough
            reading = ReadThread(
                id=f"{prefix}{c.seq}",  # two at once ask for one read, a later one for another
                source_at=missing[0].source_at if missing else self._machine.clock.now(),  # before what came after it
                chat_id=view.chat_id,
                thread_id=view.thread_id,
                reason="which" if _thread_news(c, view) == NEWER_THREAD else "reconcile",
            )
            self._accept(c.key, reading, deadline, drain=True)
        after = self._compare(c.key, missing)
        if after and not _is_awaited(after.conversation, view.thread_id):
            self._hand_in(c.key, [one for one in missing if after.standing[one.id] == _MISSING], deadline)

    def _hand_in(self, key: str, messages: Sequence[AgentMessage], deadline: datetime) -> None:
        """As if their notices came now, oldest first; what time does not allow stays missing."""
        for message in messages:
            if self._machine.clock.now() < deadline:
                self._accept(key, message, deadline, drain=message is messages[-1])

    def _accept(self, key: str, event: AgentMessage | ReadThread, deadline: datetime, *, drain: bool) -> None:
        left_s = (deadline - self._machine.clock.now()).total_seconds()
        self._mailbox.accept(Inbound(key=key, event=event), budget_s=left_s, drain=drain)


def _paths(key: str, event_id: str) -> tuple[str, str]:
    return entry_path(key, event_id), dead_letter_path(dead_letter_id(key, event_id))


def _standing(changes: Changes, message: AgentMessage, documents: Mapping[str, Document]) -> str:
    entry, letter = (documents.get(path) for path in _paths(changes.conversation.key, message.id))
    if changes.conversation.find_pending(message.id):
        return _WAITING
    if letter and not is_expired(letter, changes.now) and letter.record.state != RESENT:
        return _GIVEN_UP
    if entry and not is_expired(entry, changes.now):
        return _DELIVERED if entry.record.state == "agent_message" else _WITHHELD
    return _TOO_OLD if changes.is_too_old(message.source_at) else _MISSING


def _thread_news(c: Conversation, view: ThreadView) -> str:
    """What the desk knows of the threads, and we don't: no notice of it waits here."""
    if any(p.kind in {"chat_started", "chat_closed"} for p in c.pending):
        return ""
    if view.thread_id not in {c.thread_id, *c.closed_threads}:
        return NEWER_THREAD
    is_over = view.thread_id == c.thread_id and not view.active
    return CLOSED_AT_DESK if is_over and c.closing != c.thread_id else ""


def _reading_prefix(thread_id: str) -> str:
    return f"reconcile:{thread_id}:"


def _reads(c: Conversation, prefix: str) -> list[str]:
    """The reads asked for here that wait, put off or not."""
    return [p.id for p in c.pending if p.kind == "read_thread" and prefix in p.id]


def _is_awaited(c: Conversation, thread_id: str) -> bool:
    """Tell whether messages wait for a read asked for here: whoever works the conversation is about to make it."""
    prefix = _reading_prefix(thread_id)
    return any(one.startswith(prefix) for one in _reads(c, prefix))


def _report(view: ThreadView, before: _Compared, after: _Compared) -> Reconciliation:
    c, found = before.conversation, list(before.standing.values())
    missing = tuple(event_id for event_id, standing in before.standing.items() if standing == _MISSING)
    became = [after.standing[event_id] for event_id in missing]
    return Reconciliation(
        outcome=_outcome(after.conversation, view.thread_id, became),
        chat_id=view.chat_id,
        state_before=c.state,
        state_after=after.conversation.state,
        thread_id=view.thread_id,
        known_thread=c.thread_id,
        active=view.active,
        thread_news=_thread_news(c, view),
        agent_messages=len(found),
        delivered=found.count(_DELIVERED),
        waiting=found.count(_WAITING),
        given_up=found.count(_GIVEN_UP),
        withheld=found.count(_WITHHELD),
        too_old=found.count(_TOO_OLD),
        own_events=len(view.own),
        missing=missing,
        recovered=became.count(_DELIVERED) + became.count(_WAITING),
    )


def _outcome(c: Conversation, thread_id: str, became: Sequence[str]) -> str:
    if _GIVEN_UP in became:
        return "dead_letter"
    if _MISSING in became and not _is_awaited(c, thread_id):
        return "retry"
    return "queued" if _WAITING in became or _reads(c, _reading_prefix(thread_id)) else "handled"
