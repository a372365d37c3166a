"""`python -m infra.chaos`: which stores, how long, what is written, and when it fails."""

from pathlib import Path

import pytest

from infra.chaos import __main__ as command
from infra.chaos.outcome import Outcome, Plan
from infra.chaos.transcript import Finding
from tests.test_chaos_report import outcome


@pytest.fixture
def plans(monkeypatch: pytest.MonkeyPatch) -> list[Plan]:
    """The plans that were run; every run is good but one with seed 13."""
    run_so_far: list[Plan] = []

    def run(plan: Plan) -> Outcome:
        run_so_far.append(plan)
        lost = [Finding("lost", "user", 7, "", "it arrived nowhere")] if plan.seed == 13 else []
        return outcome(plan=plan, store=plan.store, findings=lost, histories=["its history"] if lost else [])

    monkeypatch.setattr(command, "run", run)
    return run_so_far


def test_both_stores_are_put_under_fire_unless_one_is_named(plans: list[Plan]) -> None:
    command.main([])
    command.main(["--store", "emulator"])

    assert ["sqlite", "emulator", "emulator"] == [plan.store for plan in plans]


def test_the_load_lasts_as_long_as_asked_or_as_the_conversations_need(plans: list[Plan]) -> None:
    command.main(["--store", "sqlite", "--conversations", "100", "--seconds", "90"])
    command.main(["--store", "sqlite", "--conversations", "1000"])

    assert [90, 1200] == [plan.seconds for plan in plans]
    assert all(0 < at < plan.seconds for plan in plans for at in plan.store_away_at_s)


def test_channel_and_bot_are_those_that_are_named(plans: list[Plan], monkeypatch: pytest.MonkeyPatch) -> None:
    command.main(["--store", "sqlite"])
    command.main(["--store", "sqlite", "--channel", "rcs", "--bot", "cx"])
    monkeypatch.setenv("CHANNEL", "rcs")
    command.main(["--store", "sqlite"])

    assert [("business_messages", "es"), ("rcs", "cx"), ("rcs", "es")] == [(plan.channel, plan.bot) for plan in plans]


@pytest.mark.usefixtures("plans")
def test_a_channel_that_there_is_not_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHANNEL", "pigeons")

    with pytest.raises(SystemExit):
        command.main(["--store", "sqlite"])


@pytest.mark.usefixtures("plans")
def test_the_page_of_both_stores_is_written_with_day_and_machine(tmp_path: Path) -> None:
    page = tmp_path / "chaos.md"

    command.main(["--date", "2026-01-02", "--machine", "a small one", "--write", str(page)])

    text = page.read_text()
    assert "Measured 2026-01-02 on a small one" in text
    assert text.index("## sqlite") < text.index("## emulator")


@pytest.mark.usefixtures("plans")
def test_a_run_in_which_something_went_wrong_fails_and_tells_its_history(capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = command.main(["--store", "sqlite"]), command.main(["--store", "sqlite", "--seed", "13"])

    assert (0, 1) == (good, bad)
    assert "its history" in capsys.readouterr().err


def test_a_run_that_can_not_begin_says_why(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def run(plan: Plan) -> Outcome:
        raise RuntimeError("no Firestore emulator here")

    monkeypatch.setattr(command, "run", run)

    assert 2 == command.main([])
    assert "no Firestore emulator here" in capsys.readouterr().err
