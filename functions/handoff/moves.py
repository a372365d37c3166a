"""The moves between bot and people, and who is shown to the user. Pure: each changes a `Changes`.

States: BOT → WAITING → AGENT → BOT. A move is one commit together with the entries that follow from it.
"""

from datetime import datetime

from functions.handoff.changes import Changes
from functions.handoff.conversation import AGENT, BOT, WAITING, Conversation, Presence
from functions.handoff.cursor import Cursor
from functions.handoff.events import (
    Agent,
    AgentMessage,
    ChatClosed,
    CloseChat,
    Framing,
    HandoffSignal,
    OpenChat,
    ReadThread,
    ReturnEvent,
    UserNotice,
)
from functions.handoff.schedule import NOTICE_LANE

WAIT_TIMERS = ("wait_reminder", "wait_limit")
AGENT_TIMERS = ("agent_silent", "chat_check")
_DIGEST_CHARACTERS = 2000


# --- towards a person ------------------------------------------------------------------------------------------------


def hand_off(changes: Changes, signal: HandoffSignal, *, bot_spoke: bool) -> None:
    """BOT → WAITING and open the chat; nothing new while a person is asked for or present."""
    c = changes.conversation
    if c.state != BOT:
        return
    c.record_handoff(signal.reason, changes.now)
    c.signal = signal
    c.contexts_to_restore = c.contexts
    c.fallbacks = 0
    closings = [p for p in c.pending if p.kind == "close_chat"]  # opening closes the old thread first, in its own order
    doubts = [c.doubt[p.id] for p in closings if p.id in c.doubt]
    for closing in closings:
        changes.finish(closing.id)
    wait(changes)
    opening = OpenChat(id=f"open:{c.serial}", source_at=changes.now, signal=signal, bot_spoke=bot_spoke)
    changes.add(opening, head=True)
    if doubts:
        c.doubt[opening.id] = max(doubts, key=lambda doubt: doubt.since)  # a late close would end the new thread


def wait(changes: Changes) -> None:
    """Enter WAITING: nobody has the user yet."""
    changes.conversation.state = WAITING
    changes.clear_timers(*AGENT_TIMERS)
    changes.set_timer("wait_reminder", changes.policy.wait_reminder_s)
    changes.set_timer("wait_limit", changes.policy.wait_limit_s)


def meet(changes: Changes) -> None:
    """Enter AGENT: a person is there, who has not said anything yet."""
    changes.conversation.state = AGENT
    changes.clear_timers(*WAIT_TIMERS)
    changes.set_timer("agent_silent", changes.policy.agent_silent_s)
    touch_chat(changes)


def touch_chat(changes: Changes) -> None:
    """Something was said in the chat: it is not quiet now."""
    changes.set_timer("chat_check", changes.policy.chat_check_s)


# --- back to the bot -------------------------------------------------------------------------------------------------


def return_to_bot(changes: Changes, reason: str, *, at: datetime) -> None:
    """WAITING or AGENT → BOT: LEFT for everyone shown, and the bot is told why. The thread is the caller's business.

    `reason`: "agent_closed", "user_left", "no_agent", "timeout" or "error". LEFT follows what agents wrote until `at`.
    """
    c = changes.conversation
    if c.state == BOT:
        return
    c.state = BOT
    c.end_handoff(reason)
    c.closing = ""
    changes.clear_timers(*WAIT_TIMERS, *AGENT_TIMERS)
    last_word = latest_agent_word(changes, at)
    for presence in c.agents:
        leave(changes, presence, at=last_word)
    if changes.policy.return_event:
        told = ReturnEvent(id=f"returned:{c.serial}", source_at=changes.now, reason=reason, digest=_digest(changes))
        changes.add(told)


def _digest(changes: Changes) -> str:
    """What was said since the hand-off, newest kept, for the bot's parameters."""
    c = changes.conversation
    since = c.handoffs[-1].at if c.handoffs else changes.now
    said = "\n".join(f"{one.who}: {one.text}" for one in c.transcript if one.at >= since and one.who != "bridge")
    return said[-_DIGEST_CHARACTERS:]


