"""SANDBOX_CLOCK: a clock that can be put forward in a sandbox, and is inert wherever anything is real."""

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from functions.handoff.interfaces import Clock
from functions.runtime.config import VARIABLES, read_settings
from functions.runtime.config_values import base_url
from functions.runtime.logs import RequestJournal, RequestLog
from functions.runtime.sandbox_clock import SandboxClock, is_obeyed
from functions.runtime.wiring import SystemClock, open_clock

HOUR_S = 3600
BASE_URLS = [variable.name for variable in VARIABLES if variable.read is base_url]
SANDBOX = {"STORE": "sqlite:/nowhere/store", "SANDBOX_CLOCK": "/nowhere/clock"} | dict.fromkeys(
    BASE_URLS, "http://127.0.0.1:1"
)
REAL = [
    {"STORE": "firestore"},
    {"STORE": "firestore:sqlite"},
    *({name: "https://127.0.0.1:1"} for name in BASE_URLS),
    *({name: "https://api.example"} for name in BASE_URLS),
]


class Journal:
    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, happening: str, **fields: object) -> None:
        self.notes.append(happening)


def seconds_ahead(clock: Clock) -> int:
    return round((clock.now() - datetime.now(UTC)).total_seconds())


@pytest.fixture
def put(tmp_path: Path) -> Callable[[bytes | str | float], SandboxClock]:
    """Puts a content into the file and answers the one clock that goes by it."""
    clock = SandboxClock(tmp_path / "clock")

    def write(content: bytes | str | float) -> SandboxClock:
        new = tmp_path / "new"
        new.write_bytes(content if isinstance(content, bytes) else str(content).encode())
        new.replace(tmp_path / "clock")
        return clock

    return write


# --- where it counts -------------------------------------------------------------------------------------------------


def test_every_base_url_is_looked_at() -> None:
    called = {name for name in BASE_URLS if name.startswith(("LIVECHAT", "BUSINESS", "DIALOGFLOW", "TASKS"))}

    assert 5 == len(called)
    assert {v.name for v in VARIABLES if v.name.endswith(("_API_URL", "_ACCOUNTS_URL"))} == set(BASE_URLS)


def test_in_a_sandbox_the_clock_goes_by_the_file(tmp_path: Path) -> None:
    (tmp_path / "clock").write_text(str(HOUR_S))
    settings = read_settings(SANDBOX | {"SANDBOX_CLOCK": str(tmp_path / "clock")})
    journal = Journal()

    clock = open_clock(settings, journal)

    assert is_obeyed(settings)
    assert HOUR_S == seconds_ahead(clock)
    assert [] == journal.notes


@pytest.mark.parametrize("real", REAL, ids=lambda real: "=".join(*real.items()))
def test_where_anything_is_real_it_is_inert_and_noted_once(tmp_path: Path, real: dict[str, str]) -> None:
    (tmp_path / "clock").write_text(str(HOUR_S))
    settings = read_settings(SANDBOX | {"SANDBOX_CLOCK": str(tmp_path / "clock")} | real)
    journal = Journal()

    clock = open_clock(settings, journal)

    assert not is_obeyed(settings)
    assert isinstance(clock, SystemClock)
    assert 0 == seconds_ahead(clock)
    assert ["sandbox_clock_ignored"] == journal.notes


@pytest.mark.parametrize("real", [{}, *REAL])
def test_unset_there_is_only_the_machine_s_clock_and_nothing_to_note(real: dict[str, str]) -> None:
    settings = read_settings(SANDBOX | {"SANDBOX_CLOCK": " "} | real)
    journal = Journal()

    clock = open_clock(settings, journal)

    assert isinstance(clock, SystemClock)
    assert [] == journal.notes


def test_that_it_is_ignored_is_a_warning_in_the_log() -> None:
    out = io.StringIO()
    log = RequestLog("redeliver", {}, out)

    with log.in_hand():
        open_clock(read_settings({"SANDBOX_CLOCK": "/nowhere/clock"}), RequestJournal())
    log.write("handled")

    line = json.loads(out.getvalue())
    assert ("WARNING", "handled") == (line["severity"], line["outcome"])
    assert [{"happening": "sandbox_clock_ignored"}] == line["happenings"]


# --- the file --------------------------------------------------------------------------------------------------------

Put = Callable[[bytes | str | float], SandboxClock]


def test_a_change_of_the_file_is_seen_at_the_next_look(put: Put) -> None:
    ahead = [seconds_ahead(put(seconds)) for seconds in (0, 60, 61.9, HOUR_S)]

    assert [0, 60, 62, HOUR_S] == ahead


def test_time_never_goes_back(put: Put) -> None:
    put(HOUR_S).now()

    assert HOUR_S == seconds_ahead(put(60))


def test_the_time_is_aware_and_goes_on_by_itself(put: Put) -> None:
    clock = put(60)
    before = clock.now()

    clock.sleep(0.01)

    assert timedelta(milliseconds=10) <= clock.now() - before < timedelta(seconds=5)
    assert UTC == clock.now().tzinfo


def test_without_a_file_it_is_the_machine_s_time(tmp_path: Path) -> None:
    assert 0 == seconds_ahead(SandboxClock(tmp_path / "none"))


def test_a_file_that_goes_away_changes_nothing(put: Put, tmp_path: Path) -> None:
    put(HOUR_S).now()

    (tmp_path / "clock").unlink()

    assert HOUR_S == seconds_ahead(put(b""))


def test_a_folder_is_no_clock(tmp_path: Path) -> None:
    assert 0 == seconds_ahead(SandboxClock(tmp_path))


@given(st.one_of(st.binary(max_size=200), st.floats().map(lambda one: repr(one).encode())))
@example(b"-60")
@example(b"nan")
@example(b"inf")
@example(b"1e300")
@example(b"60\x00")
@example(b"9" * 100)
@example(b"\xff\xfe")
def test_whatever_the_file_holds_the_clock_goes_on_and_not_back(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.mktemp("clock") / "clock"
    path.write_bytes(b"60")
    clock = SandboxClock(path)
    before = clock.now()

    path.write_bytes(content)

    assert before <= clock.now()


def test_the_file_is_read_only_when_it_changed(put: Put, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = put(60)
    clock.now()
    reads: list[object] = []
    monkeypatch.setattr("functions.runtime.sandbox_clock._read", reads.append)

    for _ in range(100):
        clock.now()

    assert [] == reads
