"""What can be done in a story, by whom, with which arguments; and doing it.

- user: what a phone can do (`Phone`'s methods); files are in base64
- agent: what LiveChat's people do in a chat (`POST /_agent/<deed>`). `chat_id` is the user's; `agent`, where none is
  given, who has the chat; instead of an `event_id` a `step`, by number, in which the event was sent
- desk: `status` of an agent, and `timeout` of the user's chat
- fault: `switch` one of those of `fault_switches` by its `id`: `on`, or off again
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import msgspec
from msgspec import Meta

from infra.sandbox import google_api
from infra.sandbox.fault_switches import BY_ID
from infra.sandbox.livechat import errors as livechat_errors
from infra.sandbox.livechat import people, people_writing
from infra.sandbox.story_errors import StoryError, StoryFailed

if TYPE_CHECKING:
    from infra.sandbox.sandbox import Sandbox

JsonObject = dict[str, Any]
_SENDING = {("agent", deed) for deed in ("reply", "note", "file", "event")}
_NotEmpty = Annotated[str, Meta(min_length=1)]


class Stage:
    """Where a story is played. `answers`: to the deeds done so far; `find_chat`: the user's chat, "" = none yet."""

    def __init__(self, sandbox: "Sandbox", conversation: str, find_chat: Callable[[], str]) -> None:
        self.sandbox = sandbox
        self.conversation = conversation
        self.find_chat = find_chat
        self.answers: list[JsonObject] = []
        self._switched_on: set[str] = set()

    def switch(self, switch_id: str, *, on: bool) -> None:
        """Switch a fault on or off; nothing if it is so already.

        Raises:
            StoryFailed: it does not work here.
        """
        from infra.sandbox import faults  # noqa: PLC0415 - it knows the sandbox, which knows its stories

        is_on = {one["id"]: one["on"] for one in faults.switches(self.sandbox)}
        if on == is_on[switch_id]:
            return
        try:
            faults.switch(self.sandbox, switch_id, on)
        except faults.CantSwitch as e:
            raise StoryFailed(str(e)) from e
        change = self._switched_on.add if on else self._switched_on.discard
        change(switch_id)

    def behave(self) -> None:
        """Switch off what this story switched on."""
        for switch_id in sorted(self._switched_on):
            self.switch(switch_id, on=False)


