"""What each person is going to do: drawn before the run, so that a seed always means the same scripts. Pure."""

import random
from typing import Literal

import msgspec

BURST_PAUSE_S = (0.05, 0.5)


class Deed(msgspec.Struct, frozen=True):
    """Something an agent does. `texts`: how many replies in a burst."""

    kind: Literal["reply", "note", "transfer", "requeue"]
    texts: int = 1


class Handoff(msgspec.Struct, frozen=True, kw_only=True):
    """One time with a person.

    Attributes:
        by_words: asked for in words; else by the channel's menu.
        hurried: the user goes on writing before anybody came.
        bursts: of the user's texts while a person is there.
        deeds: the agents'.
        end: who ends it: the agent, the user (by going back to the bot) or LiveChat's own time limit.
        patient: the user waits for the end before going on.
    """

    by_words: bool
    hurried: bool
    bursts: tuple[int, ...]
    deeds: tuple[Deed, ...]
    end: Literal["agent", "user", "timeout"]
    patient: bool


class Script(msgspec.Struct, frozen=True):
    """One conversation: turns with the bot before each hand-off and after the last one."""

    bot_turns: tuple[int, ...]
    handoffs: tuple[Handoff, ...]


def write_script(dice: random.Random) -> Script:
    """Bot, person, bot, person, bot."""
    handoffs = (_handoff(dice), _handoff(dice))
    return Script(tuple(dice.randint(1, 3) for _ in range(len(handoffs) + 1)), handoffs)


UNEXPECTED = Handoff(
    by_words=False, hurried=False, bursts=(), deeds=(Deed("reply"), Deed("note")), end="agent", patient=True
)
"""What agents do in a chat that no script knows of: the bot was down, and the user came to them."""


def _handoff(dice: random.Random) -> Handoff:
    deeds = [Deed("reply", dice.randint(1, 3)) for _ in range(dice.randint(2, 4))]
    deeds += [Deed("note") for _ in range(dice.randint(1, 2))]
    dice.shuffle(deeds)
    if dice.random() < 0.5:
        deeds.insert(dice.randint(1, len(deeds)), Deed(dice.choices(("transfer", "requeue"), (4, 1))[0]))
        deeds.append(Deed("reply"))
    return Handoff(
        by_words=dice.random() < 0.6,
        hurried=dice.random() < 0.3,
        bursts=tuple(dice.randint(1, 4) for _ in range(dice.randint(2, 4))),
        deeds=tuple(deeds),
        end=dice.choices(("agent", "user", "timeout"), (70, 25, 5))[0],
        patient=dice.random() < 0.5,
    )


def pauses(script: Script) -> int:
    """How many pauses for thought the longer side of the script makes."""
    user = sum(script.bot_turns) + sum(len(one.bursts) + 2 for one in script.handoffs)
    agents = sum(script.bot_turns) + sum(len(one.deeds) + 3 for one in script.handoffs)
    return max(user, agents)
