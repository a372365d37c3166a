"""Agent Chat Web API 3.6: what an agent (or an app in an agent's name) may do.

Source: Agent Chat API 3.6, methods; refusals as observed by integrators.
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from infra.sandbox.livechat import desk, routing, views
from infra.sandbox.livechat.agent_events import check_sent, check_words
from infra.sandbox.livechat.agent_shapes import SendAgentEvent
from infra.sandbox.livechat.errors import ApiError, chat_limit_reached
from infra.sandbox.livechat.licence import Licence, active_thread, thread_of
from infra.sandbox.livechat.membership import add_agent, check_present, remove_agent
from infra.sandbox.livechat.methods import Method
from infra.sandbox.livechat.model import Cause, Chat, JsonObject
from infra.sandbox.livechat.pages import list_threads_page, page_of
from infra.sandbox.livechat.shapes import (
    Audience,
    GetChat,
    ListThreads,
    NewChat,
    NotEmpty,
    ResumeChat,
    SortOrder,
    StartChat,
)

_READ = frozenset({"chats--all:ro", "chats--all:rw", "chats--access:ro", "chats--access:rw"})
_WRITE = frozenset({"chats--all:rw", "chats--access:rw"})
_STATUS = frozenset({"agents--all:rw", "agents--my:rw"})
ROUTING_STATUSES = Literal["accepting_chats", "not_accepting_chats", "offline"]


class _Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class ListChats(_Body, frozen=True, kw_only=True):
    filters: dict[str, Any] = {}
    limit: Annotated[int, Meta(ge=1, le=100)] | None = None
    sort_order: SortOrder | None = None
    page_id: str | None = None


class DeactivateChat(_Body, frozen=True, kw_only=True):
    id: NotEmpty
    ignore_requester_presence: bool = False


class AddUser(_Body, frozen=True, kw_only=True):
    chat_id: NotEmpty
    user_id: NotEmpty
    user_type: Literal["agent", "customer"]
    visibility: Audience
    ignore_requester_presence: bool = False


class RemoveUser(_Body, frozen=True, kw_only=True):
    chat_id: NotEmpty
    user_id: NotEmpty
    user_type: Literal["agent", "customer"]
    ignore_requester_presence: bool = False


class Target(_Body, frozen=True, kw_only=True):
    type: Literal["group", "agent"]
    ids: Annotated[list[int | str], Meta(min_length=1)]


class TransferChat(_Body, frozen=True, kw_only=True):
    id: NotEmpty
    target: Target
    ignore_agents_availability: bool = False
    ignore_requester_presence: bool = False


class SetRoutingStatus(_Body, frozen=True, kw_only=True):
    status: ROUTING_STATUSES
    agent_id: str | None = None


def _send_event(licence: Licence, caller: Cause, body: SendAgentEvent) -> JsonObject:
    chat = licence.chat(body.chat_id)
    check_sent(chat, body.event, caller.user_id)
    return {"event_id": desk.write(licence, chat, body, caller)["id"]}


def _get_chat(licence: Licence, _caller: Cause, body: GetChat) -> JsonObject:
    chat = licence.chat(body.chat_id)
    return {**views.chat_view(licence, chat, thread_of(chat, body.thread_id)), "is_followed": False}


def _list_threads(licence: Licence, _caller: Cause, body: ListThreads) -> JsonObject:
    chat = licence.chat(body.chat_id)
    return list_threads_page(chat, body, lambda thread: views.thread_view(licence, chat, thread))


def _list_chats(licence: Licence, _caller: Cause, body: ListChats) -> JsonObject:
    chats = sorted(licence.chats.values(), key=lambda chat: chat.newest.created_at)
    page, page_ids = page_of(chats, body.limit, body.sort_order, body.page_id, default=10)
    return {"chats_summary": [_summary(licence, chat) for chat in page], "found_chats": len(chats), **page_ids}


def _summary(licence: Licence, chat: Chat) -> JsonObject:
    seen = views.chat_view(licence, chat, chat.newest)
    thread = seen.pop("thread")
    last = {event["type"]: {"thread_id": thread["id"], "event": event} for event in thread.pop("events")}
    return {**seen, "last_thread_summary": thread, "last_event_per_type": last, "is_followed": False}


def _customer_of(licence: Licence, wanted: NewChat) -> str:
    customers = [user.id for user in wanted.users if user.type == "customer"]
    if len(customers) != 1 or customers[0] not in licence.customers:
        raise ApiError("validation", "chat.users: exactly one existing customer is required")
    return customers[0]


def start_chat(licence: Licence, caller: Cause, body: StartChat) -> JsonObject:
    """Start a chat with an existing customer.

    Raises:
        ApiError: no such customer, or the customer has a chat.
    """
    check_words(body.chat.thread.events)
    customer_id = _customer_of(licence, body.chat)
    desk.check_opening(licence, body.chat, active=body.active, continuous=True, by_agent=True)
    if licence.chat_of(customer_id):
        raise chat_limit_reached(licence.dice)
    chat = desk.new_chat(licence, customer_id, caller)
    thread, event_ids = desk.open_thread(
        licence, chat, body.chat, caller, active=body.active, continuous=body.continuous
    )
    return {"chat_id": chat.id, "thread_id": thread.id, **({"event_ids": event_ids} if event_ids else {})}


def resume_chat(licence: Licence, caller: Cause, body: ResumeChat) -> JsonObject:
    """Open a new thread in a chat.

    Raises:
        ApiError: it is active, or there is no such chat.
    """
    check_words(body.chat.thread.events)
    chat = licence.chat(body.chat.id)
    if chat.active_thread:
        raise ApiError("chat_already_active", "Chat is already active")
    desk.check_opening(licence, body.chat, active=body.active, continuous=True, by_agent=True)
    continuous = bool(chat.properties["routing"]["continuous"]) if body.continuous is None else body.continuous
    thread, event_ids = desk.open_thread(licence, chat, body.chat, caller, active=body.active, continuous=continuous)
    return {"thread_id": thread.id, **({"event_ids": event_ids} if event_ids else {})}


def _deactivate_chat(licence: Licence, caller: Cause, body: DeactivateChat) -> JsonObject:
    chat = licence.chat(body.id)
    check_present(chat, caller.user_id, ignore=body.ignore_requester_presence)
    desk.close(licence, chat, caller, "manual_archived_agent")
    return {}


def _add_user(licence: Licence, caller: Cause, body: AddUser) -> JsonObject:
    chat = licence.chat(body.chat_id)
    if body.user_type == "customer":
        raise ApiError("limit_reached", "user_type: the chat has its customer already")
    add_agent(licence, chat, body.user_id, body.visibility, caller, public_limit=licence.options.public_agents_limit)
    return {}


def _remove_user(licence: Licence, caller: Cause, body: RemoveUser) -> JsonObject:
    chat = licence.chat(body.chat_id)
    check_present(chat, caller.user_id, ignore=body.ignore_requester_presence)
    if body.user_type == "customer":
        raise ApiError("authorization", "user_type: the customer can't be removed")
    remove_agent(licence, chat, body.user_id, caller)
    return {}


def _transfer_chat(licence: Licence, caller: Cause, body: TransferChat) -> JsonObject:
    chat = licence.chat(body.id)
    active_thread(licence, chat)
    check_present(chat, caller.user_id, ignore=body.ignore_requester_presence)
    group_ids = [one for one in body.target.ids if isinstance(one, int)]
    agent_ids = [one for one in body.target.ids if isinstance(one, str)]
    if bool(group_ids) != (body.target.type == "group"):
        raise ApiError("validation", "target.ids: group ids are numbers, agent ids are strings")
    licence.check_groups(group_ids)
    may_queue = body.ignore_agents_availability
    routing.transfer(licence, chat, group_ids, agent_ids, caller, may_queue=may_queue)
    return {}


def _set_routing_status(licence: Licence, caller: Cause, body: SetRoutingStatus) -> JsonObject:
    routing.set_status(licence, licence.agent(body.agent_id or caller.user_id), body.status, caller)
    return {}


METHODS: dict[str, Method] = {
    "send_event": Method(_send_event, SendAgentEvent, _WRITE),
    "get_chat": Method(_get_chat, GetChat, _READ),
    "list_threads": Method(_list_threads, ListThreads, _READ),
    "list_chats": Method(_list_chats, ListChats, _READ),
    "start_chat": Method(start_chat, StartChat, _WRITE),
    "resume_chat": Method(resume_chat, ResumeChat, _WRITE),
    "deactivate_chat": Method(_deactivate_chat, DeactivateChat, _WRITE),
    "add_user_to_chat": Method(_add_user, AddUser, _WRITE),
    "remove_user_from_chat": Method(_remove_user, RemoveUser, _WRITE),
    "transfer_chat": Method(_transfer_chat, TransferChat, _WRITE),
    "set_routing_status": Method(_set_routing_status, SetRoutingStatus, _STATUS),
}
