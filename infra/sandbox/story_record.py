"""Makes a story of a conversation that took place: what was done in it, and all that was seen.

A story waits for each answer before it goes on. So where somebody wrote before an answer had come, the record expects
another order than the story has, and says so when it is played.
"""

import base64
import re
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from infra.sandbox import google_api
from infra.sandbox.both_sides import LIVECHAT, PHONE, Follower, Line
from infra.sandbox.chat_finder import ChatFinder
from infra.sandbox.deeds import Deed
from infra.sandbox.fault_switches import BY_ID
from infra.sandbox.stories import Status, Step, Story
from infra.sandbox.story_deeds import arguments_of
from infra.sandbox.story_errors import StoryError
from infra.sandbox.story_record_desk import Presences

if TYPE_CHECKING:
    from infra.sandbox.sandbox import Sandbox

JsonObject = dict[str, Any]
MICROSECONDS = 26
"""Characters of a time up to these: one side goes on to nanoseconds."""
_MADE_ANEW = re.compile(r"https?://127\.0\.0\.1|https?://localhost|(?<=\[image\])|(?<=\[file\])|(?<=-- chat opened)")
_LONGEST_LINE = 300
_USUAL_S, _LONGEST_S = 20.0, 600.0
_WORDS = {
    "say": "writes",
    "tap": "taps a chip",
    "send_image": "sends a picture",
    "request_live_agent": "asks for a person",
    "read": "reads",
    "reply": "writes",
    "note": "writes a note",
    "file": "sends a file",
    "transfer": "passes the chat on",
    "close": "closes the chat",
}

_NAMELESS = "Michael"  # as stories call who has no name


def record(sandbox: "Sandbox", conversation: str, *, title: str, description: str) -> Story:
    """The conversation as a story, as far as it has come.

    Raises:
        StoryError: there is no such conversation, or it holds what no story can hold; the message says what.
    """
    try:
        sandbox.channels[sandbox.channel].phone.get(conversation)
    except google_api.ApiError as e:
        raise StoryError(f"there is no conversation {conversation}") from e
    chat_id = ChatFinder(sandbox, conversation).find()
    opened, own = _own_deeds(sandbox, conversation, chat_id)
    user = str(opened.arguments.get("name") or _NAMELESS)
    shown = Follower(sandbox, conversation, user, lambda: chat_id).read_new()
    deeds = sorted([*own, *_others(sandbox, opened, own, shown)], key=lambda deed: deed.number)
    lines = _history(shown, deeds)
    presences = Presences(sandbox.livechat, chat_id, opened)
    steps = tuple(_steps(user, deeds, lines, presences))
    return Story(
        title=title,
        description=description,
        user=user,
        locale=str(opened.arguments.get("locale") or "en"),
        context=opened.arguments.get("context") or {},
        agents=msgspec.convert(presences.at_first(), dict[str, Status]),
        steps=steps,
    )


def _own_deeds(sandbox: "Sandbox", conversation: str, chat_id: str) -> tuple[Deed, list[Deed]]:
    """How the conversation was opened, and what was done in it."""
    of_user = [deed for deed in sandbox.channels[sandbox.channel].phone.deeds.all() if deed.of == conversation]
    opened = next((deed for deed in of_user if deed.name == "open"), None)
    if opened is None:
        raise StoryError("its beginning is no longer kept")
    said = [deed for deed in of_user if deed.name != "open"]
    if not said:
        raise StoryError("nothing was said in it yet")
    of_desk = [deed for deed in sandbox.livechat.deeds.all() if chat_id and _is_in(sandbox, deed, chat_id)]
    return opened, [*said, *of_desk]


def _others(sandbox: "Sandbox", opened: Deed, own: list[Deed], shown: list[Line]) -> Iterator[Deed]:
    """What was done meanwhile outside of the conversation: who came to work and went, what failed."""
    last, last_at = max(deed.number for deed in own), max(line.at for line in shown)[:MICROSECONDS]
    statuses = [deed for deed in sandbox.livechat.deeds.all() if deed.name == "status"]
    for deed in (*statuses, *sandbox.fault_deeds.all()):
        if deed.number > opened.number and (deed.number < last or deed.at[:MICROSECONDS] <= last_at):
            yield deed


def _is_in(sandbox: "Sandbox", deed: Deed, chat_id: str) -> bool:
    customer_id = sandbox.livechat.chat_state(chat_id)["customer_id"]
    return deed.of == chat_id or deed.arguments.get("customer_id") == customer_id


# --- what was seen ---------------------------------------------------------------------------------------------------


