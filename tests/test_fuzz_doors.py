"""Hostile input at every door: several requests in a row, while the providers are well or not, then a good message.

FUZZ_BODIES says how many requests the long run sends, FUZZ_SEED which ones."""

import os
import sys
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.fuzz_bodies import Hostile, hostile
from tests.fuzz_outside import TROUBLES
from tests.fuzz_rules import a_good_message_gets_through, drain, try_one
from tests.fuzz_world import SCENES, World, temporary_world

SEED = int(os.environ.get("FUZZ_SEED", "1"))
BODIES = int(os.environ.get("FUZZ_BODIES", "25000"))


@pytest.fixture(scope="module")
def fuzzed() -> Iterator[World]:
    with temporary_world() as one:
        yield one


def _send_hostile(fuzzed: World, bodies: int) -> None:
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
    @given(st.sampled_from(SCENES), st.sampled_from(TROUBLES), st.lists(hostile, min_size=1, max_size=5))
    def send(scene: str, trouble: str, requests: list[Hostile]) -> None:
        nonlocal sent
        fuzzed.begin(scene)
        fuzzed.outside.trouble = trouble
        for request in requests:
            try_one(fuzzed, request)
        sent += len(requests)
        fuzzed.outside.trouble = ""
        drain(fuzzed)
        a_good_message_gets_through(fuzzed)

    sys.stdout.write(f"FUZZ_SEED={SEED}\n")
    send()
    sys.stdout.write(f"{sent} requests\n")
    assert sent >= bodies


def test_no_request_does_harm(fuzzed: World) -> None:
    _send_hostile(fuzzed, 1_000)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_no_request_of_very_many_does_harm(fuzzed: World) -> None:
    _send_hostile(fuzzed, BODIES)
