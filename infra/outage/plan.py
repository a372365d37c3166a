"""What to play: how many ask, for how long LiveChat is away and in which ways, and what calls `redeliver` how often."""

import msgspec

from infra.sandbox.standin import Fault

SQLITE, EMULATOR = STORES = ("sqlite", "emulator")
UP = "up"
_HANG_S = 12.0  # longer than any call waits but the one that opens a chat


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """One run. Times in seconds; the outage begins at 0.

    Attributes:
        conversations: so many users ask for a person, one webhook each, evenly over `asked_over` of the outage.
        sweep_every_s: between two calls of the scheduler.
        dispatches_per_s, concurrent_dispatches: the limits of the Cloud Tasks queue.
        retry_after_s: what LiveChat asks for with its 429s.
        drain_limit_s: what is not settled so long after the recovery counts as stuck.
        slice_s: the length of one line of the curve.
    """

    store: str = SQLITE
    conversations: int = 5000
    outage_s: float = 600.0
    asked_over: float = 0.5
    sweep_every_s: float = 60.0
    dispatches_per_s: float = 50.0
    concurrent_dispatches: int = 8
    retry_after_s: int = 20
    drain_limit_s: float = 1800.0
    slice_s: float = 10.0


class Phase(msgspec.Struct, frozen=True):
    """One way to be away, from `from_s` on."""

    from_s: float
    name: str
    fault: Fault


def phases(plan: Plan) -> list[Phase]:
    """A third each: 503 at once, 429 with a Retry-After, no answer at all."""
    third = plan.outage_s / 3
    away = {"error": {"type": "service_unavailable", "message": "Service unavailable"}}
    busy = {"error": {"type": "too_many_requests", "message": "Too many requests"}}
    return [
        Phase(0.0, "503", Fault(status=503, body=away)),
        Phase(third, "429", Fault(status=429, body=busy, headers={"Retry-After": str(plan.retry_after_s)})),
        Phase(2 * third, "hangs", Fault(status=503, body=away, delay_s=_HANG_S)),
    ]


def phase_at(plan: Plan, second: float) -> Phase | None:
    """How LiveChat is away at that time, or None while it is up."""
    if not 0 <= second < plan.outage_s:
        return None
    return next(phase for phase in reversed(phases(plan)) if phase.from_s <= second)
