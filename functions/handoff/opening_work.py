"""Working "open the chat": the steps from a request for a person to an active thread with the agents."""

from contextlib import suppress
from typing import NamedTuple

from functions.handoff import ids
from functions.handoff.briefing import brief
from functions.handoff.changes import Changes, chat_path
from functions.handoff.conversation import BOT, WAITING
from functions.handoff.cursor import Cursor
from functions.handoff.doubt import wait_out
from functions.handoff.entries import AgentNote, CloseChat, CustomerDetails, OpenChat, ReadThread
from functions.handoff.errors import ChatAlreadyActive, ProviderRefused
from functions.handoff.interfaces import ChatSummary, Customer, OpenedChat
from functions.handoff.moves import return_to_bot, tell_agents, tell_user
from functions.handoff.schedule import REPEATABLE_TIMEOUT_S, SEND_TIMEOUT_S
from functions.handoff.threads import end_thread, is_late, know_events, leave_thread
from functions.handoff.work import Step


class _NewCustomer(NamedTuple):
    """An identity at the desk, to be stored before it is used."""

    customer: Customer


class _OldThreadClosed(NamedTuple):
    """The thread the user left is closed now; the chat can be opened again."""


class _Opened(NamedTuple):
    """There is an active thread. `group_status`: what may be promised. `was_there`: it was active before our call."""

    chat: OpenedChat
    group_status: str
    was_there: bool = False
    was_in_doubt: bool = False


class _NothingOpen(NamedTuple):
    """No doubt any more: nothing is open. Opening begins afresh, with all of the lease.

    `chat`: one was found whose newest thread is over, to be stored before another is opened in it.
    """

    chat: ChatSummary | None = None


class _Declined(NamedTuple):
    """Nobody is there, and the operator does not want messages to wait."""


class _NotWanted(NamedTuple):
    """Nobody asks for a person any more; `opened`: the thread that a call in doubt did open."""

    opened: ChatSummary | None = None


Result = _NewCustomer | _OldThreadClosed | _NothingOpen | _Opened | _Declined | _NotWanted


def perform_open_chat(step: Step, entry: OpenChat) -> Result:
    """Take the next step towards an active thread: identity, old thread, look for a call in doubt, open."""
    c = step.conversation
    if c.state != WAITING:
        return _NotWanted(_find_opened(step))
    if c.customer is None:
        return _NewCustomer(step.desk.new_customer(timeout_s=step.timeout_s()))
    if c.thread_to_close:
        wait_out(step)
        with suppress(ProviderRefused):  # one that stays active is taken as it is, below
            step.as_customer().close_chat(c.chat_id, timeout_s=step.begin(REPEATABLE_TIMEOUT_S))
        return _OldThreadClosed()
    status = step.as_customer().group_status(_group(step, entry), timeout_s=step.timeout_s())
    found = _find_opened(step)
    if found or step.desk_doubt:
        return _take(found, status)._replace(was_in_doubt=True) if found and found.active else _NothingOpen(found)
    if status == "offline" and step.policy.offline_policy == "decline":
        return _Declined()
    return _open(step, entry, status)


def _group(step: Step, entry: OpenChat) -> int:
    c = step.conversation
    return step.policy.route(entry.signal, c.user).group_id if c.group_id is None else c.group_id


def _find_opened(step: Step) -> ChatSummary | None:
    """The thread that a call in doubt has opened (it may be over again), or None when it certainly opened none.

    Raises:
        NotYet: it may still do so.
    """
    c = step.conversation
    if step.desk_doubt is None or c.customer is None:
        return None
    summary = step.as_customer().find_chat(timeout_s=step.timeout_s())
    if summary and summary.active and summary.thread_id != c.thread_to_close:
        return summary
    if summary and summary.thread_id not in {*c.closed_threads, c.thread_id}:
        return summary
    wait_out(step)
    return None


def _open(step: Step, entry: OpenChat, status: str) -> _Opened | _NothingOpen:
    c = step.conversation
    customer, group_id = step.as_customer(), _group(step, entry)
    briefing = brief(c, entry.signal, step.policy)
    custom_id = ids.own_event_id(c.key, entry.id, "briefing")
    if c.thread_id:  # left open at the time limit, as far as is known
        return _take_existing(step, status)
    try:
        if c.chat_id:
            opened = customer.resume_chat(
                c.chat_id, group_id, briefing, custom_id=custom_id, timeout_s=step.begin(SEND_TIMEOUT_S)
            )
        else:
            opened = customer.start_chat(group_id, briefing, custom_id=custom_id, timeout_s=step.begin(SEND_TIMEOUT_S))
    except ChatAlreadyActive:
        return _take_existing(step, status)
    return _Opened(opened, status)


def _take_existing(step: Step, status: str) -> _Opened | _NothingOpen:
    """The customer has a chat that we did not know of, or whose thread is active: use it."""
    summary = step.as_customer().find_chat(timeout_s=step.timeout_s())
    if summary is None:
        raise ProviderRefused("livechat", "chat_not_found")
    return _take(summary, status)._replace(was_there=True) if summary.active else _NothingOpen(summary)


