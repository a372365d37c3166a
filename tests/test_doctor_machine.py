"""The operator's commands, as processes, at everything on one machine: functions, stand-ins, store and secrets."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from infra.sandbox.sandbox import Sandbox
from infra.sandbox.stories import load
from infra.sandbox.story_play import Play
from tests.play import wait_for

pytestmark = pytest.mark.scenario
CONVERSATION = "3333"
KEY = f"business_messages:{CONVERSATION}"

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """With the story told: a user was with the bot, with a person, and is with the bot again."""
    with Sandbox(sweep=False) as running:
        Play(running, load("seed"), conversation=CONVERSATION).run()
        yield running


@pytest.fixture
def run(sandbox: Sandbox) -> Run:
    def command(*arguments: str, **environ: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", *arguments],
            env={"PATH": os.environ["PATH"], "SETTINGS": "", **sandbox.settings, **environ},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return command


def looked_at(run: Run) -> tuple[int, dict[str, dict[str, Any]]]:
    done = run("infra.doctor", JSON="1")
    content = json.loads(done.stdout)
    assert content["exit_code"] == done.returncode, done.stderr
    return done.returncode, {one["name"]: one for one in content["findings"]}


def failures(found: dict[str, dict[str, Any]]) -> set[str]:
    return {name for name, one in found.items() if one["state"] == "failed"}


def test_the_doctor_finds_what_is_broken_on_one_machine_and_nothing_else(sandbox: Sandbox, run: Run) -> None:
    well, found = looked_at(run)
    sandbox.functions["redeliver"].kill()
    sandbox.livechat.licence.tokens.refresh_tokens.clear()
    sandbox.livechat.licence.tokens.expire("agent")
    sandbox.dialogflow.stop()
    sick, broken = looked_at(run)

    assert (0, set()) == (well, failures(found))
    assert {"ok"} == {found[name]["state"] for name in ("health.redeliver", "livechat.token", "dialogflow", "settings")}
    assert "skipped" == found["queue"]["state"]
    assert "on this machine" in found["queue"]["sentence"]
    assert 1 == sick
    assert {"health.redeliver", "dialogflow", "livechat.token"} == failures(broken)
    assert all(broken[name]["remedy"] for name in failures(broken))


def test_a_user_is_shown_and_forgotten_and_then_served_anew(sandbox: Sandbox, run: Run) -> None:
    shown = run("infra.operate", "show", CONVERSATION)
    asked = run("infra.operate", "forget", KEY)
    forgotten = run("infra.operate", "forget", KEY, "--yes")
    gone = run("infra.operate", "show", KEY)
    said_before = len(sandbox.messages.transcript(CONVERSATION))
    sandbox.messages.phone.say(CONVERSATION, "When are you open?")
    wait_for(lambda: len(sandbox.messages.transcript(CONVERSATION)) == said_before + 2, "the bot's answer")

    assert (0, 2, 0, 1) == tuple(one.returncode for one in (shown, asked, forgotten, gone))
    assert "BOT: the bot" in shown.stdout
    assert "My parcel" not in shown.stdout
    assert "LiveChat's chat" in forgotten.stdout
    assert 0 == run("infra.operate", "show", KEY).returncode
