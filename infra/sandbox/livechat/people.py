"""The people at the desks, played over HTTP: `POST /_agent/<what>` with a JSON body naming `agent` (e-mail).

What they do has the same effects, system messages and webhooks as in LiveChat's agent app.
"""

import base64
import binascii
from typing import Any, Literal

import msgspec

from infra.sandbox.livechat import agent_api, desk, routing, uploads
from infra.sandbox.livechat.errors import ApiError, parse
from infra.sandbox.livechat.licence import Licence, active_thread
from infra.sandbox.livechat.membership import add_agent, check_present, remove_agent
from infra.sandbox.livechat.methods import Method
from infra.sandbox.livechat.model import AGENT_APP, Cause, JsonObject, now
from infra.sandbox.livechat.shapes import (
    Access,
    Audience,
    ChatUser,
    NewChat,
    ResumeChat,
    ResumedChat,
    SendEvent,
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


class Reply(InChat, frozen=True, kw_only=True):
    text: str
    visibility: Audience = "all"


class File(InChat, frozen=True, kw_only=True):
    """`content`: base64."""

    name: str
    content: str = ""
    content_type: str = "text/plain"
    visibility: Audience = "all"
    base_url: str = ""


class Event(InChat, frozen=True, kw_only=True):
    """`event`: as in the Agent API's send_event."""

    event: dict[str, Any]


class Delete(InChat, frozen=True, kw_only=True):
    event_id: str


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


def _by(licence: Licence, agent_id: str) -> Cause:
    return Cause(licence.agent(agent_id).id, AGENT_APP)


def _status(licence: Licence, body: Status) -> JsonObject:
    routing.set_status(licence, licence.agent(body.agent), body.status, _by(licence, body.agent))
    return {}


def _accept(licence: Licence, body: InChat) -> JsonObject:
    chat = licence.chat(body.chat_id)
    active_thread(licence, chat)
    if chat.present_agents("all"):
        raise ApiError("validation", "chat_id: somebody has the chat already")
    routing.hand_to(licence, chat, licence.agent(body.agent), "assigned", _by(licence, body.agent))
    return {}


def _join(licence: Licence, body: Join) -> JsonObject:
    chat = licence.chat(body.chat_id)
    add_agent(licence, chat, body.agent, body.visibility, _by(licence, body.agent), public_limit=_MANY)
    return {}


def _send(licence: Licence, body: InChat, event: JsonObject) -> JsonObject:
    chat = licence.chat(body.chat_id)
    caller = _by(licence, body.agent)
    sent = parse({"chat_id": body.chat_id, "event": event}, SendEvent)
    agent_api.check_sent(chat, sent.event, caller.user_id)
    return {"event_id": desk.write(licence, chat, sent, caller)["id"]}


def _reply(licence: Licence, body: Reply) -> JsonObject:
    return _send(licence, body, {"type": "message", "text": body.text, "visibility": body.visibility})


def _note(licence: Licence, body: Reply) -> JsonObject:
    return _send(licence, body, {"type": "message", "text": body.text, "visibility": "agents"})


def _file(licence: Licence, body: File) -> JsonObject:
    try:
        content = base64.b64decode(body.content, validate=True)
    except binascii.Error as e:
        raise ApiError("validation", "content: must be base64") from e
    url = uploads.keep(licence, body.name, body.content_type, content, body.base_url)
    return _send(licence, body, {"type": "file", "url": url, "visibility": body.visibility})


def _event(licence: Licence, body: Event) -> JsonObject:
    return _send(licence, body, body.event)


def _delete(licence: Licence, body: Delete) -> JsonObject:
    chat = licence.chat(body.chat_id)
    for thread in chat.threads:
        for event in thread.events:
            if event["id"] != body.event_id:
                continue
            for name in set(event) - {"id", "type", "created_at", "author_id", "visibility"}:
                del event[name]
            event["deleted"] = True
            payload = {"chat_id": chat.id, "thread_id": thread.id, "event_id": body.event_id}
            licence.webhooks.emit("event_deleted", payload, _by(licence, body.agent), chat)
            return {}
    raise ApiError("not_found", "event_id: Event not found")


def _transfer(licence: Licence, body: Transfer) -> JsonObject:
    chat = licence.chat(body.chat_id)
    active_thread(licence, chat)
    if (body.to_agent is None) == (body.to_group is None):
        raise ApiError("validation", "to_agent: give either to_agent or to_group")
    agent_ids = [] if body.to_agent is None else [body.to_agent]
    group_ids = [] if body.to_group is None else [body.to_group]
    licence.check_groups(group_ids)
    may_queue = body.to_group is not None
    routing.transfer(licence, chat, group_ids, agent_ids, _by(licence, body.agent), may_queue=may_queue)
    return {}


def _leave(licence: Licence, body: InChat) -> JsonObject:
    remove_agent(licence, licence.chat(body.chat_id), body.agent, _by(licence, body.agent))
    return {}


def _close(licence: Licence, body: InChat) -> JsonObject:
    desk.close(licence, licence.chat(body.chat_id), _by(licence, body.agent), "manual_archived_agent")
    return {}


def _timeout(licence: Licence, body: Timeout) -> JsonObject:
    desk.close(licence, licence.chat(body.chat_id), routing.ROUTER, body.kind)
    return {}


def _start(licence: Licence, body: Start) -> JsonObject:
    caller = _by(licence, body.agent)
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
    desk.see(licence, chat, body.agent, now(), _by(licence, body.agent))
    return {}


DEEDS: dict[str, Method] = {
    "status": Method(_status, Status),
    "accept": Method(_accept, InChat),
    "join": Method(_join, Join),
    "reply": Method(_reply, Reply),
    "note": Method(_note, Reply),
    "file": Method(_file, File),
    "event": Method(_event, Event),
    "delete": Method(_delete, Delete),
    "transfer": Method(_transfer, Transfer),
    "leave": Method(_leave, InChat),
    "close": Method(_close, InChat),
    "timeout": Method(_timeout, Timeout),
    "start": Method(_start, Start),
    "seen": Method(_seen, InChat),
}