def _history(shown: list[Line], deeds: list[Deed]) -> list[Line]:
    """Every line there ever was, in order of time: what was changed or taken back is there as it was at first, too."""
    made_by = {deed.answer["event_id"]: deed for deed in deeds if "event_id" in deed.answer}
    found: list[Line] = []
    for line in shown:
        event_id = line.key.removesuffix("/deleted").partition("/edited/")[0]
        if line.side == LIVECHAT and line.key != event_id:
            found += _versions(line, made_by.get(event_id), deeds, event_id)
        else:
            found.append(line)
    return sorted(found, key=lambda line: line.at[:MICROSECONDS])


def _versions(line: Line, made: Deed | None, deeds: list[Deed], event_id: str) -> Iterator[Line]:
    if made is None:
        return
    who = line.said.partition(": ")[0]
    yield msgspec.structs.replace(line, said=f"{who}: {made.arguments.get('text', '')}")
    for deed in deeds:
        if deed.arguments.get("event_id") == event_id:
            text = f"{deed.arguments['text']} (edited)" if deed.name == "edit" else "(deleted)"
            yield msgspec.structs.replace(line, said=f"{who}: {text}", at=deed.at)


def _beginning(said: str) -> str:
    """As much of a line as is the same when it is said again."""
    return _MADE_ANEW.split(said.partition("\n")[0], maxsplit=1)[0][:_LONGEST_LINE]


# --- what was done ---------------------------------------------------------------------------------------------------


def _steps(user: str, deeds: list[Deed], lines: list[Line], presences: Presences) -> Iterator[Step]:
    sent_in: dict[str, int] = {}
    number = 0
    ends = [*(deed.at for deed in deeds[1:]), "9"]
    for deed, end in zip(deeds, ends, strict=True):
        for agent_id, status in presences.needed_before(deed, end):
            number += 1
            yield _status_step(presences, agent_id, status)
        number += 1
        seen = [line for line in lines if _is_between(line, deed if number > 1 else None, end)]
        yield _step(user, deed, seen, sent_in, presences)
        sent_in |= {deed.answer["event_id"]: number} if "event_id" in deed.answer else {}
        lines = [line for line in lines if line not in seen]


def _is_between(line: Line, deed: Deed | None, end: str) -> bool:
    at = line.at[:MICROSECONDS]
    return (deed is None or deed.at[:MICROSECONDS] <= at) and at < end[:MICROSECONDS]


def _status_step(presences: Presences, agent_id: str, status: str) -> Step:
    arguments = {"agent": agent_id, "status": status}
    return Step(title=f"{presences.name(agent_id)}: {status}", who="desk", deed="status", arguments=arguments)


def _step(user: str, deed: Deed, seen: list[Line], sent_in: dict[str, int], presences: Presences) -> Step:
    who = presences.role(deed)
    if not deed.is_whole:
        raise StoryError("a file in it is too large for a story")
    return Step(
        title=_title(who, user, deed, presences),
        who=who,
        deed=deed.name,
        arguments=_arguments(who, deed, sent_in),
        phone=tuple(_beginning(line.said) for line in seen if line.side == PHONE),
        inbox=tuple(_beginning(line.said) for line in seen if line.side == LIVECHAT),
        within_s=_patience(deed, seen),
    )


def _title(who: str, user: str, deed: Deed, presences: Presences) -> str:
    given = deed.arguments
    if who == "fault":
        return f"{BY_ID[given['id']].label}: {'on' if given['on'] else 'off'}"
    if deed.name == "status":
        return f"{presences.name(str(given['agent']))}: {given['status']}"
    name = (user or "the user") if who == "user" else presences.name(str(given.get("agent", "LiveChat")))
    return f"{name} {_WORDS.get(deed.name, deed.name)}"


def _arguments(who: str, deed: Deed, sent_in: dict[str, int]) -> JsonObject:
    given = arguments_of(who, deed.name, deed.arguments)
    if isinstance(given.get("content"), bytes):
        given["content"] = base64.b64encode(given["content"]).decode()
    if who == "user" and deed.name == "send_image" and not given.get("content"):
        raise StoryError("a picture in it leads nowhere")
    event_id = given.pop("event_id", None)
    if event_id is not None and event_id not in sent_in:
        raise StoryError(f"{deed.name} is of something that no agent sent in it")
    return given if event_id is None else {"step": sent_in[event_id], **given}


def _patience(deed: Deed, seen: list[Line]) -> float:
    """Twice what it took."""
    took_s = max((_seconds(line.at) - _seconds(deed.at) for line in seen), default=0.0)
    return min(max(_USUAL_S, round(2 * took_s)), _LONGEST_S)


def _seconds(at: str) -> float:
    return datetime.fromisoformat(f"{at[:MICROSECONDS]}+00:00").timestamp()
