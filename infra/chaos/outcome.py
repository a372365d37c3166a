"""What a chaos run is asked to do, and what came of it. Pure data."""

import msgspec

from infra.chaos.stores import SQLITE
from infra.chaos.transcript import Finding, Transcript


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What to run.

    Attributes:
        store: one of `stores.STORES`.
        channel, bot: as the sandbox has them.
        conversations: at a time.
        seconds: that the load is meant to take; scripts that take half as long again are cut short.
        seed: of the scripts and the faults.
        crash_every_s: on average.
        store_away_at_s: seconds after the beginning.
        sweep_every_s: of the scheduler.
    """

    store: str = SQLITE
    channel: str = "business_messages"
    bot: str = "es"
    conversations: int = 500
    seconds: float = 600.0
    seed: int = 1
    crash_every_s: float = 5.0
    store_away_at_s: tuple[float, ...] = (120.0, 300.0)
    sweep_every_s: float = 60.0


class Course(msgspec.Struct, frozen=True):
    """How a run went.

    Attributes:
        load_s: that load and fire took.
        cut_short: scripts that did not come to their end.
        settled_s: that all took to come to rest; None = it did not.
        unsettled: what did not, and why.
        stuck: who is with a person whose chat is over, and in which thread.
    """

    load_s: float
    cut_short: int = 0
    settled_s: float | None = None
    unsettled: dict[str, str] = {}
    stuck: dict[str, str] = {}


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a run."""

    plan: Plan
    store: str
    transcripts: list[Transcript]
    findings: list[Finding]
    histories: list[str]
    struck: dict[str, int]
    calls: dict[str, int]
    webhooks: dict[str, int]
    course: Course
    violations: list[str]
    errors: int
