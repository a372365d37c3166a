"""What a conversation costs: the arithmetic, and the page."""

from pathlib import Path

import pytest

from infra.bench.costs import LIVECHAT, PRICES, READS, SWEEPS, VOLUMES, WRITES, as_markdown, usd_a_month

USED = dict.fromkeys((price.what for price in PRICES), 0.0) | {LIVECHAT.what: 14, READS.what: 57, WRITES.what: 100}


def test_what_is_used_beyond_the_free_share_is_paid_by_the_unit() -> None:
    costs = usd_a_month(USED, 10_000)

    assert pytest.approx(37.8) == costs[LIVECHAT.what]
    assert pytest.approx(0.72) == costs[WRITES.what]


def test_nothing_is_paid_back_where_less_than_the_free_share_is_used() -> None:
    assert 0.0 == usd_a_month(USED, 1)[READS.what]


def test_the_sweeps_of_a_month_come_on_top() -> None:
    enough = READS.free / USED[READS.what] + 1

    with_sweeps = usd_a_month(USED, int(enough))[READS.what]

    assert pytest.approx(SWEEPS[READS.what] * READS.usd / READS.per, abs=0.001) == with_sweeps


def test_the_page_names_every_price_and_every_volume() -> None:
    page = as_markdown(USED, "Measured.")

    assert all(price.what in page for price in PRICES)
    assert all(f"{volume:,} conversations a month" in page for volume in VOLUMES)


def test_the_page_in_the_documentation_is_of_these_prices() -> None:
    kept = (Path(__file__).parents[1] / "docs" / "costs.md").read_text()

    assert as_markdown(USED, "Measured.").partition("## Prices")[2] == kept.partition("## Prices")[2]
