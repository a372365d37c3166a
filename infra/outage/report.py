"""A run as text: what went wrong, a table of figures, and the curve of what waited."""

from collections.abc import Sequence

from infra.outage.outcome import Outcome, Slice, most_at_once, most_in_a_second
from infra.outage.plan import Plan, phase_at

_BAR = 40
_SHOWN = 5


def complaints(outcome: Outcome) -> list[str]:
    """What is lost, doubled, stuck or against the channel's rules; nothing when all is well."""
    found = outcome.reckoning
    stuck = [f"{key}: {what}" for key, what in found.stuck.items()]
    groups = {"lost": list(found.lost), "doubled": list(found.doubled), "stuck": stuck}
    said = [f"{len(those)} {name}: {'; '.join(those[:_SHOWN])}" for name, those in groups.items() if those]
    if outcome.violations:
        said.append(f"{outcome.violations} calls against the channel's rules")
    return said


def as_markdown(outcome: Outcome, every_s: float) -> str:
    """The table of figures, and the curve with a line for each `every_s` seconds."""
    rows = [("measure", "measured", "remark"), *figures(outcome)]
    widths = [max(3, *(len(row[column]) for row in rows)) for column in range(3)]
    shown = [
        f"| {' | '.join(text.ljust(width) for text, width in zip(row, widths, strict=True))} |".rstrip() for row in rows
    ]
    rule = f"| {' | '.join('-' * width for width in widths)} |"
    return "\n".join([shown[0], rule, *shown[1:], "", "```", *curve(outcome, every_s), "```"]) + "\n"


def figures(outcome: Outcome) -> list[tuple[str, str, str]]:
    """The rows of the table: measure, measured, remark."""
    plan, found = outcome.plan, outcome.reckoning
    away, drain = outcome.calls_while_away, outcome.calls_of_drain
    waiting = plan.conversations - outcome.first
    works = [one.work for one in outcome.slices]
    longest = outcome.wait(1.0)
    return [
        ("lost, doubled, stuck", f"{len(found.lost)}, {len(found.doubled)}, {len(found.stuck)}", "each must be 0"),
        ("calls LiveChat got during the outage", f"{len(away)}", f"{len(away) / waiting:.2f} per conversation"),
        ("tries that wanted to call it meanwhile", f"{outcome.failed_while_away}", _saved(outcome)),
        ("most calls at once at LiveChat", f"{most_at_once(away)}, {most_at_once(drain)}", "during, after"),
        (
            "calls in the busiest second of the first minute",
            f"{outcome.peak_per_s}",
            f"{outcome.peak_per_s / max(outcome.mean_per_s, 0.1):.1f} × the drain's average of "
            f"{outcome.mean_per_s:.1f}; the busiest second of all: {most_in_a_second(drain)}",
        ),
        (
            "wait from recovery to chat, p50, p95",
            f"{outcome.wait(0.5):.0f} s, {outcome.wait(0.95):.0f} s",
            f"first {outcome.wait(0.0):.0f} s, last {longest:.0f} s",
        ),
        (
            "wake-ups by Cloud Tasks, by the sweep",
            f"{sum(work.woken for work in works)}, {sum(work.swept for work in works)}",
            f"{sum(work.woken + work.swept for work in works) / waiting:.1f} per conversation",
        ),
        ("store trips", f"{sum(work.trips for work in works)}", _trips(outcome)),
        ("dead letters", f"{sum(work.dead_letters for work in works)}", ""),
    ]


def _saved(outcome: Outcome) -> str:
    failed = max(outcome.failed_while_away, 1)
    share = 1 - min(1.0, len(outcome.calls_while_away) / failed)
    return f"the breaker kept {100 * share:.1f} % of them from being calls"


def _trips(outcome: Outcome) -> str:
    plan = outcome.plan
    away = sum(one.work.trips for one in outcome.slices if one.at_s < plan.outage_s)
    return f"{away / (plan.conversations - outcome.first):.1f} per conversation during the outage, as logged by its end"


def curve(outcome: Outcome, every_s: float) -> list[str]:
    """A line per `every_s` seconds: the figures, and a bar as long as what waits at its end."""
    lines = ["   from  LiveChat  calls/s  woken  swept   trips  waiting"]
    most = max((one.waiting for one in outcome.slices), default=0) or 1
    for group in grouped(outcome.slices, max(1, round(every_s / outcome.plan.slice_s))):
        lines.append(_line(outcome, group, most))
    return lines


def grouped(slices: Sequence[Slice], size: int) -> list[Sequence[Slice]]:
    """Slices in groups of `size`; the last one may be shorter."""
    return [slices[start : start + size] for start in range(0, len(slices), size)]


def _line(outcome: Outcome, group: Sequence[Slice], most: int) -> str:
    start_s, end_s = group[0].at_s, group[-1].at_s + outcome.plan.slice_s
    calls = len(outcome.calls_between(start_s, end_s)) / (end_s - start_s)
    phase = phase_at(outcome.plan, start_s)
    woken, swept = sum(one.work.woken for one in group), sum(one.work.swept for one in group)
    trips, waiting = sum(one.work.trips for one in group), group[-1].waiting
    figures = f"{start_s:5.0f} s  {phase.name if phase else 'up':8}  {calls:7.1f}  {woken:5}  {swept:5}  {trips:6}"
    return f"{figures}  {waiting:7}  {'█' * round(_BAR * waiting / most)}".rstrip()


def described(plan: Plan) -> str:
    """The plan as a heading and a sentence."""
    return (
        f"## {plan.conversations:,} conversations, {plan.outage_s / 60:g} minutes, {plan.store}\n\n"
        f"A sweep every {plan.sweep_every_s:g} s; a queue of {plan.dispatches_per_s:g} dispatches a second, "
        f"{plan.concurrent_dispatches} at once."
    )
