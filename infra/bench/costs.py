"""`python -m infra.bench.costs`: plays one conversation, counts what is billed, and writes the page of costs.

Nothing is estimated but the shape of the conversation and the prices: documents, calls and requests are counted, and
seconds are taken with the stand-ins as far away as the real systems are.
"""

import argparse
import math
import sqlite3
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from typing import NamedTuple

from infra import measured
from infra.bench.latency import API_DELAY_S
from infra.bench.report import table
from infra.bench.rig import Delivered, Rig

TURNS, TO_AGENT, FROM_AGENT = 5, 8, 8
_MEMORY_GIB, _CPU = 0.5, 1
_QUIET_S = 0.5
VOLUMES = (1_000, 10_000, 100_000)


class Price(NamedTuple):
    """What something costs in USD beyond `free` units a month; `per` units cost `usd`."""

    what: str
    usd: float
    per: float
    free: float
    source: str


LIVECHAT = Price("LiveChat API calls", 0.27, 1000, 0, "LiveChat, API pricing: private apps, first million a month")
READS = Price("Firestore reads", 0.06, 100_000, 50_000 * 30, "Firestore, multi-region; regional ones cost about half")
WRITES = Price("Firestore writes", 0.18, 100_000, 20_000 * 30, "the same")
DELETES = Price("Firestore deletes (by TTL)", 0.02, 100_000, 0, "the same; deletes by TTL have no free share")
REQUESTS = Price("requests to functions", 0.40, 1_000_000, 2_000_000, "Cloud Run, request-based billing")
CPU = Price("vCPU seconds", 0.000024, 1, 180_000, "Cloud Run, tier 1 region")
MEMORY = Price("GiB seconds", 0.0000025, 1, 360_000, "Cloud Run, tier 1 region")
TASKS = Price("Cloud Tasks operations", 0.40, 1_000_000, 1_000_000, "Cloud Tasks; a call and its dispatch are two")
PRICES = (LIVECHAT, READS, WRITES, DELETES, REQUESTS, CPU, MEMORY, TASKS)
_SWEEPS_A_MONTH = 60 * 24 * 30
_SWEEP_S = 0.1  # billed time is rounded up to this
SWEEPS = {
    READS.what: _SWEEPS_A_MONTH,  # a query that finds nothing is billed as one read
    REQUESTS.what: _SWEEPS_A_MONTH,
    CPU.what: _SWEEPS_A_MONTH * _SWEEP_S * _CPU,
    MEMORY.what: _SWEEPS_A_MONTH * _SWEEP_S * _MEMORY_GIB,
}
"""What the sweep takes in a month when nothing is ever due."""

_HOW_TO_READ = f"""\
`python -m infra.bench.costs` plays one conversation and counts: {TURNS} turns with the bot, a request for a person,
{TO_AGENT} messages each way with an agent who joins, and the way back to the bot. Documents are counted in the
functions' log, calls where they arrive; time is taken with the APIs 80 ms away, each request rounded up to a tenth of a
second. Requests that an instance serves at the same time are billed once: busy functions cost less. Free shares are
taken off; they belong to one billing account, not to one project."""
_WHAT_ELSE = """\
- **LiveChat is the bill.** It counts every call, failed ones too (except status 500); Marketplace apps pay nothing. The
  circuit breaker holds retries back; `make reconcile`, `make webhooks` and `make doctor` make a few.
- **The warm instance** of `dialogflow-webhook` (Dialogflow waits 5 s, a cold start does not fit) is billed while idle,
  at Cloud Run's lower rate. If the bot has no fulfilment webhook: `min_instances` in `infra/deploy/parts.py`.
- Not in the table: Dialogflow (a request for each turn, one on return), the channel, Cloud Build (some minutes for each
  function that is deployed), Artifact Registry, logs over the free share, data out.
- Secret Manager: six active versions are free, then 0.06 USD each a month; values are cached for five minutes. Old
  versions of `livechat-oauth` can be destroyed. Cloud Scheduler: three jobs are free."""


def main(arguments: Sequence[str]) -> int:
    """Measure, print the page, write it if asked."""
    parser = argparse.ArgumentParser(prog="python -m infra.bench.costs", description=__doc__)
    measured.add_options(parser)
    options = parser.parse_args(arguments)
    with Rig() as rig:
        rig.set_api_delay(API_DELAY_S)
        deliveries = list(_conversation(rig))
        used = counts_of(deliveries, expiring=_expiring_documents(rig))
    page = as_markdown(used, measured.measured_on(options))
    print(page)
    if options.write:
        options.write.write_text(page)
    return 0


