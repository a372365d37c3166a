"""A small outage of LiveChat with the functions as processes: nothing lost, doubled or stuck, and few calls meanwhile.

`python -m infra.outage` is the same with thousands of conversations and ten minutes; it measures, too.
"""

import pytest

from functions.runtime.breaker import FAILURES, OPEN_S
from infra.outage.plan import Plan
from infra.outage.report import as_markdown, complaints
from infra.outage.run import run

pytestmark = [pytest.mark.scenario, pytest.mark.slow, pytest.mark.timeout(300)]

_PLAN = Plan(
    conversations=150, outage_s=15, asked_over=0.3, sweep_every_s=3, retry_after_s=2, slice_s=1, drain_limit_s=150
)
_CALLERS, _THREADS = 2, 16  # processes that call LiveChat; calls under way in one of them when it finds out, at most


def test_who_asks_for_a_person_while_livechat_is_away_gets_one_chat_when_it_is_back_and_costs_no_call_before() -> None:
    outcome = run(_PLAN)

    print(as_markdown(outcome, 2.0))  # noqa: T201 - shown where the test failed
    probes = _CALLERS * (FAILURES + _THREADS + _PLAN.outage_s / OPEN_S)
    assert [] == complaints(outcome)
    assert _PLAN.conversations - outcome.first == len(outcome.waits)
    assert len(outcome.calls_while_away) <= probes < _PLAN.conversations
    assert outcome.failed_while_away > _PLAN.conversations / 2  # they did try
