"""The moves between bot and people, and who is shown to the user. Pure: each changes a `Changes`.

States: BOT → WAITING → AGENT → BOT. A move is one commit together with the entries that follow from it.
"""

from datetime import datetime, timedelta

import msgspec

from functions.handoff.changes import Changes
from functions.handoff.conversation import AGENT, BOT, WAITING, Conversation
from functions.handoff.entries import AgentNote, AskSurvey, OpenChat, ReturnEvent, UserNotice
from functions.handoff.events import Agent, HandoffSignal
from functions.handoff.presence import leave, show
from functions.handoff.threads import adopt_thread, is_late

WAIT_TIMERS = ("wait_reminder", "wait_limit")
AGENT_TIMERS = ("agent_silent", "chat_check")
_DIGEST_CHARACTERS = 2000
_AUTOMATIC = frozenset({"fallbacks", "bot_unreachable"})
"""Reasons of hand-offs that nobody asked for in words."""
_NOBODY = frozenset({"no_agent", "timeout", "error"})
_ENDED_BY_PEOPLE = frozenset({"agent_closed", "user_left"})
_CIRCLE_WITHIN = timedelta(minutes=10)
_AUTOMATIC_IN_CIRCLE, _ASKED_IN_CIRCLE = 3, 5


# --- towards a person ------------------------------------------------------------------------------------------------


def hand_off(changes: Changes, signal: HandoffSignal, *, bot_spoke: bool) -> None:
    """BOT → WAITING and open the chat; nothing new while a person is asked for or present.

    Nor for a user who does not want to hear from anybody: asking for a person again comes with wanting to.
    Nor while it goes in circles: whoever asked for a person in words is told to try later.
    """
    c = changes.conversation
    if c.state != BOT or c.unsubscribed:
        return
    if goes_in_circles(c, signal.reason, changes.now):
        if signal.reason not in _AUTOMATIC:
            tell_user(changes, "try_later", changes.now.isoformat())
        return
    c.record_handoff(signal.reason, changes.now)
    signal = signal if signal.intent else msgspec.structs.replace(signal, intent=c.last_intent)
    c.signal = signal
    c.group_id = changes.policy.route(signal, c.user).group_id  # the same for every try to open the chat
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


def goes_in_circles(conversation: Conversation, reason: str, now: datetime) -> bool:
    """Tell whether hand-offs keep coming back with nobody reached: each one is paid for, and helps nobody."""
    recent = [past for past in conversation.handoffs if past.at > now - _CIRCLE_WITHIN and past.outcome in _NOBODY]
    return len(recent) >= (_AUTOMATIC_IN_CIRCLE if reason in _AUTOMATIC else _ASKED_IN_CIRCLE)


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
    c.end_handoff(reason, changes.now)
    c.closing = ""
    changes.clear_timers(*WAIT_TIMERS, *AGENT_TIMERS)
    for presence in c.agents:
        leave(changes, presence, at=at)
    if changes.policy.survey and reason in _ENDED_BY_PEOPLE and _was_served(c):
        changes.add(AskSurvey(id=f"survey:{c.serial}", source_at=changes.now))
    if changes.policy.return_event:
        told = ReturnEvent(id=f"returned:{c.serial}", source_at=changes.now, reason=reason, digest=_digest(changes))
        changes.add(told)


def _was_served(c: Conversation) -> bool:
    """Tell whether an agent has answered, or is about to be heard."""
    return c.was_answered() or any(p.kind == "agent_message" for p in c.pending)


def _digest(changes: Changes) -> str:
    """What was said since the hand-off, newest kept, for the bot's parameters."""
    c = changes.conversation
    since = c.handoffs[-1].at if c.handoffs else changes.now
    said = "\n".join(f"{one.who}: {one.text}" for one in c.transcript if one.at >= since and one.who != "bridge")
    return said[-_DIGEST_CHARACTERS:]


# --- who is there ----------------------------------------------------------------------------------------------------


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
        c.group_id = None  # whose agents they are is not said
        c.contexts_to_restore = c.contexts


def tell_user(changes: Changes, text_id: str, key: str = "", **parameters: object) -> None:
    """The bridge's own words to the user; `key` tells one occasion from another."""
    notice = UserNotice(
        id=f"notice:{text_id}:{key}",
        source_at=changes.now,
        text_id=text_id,
        parameters=parameters,
        with_person=changes.conversation.state != BOT,
    )
    changes.add(notice)


def tell_agents(changes: Changes, text_id: str, key: str, *, thread_id: str = "", **parameters: object) -> None:
    """The bridge's own words to the agents; with `thread_id` also once that thread is over, while it is the last."""
    note = AgentNote(
        id=f"note:{text_id}:{key}",
        source_at=changes.now,
        text_id=text_id,
        parameters=parameters,
        thread_id=thread_id,
    )
    changes.add(note)
