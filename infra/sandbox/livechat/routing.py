"""Who gets a chat: assignment, the queue, transfers, people signing out."""

from infra.sandbox.livechat import events
from infra.sandbox.livechat.errors import ApiError
from infra.sandbox.livechat.licence import Licence
from infra.sandbox.livechat.membership import enter, leave, tell_added
from infra.sandbox.livechat.model import Agent, Cause, Chat
from infra.sandbox.livechat.views import queue_view

EVERYONE = 0
ROUTER = Cause("", None)


def _in_groups(agent: Agent, group_ids: list[int]) -> bool:
    return EVERYONE in group_ids or bool(set(group_ids).intersection(agent.profile.groups))


def accepting(licence: Licence, group_ids: list[int]) -> list[Agent]:
    """People of these groups who accept chats, whether or not they have room."""
    return [
        agent
        for agent in licence.agents.values()
        if agent.status == "accepting_chats" and not agent.is_bot and _in_groups(agent, group_ids)
    ]


def free_agent(licence: Licence, group_ids: list[int], besides: frozenset[str] = frozenset()) -> Agent | None:
    """Who has most room, or None."""
    with_room = [
        agent
        for agent in accepting(licence, group_ids)
        if agent.id not in besides and licence.load(agent) < agent.profile.max_chats
    ]
    return min(with_room, key=licence.load, default=None)


def group_status(licence: Licence, group_id: int) -> str:
    """`list_group_statuses`' word for one group."""
    if not accepting(licence, [group_id]):
        return "offline"
    is_open = licence.options.routing == "auto" and free_agent(licence, [group_id]) is not None
    return "online" if is_open else "online_for_queue"


def choose(licence: Licence, chat: Chat) -> Agent | None:
    """Who gets a new thread; None leaves it waiting, in the queue if anybody works at all."""
    thread = chat.newest
    if licence.bot and not thread.properties.get("routing", {}).get("ignore_bots"):
        return licence.bot
    if chat.properties.get("routing", {}).get("ignore_agents_routing"):
        return None
    if licence.options.routing == "auto" and (agent := free_agent(licence, thread.group_ids)):
        return agent
    if accepting(licence, thread.group_ids):
        thread.queued_at = licence.now()
    return None


def greet(licence: Licence, chat: Chat, agent: Agent) -> None:
    """Send the automatic welcome message, in the agent's name, when there is one."""
    text = licence.options.welcome_message
    if text:
        events.say_as_agent(licence, chat, agent.id, text, {"lc2": {"welcome_message": True}})


def tell_transferred(licence: Licence, chat: Chat, agent: Agent | None, reason: str, by: Cause) -> None:
    """Send `chat_transferred`, with the queue if nobody has the chat yet."""
    thread = chat.newest
    target = {"group_ids": list(thread.group_ids), **({"agent_ids": [agent.id]} if agent else {})}
    payload = {
        "chat_id": chat.id,
        "thread_id": thread.id,
        **({"requester_id": by.user_id} if by.user_id else {}),
        "reason": reason,
        "transferred_to": target,
        **queue_view(licence, thread),
    }
    licence.webhooks.emit("chat_transferred", payload, by, chat)


def hand_to(licence: Licence, chat: Chat, agent: Agent, reason: str, cause: Cause) -> None:
    """Give a waiting chat to an agent, and tell."""
    member = enter(licence, agent, chat)
    tell_transferred(licence, chat, agent, reason, cause)
    tell_added(licence, chat, member, reason, cause)
    greet(licence, chat, agent)


def serve_queue(licence: Licence) -> None:
    """Assign chats that wait, oldest first, to whoever has room now."""
    if licence.options.routing != "auto":
        return
    waiting = [chat for chat in licence.chats.values() if chat.active_thread and not chat.present_agents("all")]
    for chat in sorted(waiting, key=lambda one: one.newest.queued_at or one.newest.created_at):
        if chat.properties.get("routing", {}).get("ignore_agents_routing"):
            continue
        if agent := free_agent(licence, chat.newest.group_ids):
            hand_to(licence, chat, agent, "assigned", ROUTER)


def transfer(
    licence: Licence,
    chat: Chat,
    group_ids: list[int],
    agent_ids: list[str],
    cause: Cause,
    *,
    may_queue: bool,
) -> None:
    """Move the chat to one of some agents or groups.

    Raises:
        ApiError: nobody there is free and `may_queue` is False (True: a group queues, an agent gets it anyway); wording
            as observed.
    """
    here = frozenset(member.id for member in chat.present_agents())
    target = _transfer_target(licence, group_ids, agent_ids, here, anyone=may_queue)
    if target is None and not may_queue:
        raise ApiError("validation", "Cannot assign any agent from requested groups")
    if group_ids:
        chat.group_ids, chat.newest.group_ids = list(group_ids), list(group_ids)
    if target is None:
        chat.newest.queued_at = licence.now()
    leaving = [member.id for member in chat.present_agents("all")]
    tell_transferred(licence, chat, target, "manual", cause)
    for agent_id in leaving:
        leave(licence, chat, agent_id, "manual", cause)
    if target:
        tell_added(licence, chat, enter(licence, target, chat), "manual", cause)
    targets = target.profile.name if target else ", ".join(f"group {group_id}" for group_id in group_ids)
    initiator = events.name_of(licence, cause.user_id)
    events.say_as_system(licence, chat, "chat_transferred", initiator=initiator, targets=targets)


def _transfer_target(
    licence: Licence, group_ids: list[int], agent_ids: list[str], here: frozenset[str], *, anyone: bool
) -> Agent | None:
    for agent_id in agent_ids:
        agent = licence.agent(agent_id)
        if agent_id not in here and (anyone or agent.status == "accepting_chats"):
            return agent
    return free_agent(licence, group_ids, here) if group_ids else None


def set_status(licence: Licence, agent: Agent, status: str, cause: Cause) -> None:
    """Change a routing status; someone who goes offline loses their chats, someone who comes gets what waits."""
    agent.status = status
    word = status.replace("_", " ")  # blanks in the webhook, underscores in the method
    licence.webhooks.emit("routing_status_set", {"agent_id": agent.id, "status": word}, cause, None)
    if status == "offline":
        for chat in list(licence.chats.values()):
            if chat.active_thread and any(member.id == agent.id for member in chat.present_agents("all")):
                _sign_out(licence, chat, agent)
    serve_queue(licence)


def _sign_out(licence: Licence, chat: Chat, agent: Agent) -> None:
    leave(licence, chat, agent.id, "signed_out", ROUTER)
    if chat.present_agents("all"):
        return
    successor = choose(licence, chat)
    if successor is None:
        tell_transferred(licence, chat, None, "unassigned", ROUTER)
        events.say_as_system(licence, chat, "routing.unassigned_signed_out", agent=agent.profile.name)
        return
    hand_to(licence, chat, successor, "assigned", ROUTER)
    events.say_as_system(licence, chat, "routing.assigned_signed_out", agent=successor.profile.name)
