"""Random interleavings of the whole protocol, with crashes, failures and clocks that jump: no rule may break.

A seed is a run: `pytest tests/test_simulation.py --first-seed 17 --seeds 1` does one again.
"""

import multiprocessing
import traceback

import pytest

from tests.simulation import Simulation
from tests.simulation_rules import broken_rules

_PROCESSES = 2
_SEEDS_AT_A_TIME = 25
_TRACE_SHOWN = 80
_HAPPENINGS = ["kill", "sweep", "late effect", "lost", "done", "away", "refused", "agent close", "never told", "switch"]


def failures(seeds: range) -> list[str]:
    """What went wrong, for each of these seeds that a rule broke in."""
    return [report for seed in seeds if (report := failure(seed))]


def failure(seed: int) -> str:
    """What went wrong in the run of this seed, and how it came to that; "" when nothing did."""
    simulation = Simulation(seed)
    try:
        simulation.run()
    except Exception:
        simulation.violations.append(traceback.format_exc())
    if not simulation.violations:
        return ""
    trace = "\n    ".join(simulation.trace[-_TRACE_SHOWN:])
    return f"seed {seed}:\n  " + "\n  ".join(simulation.violations) + f"\n  trace:\n    {trace}"


def assert_no_rule_breaks(first: int, count: int) -> None:
    """Run the seeds in two processes; the first failing one is shown whole."""
    chunks = [
        range(begin, min(begin + _SEEDS_AT_A_TIME, first + count))
        for begin in range(first, first + count, _SEEDS_AT_A_TIME)
    ]
    with multiprocessing.get_context("spawn").Pool(min(_PROCESSES, len(chunks))) as pool:
        for reports in pool.imap(failures, chunks):
            assert not reports, f"{len(reports)} of {_SEEDS_AT_A_TIME} seeds failed, the first was\n{reports[0]}"


@pytest.mark.timeout(0)
def test_no_interleaving_breaks_a_rule(request: pytest.FixtureRequest) -> None:
    assert_no_rule_breaks(request.config.getoption("--first-seed"), request.config.getoption("--seeds"))


@pytest.mark.slow
@pytest.mark.timeout(0)
def test_two_thousand_more_break_no_rule_either() -> None:
    assert_no_rule_breaks(1_000_000, 2000)


def test_the_same_seed_is_the_same_run() -> None:
    runs = [Simulation(7).run() for _ in range(2)]

    assert runs[0].trace == runs[1].trace
    assert runs[0].world.shown == runs[1].world.shown


def test_a_broken_rule_is_reported_with_its_seed_and_trace() -> None:
    simulation = Simulation(0).run()

    simulation.people.said.append("never delivered#0")
    broken = broken_rules(simulation)

    assert broken == ["'never' is lost", "'delivered#0' is lost"]


def test_a_run_does_what_it_is_for() -> None:
    runs = [Simulation(seed).run() for seed in range(30)]

    calls = {call for run in runs for call in run.world.faults.calls}
    kinds = {kind for run in runs for kind, _ in run.world.shown}
    traced = " ".join(line for run in runs for line in run.trace)
    assert {"BOT", "HUMAN", "joined", "left"} == kinds
    assert {"livechat.start_chat", "livechat.send_message", "livechat.close_chat", "dialogflow.hear_event"} <= calls
    assert [] == [word for word in _HAPPENINGS if word not in traced]
