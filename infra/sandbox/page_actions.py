"""What one can do on the page, as the user or as an agent: a table of actions, each with the shape of its arguments."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from infra.sandbox import page_samples
from infra.sandbox.business_messages_phone import Phone as BusinessMessagesPhone
from infra.sandbox.rcs_phone import Phone as RcsPhone
from infra.sandbox.sandbox import Sandbox

JsonObject = dict[str, Any]
MAX_TEXT_CHARACTERS = 10_000
MAX_ID_CHARACTERS = 200
_Id = Annotated[str, Meta(min_length=1, max_length=MAX_ID_CHARACTERS)]
_Name = Annotated[str, Meta(min_length=1, max_length=100)]
_Text = Annotated[str, Meta(pattern=r"\S")]


class TextTooLong(Exception):
    """A text is longer than a phone or a desk would let one write. The message says the limit."""


class _Arguments(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class Open(_Arguments, frozen=True, kw_only=True):
    """`number`: of a phone with RCS, which says nothing else of its user."""

    name: _Name = "Michael"
    locale: Annotated[str, Meta(pattern=r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$", max_length=35)] = "en"
    number: Annotated[str, Meta(max_length=16)] = ""


class OfPhone(_Arguments, frozen=True, kw_only=True):
    conversation: _Id


class Say(OfPhone, frozen=True, kw_only=True):
    text: _Text


class Tap(OfPhone, frozen=True, kw_only=True):
    """`postback`: of several chips with that label the one that carries this."""

    label: _Id
    postback: Annotated[str, Meta(max_length=MAX_TEXT_CHARACTERS)] = ""


class Typing(OfPhone, frozen=True, kw_only=True):
    on: bool


class SignIn(OfPhone, frozen=True, kw_only=True):
    succeeds: bool


class Survey(OfPhone, frozen=True, kw_only=True):
    survey_id: _Id
    rating: _Id


class OfChat(_Arguments, frozen=True, kw_only=True):
    agent: _Id
    chat_id: _Id


class Reply(OfChat, frozen=True, kw_only=True):
    """`private`: a note that agents alone may see. `markdown`: the text is Markdown."""

    text: _Text
    private: bool = False
    markdown: bool = False


class Sample(OfChat, frozen=True, kw_only=True):
    name: Literal["quick_replies", "card", "carousel", "form", "markdown"]


class OfEvent(OfChat, frozen=True, kw_only=True):
    event_id: _Id


class Edit(OfEvent, frozen=True, kw_only=True):
    text: _Text


class Transfer(OfChat, frozen=True, kw_only=True):
    """To one of `to_agent`, `to_group`."""

    to_agent: _Id | None = None
    to_group: int | None = None


class Reopen(_Arguments, frozen=True, kw_only=True):
    agent: _Id
    customer_id: _Id


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


# --- the user --------------------------------------------------------------------------------------------------------


def _phone(sandbox: Sandbox) -> BusinessMessagesPhone | RcsPhone:
    """The phones that the page shows."""
    return sandbox.channels[sandbox.channel].phone


def _open(sandbox: Sandbox, body: Open) -> JsonObject:
    if sandbox.channel == "rcs":
        return {"conversation": sandbox.rcs.phone.open(phone_number=body.number)}
    return {"conversation": sandbox.messages.phone.open(name=body.name, locale=body.locale)}


def _say(sandbox: Sandbox, body: Say) -> JsonObject:
    _phone(sandbox).say(body.conversation, _checked(body.text))
    return {}


def _tap(sandbox: Sandbox, body: Tap) -> JsonObject:
    _phone(sandbox).tap(body.conversation, body.label, postback=body.postback)
    return {}


def _ask_for_person(sandbox: Sandbox, body: OfPhone) -> JsonObject:
    _phone(sandbox).request_live_agent(body.conversation)
    return {}


def _type(sandbox: Sandbox, body: Typing) -> JsonObject:
    _phone(sandbox).typing(body.conversation, on=body.on)
    return {}


def _read(sandbox: Sandbox, body: OfPhone) -> JsonObject:
    _phone(sandbox).read(body.conversation)
    return {}


def _sign_in(sandbox: Sandbox, body: SignIn) -> JsonObject:
    outcome = {"code": "sandbox-code"} if body.succeeds else {"error": "access_denied"}
    sandbox.messages.phone.authenticate(body.conversation, **outcome)
    return {}


def _survey(sandbox: Sandbox, body: Survey) -> JsonObject:
    sandbox.messages.phone.answer_survey(body.conversation, body.survey_id, rating=body.rating)
    return {}


def _switch(deed: str) -> Callable[[Sandbox, Any], JsonObject]:
    """Subscribe or unsubscribe: on RCS alone."""

    def switch(sandbox: Sandbox, body: OfPhone) -> JsonObject:
        getattr(sandbox.rcs.phone, deed)(body.conversation)
        return {}

    return switch


# --- an agent --------------------------------------------------------------------------------------------------------


def _desk(deed: str, *names: str) -> Callable[[Sandbox, Any], JsonObject]:
    """What plays that deed with the arguments `names` of the action."""
    return lambda sandbox, body: sandbox.livechat.play(deed, **{name: getattr(body, name) for name in names})


def _reply(sandbox: Sandbox, body: Reply) -> JsonObject:
    deed, formatting = "note" if body.private else "reply", "commonmark" if body.markdown else ""
    return sandbox.livechat.play(
        deed, agent=body.agent, chat_id=body.chat_id, text=_checked(body.text), formatting=formatting
    )


def _send_sample(sandbox: Sandbox, body: Sample) -> JsonObject:
    if body.name == "markdown":
        text = Reply(agent=body.agent, chat_id=body.chat_id, text=page_samples.MARKDOWN, markdown=True)
        return _reply(sandbox, text)
    event = page_samples.EVENTS[body.name]
    return sandbox.livechat.play("event", agent=body.agent, chat_id=body.chat_id, event=event)


def _edit(sandbox: Sandbox, body: Edit) -> JsonObject:
    _checked(body.text)
    return _desk("edit", "agent", "chat_id", "event_id", "text")(sandbox, body)


_CHAT = ("agent", "chat_id")
ACTIONS: dict[str, Action] = {
    "phone/open": Action(Open, _open),
    "phone/say": Action(Say, _say),
    "phone/tap": Action(Tap, _tap),
    "phone/ask_for_person": Action(OfPhone, _ask_for_person),
    "phone/typing": Action(Typing, _type),
    "phone/read": Action(OfPhone, _read),
    "phone/sign_in": Action(SignIn, _sign_in),
    "phone/survey": Action(Survey, _survey),
    "phone/subscribe": Action(OfPhone, _switch("subscribe")),
    "phone/unsubscribe": Action(OfPhone, _switch("unsubscribe")),
    "agent/reply": Action(Reply, _reply),
    "agent/sample": Action(Sample, _send_sample),
    "agent/edit": Action(Edit, _edit),
    "agent/delete": Action(OfEvent, _desk("delete", *_CHAT, "event_id")),
    "agent/accept": Action(OfChat, _desk("accept", *_CHAT)),
    "agent/seen": Action(OfChat, _desk("seen", *_CHAT)),
    "agent/transfer": Action(Transfer, _desk("transfer", *_CHAT, "to_agent", "to_group")),
    "agent/reopen": Action(Reopen, _desk("start", "agent", "customer_id")),
    "agent/close": Action(OfChat, _desk("close", *_CHAT)),
    "agent/status": Action(Status, _desk("status", "agent", "status")),
}
