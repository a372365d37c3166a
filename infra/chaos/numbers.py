"""The number in every text that is said: which conversation, who, and the how-manieth. By it a text is found again.

Nine digits: 1 = a user's words (and the bot's answer to them), 2 = an agent's, 3 = an agents-only note; four for the
conversation, four for the text. The sandbox's bot takes them for an order's number, so each of its answers is unique.
"""

import re
from typing import NamedTuple

USER, AGENT, PRIVATE = 1, 2, 3
MOST_CONVERSATIONS = 10_000
_NUMBER = re.compile(r"(?<![\w.-])([123])(\d{4})(\d{4})(?![\w-])")  # no part of a time or a UUID


class Number(NamedTuple):
    """What a text's number says."""

    kind: int
    conversation: int
    nth: int

    def __str__(self) -> str:
        return f"{self.kind}{self.conversation:04d}{self.nth:04d}"


def find_numbers(text: str) -> list[Number]:
    """Every number in a text."""
    return [Number(*map(int, found)) for found in _NUMBER.findall(text)]
