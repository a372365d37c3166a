"""A conversation in which nothing went wrong, to be spoilt by the tests of the comparison.

The user asks the bot (1), asks for a person (2), Jane comes; the user (3, 4) and Jane (1, 2) write, she leaves; the
user asks the bot again (5).
"""

from typing import Any

import msgspec

from infra.chaos.transcript import JOINED, LEFT, Got, Said, Shown, Stay, Thread, Transcript
from infra.chaos.voices import ASKING

JANE = "Jane Doe"


def user(nth: int) -> str:
    """The number of the user's text."""
    return f"10007{nth:04d}"


def agent(nth: int) -> str:
    """The number of an agent's text."""
    return f"20007{nth:04d}"


def note(nth: int) -> str:
    """The number of an agents-only note."""
    return f"30007{nth:04d}"


def user_said(nth: int, at: float, **more: Any) -> Said:
    """The user writes; accepted a second later."""
    return msgspec.structs.replace(Said(number=user(nth), said_at=at, told_from=at, accepted_by=at + 1), **more)


def agent_said(nth: int, at: float, **more: Any) -> Said:
    """Jane writes; accepted a second later."""
    said = Said(number=agent(nth), said_at=at, told_from=at, accepted_by=at + 1, by=JANE, thread="T1")
    return msgspec.structs.replace(said, **more)


def bot_line(at: float, text: str, **more: Any) -> Shown:
    """A line in the bot's voice."""
    return msgspec.structs.replace(Shown(at=at, called_at=at, name="Bot", text=text), **more)


def answer(nth: int, at: float) -> Shown:
    """The bot's answer to the user's text."""
    return bot_line(at, f"Order {user(nth)} is on its way.")


def human_line(nth: int, at: float, **more: Any) -> Shown:
    """Jane's text on the phone."""
    line = Shown(at=at, called_at=at, voice="HUMAN", name=JANE, text=f"My answer {agent(nth)} to that.")
    return msgspec.structs.replace(line, **more)


def frame(kind: str, at: float, name: str = JANE) -> Shown:
    """JOINED or LEFT."""
    return Shown(at=at, called_at=at, kind=kind, voice="HUMAN", name=name)


def good(**changes: Any) -> Transcript:
    """Nothing to complain of, apart from `changes`."""
    transcript = Transcript(
        conversation=7,
        user_said=[
            user_said(1, 10),
            user_said(2, 20, asks=True),
            user_said(3, 40),
            user_said(4, 50),
            user_said(5, 90),
        ],
        agents_said=[agent_said(1, 45), agent_said(2, 60)],
        shown=[
            answer(1, 12),
            bot_line(22, ASKING),
            frame(JOINED, 30),
            human_line(1, 47),
            human_line(2, 62),
            frame(LEFT, 72),
            bot_line(74, "Welcome back."),
            answer(5, 92),
        ],
        desk=[Got(user(3), 41), Got(user(4), 51)],
        bot=[Got(user(1), 11), Got(user(2), 21), Got(user(5), 91)],
        bot_was_sent=[f"Where is order {user(1)}?"],
        desk_texts=["Handed over by the bot", f"It is about order {user(3)}, I say."],
        stays=[Stay(JANE, "T1", 29, 70)],
        threads=[Thread("T1", 28, 70, end_told=True)],
        answered_roll_call=True,
    )
    return msgspec.structs.replace(transcript, **changes)


def without(lines: list[Any], *indexes: int) -> list[Any]:
    """The list without some of it."""
    return [line for index, line in enumerate(lines) if index not in indexes]


def swapped(lines: list[Any], one: int, other: int) -> list[Any]:
    """The list with two of its items in each other's place."""
    changed = list(lines)
    changed[one], changed[other] = changed[other], changed[one]
    return changed
