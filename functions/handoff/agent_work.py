"""Working what agents write to the user, and what of it is not for them."""

from functions.handoff.changes import Changes
from functions.handoff.content import OutboundMessage
from functions.handoff.conversation import AGENT, Conversation
from functions.handoff.cursor import event_number
from functions.handoff.edit_work import speak_of
from functions.handoff.entries import AgentNote, ReadThread
from functions.handoff.events import (
    AgentMessage,
    JsonObject,
    WithheldEvent,
)
from functions.handoff.moves import join, tell_agents, touch_chat
from functions.handoff.parts import Presence
from functions.handoff.presence import leave, show
from functions.handoff.speaking import say_to_user, wait_for_joined
from functions.handoff.texts import excerpt, find_text, reason_text
from functions.handoff.threads import is_late, know_events
from functions.handoff.work import Step, voice_of

# --- what an agent wrote ---------------------------------------------------------------------------------------------

_SAID, _NOT_SHOWN, _GAP_BEFORE, _WITHDRAWN = "said", "not shown", "gap before", "withdrawn"


def perform_agent_message(step: Step, entry: AgentMessage) -> str:
    """Say it with the agent's voice, unless something must come first: a read for a gap, or JOINED."""
    c = step.conversation
    if entry.id in c.withdrawn and entry.id not in c.doubt:  # else it may come any time: better now
        return _WITHDRAWN
    if _gap_before(c, entry):
        return _GAP_BEFORE
    presence = c.find_presence(entry.agent.id)
    if presence is None:
        return _NOT_SHOWN
    wait_for_joined(step, presence)
    say_to_user(step, entry.messages or [OutboundMessage(entry.text)], step.human_voice(presence))
    return _SAID


def _gap_before(c: Conversation, entry: AgentMessage) -> bool:
    number = event_number(entry.id, c.cursor.thread_id)
    return number is not None and c.cursor.has_gap_before(number)


def settle_agent_message(changes: Changes, entry: AgentMessage, result: str) -> None:
    """Write down what was said, or what must come before it."""
    c = changes.conversation
    if result == _GAP_BEFORE:
        changes.keep()
        _read_gap(changes, entry)
        return
    if result == _NOT_SHOWN:
        changes.keep()
        _bring_in(changes, entry)
        return
    presence = c.find_presence(entry.agent.id)
    know_events(c, entry.thread_id, (entry.id,))
    if result == _SAID:
        _note_said(changes, entry, presence)
    if presence and presence.late:
        leave(changes, presence, at=entry.source_at)


def _note_said(changes: Changes, entry: AgentMessage, presence: Presence | None) -> None:
    c = changes.conversation
    shown_as = presence or Presence(entry.agent, 0, group_id=c.group_id)
    name, is_withdrawn = voice_of(shown_as, changes.policy).name, entry.id in c.withdrawn
    changes.say("agent", "[…]" if is_withdrawn else entry.text, name, entry.source_at, entry.id)
    if is_withdrawn:  # a crash put it in doubt before it was begun, and its deletion found nothing to speak of
        speak_of(changes, entry.id, name)
    changes.clear_timers("agent_silent")
    if c.state == AGENT:
        touch_chat(changes)


def _read_gap(changes: Changes, entry: AgentMessage) -> None:
    c = changes.conversation
    c.cursor = c.cursor.asked_before(event_number(entry.id, c.cursor.thread_id) or 0)
    reading = ReadThread(
        id=f"gap:{entry.id}",
        source_at=entry.source_at,
        chat_id=entry.chat_id,
        thread_id=entry.thread_id,
        reason="gap",
    )
    changes.add(reading, head=True)


def _bring_in(changes: Changes, entry: AgentMessage) -> None:
    """An agent the user was not shown: a lost join, a new thread, or late words of a closed one (framed, no move)."""
    departure = changes.conversation.find_departure(entry.agent.id)
    has_gone = departure and departure.thread_id == entry.thread_id and entry.source_at <= departure.at
    late = bool(has_gone) or is_late(changes, entry.thread_id)
    agent = departure.agent if departure and not entry.agent.name else entry.agent
    if not late:
        join(changes, agent, entry.thread_id, at=entry.source_at)
    show(changes, agent, at=entry.source_at, late=late, departure=departure if late else None)


def give_up_agent_message(changes: Changes, entry: AgentMessage, reason: str) -> None:
    """The agent is told which message did not get through: now, if a thread is open, and in the next briefing."""
    told: JsonObject = {"excerpt": excerpt(entry.text), "reason": reason}
    note = AgentNote(id=f"undelivered:{entry.id}", source_at=changes.now, text_id="agent_undelivered", parameters=told)
    changes.add(note)
    policy = changes.policy
    in_words = {**told, "reason": reason_text(reason, policy.texts, policy.language)}
    changes.say("bridge", find_text(note.text_id, policy.language, policy.texts, **in_words))
    presence = changes.conversation.find_presence(entry.agent.id)
    if presence and presence.late:
        leave(changes, presence, at=entry.source_at)


def settle_withheld(changes: Changes, entry: WithheldEvent, _result: None) -> None:
    """Not for the user; only accounted for. Who meant it for the user learns that it can't be shown."""
    know_events(changes.conversation, entry.thread_id, (entry.id,))
    if entry.unsupported:
        tell_agents(changes, "unsupported", entry.id, kind=entry.unsupported)
