"""What the people at the desks write, send, change and take back; as in `people`.

Source: Agent Chat API 3.6, send_event; Customer Chat API 3.6, upload_file (10 MB).
"""

import base64
import binascii
import mimetypes
from typing import Any, Literal

from infra.sandbox.livechat import agent_events, desk, uploads
from infra.sandbox.livechat.agent_shapes import SendAgentEvent
from infra.sandbox.livechat.errors import ApiError, parse
from infra.sandbox.livechat.events import check_text
from infra.sandbox.livechat.licence import Licence
from infra.sandbox.livechat.methods import Method
from infra.sandbox.livechat.model import JsonObject
from infra.sandbox.livechat.people import InChat, cause_of
from infra.sandbox.livechat.shapes import Audience, NotEmpty


class Reply(InChat, frozen=True, kw_only=True):
    """`formatting` "commonmark": the text is Markdown. `translation`: what LiveChat made of it, in `language`."""

    text: str
    visibility: Audience = "all"
    formatting: Literal["", "commonmark"] = ""
    translation: str = ""
    language: str = "de"


class File(InChat, frozen=True, kw_only=True):
    """`content`: base64. `content_type`: by default, that of its name. `alternative_text`: of pictures."""

    name: NotEmpty
    content: str = ""
    content_type: str = ""
    alternative_text: str | None = None
    visibility: Audience = "all"
    base_url: str = ""


class Event(InChat, frozen=True, kw_only=True):
    """`event`: as in the Agent API's send_event."""

    event: dict[str, Any]


class Edit(InChat, frozen=True, kw_only=True):
    """`translation`: what LiveChat made of the new text; by default, what it made of the old one stays."""

    event_id: NotEmpty
    text: NotEmpty
    translation: str = ""
    language: str = "de"


class Delete(InChat, frozen=True, kw_only=True):
    event_id: NotEmpty


def _send(licence: Licence, body: InChat, event: JsonObject) -> JsonObject:
    chat = licence.chat(body.chat_id)
    caller = cause_of(licence, body.agent)
    sent = parse({"chat_id": body.chat_id, "event": event}, SendAgentEvent)
    agent_events.check_sent(chat, sent.event, caller.user_id)
    return {"event_id": desk.write(licence, chat, sent, caller)["id"]}


def _reply(licence: Licence, body: Reply) -> JsonObject:
    return _send(licence, body, _message(body, body.visibility))


def _note(licence: Licence, body: Reply) -> JsonObject:
    return _send(licence, body, _message(body, "agents"))


def _message(body: Reply, visibility: Audience) -> JsonObject:
    properties = _translation(body)
    if body.formatting:
        properties["chats"] = {"formatting": body.formatting}
    return {"type": "message", "text": body.text, "visibility": visibility, "properties": properties}


def _translation(body: Reply | Edit) -> JsonObject:
    if not body.translation:
        return {}
    return {"translation": {"target_lang_code": body.language, "target_message": body.translation}}


def _file(licence: Licence, body: File) -> JsonObject:
    try:
        content = base64.b64decode(body.content, validate=True)
    except binascii.Error as e:
        raise ApiError("validation", "content: must be base64") from e
    if len(content) > uploads.MAX_UPLOAD_BYTES:
        raise ApiError("entity_too_large", "content: larger than 10 MB")
    content_type = body.content_type or mimetypes.guess_type(body.name)[0] or "application/octet-stream"
    if body.alternative_text is not None and not content_type.startswith("image/"):
        raise ApiError("validation", "alternative_text: of images only")
    url = uploads.keep(licence, body.name, content_type, content, body.base_url)
    described = {} if body.alternative_text is None else {"alternative_text": body.alternative_text}
    return _send(licence, body, {"type": "file", "url": url, "visibility": body.visibility, **described})


def _event(licence: Licence, body: Event) -> JsonObject:
    return _send(licence, body, body.event)


def _edit(licence: Licence, body: Edit) -> JsonObject:
    check_text(body.text)
    changes = agent_events.Changes(body.event_id, body.text, _translation(body))
    agent_events.edit(licence, licence.chat(body.chat_id), changes, cause_of(licence, body.agent))
    return {}


def _delete(licence: Licence, body: Delete) -> JsonObject:
    agent_events.delete(licence, licence.chat(body.chat_id), body.event_id, cause_of(licence, body.agent))
    return {}


DEEDS: dict[str, Method] = {
    "reply": Method(_reply, Reply),
    "note": Method(_note, Reply),
    "file": Method(_file, File),
    "event": Method(_event, Event),
    "edit": Method(_edit, Edit),
    "delete": Method(_delete, Delete),
}
