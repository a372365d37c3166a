"""Working control entries: they call nobody, they only move state and make entries."""

from collections.abc import Callable

from functions.handoff import receipts, subscription_work
from functions.handoff.changes import Changes
from functions.handoff.conversation import AGENT, BOT, WAITING
from functions.handoff.entries import ReadThread, TimerFired
from functions.handoff.events import HandoffAsked, ReturnAsked
from functions.handoff.moves import hand_off, return_to_bot, tell_agents, tell_user
from functions.handoff.schedule import NOTICE_LANE, USER_LANE
from functions.handoff.threads import leave_thread


def settle_handoff_asked(changes: Changes, entry: HandoffAsked, _result: None) -> None:
    """→ WAITING, once: a person is not asked for twice."""
    hand_off(changes, entry.signal, bot_spoke=False)


def settle_return_asked(changes: Changes, entry: ReturnAsked, _result: None) -> None:
    """→ BOT, and the thread is closed."""
    if changes.conversation.state == BOT:
        return
    return_to_bot(changes, "user_left", at=entry.source_at)
    if changes.conversation.thread_id:
        tell_agents(changes, "went_back", entry.id, thread_id=changes.conversation.thread_id, text=entry.text)
    leave_thread(changes)
    tell_user(changes, "back_with_bot", entry.id)


def settle_timer(changes: Changes, entry: TimerFired, _result: None) -> None:
    """What this timer is for, if it still applies; an unknown one (of another version) does nothing."""
    act = _TIMERS.get(entry.name)
    if act:
        act(changes, entry)


def _wait_reminder(changes: Changes, entry: TimerFired) -> None:
    """Still in the queue, or not even there while the chat could not be opened."""
    c = changes.conversation
    if c.state != WAITING:
        return
    _read(changes, entry)
    is_opening = any(p.kind == "open_chat" for p in c.pending)
    tell_user(changes, "still_trying" if is_opening else "still_waiting", entry.id)


def _wait_limit(changes: Changes, entry: TimerFired) -> None:
    """→ BOT with the chat left open: an agent who writes later brings the person back."""
    if changes.conversation.state == WAITING:
        _read(changes, entry)
        tell_user(changes, "nobody_came", entry.id)
        return_to_bot(changes, "timeout", at=changes.now)


def _agent_silent(changes: Changes, entry: TimerFired) -> None:
    """Not said of an agent whose words wait for the channel."""
    c = changes.conversation
    if c.state == AGENT and not any(p.kind == "agent_message" for p in c.pending):
        tell_user(changes, "agent_silent", entry.id)


def _chat_check(changes: Changes, entry: TimerFired) -> None:
    """A read after each quiet period, each period as long as all before it together; a message starts anew.

    So what ends a chat unheard is found, however late it does, and a chat that stays quiet for days costs few calls.
    """
    c = changes.conversation
    if c.state != AGENT:
        return
    _read(changes, entry)
    if changes.policy.chat_check_s:  # else switched off since
        quiet_s = (changes.now - c.transcript[-1].at).total_seconds() if c.transcript else 0.0
        changes.set_timer("chat_check", max(quiet_s, changes.policy.chat_check_s))


def _read(changes: Changes, entry: TimerFired) -> None:
    """Look for words whose notice never came, ahead of what the user is told: they may make it untrue."""
    c = changes.conversation
    if not c.thread_id:
        return
    reading = ReadThread(
        id=f"read:{entry.id}", source_at=changes.now, chat_id=c.chat_id, thread_id=c.thread_id, reason="quiet"
    )
    changes.add(reading, lane=NOTICE_LANE)


def _delay_notice(changes: Changes, entry: TimerFired) -> None:
    """Said once per delay, and only while something of the user's still waits."""
    c = changes.conversation
    waits = any(p.lane == USER_LANE for p in c.pending)
    if waits and not c.delay_told:
        c.delay_told = True
        tell_user(changes, "delayed", entry.id)


_TIMERS: dict[str, Callable[[Changes, TimerFired], None]] = {
    "wait_reminder": _wait_reminder,
    "wait_limit": _wait_limit,
    "agent_silent": _agent_silent,
    "chat_check": _chat_check,
    "delay_notice": _delay_notice,
    subscription_work.TIMER: lambda changes, _entry: subscription_work.let_go(changes),
    receipts.TIMER: lambda changes, entry: receipts.report_soon(changes, entry.id),
}
