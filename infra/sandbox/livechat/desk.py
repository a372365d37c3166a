"""Opening, closing and writing in chats: what both chat APIs and the people at the desks do."""

from infra.sandbox.livechat import events, routing
from infra.sandbox.livechat.agent_shapes import SendAgentEvent
from infra.sandbox.livechat.errors import ApiError, chat_inactive
from infra.sandbox.livechat.licence import Licence, active_thread
from infra.sandbox.livechat.membership import enter, tell_added
from infra.sandbox.livechat.model import Cause, Chat, JsonObject, Member, Thread, new_id
from infra.sandbox.livechat.shapes import NewChat, SendEvent
from infra.sandbox.livechat.views import chat_view


def new_chat(licence: Licence, customer_id: str, cause: Cause) -> Chat:
    """A customer's first chat, without a thread yet."""
    source = {"client_id": cause.client_id, "customer_client_id": licence.customers[customer_id].client_id}
    chat = Chat(
        id=new_id(),
        customer_id=customer_id,
        members={customer_id: Member(customer_id, "customer")},
        properties={"source": source, "routing": {"continuous": False}},
    )
    licence.chats[chat.id] = chat
    return chat


def check_opening(licence: Licence, wanted: NewChat, *, active: bool, continuous: bool, by_agent: bool = False) -> None:
    """Refuse a start or resume before anything is changed.

    Raises:
        ApiError: `validation`, `group_not_found`, or `groups_offline` when only a continuous chat could start.
    """
    events.check_properties("chat", wanted.properties)
    events.check_properties("thread", wanted.thread.properties)
    for event in wanted.thread.events:
        events.check_event(licence, event, by_agent=by_agent)
    group_ids = wanted.access.group_ids if wanted.access else [routing.EVERYONE]
    licence.check_groups(group_ids)
    if active and not continuous and not routing.accepting(licence, group_ids):
        raise ApiError("groups_offline", "All groups of the chat are offline")


def open_thread(
    licence: Licence, chat: Chat, wanted: NewChat, cause: Cause, *, active: bool, continuous: bool
) -> tuple[Thread, list[str]]:
    """Put a new thread into the chat, find somebody for it and tell; answers it and the ids of its initial events."""
    group_ids = wanted.access.group_ids if wanted.access else [routing.EVERYONE]
    _merge(
        chat.properties,
        {**wanted.properties, "routing": {**wanted.properties.get("routing", {}), "continuous": continuous}},
    )
    source = {"client_id": cause.client_id}
    thread = Thread(
        id=new_id(),
        created_at=licence.now(),
        active=active,
        group_ids=list(group_ids),
        user_ids=[chat.customer_id],
        properties={"source": source, "routing": {"continuous": continuous}},
    )
    _merge(thread.properties, wanted.thread.properties)
    chat.group_ids = list(group_ids)
    chat.threads.append(thread)
    chat.members[chat.customer_id].seen_up_to = thread.created_at
    _enter_agents(licence, chat, [cause.user_id, *(user.id for user in wanted.users)])
    kept = [events.keep_event(licence, chat, event, cause.user_id) for event in wanted.thread.events]
    _route(licence, chat, cause)
    if licence.options.initial_event_webhooks:
        for event in kept:
            events.announce_event(licence, chat, event, cause)
    return thread, [event["id"] for event in kept]


def _merge(properties: JsonObject, more: JsonObject) -> None:
    for namespace, values in more.items():
        properties[namespace] = {**properties.get(namespace, {}), **values}


def _enter_agents(licence: Licence, chat: Chat, user_ids: list[str]) -> None:
    for user_id in user_ids:
        if user_id in licence.agents:
            enter(licence, licence.agents[user_id], chat)


def _route(licence: Licence, chat: Chat, cause: Cause) -> None:
    needs_agent = chat.newest.active and not chat.present_agents("all")
    agent = routing.choose(licence, chat) if needs_agent else None
    if agent and licence.options.agent_joins == "with_chat":
        enter(licence, agent, chat)
    licence.webhooks.emit("incoming_chat", {"chat": chat_view(licence, chat, chat.newest)}, cause, chat)
    if agent is None:
        return
    if licence.options.agent_joins == "after_chat":
        tell_added(licence, chat, enter(licence, agent, chat), "assigned", cause)
    routing.greet(licence, chat, agent)


def write(licence: Licence, chat: Chat, sent: SendEvent | SendAgentEvent, cause: Cause) -> JsonObject:
    """Add an event and tell; answers it. Nothing is deduplicated by custom_id.

    Raises:
        ApiError: the chat has no active thread, or the content is refused.
    """
    if chat.active_thread is None and not sent.attach_to_last_thread:
        raise chat_inactive(licence.dice)
    events.check_event(licence, sent.event, by_agent=cause.user_id in licence.agents)
    event = events.keep_event(licence, chat, sent.event, cause.user_id)
    events.announce_event(licence, chat, event, cause)
    return event


def close(licence: Licence, chat: Chat, cause: Cause, kind: str) -> None:
    """Close the active thread with a system message of that kind; the router's closings name no user.

    Raises:
        ApiError: there is none.
    """
    thread = active_thread(licence, chat)
    names = {"agent": "agent", "customer": "customer"}.get(kind.rpartition("_")[2])
    variables = {names: events.name_of(licence, cause.user_id)} if names else {}
    events.say_as_system(licence, chat, kind, **variables)
    thread.active = False
    thread.queued_at, thread.closed_at = "", licence.now()
    for member in chat.present_agents():
        chat.end_stay(member.id, thread.closed_at)
    user = {"user_id": cause.user_id} if cause.user_id else {}
    payload = {"chat_id": chat.id, "thread_id": thread.id, **user}
    licence.webhooks.emit("chat_deactivated", payload, cause, chat)
    routing.serve_queue(licence)


def see(licence: Licence, chat: Chat, user_id: str, seen_up_to: str, cause: Cause) -> None:
    """Note how far a user has read, and tell."""
    chat.members[user_id].seen_up_to = seen_up_to
    payload = {"user_id": user_id, "chat_id": chat.id, "seen_up_to": seen_up_to}
    licence.webhooks.emit("events_marked_as_seen", payload, cause, chat)
