"""Customer Chat Web API 3.6: what one end user may do. One chat per customer; agents under opaque ids; no visibility.

Source: Customer Chat API 3.6, methods.
"""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from infra.sandbox.livechat import desk, routing, views
from infra.sandbox.livechat.customer_events import check_events, set_event_properties
from infra.sandbox.livechat.errors import ApiError, chat_limit_reached
from infra.sandbox.livechat.licence import Licence, thread_of
from infra.sandbox.livechat.methods import Method
from infra.sandbox.livechat.model import Cause, Chat, JsonObject
from infra.sandbox.livechat.pages import list_threads_page, page_of
from infra.sandbox.livechat.shapes import (
    GetChat,
    ListThreads,
    MarkAsSeen,
    NewChat,
    NotEmpty,
    ResumeChat,
    SendEvent,
    SortOrder,
    StartChat,
    UpdateEventProperties,
)

_MAX_SESSION_FIELDS = 100
SessionField = Annotated[dict[str, str], Meta(min_length=1, max_length=1)]


class _Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    pass


class DeactivateChat(_Body, frozen=True, kw_only=True):
    id: NotEmpty


class ListChats(_Body, frozen=True, kw_only=True):
    limit: Annotated[int, Meta(ge=1, le=25)] | None = None
    sort_order: SortOrder | None = None
    page_id: str | None = None


class GroupStatuses(_Body, frozen=True, kw_only=True):
    all: bool = False
    group_ids: list[int] | None = None


class UpdateCustomer(_Body, frozen=True, kw_only=True):
    name: str | None = None
    email: str | None = None
    avatar: str | None = None
    phone_number: str | None = None
    name_is_default: bool | None = None
    session_fields: list[SessionField] | None = None
    omnichannel: dict[str, Any] | None = None
    address: dict[str, str] | None = None


class SessionFields(_Body, frozen=True, kw_only=True):
    session_fields: list[SessionField]


class Nothing(_Body, frozen=True, kw_only=True):
    pass


def _own_chat(licence: Licence, chat_id: str, caller: Cause) -> Chat:
    chat = licence.chats.get(chat_id)
    if chat is None:
        raise ApiError("validation", "chat_id: Chat not found")
    if chat.customer_id != caller.user_id:
        raise ApiError("authorization", "Requester has no access to the chat")
    return chat


def _check_chat(licence: Licence, chat: Chat | None, wanted: NewChat) -> None:
    if wanted.users:
        raise ApiError("validation", "chat.users: unknown field")
    check_events(licence, chat, wanted.thread.events)


def _start_chat(licence: Licence, caller: Cause, body: StartChat) -> JsonObject:
    _check_chat(licence, None, body.chat)
    desk.check_opening(licence, body.chat, active=body.active, continuous=body.continuous)
    if licence.chat_of(caller.user_id):
        raise chat_limit_reached(licence.dice)
    chat = desk.new_chat(licence, caller.user_id, caller)
    thread, event_ids = desk.open_thread(
        licence, chat, body.chat, caller, active=body.active, continuous=body.continuous
    )
    return {"chat_id": chat.id, "thread_id": thread.id, **({"event_ids": event_ids} if event_ids else {})}


def _resume_chat(licence: Licence, caller: Cause, body: ResumeChat) -> JsonObject:
    chat = _own_chat(licence, body.chat.id, caller)
    _check_chat(licence, chat, body.chat)
    if chat.active_thread:
        raise ApiError("chat_already_active", "Chat is already active")
    was_continuous = bool(chat.properties["routing"]["continuous"])
    continuous = was_continuous if body.continuous is None else body.continuous
    desk.check_opening(licence, body.chat, active=body.active, continuous=continuous)
    thread, event_ids = desk.open_thread(licence, chat, body.chat, caller, active=body.active, continuous=continuous)
    return {"thread_id": thread.id, **({"event_ids": event_ids} if event_ids else {})}


def _deactivate_chat(licence: Licence, caller: Cause, body: DeactivateChat) -> JsonObject:
    desk.close(licence, _own_chat(licence, body.id, caller), caller, "manual_archived_customer")
    return {}


def _send_event(licence: Licence, caller: Cause, body: SendEvent) -> JsonObject:
    chat = _own_chat(licence, body.chat_id, caller)
    check_events(licence, chat, [body.event])
    event = desk.write(licence, chat, body, caller)
    return {"event_id": event["id"]}


def _list_chats(licence: Licence, caller: Cause, body: ListChats) -> JsonObject:
    chat = licence.chat_of(caller.user_id)
    chats, page_ids = page_of([chat] if chat else [], body.limit, body.sort_order, body.page_id, default=10)
    return {"chats_summary": [_summary(licence, one) for one in chats], "total_chats": 1 if chat else 0, **page_ids}


