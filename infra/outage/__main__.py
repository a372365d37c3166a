"""`python -m infra.outage`: play an outage, print what happened, fail when something is lost, doubled or stuck."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from infra import measured
from infra.outage.plan import STORES, Plan
from infra.outage.report import as_markdown, complaints, described
from infra.outage.run import run

_PAGE_LINE_S = 30.0


def main(arguments: Sequence[str]) -> int:
    """Run it; answers the exit code."""
    options = _parser().parse_args(arguments)
    plan = Plan(
        store=options.store,
        conversations=options.conversations,
        outage_s=60 * options.minutes,
        sweep_every_s=options.sweep_every,
    )
    if plan.conversations < 3 or plan.outage_s <= 0:
        print("outage: at least 3 conversations, and more than no time", file=sys.stderr)
        return 2
    outcome = run(plan)
    print(described(plan), "", as_markdown(outcome, plan.slice_s), sep="\n")
    if options.write:
        head = f"{described(plan)}\n{measured.measured_on(options)}"
        write_section(options.write, f"{head}\n\n{as_markdown(outcome, _PAGE_LINE_S)}")
    wrong = complaints(outcome)
    for complaint in wrong:
        print(f"outage: {complaint}", file=sys.stderr)
    return int(bool(wrong))


BEGIN, END = "<!-- runs: written by `python -m infra.outage --write` -->", "<!-- end of runs -->"


def write_section(page: Path, section: str) -> None:
    """Add a run to those on the page, behind the others; a page without any is begun."""
    text = page.read_text() if page.exists() else f"# Outages\n\n{BEGIN}\n{END}\n"
    before, found, after = text.partition(END)
    page.write_text(f"{before}\n{section}\n{END}{after}" if found else f"{text}\n{BEGIN}\n\n{section}\n{END}\n")


def _parser() -> argparse.ArgumentParser:
    plan = Plan()
    parser = argparse.ArgumentParser(prog="python -m infra.outage", description=__doc__)
    parser.add_argument("--store", choices=STORES, default=plan.store)
    parser.add_argument("--conversations", type=int, default=plan.conversations)
    parser.add_argument("--minutes", type=float, default=plan.outage_s / 60, help="how long LiveChat is away")
    parser.add_argument("--sweep-every", type=float, default=plan.sweep_every_s, help="seconds between two sweeps")
    measured.add_options(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
