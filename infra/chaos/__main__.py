"""`python -m infra.chaos`: the whole bundle under fire; prints the table and fails when a message went wrong."""

import argparse
import sys
from collections.abc import Sequence

from infra import measured
from infra.chaos.outcome import Plan
from infra.chaos.report import as_markdown, complaints, is_good
from infra.chaos.run import run
from infra.chaos.stores import STORES
from infra.sandbox import run_options

_HOW_TO_READ = (
    "`make chaos` runs two processes of each function behind a balancer against the stand-ins. So many people at a",
    "time talk to the bot, ask for a person, get one (or two, by a transfer), write in bursts, go back to the bot,",
    "and do it all once more; agents answer, write notes that nobody else may see, and close. Meanwhile webhooks come",
    "twice, late, in the wrong order or never; calls are refused, hang and are cut before and after they took effect;",
    "tokens are revoked; providers are down for seconds; functions are killed and started again; the store is out of",
    "reach. Then the faults end, and what is left must settle by itself; last, everybody asks the bot once more.",
    "",
    "Every text has a number, and what was said is held against what the phone, the agents and the bot then have. All",
    "of these must be zero: *lost*; *doubled*; *inverted* (it came after another although it was accepted before that",
    "was sent, or waited while others went; or the thread had been read and showed it); *leaked* (a note, an address,",
    "another user's words); *framing* (JOINED, LEFT, BOT, HUMAN); *out of turn* (the bot spoke while a person was",
    "asked for or there); *muted* (no answer at the end); *given up* (a dead letter, its writer told). Two are",
    "counted because they are limits that are known: *late* (an agent's text whose notice was late or lost and whose",
    "read failed; a user's text of which it was not certain whether the agents had it, when the user was back with",
    "the bot) and *heard twice by the bot*.",
)


def main(arguments: Sequence[str]) -> int:
    """Run it on each store; answers the exit code: 1 when anything is not as it should be, 2 when it could not run."""
    parser = _parser()
    options = run_options.check_choices(parser, parser.parse_args(arguments))
    try:
        outcomes = [run(_plan(options, store)) for store in ([options.store] if options.store else STORES)]
    except RuntimeError as e:
        print(f"chaos: {e}", file=sys.stderr)
        return 2
    page = "\n".join([_head(options), *(as_markdown(outcome) for outcome in outcomes)])
    print(page)
    for outcome in outcomes:
        print(complaints(outcome), file=sys.stderr)
    if options.write:
        options.write.write_text(page)
    return int(not all(is_good(outcome) for outcome in outcomes))


def _plan(options: argparse.Namespace, store: str) -> Plan:
    seconds = options.seconds or max(60.0, options.conversations * 1.2)
    return Plan(
        store=store,
        channel=options.channel,
        bot=options.bot,
        conversations=options.conversations,
        seconds=seconds,
        seed=options.seed,
        store_away_at_s=(seconds * 0.25, seconds * 0.6),
    )


def _head(options: argparse.Namespace) -> str:
    return "\n".join(["# Chaos", "", measured.measured_on(options), "", *_HOW_TO_READ, ""])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infra.chaos", description=__doc__)
    parser.add_argument("--store", choices=STORES, help="only this one")
    run_options.add_choices(parser)
    parser.add_argument("--conversations", type=int, default=Plan().conversations, help="at a time")
    parser.add_argument("--seconds", type=float, help="of load (default: 1.2 for each conversation)")
    parser.add_argument("--seed", type=int, default=Plan().seed, help="of scripts and faults")
    measured.add_options(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
