"""The bench as a whole: what is measured on which store, in which order."""

import os
import statistics
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from functions.handoff.interfaces import Create, Record
from functions.storage.firestore import connect
from infra.bench import growth, latency, paths, start_up
from infra.bench.processes import FOLDER
from infra.bench.report import Row
from infra.bench.rig import Rig
from infra.bench.slow_store import STORE_DELAY_S
from infra.bench.wire import Wire
from infra.firestore_emulator import find_emulator, running_emulator

PARTS = ("counts", "latency", "start", "growth")
_SLOW_STORE = FOLDER / "slow_store_main.py"
_COUNTS = "Store round trips + outbound calls for each path, worst seen"
_LATENCY = f"Latency, store {STORE_DELAY_S * 1000:.0f} ms and APIs {latency.API_DELAY_S * 1000:.0f} ms away"
_START = "Process start → first 200"
_LENGTH = "Cost in the length of the conversation"
_MEMORY = "Memory and sockets"
_TRIPS, _PAUSE_S = 30, 0.08
_ENOUGH_THREADS = {"THREADS": "32"}


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What to measure.

    Attributes:
        parts: some of `PARTS`.
        messages: relayed for memory and sockets.
        samples: messages of each kind for latency.
        starts: of each kind of process.
        emulator: whether to use the Firestore emulator where it is installed.
        source: file whose functions are counted; None = main.py.
    """

    parts: tuple[str, ...] = PARTS
    messages: int = 2000
    samples: int = 50
    starts: int = 5
    emulator: bool = True
    source: Path | None = None


def run(plan: Plan) -> list[Row]:
    """Measure everything in the plan."""
    if not plan.emulator or find_emulator() is None:
        return [*_on_sqlite(plan), *_start_and_memory(plan, "sqlite", Rig)]
    rows = _on_sqlite(plan)
    with running_emulator() as port:
        return [*rows, *_on_firestore(plan, port)]


def _on_sqlite(plan: Plan) -> list[Row]:
    rows: list[Row] = []
    if "counts" in plan.parts:
        with _told("counts, SQLite"), Rig(plan.source) as rig:
            rows += paths.rows(f"{_COUNTS}: SQLite", paths.measure(rig))
    if "latency" in plan.parts:
        with _told("latency, SQLite"), Rig(_SLOW_STORE, settings=_ENOUGH_THREADS) as rig:
            rows += latency.rows(f"{_LATENCY}: SQLite", latency.measure(rig, plan.samples))
            rows += latency.crowd_rows(f"{_LATENCY}: SQLite", latency.crowd(rig))
    if "growth" in plan.parts:
        with _told("long conversation"), Rig() as rig:
            rows += growth.length_rows(f"{_LENGTH}: SQLite", growth.long_conversation(rig))
    return rows


def _on_firestore(plan: Plan, port: int) -> list[Row]:
    rows: list[Row] = []
    wire = Wire(port)
    if "counts" in plan.parts:
        with _told("counts, Firestore"), _firestore_rig(wire.host, wire) as rig:
            rows += paths.rows(f"{_COUNTS}: Firestore emulator, counted on the wire too", paths.measure(rig))
    if "latency" in plan.parts:
        wire.delay_s = STORE_DELAY_S
        with _told("latency, Firestore"), _firestore_rig(wire.host, wire) as rig:
            section = f"{_LATENCY}: Firestore emulator"
            compared = latency.measure(rig, plan.samples)
            trip_s = statistics.median(_trip_seconds(wire.host))
            rows += [latency.trip_row(section, trip_s), *latency.rows(section, compared, trip_s)]
    wire.stop()
    return [*rows, *_start_and_memory(plan, "Firestore emulator", lambda: _firestore_rig(f"127.0.0.1:{port}", None))]


def _start_and_memory(plan: Plan, store: str, new_rig: Callable[[], Rig]) -> list[Row]:
    rows: list[Row] = []
    if "start" in plan.parts:
        with _told("starts"), new_rig() as rig:
            rows += start_up.rows(f"{_START}: {store}", start_up.measure(rig, plan.starts))
    if "growth" in plan.parts and growth.can_measure():
        with _told("memory"), new_rig() as rig:
            rows += growth.size_rows(f"{_MEMORY}: {store}", growth.many_messages(rig, plan.messages))
    return rows


def _firestore_rig(host: str, wire: Wire | None) -> Rig:
    """A project of its own: the emulator keeps projects apart, so every rig finds it empty."""
    settings = {"FIRESTORE_EMULATOR_HOST": host, "GOOGLE_CLOUD_PROJECT": f"bench-{uuid.uuid4().hex[:12]}"}
    return Rig(store="firestore", settings=settings, wire=wire.calls if wire else None)


def _trip_seconds(host: str) -> list[float]:
    """What single commits of the functions' own store to `host` take, with pauses as between messages."""
    os.environ["FIRESTORE_EMULATOR_HOST"] = host
    try:
        store = connect(f"bench-{uuid.uuid4().hex[:12]}")
    finally:
        del os.environ["FIRESTORE_EMULATOR_HOST"]
    seconds: list[float] = []
    for number in range(_TRIPS):
        started = time.perf_counter()
        store.commit(Create(f"trips/{number}", Record(body={"text": "x" * 5000})))
        seconds.append(time.perf_counter() - started)
        time.sleep(_PAUSE_S)
    return seconds


@contextmanager
def _told(what: str) -> Iterator[None]:
    """Say on stderr what is being measured and how long it took."""
    print(f"bench: {what} …", file=sys.stderr, flush=True)
    started = time.monotonic()
    yield
    print(f"bench: {what}: {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
