"""The whole bundle under fire, for a minute or two: nothing lost, doubled, leaked, given up, muted or stuck.

Order, framing and whose turn it was are judged from outside, where one case in thousands can't be told for certain: two
such findings are borne here, none by `make chaos`.

Two runs cover both stores, channels and bots; `python -m infra.chaos --channel … --bot …` covers the other pairs.

`python -m infra.chaos` is the same with more conversations and more time; it prints what struck, too.
"""

import msgspec
import pytest

from infra.chaos.compare import BAD, FRAMING, OUT_OF_TURN
from infra.chaos.order import INVERTED
from infra.chaos.outcome import Plan
from infra.chaos.report import as_markdown, complaints
from infra.chaos.run import run
from infra.chaos.stores import EMULATOR, SQLITE
from infra.firestore_emulator import NO_EMULATOR, find_emulator

_JUDGED = {INVERTED, FRAMING, OUT_OF_TURN}
_BORNE = 2

pytestmark = [pytest.mark.scenario, pytest.mark.slow, pytest.mark.timeout(900)]


def check(plan: Plan) -> None:
    outcome = run(plan)

    print(as_markdown(outcome))  # noqa: T201 - shown where the test failed
    certain = [finding for finding in outcome.findings if finding.column in set(BAD) - _JUDGED]
    judged = [*outcome.violations, *(finding for finding in outcome.findings if finding.column in _JUDGED)]
    hanging = [outcome.course.unsettled, outcome.course.stuck, outcome.errors]
    assert not certain, complaints(outcome)
    assert not any(hanging), complaints(outcome)
    assert len(judged) <= _BORNE, complaints(outcome)


def test_every_message_arrives_once_in_order_and_rightly_framed_on_sqlite() -> None:
    check(Plan(store=SQLITE, conversations=40, seconds=60, seed=40, store_away_at_s=(25,), sweep_every_s=10))


@pytest.mark.emulator
@pytest.mark.skipif(find_emulator() is None, reason=NO_EMULATOR)
def test_every_message_arrives_once_in_order_and_rightly_framed_with_rcs_and_cx_on_the_firestore_emulator() -> None:
    plan = Plan(store=EMULATOR, channel="rcs", bot="cx", conversations=15, seconds=60, seed=15)
    check(msgspec.structs.replace(plan, store_away_at_s=(25,), sweep_every_s=10))
