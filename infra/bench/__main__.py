"""`python -m infra.bench`: measure, print the table, write it if asked, and fail when a budget of counts is broken."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from infra import measured
from infra.bench.report import as_markdown, exit_code
from infra.bench.suite import PARTS, Plan, run

_HOW_TO_READ = (
    "`make bench` runs the functions as processes against the stand-ins, delivers each webhook itself, and measures",
    "from outside: outbound calls are counted where they arrive, store round trips are the functions' `store_trips` in",
    "the log, times are those of whoever waits for the 200. Counts don't depend on the machine, and a broken one (✗)",
    "makes the run fail. Times do: read the ratios, each taken side by side in the same run; milliseconds are context.",
    "The sum of latencies is what a path can't do without: its store trips and its calls, one after the other. The",
    "emulator adds work of its own to the 5 ms injected on its wire; there a trip counts as what it takes by itself.",
    "",
    "The bare relay (`infra/bench/bare_relay.py`) makes the same calls to the other side and nothing else: no",
    "signature checked, nothing stored, no order, no second try. What stands between it and us is the price of the",
    "guarantees, nearly all of it the store's round trips.",
)


def main(arguments: Sequence[str]) -> int:
    """Run the bench; answers the exit code."""
    options = _parser().parse_args(arguments)
    plan = Plan(
        parts=tuple(options.only.split(",")),
        messages=options.messages,
        samples=options.samples,
        starts=options.starts,
        emulator=not options.no_emulator,
        source=options.source,
    )
    unknown = set(plan.parts) - set(PARTS)
    if unknown:
        print(f"bench: --only takes {', '.join(PARTS)}; not {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    rows = run(plan)
    page = as_markdown(rows, lines=[measured.measured_on(options), "", *_HOW_TO_READ])
    print(page)
    if options.write:
        options.write.write_text(page)
    return exit_code(rows)


def _parser() -> argparse.ArgumentParser:
    plan = Plan()
    parser = argparse.ArgumentParser(prog="python -m infra.bench", description=__doc__)
    parser.add_argument("--only", default=",".join(PARTS), help=f"parts to run, of {','.join(PARTS)}")
    parser.add_argument("--messages", type=int, default=plan.messages, help="relayed for memory and sockets")
    parser.add_argument("--samples", type=int, default=plan.samples, help="messages of each kind for latency")
    parser.add_argument("--starts", type=int, default=plan.starts, help="starts of each kind of process")
    parser.add_argument("--no-emulator", action="store_true", help="leave the Firestore emulator out")
    parser.add_argument("--source", type=Path, help="file whose functions are counted instead of main.py")
    measured.add_options(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
