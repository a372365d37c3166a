"""What one can do on the page, as the user or as an agent: a table of actions, each with the shape of its arguments."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from infra.sandbox.sandbox import Sandbox

JsonObject = dict[str, Any]
MAX_TEXT_CHARACTERS = 10_000
_Id = Annotated[str, Meta(min_length=1, max_length=200)]
_Name = Annotated[str, Meta(min_length=1, max_length=100)]
_Text = Annotated[str, Meta(pattern=r"\S")]


class TextTooLong(Exception):
    """A text is longer than a phone or a desk would let one write. The message says the limit."""


class _Arguments(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class Open(_Arguments, frozen=True, kw_only=True):
    name: _Name = "Michael"
    locale: Annotated[str, Meta(pattern=r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$", max_length=35)] = "en"


class OfPhone(_Arguments, frozen=True, kw_only=True):
    conversation: _Id


class Say(OfPhone, frozen=True, kw_only=True):
    text: _Text


class Tap(OfPhone, frozen=True, kw_only=True):
    label: _Id


class OfChat(_Arguments, frozen=True, kw_only=True):
    agent: _Id
    chat_id: _Id


class Reply(OfChat, frozen=True, kw_only=True):
    """`private`: a note that agents alone may see."""

    text: _Text
    private: bool = False


class Transfer(OfChat, frozen=True, kw_only=True):
    """To one of `to_agent`, `to_group`."""

    to_agent: _Id | None = None
    to_group: int | None = None


class Status(_Arguments, frozen=True, kw_only=True):
    agent: _Id
    status: Literal["accepting_chats", "not_accepting_chats", "offline"]


class Action(msgspec.Struct, frozen=True):
    """One action: its arguments' shape and what it does; it answers what the page should know of it."""

    shape: type[Any]
    run: Callable[[Sandbox, Any], JsonObject]


def _checked(text: str) -> str:
    if len(text) > MAX_TEXT_CHARACTERS:
        raise TextTooLong(f"a text may have {MAX_TEXT_CHARACTERS} characters at most, this one has {len(text)}")
    return text


def _open(sandbox: Sandbox, body: Open) -> JsonObject:
    return {"conversation": sandbox.messages.phone.open(name=body.name, locale=body.locale)}


def _say(sandbox: Sandbox, body: Say) -> JsonObject:
    sandbox.messages.phone.say(body.conversation, _checked(body.text))
    return {}


def _tap(sandbox: Sandbox, body: Tap) -> JsonObject:
    sandbox.messages.phone.tap(body.conversation, body.label)
    return {}


def _ask_for_person(sandbox: Sandbox, body: OfPhone) -> JsonObject:
    sandbox.messages.phone.request_live_agent(body.conversation)
    return {}


def _reply(sandbox: Sandbox, body: Reply) -> JsonObject:
    deed = "note" if body.private else "reply"
    return sandbox.livechat.play(deed, agent=body.agent, chat_id=body.chat_id, text=_checked(body.text))


def _take(sandbox: Sandbox, body: OfChat) -> JsonObject:
    return sandbox.livechat.play("accept", agent=body.agent, chat_id=body.chat_id)


def _transfer(sandbox: Sandbox, body: Transfer) -> JsonObject:
    target = {"to_agent": body.to_agent, "to_group": body.to_group}
    return sandbox.livechat.play("transfer", agent=body.agent, chat_id=body.chat_id, **target)


def _close(sandbox: Sandbox, body: OfChat) -> JsonObject:
    return sandbox.livechat.play("close", agent=body.agent, chat_id=body.chat_id)


def _set_status(sandbox: Sandbox, body: Status) -> JsonObject:
    return sandbox.livechat.play("status", agent=body.agent, status=body.status)


ACTIONS: dict[str, Action] = {
    "phone/open": Action(Open, _open),
    "phone/say": Action(Say, _say),
    "phone/tap": Action(Tap, _tap),
    "phone/ask_for_person": Action(OfPhone, _ask_for_person),
    "agent/reply": Action(Reply, _reply),
    "agent/take": Action(OfChat, _take),
    "agent/transfer": Action(Transfer, _transfer),
    "agent/close": Action(OfChat, _close),
    "agent/status": Action(Status, _set_status),
}
