"""The lines that a story expects on both sides, and how many of them have come."""

from itertools import accumulate

from infra.sandbox.both_sides import LIVECHAT, PHONE, Line
from infra.sandbox.stories import Story


class Expected:
    """On each side one line after the other. Each step waits for its own; later ones may be there already."""

    def __init__(self, story: Story) -> None:
        by_side = {PHONE: [step.phone for step in story.steps], LIVECHAT: [step.inbox for step in story.steps]}
        self._lines = {side: [line for lines in steps for line in lines] for side, steps in by_side.items()}
        self._due = {side: [0, *accumulate(map(len, steps))] for side, steps in by_side.items()}
        self._come = dict.fromkeys(by_side, 0)

    def take(self, line: Line) -> bool:
        """Whether this is the next one on its side; then it has come."""
        come, lines = self._come[line.side], self._lines[line.side]
        is_next = come < len(lines) and line.said.startswith(lines[come])
        self._come[line.side] += is_next
        return is_next

    def missing(self, step: int) -> tuple[str, str] | None:
        """A side on which a line has not come that should be there in that step (from 1), and the line."""
        return next(((side, line) for side in self._lines if (line := self.next_on(side, step))), None)

    def next_on(self, side: str, step: int) -> str:
        """The line that has not come there and should be there in that step; "" = there is none."""
        come = self._come[side]
        return self._lines[side][come] if come < self._due[side][step] else ""
