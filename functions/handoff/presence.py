"""Who of the agents is shown to the user: JOINED before their first word, LEFT after the last. Pure."""

from datetime import datetime

from functions.handoff.changes import Changes
from functions.handoff.conversation import DEPARTURES_KEPT
from functions.handoff.entries import Framing
from functions.handoff.events import Agent
from functions.handoff.parts import Departure, Presence


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
    c.agents = (*c.agents, Presence(agent, c.serial, late=late, since=at, group_id=group_id))
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


def forget_presence(changes: Changes, agent_id: str) -> None:
    """LEFT is done: nobody speaks for this agent now."""
    c = changes.conversation
    c.agents = tuple(p for p in c.agents if p.agent.id != agent_id)
