"""Hostile input at every door: several requests in a row, while the providers are well or not, then a good message.

FUZZ_BODIES says how many requests the long run sends to all pairs together, FUZZ_SEED which ones."""

import os
import sys
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.fuzz_bodies import Hostile, hostile
from tests.fuzz_outside import TROUBLES
from tests.fuzz_pairs import PAIRS, Pair
from tests.fuzz_rules import a_good_message_gets_through, drain, try_one
from tests.fuzz_world import World, temporary_world

SEED = int(os.environ.get("FUZZ_SEED", "1"))
BODIES = int(os.environ.get("FUZZ_BODIES", "25000"))


@pytest.fixture(scope="module", params=PAIRS, ids=str)
def fuzzed(request: pytest.FixtureRequest) -> Iterator[World]:
    with temporary_world(request.param) as one:
        yield one


def _requests(pair: Pair) -> st.SearchStrategy[list[Hostile]]:
    return st.lists(hostile(pair), min_size=1, max_size=5)


def _send_hostile(fuzzed: World, all_bodies: int) -> None:
    bodies, pair = all_bodies // len(PAIRS), fuzzed.pair
    sent = 0

    @seed(SEED)
    @settings(
        max_examples=bodies // 2,
        deadline=None,
        database=None,
        print_blob=True,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.sampled_from(pair.scenes), st.sampled_from(TROUBLES), st.booleans(), _requests(pair))
    def send(scene: str, trouble: str, is_rich: bool, requests: list[Hostile]) -> None:
        nonlocal sent
        fuzzed.begin(scene)
        fuzzed.outside.trouble, fuzzed.outside.is_rich = trouble, is_rich
        for request in requests:
            try_one(fuzzed, request)
        sent += len(requests)
        fuzzed.outside.trouble = ""
        drain(fuzzed)
        a_good_message_gets_through(fuzzed)

    sys.stdout.write(f"FUZZ_SEED={SEED}\n")
    send()
    sys.stdout.write(f"{sent} requests, {pair}\n")
    assert sent >= bodies


def test_no_request_does_harm(fuzzed: World) -> None:
    _send_hostile(fuzzed, examples(1_000))


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_no_request_of_very_many_does_harm(fuzzed: World) -> None:
    _send_hostile(fuzzed, BODIES)
