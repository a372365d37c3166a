"""The story that the sandbox plays once: a bot, a person who takes over, and the bot again.

Every line of both sides is expected, in order: one that is missing, doubled or wrong ends the story.
"""

import time
from collections.abc import Callable
from typing import Any

import msgspec

from infra.sandbox.both_sides import LIVECHAT, PHONE, Columns, Follower, Line
from infra.sandbox.sandbox import Sandbox

CONVERSATION = "3333"
USER = "Michael"
AGENT = "jane@shop.example"
_PROBLEM = "Hi, I have a problem"
_WISH = "I would like to talk to a person"
_OFFER = "I see you have a problem. How can I help?"
_DETAIL = "My parcel arrived broken"
_QUESTION = "When are you open?"
_POLL_S = 0.02
_QUIET_S = 5.0


class StoryFailed(Exception):
    """The story did not go as it should. The message says where."""


class Step(msgspec.Struct, frozen=True):
    """One thing that somebody does. `phone`, `livechat`: how the lines that come of it begin, in order."""

    title: str
    do: Callable[[Sandbox], Any]
    phone: tuple[str, ...] = ()
    livechat: tuple[str, ...] = ()


def _says(text: str) -> Callable[[Sandbox], Any]:
    return lambda sandbox: sandbox.messages.phone.say(CONVERSATION, text)


def _agent(deed: str, **details: str) -> Callable[[Sandbox], Any]:
    return lambda sandbox: sandbox.livechat.play(deed, agent=AGENT, chat_id=_chat_id(sandbox), **details)


def _chat_id(sandbox: Sandbox) -> str:
    return str(sandbox.livechat.state()["chats"][0]["id"])


STORY = (
    Step(
        "the user writes",
        _says(_PROBLEM),
        phone=(f"{USER}: {_PROBLEM}", "BOT Hello World Agent: Thanks for contacting us."),
    ),
    Step(
        "the user asks for a person",
        _says(_WISH),
        phone=(
            f"{USER}: {_WISH}",
            "BOT Hello World Agent: One moment, I am asking for a person.",
            "-- HUMAN Jane Doe joined --",
        ),
        livechat=("-- chat opened: Jane Doe --", "AGENTS ONLY: Handed over by the bot"),
    ),
    Step(
        "the agent answers",
        _agent("reply", text=_OFFER),
        phone=(f"HUMAN Jane Doe: {_OFFER}",),
        livechat=(f"Jane Doe: {_OFFER}",),
    ),
    Step(
        "the user answers the agent",
        _says(_DETAIL),
        phone=(f"{USER}: {_DETAIL}",),
        livechat=(f"{USER}: {_DETAIL}",),
    ),
    Step(
        "the agent closes the chat",
        _agent("close"),
        phone=("-- HUMAN Jane Doe left --", "BOT Hello World Agent: Welcome back, I am the bot again."),
        livechat=("-- Jane Doe archived the chat --",),
    ),
    Step(
        "the user writes to the bot again",
        _says(_QUESTION),
        phone=(f"{USER}: {_QUESTION}", "BOT Hello World Agent: We are open Monday to Friday"),
    ),
)


def play(sandbox: Sandbox, columns: Columns, *, deadline_s: float = 20.0) -> None:
    """Play the story and print it as it happens; each step may take `deadline_s`.

    Raises:
        StoryFailed: a line did not come in time, another came, or a stand-in objects to what it was sent.
    """
    sandbox.messages.phone.open(conversation_id=CONVERSATION, name=USER, locale="en")
    follower = Follower(sandbox, CONVERSATION, USER)
    columns.print_head()
    for step in STORY:
        step.do(sandbox)
        _await(step, follower, columns, time.monotonic() + deadline_s)
    sandbox.messages.phone.sender.settle(_QUIET_S)
    sandbox.livechat.wait_idle(_QUIET_S)
    for line in follower.read_new():
        columns.print_line(line)
        raise StoryFailed(f"after its end the story went on: {line.said}")
    objections = [*sandbox.messages.violations, *sandbox.dialogflow.violations]
    if objections:
        raise StoryFailed(f"a stand-in objects: {objections[0].rule} ({objections[0].detail})")


def _await(step: Step, follower: Follower, columns: Columns, deadline: float) -> None:
    expected = {PHONE: list(step.phone), LIVECHAT: list(step.livechat)}
    while any(expected.values()):
        for line in follower.read_new():
            columns.print_line(line)
            _check(step, expected[line.side], line)
        if time.monotonic() > deadline:
            side = next(side for side, lines in expected.items() if lines)
            raise StoryFailed(f"step “{step.title}”: on the side {side} this did not come: {expected[side][0]}")
        time.sleep(_POLL_S)


def _check(step: Step, expected: list[str], line: Line) -> None:
    if not expected or not line.said.startswith(expected[0]):
        wanted = expected[0] if expected else "nothing more"
        raise StoryFailed(f"step “{step.title}”: on the side {line.side} came: {line.said}; expected: {wanted}")
    expected.pop(0)
