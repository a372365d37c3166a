"""Working threads as wholes: their end, and reading them for messages whose notice never came."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from functions.handoff.changes import Changes
from functions.handoff.conversation import WAITING, Conversation
from functions.handoff.cursor import event_number
from functions.handoff.entries import ReadThread
from functions.handoff.errors import LeaseTooShort, OutOfTime, ProviderError
from functions.handoff.events import AgentMessage, ChatClosed, DeskEvent, WithheldEvent
from functions.handoff.interfaces import LIVECHAT, ThreadView
from functions.handoff.moves import return_to_bot, tell_user
from functions.handoff.schedule import AGENT_LANE, NOTICE_LANE
from functions.handoff.threads import (
    add_found,
    adopt_thread,
    end_thread,
    find_closed,
    is_unknown,
    read_ended,
)
from functions.handoff.work import Step, Work

# --- a thread's end --------------------------------------------------------------------------------------------------


class _Looked(NamedTuple):
    """What a read of the thread showed; None when it could not be read."""

    view: ThreadView | None


def perform_chat_closed(step: Step, entry: ChatClosed) -> _Looked | None:
    """Read the thread once to its end; if it can't be read now, the end of it is not held up. None: known already."""
    c = step.conversation
    if entry.thread_id and entry.thread_id in c.closed_threads:
        return None
    parked = c.parked.get(LIVECHAT)
    if entry.already_read or (parked and parked.retry_at > step.now()):
        return _Looked(None)
    try:
        thread_id = entry.thread_id or c.thread_id
        return _Looked(step.desk.read_thread(entry.chat_id, thread_id, timeout_s=step.timeout_s()))
    except (ProviderError, OutOfTime, LeaseTooShort):
        return _Looked(None)


def settle_chat_closed(changes: Changes, entry: ChatClosed, result: _Looked | None) -> None:
    """→ BOT with what was missed and LEFT; in BOT it is only remembered."""
    c = changes.conversation
    if result is None:
        _forget_to_close(changes, entry)
        return
    thread_id = entry.thread_id or c.thread_id
    was_current = thread_id == c.thread_id
    if result.view:
        take_view(changes, result.view)
    c.remember_closed(thread_id)
    if was_current:
        _end_human_part(changes, entry, missed=bool(result.view and _agent_words(changes)))
    if result.view is None and not entry.already_read:
        read_ended(changes, entry.chat_id, thread_id)


def _forget_to_close(changes: Changes, entry: ChatClosed) -> None:
    """The thread the user left is over by itself: a call to close it would end the next one."""
    c = changes.conversation
    in_doubt = any(p.kind in {"close_chat", "open_chat"} and p.id in c.doubt for p in c.pending)
    if entry.thread_id and entry.thread_id == c.thread_to_close and not in_doubt:
        c.thread_to_close = ""
        end_thread(changes, entry.chat_id, entry.thread_id)


def give_up_chat_closed(changes: Changes, entry: ChatClosed, _reason: str) -> None:
    """The thread is over, read or not."""
    settle_chat_closed(changes, entry, _Looked(None))


_REASON = {"agent": "agent_closed", "user": "user_left", "system": "agent_closed"}


def _end_human_part(changes: Changes, entry: ChatClosed, *, missed: bool) -> None:
    c = changes.conversation
    nobody_came = c.state == WAITING and not missed and not c.was_answered()
    if nobody_came:
        tell_user(changes, "nobody_came", entry.id)
    return_to_bot(changes, "no_agent" if nobody_came else _REASON[entry.closed_by], at=entry.source_at)


def _agent_words(changes: Changes) -> bool:
    return any(p.kind == "agent_message" for p in changes.conversation.pending)


# --- notices of a thread never heard of ------------------------------------------------------------------------------

_UNKNOWN = "thread never heard of"


def in_known_thread(work: Work) -> Work:
    """The same work, but a notice of a thread never heard of first has the desk asked which thread is the newest.

    It may come late, from before the open thread, or early, from the one that follows: only the desk knows.
    """

    def perform(step: Step, entry: DeskEvent) -> object:
        return _UNKNOWN if is_unknown(step.conversation, entry.thread_id) else work.perform(step, entry)

    def settle(changes: Changes, entry: DeskEvent, result: object) -> None:
        if result == _UNKNOWN:
            _ask_which(changes, entry)
        else:
            work.settle(changes, entry, result)

    return work._replace(perform=perform, settle=settle)


