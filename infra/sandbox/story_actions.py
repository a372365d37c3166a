"""What one can do with stories on the page: actions as in `page_actions`, and what there is to show."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from infra.sandbox.page_actions import MAX_ID_CHARACTERS, Action
from infra.sandbox.sandbox import Sandbox
from infra.sandbox.stories import StoryName

JsonObject = dict[str, Any]
_Words = Annotated[str, Meta(min_length=1, max_length=300, pattern=r"\S")]


class _Arguments(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class Start(_Arguments, frozen=True, kw_only=True):
    """`pace_s`: how long to wait before each step."""

    name: StoryName
    pace_s: Annotated[float, Meta(ge=0, le=60)] = 1.5


class Record(_Arguments, frozen=True, kw_only=True):
    """`conversation`: the one to save as the new story `name`."""

    conversation: Annotated[str, Meta(min_length=1, max_length=MAX_ID_CHARACTERS)]
    name: StoryName
    title: _Words
    description: _Words


def read_menu(sandbox: Sandbox) -> JsonObject:
    """Every story there is (`stories.Listed`); `why_not`: why none can be played here, "" = they can."""
    return {"stories": sandbox.stories.list_all(), "why_not": sandbox.stories.why_not}


def read_state(sandbox: Sandbox) -> JsonObject:
    """The story that is played or was played last: `PlayState` with its `name`; {} before the first."""
    return sandbox.stories.state() or {}


def _start(sandbox: Sandbox, body: Start) -> JsonObject:
    play = sandbox.stories.start(body.name, pace_s=body.pace_s)
    return {"conversation": play.state().conversation}


def _pause(sandbox: Sandbox, _body: _Arguments) -> JsonObject:
    sandbox.stories.pause()
    return {}


def _resume(sandbox: Sandbox, _body: _Arguments) -> JsonObject:
    sandbox.stories.resume()
    return {}


def _stop(sandbox: Sandbox, _body: _Arguments) -> JsonObject:
    sandbox.stories.stop()
    return {}


def _record(sandbox: Sandbox, body: Record) -> JsonObject:
    sandbox.stories.record(body.conversation, body.name, title=body.title, description=body.description)
    return {"name": body.name}


ACTIONS: dict[str, Action] = {
    "story/play": Action(Start, _start),
    "story/pause": Action(_Arguments, _pause),
    "story/resume": Action(_Arguments, _resume),
    "story/stop": Action(_Arguments, _stop),
    "story/record": Action(Record, _record),
}
"""Each may raise `StoryError`, whose message may be shown."""
