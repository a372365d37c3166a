"""The people at the desks, played over HTTP: `POST /_agent/<what>` with a JSON body naming `agent` (e-mail).

What they do has the same effects, system messages and webhooks as in LiveChat's agent app. What they write is in
`people_writing`.
"""

from typing import Literal

import msgspec

from infra.sandbox.livechat import agent_api, desk, routing
from infra.sandbox.livechat.errors import ApiError
from infra.sandbox.livechat.licence import Licence, active_thread
from infra.sandbox.livechat.membership import add_agent, check_present, remove_agent
from infra.sandbox.livechat.methods import Method
from infra.sandbox.livechat.model import AGENT_APP, Cause, JsonObject
from infra.sandbox.livechat.shapes import (
    Access,
    Audience,
    ChatUser,
    NewChat,
    ResumeChat,
    ResumedChat,
    StartChat,
)

_MANY = 5


class _Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class Status(_Body, frozen=True, kw_only=True):
    agent: str
    status: agent_api.ROUTING_STATUSES


class InChat(_Body, frozen=True, kw_only=True):
    agent: str
    chat_id: str


class Join(InChat, frozen=True, kw_only=True):
    visibility: Audience = "all"


class Transfer(InChat, frozen=True, kw_only=True):
    """To one of `to_agent`, `to_group`."""

    to_agent: str | None = None
    to_group: int | None = None


class Start(_Body, frozen=True, kw_only=True):
    agent: str
    customer_id: str
    group_id: int = 0


class Timeout(_Body, frozen=True, kw_only=True):
    chat_id: str
    kind: Literal["routing.archived_inactive", "system_archived"] = "routing.archived_inactive"


def cause_of(licence: Licence, agent_id: str) -> Cause:
    """That agent, at their desk.

    Raises:
        ApiError: there is none.
    """
    return Cause(licence.agent(agent_id).id, AGENT_APP)


def _status(licence: Licence, body: Status) -> JsonObject:
    routing.set_status(licence, licence.agent(body.agent), body.status, cause_of(licence, body.agent))
    return {}


def _accept(licence: Licence, body: InChat) -> JsonObject:
    chat = licence.chat(body.chat_id)
    active_thread(licence, chat)
    if chat.present_agents("all"):
        raise ApiError("validation", "chat_id: somebody has the chat already")
    routing.hand_to(licence, chat, licence.agent(body.agent), "assigned", cause_of(licence, body.agent))
    return {}


def _join(licence: Licence, body: Join) -> JsonObject:
    chat = licence.chat(body.chat_id)
    add_agent(licence, chat, body.agent, body.visibility, cause_of(licence, body.agent), public_limit=_MANY)
    return {}


def _transfer(licence: Licence, body: Transfer) -> JsonObject:
    chat = licence.chat(body.chat_id)
    active_thread(licence, chat)
    if (body.to_agent is None) == (body.to_group is None):
        raise ApiError("validation", "to_agent: give either to_agent or to_group")
    agent_ids = [] if body.to_agent is None else [body.to_agent]
    group_ids = [] if body.to_group is None else [body.to_group]
    licence.check_groups(group_ids)
    may_queue = body.to_group is not None
    routing.transfer(licence, chat, group_ids, agent_ids, cause_of(licence, body.agent), may_queue=may_queue)
    return {}


def _leave(licence: Licence, body: InChat) -> JsonObject:
    remove_agent(licence, licence.chat(body.chat_id), body.agent, cause_of(licence, body.agent))
    return {}


def _close(licence: Licence, body: InChat) -> JsonObject:
    desk.close(licence, licence.chat(body.chat_id), cause_of(licence, body.agent), "manual_archived_agent")
    return {}


def _timeout(licence: Licence, body: Timeout) -> JsonObject:
    desk.close(licence, licence.chat(body.chat_id), routing.ROUTER, body.kind)
    return {}


def _start(licence: Licence, body: Start) -> JsonObject:
    caller = cause_of(licence, body.agent)
    access = Access(group_ids=[body.group_id])
    chat = licence.chat_of(body.customer_id)
    if chat is not None:
        resumed = agent_api.resume_chat(licence, caller, ResumeChat(chat=ResumedChat(id=chat.id, access=access)))
        return {"chat_id": chat.id, **resumed}
    users = [ChatUser(id=body.customer_id, type="customer")]
    return agent_api.start_chat(licence, caller, StartChat(chat=NewChat(access=access, users=users), continuous=True))


def _seen(licence: Licence, body: InChat) -> JsonObject:
    chat = licence.chat(body.chat_id)
    check_present(chat, body.agent)
    desk.see(licence, chat, body.agent, licence.now(), cause_of(licence, body.agent))
    return {}


DEEDS: dict[str, Method] = {
    "status": Method(_status, Status),
    "accept": Method(_accept, InChat),
    "join": Method(_join, Join),
    "transfer": Method(_transfer, Transfer),
    "leave": Method(_leave, InChat),
    "close": Method(_close, InChat),
    "timeout": Method(_timeout, Timeout),
    "start": Method(_start, Start),
    "seen": Method(_seen, InChat),
}
