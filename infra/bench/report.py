"""The bench's findings as one table, and what they come to."""

from collections.abc import Sequence

import msgspec

MET, BROKEN, NO_BUDGET = "✓", "✗", ""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One finding.

    Attributes:
        section: heading it stands under.
        measure: what was measured.
        measured: the figure, as shown.
        budget: as shown; "" = none.
        is_met: whether the budget holds; None = there is none.
        is_count: counts don't depend on the machine: a broken one fails the run.
        remark: how to read it.
    """

    section: str
    measure: str
    measured: str
    budget: str = ""
    is_met: bool | None = None
    is_count: bool = False
    remark: str = ""

    @property
    def verdict(self) -> str:
        """✓, ✗, or nothing without a budget."""
        return NO_BUDGET if self.is_met is None else MET if self.is_met else BROKEN


def ratio(section: str, measure: str, measured: float, budget: float | None, remark: str = "") -> Row:
    """A ratio and its budget."""
    return Row(
        section=section,
        measure=measure,
        measured=f"{measured:.2f} ×",
        budget="" if budget is None else f"≤ {budget:.2f} ×",
        is_met=None if budget is None else measured <= budget,
        remark=remark,
    )


def exit_code(rows: Sequence[Row]) -> int:
    """1 when a budget of counts is broken; times and sizes depend on the machine and only show ✗."""
    return int(any(row.is_count and row.is_met is False for row in rows))


def as_markdown(rows: Sequence[Row], *, lines: Sequence[str]) -> str:
    """A page: the introducing lines, then one table for each section, columns aligned to be read as they are."""
    parts = ["# Benchmarks", "", *lines]
    for section in dict.fromkeys(row.section for row in rows):
        parts += ["", f"## {section}", "", *_table([row for row in rows if row.section == section])]
    return "\n".join(parts) + "\n"


def _table(rows: Sequence[Row]) -> list[str]:
    heads = ("measure", "measured", "budget", "", "remark")
    return table([heads, *((row.measure, row.measured, row.budget, row.verdict, row.remark) for row in rows)])


def table(lines: Sequence[Sequence[str]]) -> list[str]:
    """A Markdown table, columns aligned to be read as they are; the first of `lines` is its head."""
    widths = [max(3, *map(len, column)) for column in zip(*lines, strict=True)]
    shown = [_line([text.ljust(width) for text, width in zip(line, widths, strict=True)]) for line in lines]
    return [shown[0], _line(["-" * width for width in widths]), *shown[1:]]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
