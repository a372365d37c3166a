"""The threads of a conversation's chat: which is open, which are over, what is known of their events. Pure."""

from collections.abc import Sequence
from datetime import datetime

from functions.handoff.changes import Changes
from functions.handoff.conversation import Conversation
from functions.handoff.cursor import Cursor, event_number
from functions.handoff.entries import CloseChat, ReadThread
from functions.handoff.events import AgentMessage, ChatClosed
from functions.handoff.presence import leave
from functions.handoff.schedule import NOTICE_LANE


def is_late(changes: Changes, thread_id: str) -> bool:
    """Tell whether a thread is over: what comes from it moves nothing."""
    return thread_id in changes.conversation.closed_threads


def is_unknown(conversation: Conversation, thread_id: str) -> bool:
    """Tell whether a notice names a thread never heard of, in a chat that had others: older or newer, who knows."""
    known = {conversation.thread_id, *conversation.closed_threads, ""}
    return thread_id not in known and len(known) > 1


def adopt_thread(changes: Changes, thread_id: str, *, at: datetime) -> None:
    """Make sure `thread_id`, the newest there is, is the open one: the one before it is over."""
    c = changes.conversation
    if not thread_id or thread_id == c.thread_id or is_late(changes, thread_id):
        return
    end_thread(changes, c.chat_id, c.thread_id)
    end_thread(changes, c.chat_id, c.thread_to_close)  # not by us any more
    for presence in c.agents:
        leave(changes, presence, at=at)
    c.thread_id = thread_id
    c.closing = c.thread_to_close = ""
    c.cursor = Cursor(thread_id)


def leave_thread(changes: Changes) -> None:
    """The user left the open thread: it counts as closed at once, the desk is told by an entry."""
    c = changes.conversation
    if not c.thread_id:
        return
    end_thread(changes, c.chat_id, c.thread_to_close)  # another followed it: it is over
    c.thread_to_close = c.thread_id
    closing = CloseChat(id=f"close:{c.thread_id}", source_at=changes.now, chat_id=c.chat_id, thread_id=c.thread_id)
    c.remember_closed(c.thread_id)
    changes.add(closing)


def end_thread(changes: Changes, chat_id: str, thread_id: str) -> None:
    """A thread is over, and is read to its end before what still waits of it: for words whose notice never came."""
    changes.conversation.remember_closed(thread_id)
    if thread_id:
        changes.add(_last_reading(changes, chat_id, thread_id), head=True)


def read_ended(changes: Changes, chat_id: str, thread_id: str) -> None:
    """Read a thread that is over at leisure: just now it could not be read."""
    changes.add(_last_reading(changes, chat_id, thread_id), lane=NOTICE_LANE)


def _last_reading(changes: Changes, chat_id: str, thread_id: str) -> ReadThread:
    return ReadThread(
        id=f"read:ended:{thread_id}", source_at=changes.now, chat_id=chat_id, thread_id=thread_id, reason="ended"
    )


def find_closed(changes: Changes, *, already_read: bool) -> None:
    """A call found the open thread closed, whose notice has not come (yet): work it as if it had."""
    c = changes.conversation
    if not c.thread_id or c.closing:
        return
    c.closing = c.thread_id
    closed = ChatClosed(
        id=f"closed:{c.thread_id}:{c.seq}",
        source_at=changes.now,
        chat_id=c.chat_id,
        thread_id=c.thread_id,
        closed_by="system",
        already_read=already_read,
    )
    changes.add(closed)


def add_found(changes: Changes, messages: Sequence[AgentMessage]) -> None:
    """Messages found by reading a thread become entries under their own ids, unless they were entries already."""
    for message in messages:
        changes.add(message, own=False)


def know_events(c: Conversation, thread_id: str, event_ids: tuple[str, ...]) -> None:
    """Account for events of the thread that the cursor follows."""
    numbers = [number for one in event_ids if (number := event_number(one, thread_id))]
    if numbers and thread_id == c.cursor.thread_id:
        c.cursor = c.cursor.with_known(*numbers)