def _conversation(rig: Rig) -> Iterator[Delivered]:
    """One conversation from its first word to the bot's return, with every webhook that is sent of it."""
    conversation = rig.open_conversation()
    for _ in range(TURNS):
        yield rig.deliver(rig.say(conversation, "what are your opening hours?"))
    yield rig.deliver(rig.say(conversation, "talk to a person"))
    yield from _whatever_comes(rig)
    chat_id = next(iter(rig.sandbox.livechat.licence.chats))
    for number in range(max(TO_AGENT, FROM_AGENT)):
        if number < TO_AGENT:
            yield rig.deliver(rig.say(conversation, f"it is broken ({number})"))
        if number < FROM_AGENT:
            yield rig.deliver(rig.reply(chat_id, f"how can I help? ({number})"))
        yield from _whatever_comes(rig)
    rig.sandbox.livechat.play("close", chat_id=chat_id, agent="jane@shop.example")
    yield from _whatever_comes(rig)


def _whatever_comes(rig: Rig) -> Iterator[Delivered]:
    while True:
        try:
            webhook = rig.courier.take(lambda _webhook: True, timeout_s=_QUIET_S)
        except TimeoutError:
            return
        yield rig.deliver(webhook)


def _expiring_documents(rig: Rig) -> int:
    """How many documents are there for the TTL to delete."""
    with closing(sqlite3.connect(rig.sandbox.settings["STORE"].removeprefix("sqlite:"))) as store:
        return int(store.execute("SELECT count(*) FROM documents WHERE expire_at IS NOT NULL").fetchone()[0])


def counts_of(deliveries: Sequence[Delivered], *, expiring: int) -> dict[str, float]:
    """How many units of each priced thing the deliveries took together; `expiring` documents are deleted later."""
    lines = [line for one in deliveries for line in one.lines]
    seconds = sum(math.ceil(line["duration_ms"] / 100) / 10 for line in lines)  # billed by the tenth of a second
    return {
        LIVECHAT.what: sum(one.calls.get("livechat", 0) for one in deliveries),
        READS.what: sum(line["documents_read"] for line in lines),
        WRITES.what: sum(line["documents_written"] for line in lines),
        DELETES.what: expiring,
        REQUESTS.what: len(lines),
        CPU.what: seconds * _CPU,
        MEMORY.what: seconds * _MEMORY_GIB,
        TASKS.what: 2 * sum(one.calls.get("cloud-tasks", 0) for one in deliveries),
    }


def usd_a_month(used: Mapping[str, float], conversations: int) -> dict[str, float]:
    """What so many conversations cost in a month, free shares taken off, the sweeps' own share included."""
    monthly = {what: units * conversations for what, units in used.items()}
    for what, units in SWEEPS.items():
        monthly[what] += units
    return {p.what: max(0.0, monthly[p.what] - p.free) / p.per * p.usd for p in PRICES}


def as_markdown(used: Mapping[str, float], measured_on: str) -> str:
    """The page of costs."""
    columns = {count: usd_a_month(used, count) for count in VOLUMES}
    rows = [
        (p.what, _number(used[p.what]), _number(SWEEPS.get(p.what, 0)), *(_usd(columns[c][p.what]) for c in VOLUMES))
        for p in PRICES
    ]
    rows.append(("**together**", "", "", *(f"**{_usd(sum(columns[c].values()))}**" for c in VOLUMES)))
    heads = (
        "billed",
        "one conversation",
        "sweeps, a month",
        *(f"{count:,} conversations a month" for count in VOLUMES),
    )
    prices = [(p.what, f"{p.usd:.7f}".rstrip("0") + f" / {p.per:,.0f}", f"{p.free:,.0f}", p.source) for p in PRICES]
    return "\n".join(
        [
            "# Costs",
            "",
            measured_on,
            "",
            _HOW_TO_READ,
            "",
            *table([heads, *rows]),
            "",
            _WHAT_ELSE,
            "",
            "## Prices",
            "",
            "List prices in USD as found in copies of the providers' pages; look before you rely on them.",
            "",
            *table([("billed", "USD / units", "free a month", "where"), *prices]),
            "",
        ]
    )


def _number(units: float) -> str:
    return f"{units:,.1f}".removesuffix(".0")


def _usd(amount: float) -> str:
    return f"{amount:,.2f}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