def _take(summary: ChatSummary, status: str) -> _Opened:
    return _Opened(OpenedChat(summary.chat_id, summary.thread_id), status)


def settle_open_chat(changes: Changes, entry: OpenChat, result: Result) -> None:
    """Write down how far the opening is."""
    c = changes.conversation
    match result:
        case _NewCustomer():
            c.customer = result.customer
            changes.keep()
        case _OldThreadClosed():
            end_thread(changes, c.chat_id, c.thread_to_close)
            c.thread_to_close = ""
            changes.keep()
        case _NothingOpen():
            if result.chat:
                _know_chat(changes, result.chat.chat_id)
                _end_all(changes, result.chat.thread_id, c.thread_id)
            c.doubt.pop(entry.id, None)
            changes.keep()
        case _Opened():
            _note_opened(changes, entry, result)
        case _Declined():
            tell_user(changes, "no_agent", entry.id)
            return_to_bot(changes, "no_agent", at=changes.now)
        case _NotWanted():
            _leave_opened(changes, result.opened)
            _close_after_all(changes, entry)


def _end_all(changes: Changes, *thread_ids: str) -> None:
    """The newest thread is over, hence all others are, whatever was believed."""
    for thread_id in dict.fromkeys(thread_ids):
        if thread_id and not is_late(changes, thread_id):
            end_thread(changes, changes.conversation.chat_id, thread_id)


def _note_opened(changes: Changes, entry: OpenChat, opened: _Opened) -> None:
    c = changes.conversation
    chat_id, thread_id = opened.chat.chat_id, opened.chat.thread_id
    _know_chat(changes, chat_id)
    was_known = c.thread_id == thread_id
    if not was_known:
        end_thread(changes, chat_id, c.thread_id)
        c.thread_id = thread_id
        c.cursor = Cursor(thread_id)
    c.closed_threads = tuple(one for one in c.closed_threads if one != thread_id)  # the desk says it is active
    know_events(c, thread_id, opened.chat.event_ids)
    _tell_truth(changes, entry, opened.group_status)
    if c.unsubscribed:  # since they asked for a person, when no agent could be told
        tell_agents(changes, "unsubscribed", entry.id)
    if c.user.name or c.user.context or c.user.locale:
        changes.add(CustomerDetails(id=f"details:{entry.id}", source_at=changes.now))
    if opened.was_there or (opened.was_in_doubt and was_known):
        changes.add(AgentNote(id=f"briefing:{entry.id}", source_at=changes.now, text_id="briefing"))
    if (opened.was_in_doubt or opened.was_there) and not was_known:
        _read(changes, entry, opened.chat.thread_id)


def _know_chat(changes: Changes, chat_id: str) -> None:
    """The chat's notices lead here from now on."""
    if changes.conversation.chat_id != chat_id:
        changes.conversation.chat_id = chat_id
        changes.link(chat_path(chat_id))


def _read(changes: Changes, entry: OpenChat, thread_id: str) -> None:
    """What was written there before the chat was known here was refused at the door."""
    reading = ReadThread(
        id=f"read:{entry.id}:{thread_id}",
        source_at=changes.now,
        chat_id=changes.conversation.chat_id,
        thread_id=thread_id,
        reason="opened",
    )
    changes.add(reading, lane="notice")


_TRUTH = {"offline": "offline", "online_for_queue": "queued"}


def _tell_truth(changes: Changes, entry: OpenChat, group_status: str) -> None:
    """Promise only after looking; where the bot spoke already, add only what it can't have known."""
    text_id = _TRUTH.get(group_status)
    if text_id or not entry.bot_spoke:
        tell_user(changes, text_id or "connecting", entry.id)


def _leave_opened(changes: Changes, summary: ChatSummary | None) -> None:
    """Nobody wants the thread that was opened after all: close it; what was written in it still goes out."""
    c = changes.conversation
    if summary is None or c.state != BOT:
        return
    _know_chat(changes, summary.chat_id)
    if summary.active:
        c.thread_id = summary.thread_id
        leave_thread(changes)
    else:
        end_thread(changes, c.chat_id, summary.thread_id)


def _close_after_all(changes: Changes, entry: OpenChat) -> None:
    """Opening was to close the thread the user had left: that is still to be done."""
    c = changes.conversation
    if c.state != BOT or not c.thread_to_close or any(p.kind == "close_chat" for p in c.pending):
        return
    closing = CloseChat(
        id=f"close:{c.thread_to_close}:{entry.id}",
        source_at=changes.now,
        chat_id=c.chat_id,
        thread_id=c.thread_to_close,
    )
    changes.add(closing)
    if entry.id in c.doubt:
        c.doubt[closing.id] = c.doubt[entry.id]


def give_up_open_chat(changes: Changes, entry: OpenChat, _reason: str) -> None:
    """The desk refuses, or failed for a day: the user is told and stays with the bot."""
    if changes.conversation.state == WAITING:
        tell_user(changes, "error", entry.id)
        return_to_bot(changes, "error", at=changes.now)
    _close_after_all(changes, entry)
