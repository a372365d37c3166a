"""Who is in a chat: agents coming and going, and what only those inside may do."""

from infra.sandbox.livechat import events
from infra.sandbox.livechat.errors import ApiError, not_a_user
from infra.sandbox.livechat.licence import Licence, active_thread
from infra.sandbox.livechat.model import Agent, Cause, Chat, Member, Stay
from infra.sandbox.livechat.views import user_view


def enter(licence: Licence, agent: Agent, chat: Chat, visibility: str = "all") -> Member:
    """Put an agent into the chat, without telling anyone."""
    member = Member(agent.id, "agent", visibility=visibility)
    chat.members[agent.id] = member
    thread = chat.newest
    chat.stays.append(Stay(agent.id, thread.id, licence.now()))
    if agent.id not in thread.user_ids:
        thread.user_ids.append(agent.id)
    if visibility == "all":
        thread.queued_at = ""
    return member


def tell_added(licence: Licence, chat: Chat, member: Member, reason: str, cause: Cause) -> None:
    """Send `user_added_to_chat`."""
    payload = {
        "chat_id": chat.id,
        "thread_id": chat.newest.id,
        "user": user_view(licence, chat, member),
        "user_type": member.type,
        "reason": reason,
        "requester_id": cause.user_id or member.id,
    }
    licence.webhooks.emit("user_added_to_chat", payload, cause, chat)


def leave(licence: Licence, chat: Chat, agent_id: str, reason: str, cause: Cause) -> None:
    """Take an agent out of the chat and send `user_removed_from_chat`.

    Raises:
        ApiError: the agent is not in the chat.
    """
    member = chat.members.get(agent_id)
    if member is None or not member.present or member.type != "agent":
        raise ApiError("validation", "user_id: not a user of the chat")
    chat.end_stay(agent_id, licence.now())
    payload = {
        "chat_id": chat.id,
        "thread_id": chat.newest.id,
        "user_id": agent_id,
        "user_type": "agent",
        "reason": reason,
        "requester_id": cause.user_id or agent_id,
    }
    licence.webhooks.emit("user_removed_from_chat", payload, cause, chat)


def check_present(chat: Chat, user_id: str, *, ignore: bool = False) -> None:
    """Refuse somebody who is not in the chat.

    Raises:
        ApiError: `authorization`.
    """
    if not ignore and not any(member.id == user_id for member in chat.present_agents()):
        raise not_a_user()


def add_agent(
    licence: Licence, chat: Chat, agent_id: str, visibility: str, caller: Cause, *, public_limit: int
) -> None:
    """Put an agent into an active chat, and tell.

    Raises:
        ApiError: inactive chat, unknown agent, one who is in it, or too many public agents; as observed.
    """
    active_thread(licence, chat)
    agent = licence.agent(agent_id)
    public = chat.present_agents("all")
    if any(member.id == agent_id for member in chat.present_agents()):
        raise ApiError("validation", "user_id: already in the chat")
    if visibility == "all" and len(public) >= public_limit:
        raise ApiError("validation", "Public agents in chat limit reached", status=422)
    member = enter(licence, agent, chat, visibility)
    tell_added(licence, chat, member, "manual", caller)
    if not public or visibility != "all":
        return
    if caller.user_id == agent_id:
        events.say_as_system(licence, chat, "agent_joined", agent=agent.profile.name)
        return
    initiator = events.name_of(licence, caller.user_id)
    events.say_as_system(licence, chat, "agent_added", initiator=initiator, agent=agent.profile.name)


def remove_agent(licence: Licence, chat: Chat, agent_id: str, caller: Cause) -> None:
    """Take an agent out of an active chat, and tell.

    Raises:
        ApiError: inactive chat, or the agent is not in it.
    """
    active_thread(licence, chat)
    agent = licence.agent(agent_id)
    leave(licence, chat, agent_id, "manual", caller)
    if caller.user_id == agent_id:
        events.say_as_system(licence, chat, "agent_left", agent=agent.profile.name)
        return
    initiator = events.name_of(licence, caller.user_id)
    events.say_as_system(licence, chat, "agent_removed", initiator=initiator, agent=agent.profile.name)
