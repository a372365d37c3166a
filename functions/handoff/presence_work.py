"""Working who of the agents is there: joined, left, passed on; and the frames by which the user sees it."""

from datetime import timedelta

from functions.handoff import ids
from functions.handoff.changes import Changes
from functions.handoff.content import OutboundMessage, Suggestion
from functions.handoff.conversation import AGENT, BOT, Conversation
from functions.handoff.entries import Framing
from functions.handoff.errors import OutOfTime, ProviderError
from functions.handoff.events import Agent, AgentJoined, AgentLeft, ChatStarted, ChatTransferred
from functions.handoff.moves import join, tell_user, wait
from functions.handoff.parts import Presence
from functions.handoff.presence import forget_presence, leave, miss, note_departure
from functions.handoff.speaking import back_chips, person_chip
from functions.handoff.threads import add_found, adopt_thread, is_late
from functions.handoff.work import Step

_OVERTAKEN_WITHIN = timedelta(minutes=1)
"""So long LiveChat tries to tell something: of two notices this close together the later may be the older one."""


def _who_is_there(step: Step, entry: ChatStarted | AgentJoined | ChatTransferred) -> frozenset[str]:
    """Ids of the agents who are in the chat, as the desk says; nobody while it can't be asked."""
    try:
        view = step.desk.read_thread(entry.chat_id, entry.thread_id, timeout_s=step.timeout_s())
    except (ProviderError, OutOfTime):
        return frozenset()
    return frozenset(view.agents)


def _may_have_gone(c: Conversation, agent_id: str, entry: ChatStarted | AgentJoined) -> bool:
    """Whether somebody said to be there has left the same thread, as was heard just before."""
    left = c.find_departure(agent_id)
    return bool(left and left.thread_id == entry.thread_id and entry.source_at <= left.at + _OVERTAKEN_WITHIN)


def perform_chat_started(step: Step, entry: ChatStarted) -> frozenset[str]:
    """Ids of the agents named who have gone since: of those who have just left, the desk knows."""
    doubtful = frozenset(agent.id for agent in entry.agents if _may_have_gone(step.conversation, agent.id, entry))
    return doubtful - _who_is_there(step, entry) if doubtful else doubtful


def settle_chat_started(changes: Changes, entry: ChatStarted, gone: frozenset[str]) -> None:
    """A thread is open: ours, or one an agent began. Agents in it have joined, but those who are `gone`."""
    if is_late(changes, entry.thread_id):
        return
    adopt_thread(changes, entry.thread_id, at=entry.source_at)
    for agent in entry.agents:
        if agent.id not in gone:
            join(changes, agent, entry.thread_id, at=entry.source_at)
    add_found(changes, entry.messages)
    c = changes.conversation
    if c.state == AGENT and all(p.leaving for p in c.agents):
        wait(changes)


def give_up_chat_started(changes: Changes, entry: ChatStarted, _reason: str) -> None:
    """Whom it names are believed to be there."""
    settle_chat_started(changes, entry, frozenset())


def perform_agent_joined(step: Step, entry: AgentJoined) -> bool:
    """Tell whether they are there: of one who has just left the same thread, the desk knows; else it is believed.

    While the desk can't be asked they are not: if they are after all, their first words bring them in.
    """
    if not _may_have_gone(step.conversation, entry.agent.id, entry):
        return True
    return entry.agent.id in _who_is_there(step, entry)


def settle_agent_joined(changes: Changes, entry: AgentJoined, is_there: bool) -> None:
    """Somebody came; nothing if they are there already, or if it can't be told which thread they came into."""
    if not is_there or (not entry.thread_id and not changes.conversation.thread_id):
        return
    join(changes, entry.agent, entry.thread_id, at=entry.source_at)


def give_up_agent_joined(changes: Changes, entry: AgentJoined, _reason: str) -> None:
    """They are believed to be there."""
    settle_agent_joined(changes, entry, is_there=True)


def settle_agent_left(changes: Changes, entry: AgentLeft, _result: None) -> None:
    """Somebody left; nothing if they were not there. With nobody left the user waits for another to come."""
    c = changes.conversation
    presence = c.find_presence(entry.agent_id)
    if is_late(changes, entry.thread_id):
        return
    if presence is None:
        note_departure(changes, Agent(entry.agent_id), entry.source_at, c.group_id)
        return
    leave(changes, presence, at=entry.source_at)
    if c.state == AGENT and all(p.leaving for p in c.agents):
        wait(changes)
    elif c.state == AGENT and "agent_silent" not in c.timers:
        changes.set_timer("agent_silent", changes.policy.agent_silent_s)  # passed on to who may say nothing


def perform_chat_transferred(step: Step, entry: ChatTransferred) -> frozenset[str]:
    """Tell who has taken the user out of the queue since: of one who has just come, the desk knows."""
    just_come = [p for p in step.conversation.agents if p.since and entry.source_at <= p.since + _OVERTAKEN_WITHIN]
    return _who_is_there(step, entry) if entry.queued and just_come else frozenset()


def settle_chat_transferred(changes: Changes, entry: ChatTransferred, there: frozenset[str]) -> None:
    """To another agent: their joining will say so. To a queue: nobody has the user now, and the user is told.

    Who is `there` nevertheless came after it: the notice was overtaken by theirs.
    """
    c = changes.conversation
    if c.state == BOT or is_late(changes, entry.thread_id):
        return
    c.group_id = entry.group_ids[0] if entry.group_ids else c.group_id  # whoever comes next is shown as theirs
    if not entry.queued:
        return
    for presence in c.agents:
        if presence.agent.id not in there:
            leave(changes, presence, at=entry.source_at)
    if c.state == AGENT and all(p.leaving for p in c.agents):
        wait(changes)
        tell_user(changes, "queued", entry.id)


def give_up_chat_transferred(changes: Changes, entry: ChatTransferred, _reason: str) -> None:
    """Nobody is believed to be there."""
    settle_chat_transferred(changes, entry, frozenset())


def perform_framing(step: Step, entry: Framing) -> bool:
    """Show JOINED or LEFT, with the way to the other side, if there is one; answers whether the user may see it."""
    c = step.conversation
    if c.unsubscribed:
        return False
    voice = step.human_voice(c.find_presence(entry.agent.id) or Presence(entry.agent, 0, group_id=c.group_id))
    name = voice.name or step.text("someone")
    step.channel.send_framing(
        c.address,
        voice,
        left=entry.left,
        line=OutboundMessage(step.text("agent_left" if entry.left else "agent_joined", name=name), _ways(step, entry)),
        event_id=ids.effect_id(c.key, entry.id, "framing"),
        timeout_s=step.timeout_s(),
    )
    return True


def _ways(step: Step, entry: Framing) -> tuple[Suggestion, ...]:
    """Under LEFT to a person, under JOINED to the bot; none to where the user is already."""
    is_with_bot = step.conversation.state == BOT
    if entry.left:
        return (person_chip(step),) if is_with_bot else ()
    return () if is_with_bot else back_chips(step)


def settle_framing(changes: Changes, entry: Framing, was_shown: bool) -> None:
    """The user sees the agent come or gone, or will once they want to; if they do by now, it is shown."""
    if not was_shown and not changes.conversation.unsubscribed:
        changes.keep()
        return
    if not was_shown:
        miss(changes, entry)
    if entry.left:
        forget_presence(changes, entry.id)


def give_up_framing(changes: Changes, entry: Framing, _reason: str) -> None:
    """A channel that refuses the frame must not hold up what is in it."""
    settle_framing(changes, entry, was_shown=True)
