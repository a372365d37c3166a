"""What a hostile request may cost: processor time for a megabyte of one thing, and memory over many requests."""

import gc
import json
import re
import time
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from functions.dialogflow.es_messages import parse_messages
from functions.runtime.log_values import safe
from tests.doors import BOT, CHANNEL, DESK, RCS
from tests.fuzz_bodies import Hostile, hostile, seeds, well_formed
from tests.fuzz_envelopes import MAX_DATA
from tests.fuzz_pairs import BUSINESS_MESSAGES_ES, PAIRS, RCS_CX, Pair
from tests.fuzz_rules import drain, try_one
from tests.fuzz_values import Path, at, places
from tests.fuzz_world import WEBHOOK_SECRET, World, temporary_world

MEBIBYTE = 1024 * 1024
ROOM = 10_000  # for what stands around the one long text
CHARACTERS = ["a", "a@", "<", "\u0301", "%40", "\\u0001", "\\ud83d", "a.", " ", "[", '{"a":']


@pytest.fixture(scope="module", params=PAIRS, ids=str)
def fuzzed(request: pytest.FixtureRequest) -> Iterator[World]:
    with temporary_world(request.param) as one:
        yield one


def _long_bodies(door: str, body: Any, characters: str, tried: set[Path]) -> Iterator[bytes]:
    """The body with about as much as the door takes of something in the place of each text in turn."""
    most = (MAX_DATA if door == RCS else MEBIBYTE) - ROOM
    for place in places(body):
        if place in tried or not isinstance(at(body, place), str) or at(body, place) == WEBHOOK_SECRET:
            continue
        tried.add(place)
        changed = json.loads(json.dumps(body))
        at(changed, place[:-1])[place[-1]] = "@@here@@"
        length = most // len(characters.encode())
        yield json.dumps(changed).encode().replace(b"@@here@@", (characters * length).encode())


def _try_long(fuzzed: World, door: str, body: Any, characters: str, tried: set[Path]) -> None:
    for data in _long_bodies(door, body, characters, tried):
        fuzzed.begin("agent")
        try_one(fuzzed, well_formed(door, data))
        drain(fuzzed)


@pytest.mark.parametrize(
    ("fuzzed", "door", "characters"),
    [
        (BUSINESS_MESSAGES_ES, CHANNEL, "a@"),
        (BUSINESS_MESSAGES_ES, BOT, "\u0301"),
        (BUSINESS_MESSAGES_ES, DESK, "\\u0001"),
        (RCS_CX, RCS, "a@"),
    ],
    indirect=["fuzzed"],
)
def test_a_megabyte_of_one_thing_is_read_in_no_time(fuzzed: World, door: str, characters: str) -> None:
    richest = max(seeds(fuzzed.pair, door), key=lambda body: len(list(places(body))))
    _try_long(fuzzed, door, richest, characters, set())


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("characters", CHARACTERS)
@pytest.mark.parametrize("door", [CHANNEL, RCS, BOT, DESK])
def test_a_megabyte_of_anything_anywhere_is_read_in_no_time(fuzzed: World, door: str, characters: str) -> None:
    tried: set[Path] = set()
    for body in seeds(fuzzed.pair, door):
        _try_long(fuzzed, door, body, characters, tried)


@pytest.mark.parametrize("text", ["a" * 10**6, "a@b+" * 10**5, "a.b@" * 10**5, "+1" * 10**6])
def test_a_long_id_is_put_into_a_log_in_no_time(text: str) -> None:
    started = time.process_time()

    safe({"entry": text})

    assert time.process_time() - started < 0.5


def test_every_address_of_a_chain_stays_out_of_logs() -> None:
    chain = "a@b+c@d.example, x@y.com. rcs:+15550100abc@x.example %2B15550100 +155501001234567890@z.example"

    shown = safe({"entry": chain})

    assert [] == re.findall(r"@|example|\d{7}", re.sub(r"#[0-9a-f]{12}", "", shown["entry"]))


def test_broken_markup_of_the_bot_is_read_in_no_time() -> None:
    started = time.process_time()
    spoken = {"simpleResponses": {"simpleResponses": [{"ssml": "<" * 500_000}]}}

    parse_messages({"fulfillmentMessages": [spoken]})

    assert time.process_time() - started < 0.5


# --- memory ---------------------------------------------------------------------------------------------------------


def _some_requests(pair: Pair, count: int) -> list[Hostile]:
    found: list[Hostile] = []

    @seed(1)
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(hostile(pair))
    def collect(request: Hostile) -> None:
        found.append(request)

    collect()
    return found


@pytest.mark.slow
def test_memory_stays_as_it_is_over_many_requests(fuzzed: World) -> None:
    requests = _some_requests(fuzzed.pair, 500)

    def send_all() -> int:
        for request in requests:
            fuzzed.begin("agent")
            fuzzed.send(request.door, request.raw, request.headers, **request.environ)
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    send_all()
    tracemalloc.start()
    try:
        before = send_all()
        after = [send_all() for _ in range(4)][-1]
    finally:
        tracemalloc.stop()
    assert after - before < MEBIBYTE
