"""What a run came to, as tables, and whether it was good enough."""

from collections import Counter
from collections.abc import Mapping, Sequence

from infra.chaos.compare import AGENT, BAD, BOT, COLUMNS, SIDES, USER
from infra.chaos.numbers import find_numbers
from infra.chaos.outcome import Outcome
from infra.chaos.transcript import MESSAGE, NEVER, Transcript

_NAMES = {"business_messages": "Business Messages", "rcs": "RCS", "es": "Dialogflow ES", "cx": "Dialogflow CX"}
_HEADS = {USER: "user → bot or agents", AGENT: "agents → user", BOT: "bot → user"}

_RECOVERED = "webhook never accepted, found by reading"


def is_good(outcome: Outcome) -> bool:
    """Whether every column that must be zero is zero, and everything settled by itself."""
    bad = any(finding.column in BAD for finding in outcome.findings)
    return not (bad or outcome.violations or outcome.course.unsettled or outcome.course.stuck or outcome.errors)


def as_markdown(outcome: Outcome) -> str:
    """One run's section: the messages, what it took, the faults that struck."""
    return "\n".join(
        [
            _head(outcome),
            "",
            *_table(["messages", *_HEADS.values()], _messages(outcome)),
            "",
            *_table(["the run", ""], _run(outcome)),
            "",
            *_table(["faults that struck", "times"], sorted((name, str(n)) for name, n in outcome.struck.items())),
            "",
        ]
    )


def _head(outcome: Outcome) -> str:
    plan = outcome.plan
    where = f"{outcome.store}, {_NAMES[plan.channel]}, {_NAMES[plan.bot]}"
    return f"## {where}: {plan.conversations} conversations at a time, seed {plan.seed}"


def _messages(outcome: Outcome) -> list[tuple[str, ...]]:
    counts = Counter((finding.column, finding.side) for finding in outcome.findings)
    sent, delivered = _sent(outcome.transcripts), _delivered(outcome.transcripts)
    rows = [("sent", *(str(sent[side]) for side in SIDES)), ("delivered", *(str(delivered[side]) for side in SIDES))]
    rows += [(column, *(str(counts[column, side]) for side in SIDES)) for column in COLUMNS]
    rows.append((_RECOVERED, "", str(sum(_recovered(one) for one in outcome.transcripts)), ""))
    return rows


def _sent(transcripts: Sequence[Transcript]) -> Mapping[str, int]:
    return {
        USER: sum(len(one.user_said) for one in transcripts),
        AGENT: sum(len(one.agents_said) for one in transcripts),
        BOT: sum(
            len({got.number for got in one.bot} - {said.number for said in one.user_said if said.asks})
            for one in transcripts
        ),
    }


def _delivered(transcripts: Sequence[Transcript]) -> Mapping[str, int]:
    counts: Counter[str] = Counter()
    for one in transcripts:
        shown = {
            str(number)
            for line in one.shown
            if line.kind == MESSAGE and not line.bridge
            for number in find_numbers(line.text)
        }
        counts[USER] += len({got.number for got in (*one.desk, *one.bot)} & {said.number for said in one.user_said})
        counts[AGENT] += len(shown & {said.number for said in one.agents_said})
        counts[BOT] += len(shown & {said.number for said in one.user_said})
    return counts


def _recovered(transcript: Transcript) -> int:
    shown = {str(number) for line in transcript.shown for number in find_numbers(line.text)}
    return sum(said.accepted_by == NEVER and said.number in shown for said in transcript.agents_said)


def _run(outcome: Outcome) -> list[tuple[str, str]]:
    settled = "never" if outcome.course.settled_s is None else f"{outcome.course.settled_s:.0f} s"
    return [
        ("under fire", f"{outcome.course.load_s:.0f} s"),
        ("scripts cut short", str(outcome.course.cut_short)),
        ("settled by itself after", settled),
        ("calls made", ", ".join(f"{name} {count}" for name, count in outcome.calls.items())),
        ("webhooks", ", ".join(f"{name} {count}" for name, count in outcome.webhooks.items())),
        ("unsettled conversations", str(len(outcome.course.unsettled))),
        ("stuck with a person who has gone", str(len(outcome.course.stuck))),
        ("rules of the providers broken", str(len(outcome.violations))),
        ("errors logged", str(outcome.errors)),
    ]


def complaints(outcome: Outcome) -> str:
    """Everything that is not as it should be, with histories; "" when all is well."""
    parts = [f"unsettled {key}: {why}" for key, why in outcome.course.unsettled.items()]
    parts += [f"stuck {key} in thread {thread}" for key, thread in outcome.course.stuck.items()]
    parts += [f"violation {one}" for one in outcome.violations]
    return "\n".join([*parts, *outcome.histories])


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [head, *rows]
    widths = [max(3, *(len(line[column]) for line in lines)) for column in range(len(head))]
    shown = [_line([cell.ljust(width) for cell, width in zip(line, widths, strict=True)]) for line in lines]
    return [shown[0], _line(["-" * width for width in widths]), *shown[1:]]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
