"""Working what agents change afterwards: messages they corrected or took back. No channel here can do the same.

A correction is shown as a new message; of what was taken back the user is told to disregard it, without repeating it.
What the user was never shown, or so long ago that the transcript has forgotten it, is not spoken of.
"""

from functions.handoff.changes import Changes
from functions.handoff.content import OutboundMessage
from functions.handoff.conversation import kept_of
from functions.handoff.cursor import event_number
from functions.handoff.entries import ReadThread
from functions.handoff.events import MessageDeleted, MessageEdited
from functions.handoff.moves import tell_agents, tell_user, touch_chat
from functions.handoff.parts import Pending
from functions.handoff.presence import leave_late
from functions.handoff.schedule import NOTICE_LANE
from functions.handoff.speaking import say_to_user, wait_for_joined
from functions.handoff.texts import excerpt
from functions.handoff.threads import know_events
from functions.handoff.work import Step, voice_of

# --- corrected -------------------------------------------------------------------------------------------------------


def perform_message_edited(step: Step, entry: MessageEdited) -> bool:
    """Show what it says now, if the user saw it say something else and its writer is still there; answers whether."""
    c = step.conversation
    line, presence = c.find_line(entry.event_id), c.find_presence(entry.agent.id)
    if line is None or presence is None or line.text == kept_of(entry.text):
        return False
    if entry.event_id in c.withdrawn and entry.id not in c.doubt:  # else it may come any time: better now
        return False
    wait_for_joined(step, presence)
    correction = OutboundMessage(step.text("edited", text=entry.text), formatting=entry.formatting)
    say_to_user(step, [correction], step.human_voice(presence))
    return True


def settle_message_edited(changes: Changes, entry: MessageEdited, was_shown: bool) -> None:
    """The transcript, too, says what it says now."""
    c = changes.conversation
    if was_shown and entry.event_id not in c.withdrawn:
        c.rewrite(entry.event_id, entry.text)
        touch_chat(changes)
    elif not was_shown:
        _look_for_first(changes, entry)


def _look_for_first(changes: Changes, entry: MessageEdited) -> None:
    """A correction that overtook its message: the thread is read, which shows it, and for whom it is, as it is now."""
    c = changes.conversation
    number = event_number(entry.event_id, c.cursor.thread_id)
    if number is None or c.cursor.thread_id != c.thread_id or c.cursor.knows(number) or c.find_line(entry.event_id):
        return
    reading = ReadThread(
        id=f"edited:{entry.event_id}",
        source_at=entry.source_at,
        chat_id=entry.chat_id,
        thread_id=entry.thread_id,
        reason="gap",
    )
    changes.add(reading, lane=NOTICE_LANE)


def give_up_message_edited(changes: Changes, entry: MessageEdited, reason: str) -> None:
    """The agent is told that the user still sees the old words."""
    told = {"excerpt": excerpt(entry.text), "reason": reason}
    tell_agents(changes, "agent_undelivered", entry.id, **told)


# --- taken back ------------------------------------------------------------------------------------------------------


def settle_message_deleted(changes: Changes, entry: MessageDeleted, _result: None) -> None:
    """One that still waits is not shown; of one that was, the user and the agents are told; its words are forgotten."""
    c = changes.conversation
    c.remember_withdrawn(entry.event_id)
    waits = c.find_pending(entry.event_id)
    if waits and waits.kind == "agent_message":
        _drop(changes, entry, waits)
        return
    line = c.find_line(entry.event_id)
    if line and line.who == "agent":
        c.rewrite(entry.event_id, "[…]")
        speak_of(changes, entry.event_id, line.name)


def _drop(changes: Changes, entry: MessageDeleted, waits: Pending) -> None:
    """What the user has not seen of it stays unseen; of what they may have seen it is spoken."""
    c = changes.conversation
    in_doubt, presence = waits.id in c.doubt, c.find_presence(waits.author)
    if c.shown.get(waits.id) or in_doubt:
        speak_of(changes, entry.event_id, voice_of(presence, changes.policy).name if presence else "")
    if in_doubt:  # it may come any time: better now, before it is spoken of
        return
    changes.finish(waits.id)
    know_events(c, entry.thread_id, (waits.id,))
    leave_late(changes)


def speak_of(changes: Changes, event_id: str, name: str) -> None:
    """Tell both, once: the user to disregard what was taken back, the agents that it was seen."""
    c = changes.conversation
    tell_user(changes, "withdrawn", event_id, name=name)
    open_or_last = "" if c.thread_id else c.last_thread_id
    text_id = "withdrawn_unsaid" if c.unsubscribed else "withdrawn_shown"
    tell_agents(changes, text_id, event_id, thread_id=open_or_last)