def _summary(licence: Licence, chat: Chat) -> JsonObject:
    last = {
        event["type"]: {"thread_id": thread.id, "thread_created_at": thread.created_at, "event": event}
        for thread in chat.threads
        for event in views.customer_events(licence, thread)
    }
    return {
        "id": chat.id,
        "last_thread_id": chat.newest.id,
        "last_thread_created_at": chat.newest.created_at,
        "last_event_per_type": last,
        "users": views.customer_users(licence, chat),
        "access": {"group_ids": list(chat.group_ids)},
        "properties": chat.properties,
        "active": chat.newest.active,
    }


def _list_threads(licence: Licence, caller: Cause, body: ListThreads) -> JsonObject:
    chat = _own_chat(licence, body.chat_id, caller)
    return list_threads_page(chat, body, lambda thread: views.customer_thread(licence, chat, thread))


def _get_chat(licence: Licence, caller: Cause, body: GetChat) -> JsonObject:
    chat = _own_chat(licence, body.chat_id, caller)
    return views.customer_chat(licence, chat, thread_of(chat, body.thread_id))


def _mark_events_as_seen(licence: Licence, caller: Cause, body: MarkAsSeen) -> JsonObject:
    desk.see(licence, _own_chat(licence, body.chat_id, caller), caller.user_id, body.seen_up_to, caller)
    return {}


def _update_event_properties(licence: Licence, caller: Cause, body: UpdateEventProperties) -> JsonObject:
    chat = _own_chat(licence, body.chat_id, caller)
    set_event_properties(chat, body)
    licence.webhooks.emit("event_properties_updated", msgspec.to_builtins(body), caller, chat)
    return {}


def _list_group_statuses(licence: Licence, _caller: Cause, body: GroupStatuses) -> JsonObject:
    if body.all == (body.group_ids is not None):
        raise ApiError("validation", "group_ids: give either group_ids or all")
    wanted = licence.options.groups if body.group_ids is None else body.group_ids
    known = [group_id for group_id in wanted if group_id in licence.options.groups]
    return {"groups_status": {str(group_id): routing.group_status(licence, group_id) for group_id in known}}


def _update_customer(licence: Licence, caller: Cause, body: UpdateCustomer) -> JsonObject:
    changes = msgspec.to_builtins(body)
    if not changes:
        raise ApiError("validation", "name: at least one field is required")
    fields = changes.pop("session_fields", None)
    if fields is not None:
        _set_fields(licence, caller, fields)
    customer = licence.customers[caller.user_id]
    customer.details = {**customer.details, **changes}
    return {}


def _set_customer_session_fields(licence: Licence, caller: Cause, body: SessionFields) -> JsonObject:
    _set_fields(licence, caller, body.session_fields)
    return {}


def _set_fields(licence: Licence, caller: Cause, fields: list[dict[str, str]]) -> None:
    customer = licence.customers[caller.user_id]
    merged = {name: value for field in [*customer.session_fields, *fields] for name, value in field.items()}
    if len(merged) > _MAX_SESSION_FIELDS:
        raise ApiError("limit_reached", f"session_fields: at most {_MAX_SESSION_FIELDS} keys")
    customer.session_fields = [{name: value} for name, value in merged.items()]
    chat = licence.chat_of(customer.id)
    if chat is None or chat.active_thread is None:
        return
    where = {"chat_id": chat.id, "thread_id": chat.active_thread.id}
    payload = {"id": customer.id, "active_chat": where, "session_fields": customer.session_fields}
    licence.webhooks.emit("customer_session_fields_updated", payload, caller, chat)


def _get_customer(licence: Licence, caller: Cause, _body: Nothing) -> JsonObject:
    customer = licence.customers[caller.user_id]
    return {"id": customer.id, "type": "customer", **customer.details, "session_fields": customer.session_fields}


METHODS: dict[str, Method] = {
    "start_chat": Method(_start_chat, StartChat),
    "resume_chat": Method(_resume_chat, ResumeChat),
    "deactivate_chat": Method(_deactivate_chat, DeactivateChat),
    "send_event": Method(_send_event, SendEvent),
    "list_chats": Method(_list_chats, ListChats),
    "list_threads": Method(_list_threads, ListThreads),
    "get_chat": Method(_get_chat, GetChat),
    "mark_events_as_seen": Method(_mark_events_as_seen, MarkAsSeen),
    "update_event_properties": Method(_update_event_properties, UpdateEventProperties),
    "list_group_statuses": Method(_list_group_statuses, GroupStatuses),
    "update_customer": Method(_update_customer, UpdateCustomer),
    "set_customer_session_fields": Method(_set_customer_session_fields, SessionFields),
    "get_customer": Method(_get_customer, Nothing),
}