def _ask_which(changes: Changes, entry: DeskEvent) -> None:
    asking = ReadThread(
        id=f"which:{entry.thread_id}",
        source_at=entry.source_at,
        chat_id=entry.chat_id,
        thread_id=entry.thread_id,
        reason="which",
    )
    changes.keep()
    changes.add(asking, head=True)
    if not changes.conversation.find_pending(asking.id):  # asked before, and forgotten since: it goes round no further
        end_thread(changes, entry.chat_id, entry.thread_id)


# --- reading a thread ------------------------------------------------------------------------------------------------


def holds_up(conversation: Conversation, entry: ReadThread) -> bool:
    """Tell whether messages wait for this read: it is tried once, and what it misses is read later, at leisure."""
    pending = conversation.find_pending(entry.id)
    return pending is not None and pending.lane == AGENT_LANE


def perform_read_thread(step: Step, entry: ReadThread) -> _Looked:
    """Read the thread. A read that holds up messages is tried once; any other is parked and tried again."""
    once = holds_up(step.conversation, entry)
    thread_id = "" if entry.reason == "which" else entry.thread_id
    try:
        return _Looked(step.desk.read_thread(entry.chat_id, thread_id, timeout_s=step.timeout_s()))
    except ProviderError:
        if not once:
            raise
        return _Looked(None)


def settle_read_thread(changes: Changes, entry: ReadThread, result: _Looked) -> None:
    """What was found becomes entries; a thread found closed is worked as closed."""
    c = changes.conversation
    view = result.view
    if view is None:
        _read_later(changes, entry)
        return
    if entry.reason == "which":
        _order_threads(changes, entry, view)
    take_view(changes, view, after=entry.after)
    if not view.active and view.thread_id == c.thread_id:
        find_closed(changes, already_read=True)


def _read_later(changes: Changes, entry: ReadThread) -> None:
    """At leisure. Until the desk says which thread is the newest, the open one is: words of another go out framed."""
    if entry.reason == "which":
        changes.conversation.remember_closed(entry.thread_id)
    later = msgspec.structs.replace(entry, id=f"later:{entry.id}", source_at=changes.now)
    changes.add(later, lane=NOTICE_LANE)


def give_up_read_thread(changes: Changes, entry: ReadThread, _reason: str) -> None:
    """What messages waited for is read later; what was read at leisure can't be read."""
    if holds_up(changes.conversation, entry):
        _read_later(changes, entry)
    elif entry.reason == "which":  # it counts as over, and nothing else may ever ask for its words
        read_ended(changes, entry.chat_id, entry.thread_id)


def _order_threads(changes: Changes, entry: ReadThread, newest: ThreadView) -> None:
    """The newest thread is the open one, unless the user left it; the one asked about, if another, is over."""
    c = changes.conversation
    if newest.thread_id != entry.thread_id:
        end_thread(changes, entry.chat_id, entry.thread_id)
    if newest.active and newest.thread_id != c.thread_to_close:
        c.closed_threads = tuple(one for one in c.closed_threads if one != newest.thread_id)
    adopt_thread(changes, newest.thread_id, at=entry.source_at)


_FOUND_AT_ONCE = 100  # entries are documents, and one commit takes only so many


def take_view(changes: Changes, view: ThreadView, *, after: str = "") -> None:
    """Make entries of the agents' messages that are not accounted for, and account for everything shown."""
    c = changes.conversation
    begin = next((index + 1 for index, event in enumerate(view.events) if event.id == after), 0)
    found = [
        event
        for event in view.events[begin:]
        if isinstance(event, AgentMessage) and _is_news(changes, event, view.thread_id)
    ]
    add_found(changes, found[:_FOUND_AT_ONCE])
    accounted_for: Sequence[AgentMessage | WithheldEvent] = view.events
    if len(found) > _FOUND_AT_ONCE:
        accounted_for = found[:_FOUND_AT_ONCE]
        _read_rest(changes, view, after=accounted_for[-1].id)
    numbers = [number for event in accounted_for if (number := event_number(event.id, c.cursor.thread_id))]
    c.cursor = c.cursor.read_up_to(max(numbers, default=0))


def _read_rest(changes: Changes, view: ThreadView, *, after: str) -> None:
    rest = ReadThread(
        id=f"rest:{after}",
        source_at=changes.now,
        chat_id=view.chat_id,
        thread_id=view.thread_id,
        reason="rest",
        after=after,
    )
    changes.add(rest, lane=NOTICE_LANE)


def _is_news(changes: Changes, event: AgentMessage, thread_id: str) -> bool:
    """Older ones than a done entry is kept for were delivered or given up long ago."""
    if changes.is_too_old(event.source_at):
        return False
    cursor = changes.conversation.cursor
    number = event_number(event.id, thread_id)
    if number is None or cursor.thread_id != thread_id:
        return True  # whether it was an entry before is seen when it is made
    return not cursor.knows(number)