def leave_thread(changes: Changes) -> None:
    """The user left the open thread: it counts as closed at once, the desk is told by an entry."""
    c = changes.conversation
    if not c.thread_id:
        return
    c.thread_to_close = c.thread_id
    closing = CloseChat(id=f"close:{c.thread_id}", source_at=changes.now, chat_id=c.chat_id, thread_id=c.thread_id)
    c.remember_closed(c.thread_id)
    changes.add(closing)


# --- threads ---------------------------------------------------------------------------------------------------------


def is_late(changes: Changes, thread_id: str) -> bool:
    """Tell whether a thread is over: what comes from it moves nothing."""
    return thread_id in changes.conversation.closed_threads


def end_thread(changes: Changes, chat_id: str, thread_id: str, *, was_read: bool = False) -> None:
    """A thread is over. Unless it was read to its end already, it is read once, for words whose notice never came."""
    changes.conversation.remember_closed(thread_id)
    if was_read or not thread_id:
        return
    reading = ReadThread(
        id=f"read:ended:{thread_id}", source_at=changes.now, chat_id=chat_id, thread_id=thread_id, reason="ended"
    )
    changes.add(reading, lane=NOTICE_LANE)


def is_unknown(conversation: Conversation, thread_id: str) -> bool:
    """Tell whether a notice names another thread than the open one, never heard of: older or newer, who knows."""
    c = conversation
    return bool(thread_id and c.thread_id and thread_id != c.thread_id and thread_id not in c.closed_threads)


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


# --- who is there ----------------------------------------------------------------------------------------------------


def show(changes: Changes, agent: Agent, *, at: datetime, late: bool) -> None:
    """Show an agent to the user: JOINED, before anything that agent wrote. Nothing if shown already.

    The name of JOINED stays until LEFT, though a better one may become known: what is framed belongs to its frame.
    """
    c = changes.conversation
    if c.find_presence(agent.id):
        return
    c.serial += 1
    presence = Presence(agent, c.serial, late=late)
    c.agents = (*c.agents, presence)
    changes.add(Framing(id=presence.joined_id, source_at=at, agent=agent), head=True)


def join(changes: Changes, agent: Agent, thread_id: str, *, at: datetime) -> None:
    """An agent is in the open thread: → AGENT, and shown. In a closed thread nothing moves."""
    if is_late(changes, thread_id):
        return
    adopt_thread(changes, thread_id, at=at)
    if changes.conversation.state != AGENT:
        _interrupt_bot(changes)
        meet(changes)
    show(changes, agent, at=at, late=False)


def _interrupt_bot(changes: Changes) -> None:
    """An agent came while the user was with the bot: that is a hand-off, too."""
    c = changes.conversation
    if c.state == BOT:
        c.record_handoff("agent", changes.now)
        c.contexts_to_restore = c.contexts


def leave(changes: Changes, presence: Presence, *, at: datetime) -> None:
    """LEFT for this agent, once; the agent counts as present until it is done."""
    if presence.leaving:
        return
    changes.set_presence(presence, leaving=True)
    changes.add(Framing(id=f"left:{presence.number}", source_at=at, agent=presence.agent, left=True))


def forget_presence(changes: Changes, agent_id: str) -> None:
    """LEFT is done: nobody speaks for this agent now."""
    c = changes.conversation
    c.agents = tuple(p for p in c.agents if p.agent.id != agent_id)


def latest_agent_word(changes: Changes, at: datetime) -> datetime:
    """The later of `at` and the newest agent message that still waits: where a LEFT belongs."""
    waiting = (p.source_at for p in changes.conversation.pending if p.kind == "agent_message")
    return max([at, *waiting])


def add_found(changes: Changes, messages: tuple[AgentMessage, ...]) -> None:
    """Messages found by reading a thread become entries under their own ids, unless they were entries already."""
    for message in messages:
        changes.add(message, own=False)


def tell_user(changes: Changes, text_id: str, key: str = "", **parameters: object) -> None:
    """The bridge's own words to the user; `key` tells one occasion from another."""
    notice = UserNotice(id=f"notice:{text_id}:{key}", source_at=changes.now, text_id=text_id, parameters=parameters)
    changes.add(notice)