class _Arguments(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    pass


class _Say(_Arguments, frozen=True, kw_only=True):
    text: _NotEmpty


class _Tap(_Arguments, frozen=True, kw_only=True):
    label: _NotEmpty
    postback: str = ""


class _Typing(_Arguments, frozen=True, kw_only=True):
    on: bool
    spelling: str = "bool"


class _Read(_Arguments, frozen=True, kw_only=True):
    with_delivered: bool = False


class _Picture(_Arguments, frozen=True, kw_only=True):
    content: bytes
    mime_type: _NotEmpty = "image/jpeg"


class _SignIn(_Arguments, frozen=True, kw_only=True):
    code: str = ""
    error: str = ""
    error_description: str = ""


class _Survey(_Arguments, frozen=True, kw_only=True):
    rating: str = ""
    text: str = ""
    question: _NotEmpty = "GOOGLE_DEFINED_CSAT"


class _Switch(_Arguments, frozen=True, kw_only=True):
    id: str
    on: bool

    def __post_init__(self) -> None:
        if self.id not in BY_ID:
            raise ValueError(f"there is no switch {self.id}")


class _Kind(NamedTuple):
    """The shape of a deed's arguments, and what does it."""

    shape: type[msgspec.Struct]
    run: Callable[[Stage, str, JsonObject], JsonObject]


def check_deed(who: str, deed: str, arguments: JsonObject, earlier: Sequence[tuple[str, str]]) -> None:
    """Let pass only what can be done after `earlier` (who did what), with arguments of the right names and types.

    Raises:
        StoryError: says what is wrong.
    """
    kind = _KINDS[who].get(deed)
    if kind is None:
        raise StoryError(f"{who} can't {deed}; can: {', '.join(_KINDS[who])}")
    step = arguments.get("step")
    if step is not None and who == "agent":
        if not isinstance(step, int) or not 0 < step <= len(earlier) or earlier[step - 1] not in _SENDING:
            raise StoryError(f"in step {step} no agent sends anything")
        arguments = {name: value for name, value in arguments.items() if name != "step"} | {"event_id": "later"}
    known = {name: value for name, value in _FILLED_IN.items() if who in ("agent", "desk") and name in _fields(kind)}
    try:
        msgspec.convert(known | arguments, kind.shape)
    except msgspec.ValidationError as e:
        raise StoryError(str(e)) from e


def do(stage: Stage, who: str, deed: str, arguments: JsonObject) -> JsonObject:
    """Do it; answers what the stand-in does.

    Raises:
        StoryFailed: it can't be done as things are.
    """
    try:
        return _KINDS[who][deed].run(stage, deed, arguments)
    except (google_api.ApiError, livechat_errors.ApiError) as e:
        raise StoryFailed(f"{who} can't {deed}: {e}") from e


def arguments_of(who: str, deed: str, arguments: JsonObject) -> JsonObject:
    """Of the arguments with which a deed was done, those that a story can give."""
    known = _fields(_KINDS[who][deed]) - _NOT_GIVEN
    return {name: value for name, value in arguments.items() if name in known}


# --- how each is done ------------------------------------------------------------------------------------------------

_NOT_GIVEN = {"chat_id", "customer_id", "base_url"}
_FILLED_IN = {"agent": "later", "chat_id": "later", "customer_id": "later"}


def _fields(kind: _Kind) -> set[str]:
    return {field.encode_name for field in msgspec.structs.fields(kind.shape)}


def _on_phone(stage: Stage, deed: str, arguments: JsonObject) -> JsonObject:
    does: Callable[..., JsonObject] = getattr(stage.sandbox.channels[stage.sandbox.channel].phone, deed)
    return does(stage.conversation, **arguments)


def _at_desk(stage: Stage, deed: str, arguments: JsonObject) -> JsonObject:
    wanted = _fields(_LIVECHAT[deed])
    given = dict(arguments)
    step = given.pop("step", None)
    if step is not None:
        given["event_id"] = stage.answers[step - 1]["event_id"]
    own = {name: find for name, find in _FINDERS.items() if name in wanted and name not in given}
    return stage.sandbox.livechat.play(deed, **given, **{name: find(stage) for name, find in own.items()})


def _find_chat(stage: Stage) -> str:
    chat_id = stage.find_chat()
    if not chat_id:
        raise StoryFailed("nobody was asked for: there is no chat")
    return chat_id


def _find_customer(stage: Stage) -> str:
    chat: JsonObject = stage.sandbox.livechat.chat_state(_find_chat(stage))
    return str(chat["customer_id"])


def _find_agent(stage: Stage) -> str:
    livechat = stage.sandbox.livechat
    with livechat.lock:
        present = livechat.licence.chat(_find_chat(stage)).present_agents("all")
    if not present:
        raise StoryFailed("nobody has the chat")
    return present[0].id


_FINDERS = {"chat_id": _find_chat, "customer_id": _find_customer, "agent": _find_agent}


def _switch(stage: Stage, _deed: str, arguments: JsonObject) -> JsonObject:
    stage.switch(arguments["id"], on=arguments["on"])
    return {}


_LIVECHAT: dict[str, _Kind] = {
    deed: _Kind(method.shape, _at_desk) for deed, method in {**people.DEEDS, **people_writing.DEEDS}.items()
}
_OF_DESK = ("status", "timeout")
_PHONE: dict[str, type[msgspec.Struct]] = {
    "say": _Say,
    "tap": _Tap,
    "request_live_agent": _Arguments,
    "send_image": _Picture,
    "typing": _Typing,
    "read": _Read,
    "authenticate": _SignIn,
    "answer_survey": _Survey,
}
_KINDS: Mapping[str, Mapping[str, _Kind]] = {
    "user": {deed: _Kind(shape, _on_phone) for deed, shape in _PHONE.items()},
    "agent": {deed: kind for deed, kind in _LIVECHAT.items() if deed not in _OF_DESK},
    "desk": {deed: _LIVECHAT[deed] for deed in _OF_DESK},
    "fault": {"switch": _Kind(_Switch, _switch)},
}
