"""What the doctor found, and how it is said. Its JSON is a contract: programs go by it."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

OK, WARNING, FAILED, SKIPPED = STATES = ("ok", "warning", "failed", "skipped")
_NAME_WIDTH = 36


class Finding(NamedTuple):
    """One thing that was looked at.

    `name` stays the same from run to run. `state` is one of `STATES`: "skipped" means that it could not be looked at.
    `remedy`: what to do, "" where there is nothing.
    """

    name: str
    state: str
    sentence: str
    remedy: str = ""


class Report(NamedTuple):
    """All findings of one run. `place`: "cloud" or "machine" (everything on one). `is_tried`: it could look at all."""

    place: str
    project: str
    region: str
    findings: tuple[Finding, ...]
    is_tried: bool = True

    @property
    def exit_code(self) -> int:
        """0 = nothing failed, 1 = something did, 2 = it could not be tried."""
        if not self.is_tried:
            return 2
        return 1 if any(one.state == FAILED for one in self.findings) else 0


def ok(name: str, sentence: str) -> Finding:
    """As it should be."""
    return Finding(name, OK, sentence)


def warning(name: str, sentence: str, remedy: str) -> Finding:
    """It works, but not as one would want it to, or not for long."""
    return Finding(name, WARNING, sentence, remedy)


def failed(name: str, sentence: str, remedy: str) -> Finding:
    """It does not work."""
    return Finding(name, FAILED, sentence, remedy)


def skipped(name: str, sentence: str, remedy: str = "") -> Finding:
    """It could not be looked at."""
    return Finding(name, SKIPPED, sentence, remedy)


def as_json(report: Report) -> str:
    """The report for programs."""
    content = {
        "place": report.place,
        "project": report.project,
        "region": report.region,
        "exit_code": report.exit_code,
        "summary": _counts(report.findings),
        "findings": [one._asdict() for one in report.findings],
    }
    return json.dumps(content, indent=2, ensure_ascii=False)


def lines_of_report(report: Report) -> Iterator[str]:
    """The report for people: what was skipped for one and the same reason is said once."""
    said: set[str] = set()
    for one in report.findings:
        if one.state != SKIPPED:
            yield from _lines(one, one.name)
        elif one.sentence not in said:
            said.add(one.sentence)
            yield from _lines(one, _together([other.name for other in report.findings if _is_alike(one, other)]))
    yield ", ".join(f"{number} {state}" for state, number in _counts(report.findings).items() if number)


def _is_alike(one: Finding, other: Finding) -> bool:
    return (other.state, other.sentence) == (one.state, one.sentence)


def _together(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def _lines(finding: Finding, name: str) -> Iterator[str]:
    yield f"{finding.state:<8} {name:<{_NAME_WIDTH}} {finding.sentence}"
    if finding.remedy:
        yield f"{'':<8} {'':<{_NAME_WIDTH}} → {finding.remedy}"


def _counts(findings: Sequence[Finding]) -> dict[str, int]:
    counts = Counter(one.state for one in findings)
    return {state: counts[state] for state in STATES}
