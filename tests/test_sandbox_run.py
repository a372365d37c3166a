"""`python -m infra.sandbox` as one runs it: the story, what is said when it can't start, and how it ends."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from infra.sandbox.sandbox import Sandbox
from infra.sandbox.standin import Fault
from infra.sandbox.stories import load
from infra.sandbox.story_errors import StoryFailed
from infra.sandbox.story_play import Play

pytestmark = pytest.mark.scenario

ROOT = Path(__file__).resolve().parents[1]
BOT = "BOT Hello World Agent"
Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts the sandbox with these arguments, on free ports unless they say otherwise."""
    started: list[subprocess.Popen[str]] = []

    def run(*arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "infra.sandbox", "--port", "0", "--functions-port", "0", *arguments]
        pipe = subprocess.PIPE
        environ = {**os.environ, "TMPDIR": str(tmp_path)}
        started.append(subprocess.Popen(command, cwd=ROOT, env=environ, stdout=pipe, stderr=pipe, text=True))
        return started[-1]

    yield run
    for process in started:
        process.kill()
        process.communicate()


def read_columns(printed: str) -> tuple[list[str], list[str]]:
    """The phone's and LiveChat's lines, unwrapped."""
    rows = [row.split("│") for row in printed.splitlines() if "│" in row and "─" not in row]
    return unwrap([left.rstrip() for left, _ in rows]), unwrap([right.rstrip() for _, right in rows])


def unwrap(rows: list[str]) -> list[str]:
    lines: list[str] = []
    for row in filter(None, rows):
        if row.startswith("  "):
            lines[-1] += " " + row.strip()
        else:
            lines.append(row.strip())
    return lines


def read_until_up(process: subprocess.Popen[str]) -> list[int]:
    """Wait until it stays up; answers the ports it printed."""
    assert process.stdout is not None
    printed = ""
    for line in process.stdout:
        printed += line
        if line.startswith("Stop with"):
            return [int(port) for port in re.findall(r"^(?:Page|Function|Stand-in) +http://[^:]+:(\d+)", printed, re.M)]
    raise AssertionError(printed)


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_once_plays_the_story_on_both_sides_with_the_right_voices(start: Start) -> None:
    process = start("--once")

    printed, complaints = process.communicate(timeout=90)

    phone, livechat = read_columns(printed)
    assert (process.returncode, complaints) == (0, "")
    assert [
        "PHONE",
        "Michael: Hi, I have a problem",
        f"{BOT}: Thanks for contacting us.",
        "Michael: I would like to talk to a person",
        f"{BOT}: One moment, I am asking for a person.",
        "-- HUMAN Jane Doe joined --",
        "HUMAN Jane Doe: I see you have a problem. How can I help?",
        "Michael: My parcel arrived broken",
        "-- HUMAN Jane Doe left --",
        f"{BOT}: Welcome back, I am the bot again.",
        "Michael: When are you open?",
        f"{BOT}: We are open Monday to Friday, 9 to 17.",
    ] == [line.partition(" What is it")[0].partition(" I hope")[0] for line in phone]
    assert [
        "LIVECHAT",
        "-- chat opened: Jane Doe --",
        "AGENTS ONLY: Handed over by the bot",
        "Jane Doe: I see you have a problem. How can I help?",
        "Michael: My parcel arrived broken",
        "-- Jane Doe archived the chat --",
    ] == [line.partition(" Reason:")[0] for line in livechat]


def test_colours_are_for_terminals_only(start: Start) -> None:
    printed, _ = start("--once").communicate(timeout=90)

    assert "\x1b" not in printed


@pytest.mark.parametrize("option", ["--port", "--functions-port"])
def test_a_port_in_use_is_said_in_one_line_and_nothing_is_started(start: Start, option: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        process = start(option, str(port))
        printed, complaints = process.communicate(timeout=30)

    assert (1, "", 1) == (process.returncode, printed, complaints.count("\n"))
    assert f"port {port} is in use" in complaints
    assert option in complaints


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_everything_quietly(start: Start, ending: signal.Signals) -> None:
    process = start()
    ports = read_until_up(process)
    before = [is_open(port) for port in ports]

    process.send_signal(ending)
    printed, complaints = process.communicate(timeout=30)

    assert (0, "", "") == (process.returncode, printed.strip(), complaints)
    assert ([True] * 11, [False] * 11) == (before, [is_open(port) for port in ports])


def test_the_functions_end_with_the_sandbox_even_when_it_is_killed(start: Start) -> None:
    process = start()
    ports = read_until_up(process)

    process.kill()
    deadline = time.monotonic() + 15
    while any(map(is_open, ports)) and time.monotonic() < deadline:
        time.sleep(0.05)

    assert [False] * 11 == [is_open(port) for port in ports]


def test_a_story_that_stops_says_at_which_step_and_what_was_missing() -> None:
    story = load("seed")
    hasty = msgspec.structs.replace(story.steps[0], within_s=1.0)

    with Sandbox() as sandbox:
        sandbox.messages.faults = [Fault(path=".*/messages$", status=503)]

        with pytest.raises(StoryFailed, match=f"the user writes.*PHONE.*did not come: {BOT}: Thanks"):
            Play(sandbox, msgspec.structs.replace(story, steps=(hasty, *story.steps[1:]))).run()
