"""Who of the agents is shown to the user: JOINED before their first word, LEFT after the last. Pure."""

from datetime import datetime

from functions.handoff.changes import Changes
from functions.handoff.conversation import DEPARTURES_KEPT, Departure, Presence
from functions.handoff.events import Agent, Framing


def show(changes: Changes, agent: Agent, *, at: datetime, late: bool) -> None:
    """Show an agent to the user: JOINED, before anything that agent wrote. Nothing if shown already.

    The name of JOINED stays until LEFT, though a better one may become known: what is framed belongs to its frame.
    """
    c = changes.conversation
    if c.find_presence(agent.id):
        return
    c.serial += 1
    c.agents = (*c.agents, Presence(agent, c.serial, late=late, since=at))
    changes.add(Framing(id=f"joined:{c.serial}", source_at=at, agent=agent), head=True)


def leave(changes: Changes, presence: Presence, *, at: datetime) -> None:
    """LEFT for this agent, once, behind what they wrote that still waits; until it is done they count as present."""
    if presence.leaving:
        return
    changes.set_presence(presence, leaving=True)
    own_words = (p.source_at for p in changes.conversation.pending if p.author == presence.agent.id)
    at = max([at, *own_words])
    note_departure(changes, presence.agent, at)
    changes.add(Framing(id=f"left:{presence.number}", source_at=at, agent=presence.agent, left=True))


def note_departure(changes: Changes, agent: Agent, at: datetime) -> None:
    """Remember that an agent had gone by `at`: what they wrote before, and is heard of later, brings nobody back."""
    c = changes.conversation
    others = (d for d in c.departed if d.agent.id != agent.id)
    c.departed = (*others, Departure(agent, at, c.thread_id))[-DEPARTURES_KEPT:]


def forget_presence(changes: Changes, agent_id: str) -> None:
    """LEFT is done: nobody speaks for this agent now."""
    c = changes.conversation
    c.agents = tuple(p for p in c.agents if p.agent.id != agent_id)
