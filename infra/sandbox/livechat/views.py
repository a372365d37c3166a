"""How chats look from outside: fully to agents and webhooks, reduced to customers.

Source: data structures of the Agent and the Customer Chat API 3.6.
"""

import msgspec

from infra.sandbox.livechat.licence import Licence
from infra.sandbox.livechat.model import Agent, Chat, JsonObject, Member, Thread

QUEUE_WAIT_S = 60


def queue_view(licence: Licence, thread: Thread) -> JsonObject:
    """`{"queue": …}` while the thread is queued, else nothing."""
    if not thread.queued_at:
        return {}
    position = licence.position(thread)
    return {"queue": {"position": position, "wait_time": position * QUEUE_WAIT_S, "queued_at": thread.queued_at}}


def user_view(licence: Licence, chat: Chat, member: Member) -> JsonObject:
    """A user of a chat, as agents and webhooks see one."""
    seen = {"events_seen_up_to": member.seen_up_to} if member.seen_up_to else {}
    if member.type == "customer":
        return {**_customer_user(licence, chat), "present": member.present, **seen}
    agent = licence.agents[member.id]
    return {
        "id": member.id,
        "type": "agent",
        "name": agent.profile.name,
        **({} if agent.is_bot else {"email": member.id}),
        "avatar": agent.profile.avatar,
        "present": member.present,
        "visibility": member.visibility,
        **seen,
    }


def _customer_user(licence: Licence, chat: Chat) -> JsonObject:
    customer = licence.customers[chat.customer_id]
    return {
        "id": customer.id,
        "type": "customer",
        **customer.details,
        "session_fields": list(customer.session_fields),
        "created_at": customer.created_at,
        "visit": {"started_at": customer.created_at},
        "statistics": {"chats_count": 1, "threads_count": len(chat.threads), "visits_count": 1},
    }


def thread_view(licence: Licence, chat: Chat, thread: Thread) -> JsonObject:
    """A thread with its events, as agents and webhooks see it."""
    return {
        "id": thread.id,
        "created_at": thread.created_at,
        "active": thread.active,
        "user_ids": list(thread.user_ids),
        "events": list(thread.events),
        "properties": thread.properties,
        "access": {"group_ids": list(thread.group_ids)},
        "tags": [],
        **queue_view(licence, thread),
        **_neighbours(chat, thread),
    }


def _neighbours(chat: Chat, thread: Thread) -> JsonObject:
    index = chat.threads.index(thread)
    before = {"previous_thread_id": chat.threads[index - 1].id} if index else {}
    after = {"next_thread_id": chat.threads[index + 1].id} if index + 1 < len(chat.threads) else {}
    return before | after


def chat_view(licence: Licence, chat: Chat, thread: Thread) -> JsonObject:
    """A chat with one of its threads, as agents and webhooks see it."""
    return {
        "id": chat.id,
        "users": [user_view(licence, chat, member) for member in chat.members.values()],
        "thread": thread_view(licence, chat, thread),
        "properties": chat.properties,
        "access": {"group_ids": list(chat.group_ids)},
    }


# --- the customer's eyes ---------------------------------------------------------------------------------------------


def customer_event(licence: Licence, event: JsonObject) -> JsonObject:
    """An event as the customer sees it: no visibility, agents under another id."""
    seen = {name: value for name, value in event.items() if name != "visibility"}
    if seen.get("author_id") in licence.agents:
        seen["author_id"] = licence.opaque_id(seen["author_id"])
    return seen


def customer_events(licence: Licence, thread: Thread) -> list[JsonObject]:
    """The events of a thread that are for the customer."""
    return [customer_event(licence, event) for event in thread.events if event["visibility"] == "all"]


def customer_thread(licence: Licence, chat: Chat, thread: Thread) -> JsonObject:
    """A thread as the customer sees it."""
    visible = {member.id for member in chat.members.values() if member.visibility == "all"}
    return {
        "id": thread.id,
        "created_at": thread.created_at,
        "active": thread.active,
        "user_ids": [_customer_user_id(licence, user_id) for user_id in thread.user_ids if user_id in visible],
        "events": customer_events(licence, thread),
        "properties": thread.properties,
        "access": {"group_ids": list(thread.group_ids)},
        **queue_view(licence, thread),
        **_neighbours(chat, thread),
    }


def _customer_user_id(licence: Licence, user_id: str) -> str:
    return licence.opaque_id(user_id) if user_id in licence.agents else user_id


def customer_users(licence: Licence, chat: Chat) -> list[JsonObject]:
    """The users of a chat that the customer may know of."""
    return [_customer_sees(licence, member) for member in chat.members.values() if member.visibility == "all"]


def _customer_sees(licence: Licence, member: Member) -> JsonObject:
    if member.type == "customer":
        return {
            "id": member.id,
            "type": "customer",
            "present": member.present,
            **licence.customers[member.id].details,
        }
    profile = licence.agents[member.id].profile
    return {
        "id": licence.opaque_id(member.id),
        "type": "agent",
        "name": profile.name,
        "present": member.present,
        "avatar": f"https://{profile.avatar}",
        "job_title": profile.job_title,
    }


def customer_chat(licence: Licence, chat: Chat, thread: Thread) -> JsonObject:
    """A chat with one of its threads, as the customer sees it."""
    return {
        "id": chat.id,
        "thread": customer_thread(licence, chat, thread),
        "users": customer_users(licence, chat),
        "access": {"group_ids": list(chat.group_ids)},
        "properties": chat.properties,
    }


# --- for whoever watches ---------------------------------------------------------------------------------------------


def chat_state(licence: Licence, chat: Chat) -> JsonObject:
    """The whole chat, with what no API shows of it."""
    seen = chat_view(licence, chat, chat.newest)
    del seen["thread"]
    threads = [{**thread_view(licence, chat, thread), "edits": thread.edits} for thread in chat.threads]
    return {**seen, "customer_id": chat.customer_id, "threads": threads}


def agent_state(licence: Licence, agent: Agent) -> JsonObject:
    """A person at a desk, and how many chats they have."""
    return {
        **msgspec.to_builtins(agent.profile),
        "status": agent.status,
        "is_bot": agent.is_bot,
        "chats": licence.load(agent),
    }
