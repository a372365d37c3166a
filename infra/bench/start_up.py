"""How long a new process takes to its first 200, beside a bare function that imports Firestore."""

import http.client
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO

import msgspec

from infra.bench.courier import Webhook
from infra.bench.figures import median_ratio, percentile
from infra.bench.processes import FOLDER, SourceProcess
from infra.bench.report import Row, ratio
from infra.bench.rig import CHANNEL_DOOR, Rig
from infra.sandbox.processes import FunctionProcess, free_port

MAX_RATIO = 1.25
_GIVE_UP_AFTER_S = 40.0
_LOOK_EVERY_S = 0.002


class Starts(msgspec.Struct, frozen=True):
    """Seconds to the first 200, start by start."""

    bare: list[float]
    health: list[float]
    webhook: list[float]
    message: list[float]


def measure(rig: Rig, rounds: int) -> Starts:
    """Start each kind in turn, `rounds` times, after one round that doesn't count.

    The webhooks: "the user is typing", which is verified, read and ignored with 200, as the least real work; and a
    message that the bot answers, for which the store, the bot and the channel are called for the first time.
    """
    starts = Starts([], [], [], [])
    conversation = rig.open_conversation()
    rig.sandbox.messages.phone.typing(conversation, on=True)
    typing = rig.courier.take(lambda webhook: "userStatus" in webhook.content)
    with (rig.sandbox.folder / "starts.log").open("ab") as log:
        for number in range(-1, rounds):
            message = rig.say(conversation, "what are your opening hours?")
            found = (
                _first_200(_bare(rig, log), None),
                _first_200(_ours(rig), None),
                _first_200(_ours(rig), typing),
                _first_200(_ours(rig), message),
            )
            if number >= 0:
                kinds = (starts.bare, starts.health, starts.webhook, starts.message)
                for kind, seconds in zip(kinds, found, strict=True):
                    kind.append(seconds)
    return starts


def rows(section: str, starts: Starts) -> list[Row]:
    """Ratios of medians."""
    bare = statistics.median(starts.bare)
    table = [
        ("the user types: verified, read, ignored", starts.webhook, MAX_RATIO),
        ("GET /health", starts.health, MAX_RATIO),
        ("the first message, bot's answer sent", starts.message, None),
    ]
    return [
        ratio(section, f"{name}, to bare", statistics.median(seconds) / bare, budget, _shown(seconds, starts))
        for name, seconds, budget in table
    ]


def _shown(seconds: list[float], starts: Starts) -> str:
    bare = statistics.median(starts.bare)
    least, most = percentile(seconds, 0) * 1000, percentile(seconds, 1) * 1000
    middle = f"{statistics.median(seconds) * 1000:.0f} ms ({least:.0f} to {most:.0f}), bare {bare * 1000:.0f} ms"
    paired = f"pair by pair {median_ratio(seconds, starts.bare):.2f} ×"
    return f"{middle}; {paired}; {len(seconds)} of each, in turn"


def _ours(rig: Rig) -> FunctionProcess:
    return rig.sandbox.new_process(CHANNEL_DOOR, free_port())


def _bare(rig: Rig, log: IO[bytes]) -> FunctionProcess:
    return SourceProcess("bare_firestore", free_port(), rig.sandbox.settings, log, FOLDER / "bare_firestore.py")


def _first_200(process: FunctionProcess, webhook: Webhook | None) -> float:
    """Seconds from the process's start to its first 200: to the webhook, or to GET /health.

    Raises:
        RuntimeError: it answered something else, or nothing in time.
    """
    started = time.perf_counter()
    with _running(process):
        while time.perf_counter() - started < _GIVE_UP_AFTER_S:
            status = _try(process.port, webhook)
            if status == 200:
                return time.perf_counter() - started
            if status:
                raise RuntimeError(f"{process.name} answered {status}")
            time.sleep(_LOOK_EVERY_S)
    raise RuntimeError(f"{process.name} did not answer")


@contextmanager
def _running(process: FunctionProcess) -> Iterator[None]:
    process.start()
    try:
        yield
    finally:
        process.stop()


def _try(port: int, webhook: Webhook | None) -> int:
    """The status answered; 0 while nobody listens."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    ask: Callable[[], None] = (
        (lambda: connection.request("POST", "/", webhook.body, webhook.headers))
        if webhook
        else (lambda: connection.request("GET", "/health"))
    )
    try:
        ask()
        return connection.getresponse().status
    except ConnectionError:
        return 0
    finally:
        connection.close()
