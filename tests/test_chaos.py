"""The whole bundle under fire, for a minute or two: nothing lost, doubled, inverted, leaked, wrongly framed or stuck.

`python -m infra.chaos` is the same with more conversations and more time; it prints what struck, too.
"""

import pytest

from infra.bench.emulator import find_emulator
from infra.chaos.outcome import Plan
from infra.chaos.report import as_markdown, complaints, is_good
from infra.chaos.run import run
from infra.chaos.stores import EMULATOR, SQLITE

pytestmark = [pytest.mark.scenario, pytest.mark.slow, pytest.mark.timeout(900)]


def check(plan: Plan) -> None:
    outcome = run(plan)

    print(as_markdown(outcome))  # noqa: T201 - shown where the test failed
    assert is_good(outcome), complaints(outcome)


def test_every_message_arrives_once_in_order_and_rightly_framed_on_sqlite() -> None:
    check(Plan(store=SQLITE, conversations=40, seconds=60, seed=40, store_away_at_s=(25,), sweep_every_s=10))


@pytest.mark.emulator
@pytest.mark.skipif(find_emulator() is None, reason="no Firestore emulator, or no Java")
def test_every_message_arrives_once_in_order_and_rightly_framed_on_the_firestore_emulator() -> None:
    check(Plan(store=EMULATOR, conversations=15, seconds=60, seed=15, store_away_at_s=(25,), sweep_every_s=10))
