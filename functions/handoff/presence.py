"""Who of the agents is shown to the user: JOINED before their first word, LEFT after the last. Pure."""

from datetime import UTC, datetime

from functions.handoff.changes import Changes
from functions.handoff.conversation import DEPARTURES_KEPT, Conversation
from functions.handoff.entries import Framing
from functions.handoff.events import Agent
from functions.handoff.parts import Departure, MissedFrame, Presence

_BEFORE_ALL = datetime(1970, 1, 1, tzinfo=UTC)


def show(changes: Changes, agent: Agent, *, at: datetime, late: bool, departure: Departure | None = None) -> None:
    """Show an agent to the user: JOINED, before anything that agent wrote. Nothing if shown already.

    As one of the group that has the chat; after a `departure`, as they were shown before it.

    The name of JOINED stays until LEFT, though a better one may become known: what is framed belongs to its frame.
    """
    c = changes.conversation
    if c.find_presence(agent.id):
        return
    group_id = departure.group_id if departure else c.group_id
    c.serial += 1
    still_seen = _find_unseen_left(c, agent)
    agent = still_seen.agent if still_seen else agent
    c.agents = (*c.agents, Presence(agent, c.serial, late=late, since=at, group_id=group_id))
    if still_seen:  # back before the user could see them go
        c.missed_frames = tuple(missed for missed in c.missed_frames if missed != still_seen)
        return
    changes.add(Framing(id=f"joined:{c.serial}", source_at=at, agent=agent), head=True)


def leave(changes: Changes, presence: Presence, *, at: datetime) -> None:
    """LEFT for this agent, once, behind what they wrote that still waits; until it is done they count as present."""
    if presence.leaving:
        return
    changes.set_presence(presence, leaving=True)
    own_words = (p.source_at for p in changes.conversation.pending if p.author == presence.agent.id)
    at = max([at, *own_words])
    note_departure(changes, presence.agent, at, presence.group_id)
    changes.add(Framing(id=f"left:{presence.number}", source_at=at, agent=presence.agent, left=True))


def leave_late(changes: Changes) -> None:
    """Who was only shown for late words leaves once none of them waits any more."""
    c = changes.conversation
    for presence in c.agents:
        if presence.late and not any(p.author == presence.agent.id for p in c.pending):
            leave(changes, presence, at=changes.now)


def note_departure(changes: Changes, agent: Agent, at: datetime, group_id: int | None) -> None:
    """Remember that an agent had gone by `at`: what they wrote before, and is heard of later, brings nobody back."""
    c = changes.conversation
    others = (d for d in c.departed if d.agent.id != agent.id)
    c.departed = (*others, Departure(agent, at, c.thread_id, group_id))[-DEPARTURES_KEPT:]


def forget_presence(changes: Changes, left_id: str) -> None:
    """LEFT is done: nobody speaks for this agent now, unless they are back."""
    c = changes.conversation
    c.agents = tuple(p for p in c.agents if f"left:{p.number}" != left_id)


# --- while the user does not want to hear from us --------------------------------------------------------------------


def miss(changes: Changes, frame: Framing) -> None:
    """JOINED or LEFT is kept for when the user does again; who came and went meanwhile was never there for them."""
    c = changes.conversation
    joined = f"joined:{frame.id.removeprefix('left:')}"
    if frame.left and any(missed.id == joined and not missed.in_doubt for missed in c.missed_frames):
        c.missed_frames = tuple(missed for missed in c.missed_frames if missed.id != joined)
        return
    c.missed_frames = (*c.missed_frames, MissedFrame(frame.id, frame.agent, frame.left, frame.id in c.doubt))


def _find_unseen_left(c: Conversation, agent: Agent) -> MissedFrame | None:
    """The LEFT that the user certainly did not see."""
    missed = (one for one in c.missed_frames if one.left and not one.in_doubt)
    return next((one for one in missed if one.agent.id == agent.id), None)


def show_missed(changes: Changes) -> None:
    """What was missed is shown now, in its order, before anybody's words, and under its own id: it may be in doubt.

    But not the JOINED of who is about to leave, nor that LEFT: in a dead worker's hands it would come first.
    """
    c = changes.conversation
    for missed in c.missed_frames:
        left_id = f"left:{missed.id.removeprefix('joined:')}"
        frame = Framing(id=missed.id, source_at=_BEFORE_ALL, agent=missed.agent, left=missed.left)
        if missed.in_doubt or c.find_pending(left_id) is None:
            changes.put_back(frame, head=True, own=True)
        else:
            changes.finish(left_id)
            forget_presence(changes, left_id)
    c.missed_frames = ()
