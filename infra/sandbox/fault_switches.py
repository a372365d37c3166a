"""The switches for what goes wrong around the functions: what each is called, and what one may expect to see. Pure."""

from collections.abc import Iterator
from typing import Literal

import msgspec

from infra.sandbox.processes import FUNCTIONS

LIVECHAT, CHANNEL, BOT = "LiveChat", "Business Messages", "Dialogflow"
WEBHOOKS, FUNCTION, CLOCK = "Webhooks", "Functions", "Clock"
SLOW_S = 3.0
MOVES_S = {"clock_1m": 60.0, "clock_15m": 900.0, "clock_1h": 3600.0}
ALL_FUNCTIONS = "kill"


class Switch(msgspec.Struct, frozen=True, kw_only=True):
    """One of them.

    `kind`: "switch" (on until it is switched off), "once" (on until it struck) or "action" (done at once; on only while
    what it did is not over). `explanation`: a sentence or two, for who never saw this.
    """

    id: str
    group: str
    label: str
    explanation: str
    kind: Literal["switch", "once", "action"] = "switch"


def function_of(switch_id: str) -> str:
    """The function that it kills; "" = every one, or none."""
    return switch_id.partition("_")[2] if switch_id.startswith(f"{ALL_FUNCTIONS}_") else ""


def _killing() -> Iterator[Switch]:
    shown = (
        "kill -9 in the middle of the work; a new instance is there two seconds later. What was in hand is taken up, "
        "once, after half a minute, or as soon as the clock is moved on."
    )
    names = {ALL_FUNCTIONS: "the functions now"} | {f"{ALL_FUNCTIONS}_{name}": name for name in FUNCTIONS}
    for one, name in names.items():
        yield Switch(id=one, group=FUNCTION, label=f"Kill {name}", explanation=shown, kind="action")


def _moving() -> Iterator[Switch]:
    shown = "Whatever is due by then happens now: reminders, the next try of what failed, the end of a wait."
    for one, words in zip(MOVES_S, ("1 minute", "15 minutes", "1 hour"), strict=True):
        yield Switch(id=one, group=CLOCK, label=f"{words} later", explanation=shown, kind="action")


SWITCHES = (
    Switch(
        id="livechat_slow",
        group=LIVECHAT,
        label="LiveChat slow",
        explanation=f"Each call to LiveChat takes {SLOW_S:.0f} seconds longer. Everything arrives, only later.",
    ),
    Switch(
        id="livechat_limited",
        group=LIVECHAT,
        label="LiveChat says 429",
        explanation="Too many requests: LiveChat turns every call away. What the user writes is kept and tried again, "
        "ever less often.",
    ),
    Switch(
        id="livechat_down",
        group=LIVECHAT,
        label="LiveChat down",
        explanation="LiveChat fails at every call. What the user writes is kept and tried again, ever less often; the "
        "user is told of the delay.",
    ),
    Switch(
        id="tokens_expire",
        group=LIVECHAT,
        label="Let the token expire",
        kind="action",
        explanation="LiveChat takes none of the tokens that it gave out. The functions get new ones with the next "
        "message; in place of a token that is not a minute old, as soon as it is.",
    ),
    Switch(
        id="business_messages_down",
        group=CHANNEL,
        label="Business Messages down",
        explanation="Nothing new is shown on the phone. What bot and agents say is kept and follows in its order.",
    ),
    Switch(
        id="dialogflow_down",
        group=BOT,
        label="Dialogflow down",
        explanation="The bot can't be asked. After two tries the user is passed on to a person.",
    ),
    Switch(
        id="webhooks_twice",
        group=WEBHOOKS,
        label="Deliver webhooks twice",
        explanation="Everything is told to the functions twice. Each message is there once all the same.",
    ),
    Switch(
        id="webhooks_swapped",
        group=WEBHOOKS,
        label="Webhooks out of order",
        explanation="Every other message is overtaken by the one behind it, or comes a few seconds late. A gap in what "
        "an agent wrote is seen and filled; what a user wrote is put in order as far as it waits together.",
    ),
    Switch(
        id="drop_next_of_user",
        group=WEBHOOKS,
        label="Drop the user's next webhook",
        kind="once",
        explanation="The next message from the phone gets lost on its way. Business Messages sends it again after a "
        "second.",
    ),
    Switch(
        id="drop_next_of_agent",
        group=WEBHOOKS,
        label="Drop the agent's next webhook",
        kind="once",
        explanation="The next message from LiveChat never comes. The gap is seen with the message after it, or when "
        "the chat is looked at after a quarter of an hour.",
    ),
    *_killing(),
    *_moving(),
)
"""All of them, in the order in which they should be shown."""

BY_ID = {one.id: one for one in SWITCHES}
