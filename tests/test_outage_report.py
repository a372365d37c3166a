"""What an outage run says of what it saw, and when it fails."""

from pathlib import Path

import pytest

from infra.outage import __main__ as command
from infra.outage.books import Reckoning
from infra.outage.logbook import Work
from infra.outage.outcome import Outcome, Slice
from infra.outage.plan import Plan
from infra.outage.report import as_markdown, complaints, curve
from infra.outage.traffic import Passed

PLAN = Plan(conversations=4, outage_s=30, slice_s=10)
OPEN, MINT = "/v3.6/customer/action/start_chat", "/v2/customer/token"


def call(second: float, path: str = MINT, status: int = 200, at_once: int = 1) -> Passed:
    return Passed(1000 + second, 1000 + second + 0.5, path, status, at_once)


def outcome(calls: list[Passed], slices: list[Slice] | None = None, reckoning: Reckoning | None = None) -> Outcome:
    return Outcome(
        plan=PLAN,
        slices=tuple(slices or []),
        calls=tuple(calls),
        began_at=1000.0,
        settled_s=100.0,
        reckoning=reckoning or Reckoning(),
        violations=0,
        first=2,
    )


def sliced(at_s: float, asked: int, opened: int, **work: int) -> Slice:
    return Slice(at_s=at_s, asked=asked, opened=opened, queued=0, work=Work(**work))


# --- figures ---


def test_calls_belong_to_the_outage_or_to_the_drain() -> None:
    seen = outcome([call(-1), call(0), call(29), call(30), call(60, OPEN), call(101)])

    assert (2, 2) == (len(seen.calls_while_away), len(seen.calls_of_drain))


def test_the_wait_is_from_the_recovery_to_the_opening() -> None:
    seen = outcome([call(40, OPEN), call(70, OPEN), call(5, OPEN, 503)])

    assert [10.5, 40.5] == seen.waits
    assert (10.5, 40.5) == (seen.wait(0.5), seen.wait(0.95))


def test_the_herd_is_the_busiest_second_of_the_first_minute_beside_the_average_of_the_drain() -> None:
    early = [call(31 + number / 10) for number in range(8)]
    late = [call(95 + number / 100) for number in range(11)]

    seen = outcome([*early, *late, call(69.5, OPEN)])

    assert (8, 20 / 40) == (seen.peak_per_s, seen.mean_per_s)


def test_what_failed_while_livechat_was_away_is_not_what_fails_later() -> None:
    slices = [sliced(0, 4, 0, failed=5), sliced(20, 4, 0, failed=7), sliced(30, 4, 0, failed=100)]

    assert 12 == outcome([], slices).failed_while_away


# --- text ---


def test_nothing_wrong_is_no_complaint() -> None:
    assert [] == complaints(outcome([]))


@pytest.mark.parametrize(
    ("reckoning", "said"),
    [
        (Reckoning(lost=("a", "b")), "2 lost: a; b"),
        (Reckoning(doubled=("C1",)), "1 doubled: C1"),
        (Reckoning(stuck={"a": "leased"}), "1 stuck: a: leased"),
    ],
)
def test_what_is_lost_doubled_or_stuck_is_named(reckoning: Reckoning, said: str) -> None:
    assert [said] == complaints(outcome([], reckoning=reckoning))


def test_the_curve_shows_what_waits_and_how_livechat_is() -> None:
    slices = [sliced(0, 4, 0, woken=3), sliced(10, 4, 0), sliced(20, 4, 0), sliced(30, 4, 2), sliced(40, 4, 4)]

    lines = curve(outcome([call(1), call(2)], slices), 10)

    assert ["503", "429", "hangs", "up", "up"] == [line.split()[2] for line in lines[1:]]
    assert [40, 40, 40, 20, 0] == [line.count("█") for line in lines[1:]]
    assert ["0.2", "3"] == lines[1].split()[3:5]


def test_lines_of_the_curve_can_be_drawn_together() -> None:
    slices = [sliced(10.0 * number, 4, 0, woken=1) for number in range(5)]

    lines = curve(outcome([], slices), 20)

    assert ["2", "2", "1"] == [line.split()[4] for line in lines[1:]]


def test_a_run_in_which_nothing_came_back_can_be_shown_too() -> None:
    text = as_markdown(outcome([call(1, status=503)], [sliced(0, 2, 0)]), 10)

    assert "| calls LiveChat got during the outage" in text


# --- the command ---


@pytest.fixture
def plans(monkeypatch: pytest.MonkeyPatch) -> list[Plan]:
    """The plans that were run; a run with five conversations loses one."""
    run_so_far: list[Plan] = []

    def run(plan: Plan) -> Outcome:
        run_so_far.append(plan)
        lost = ("a",) if plan.conversations == 5 else ()
        return outcome([call(40, OPEN)], reckoning=Reckoning(lost=lost))

    monkeypatch.setattr(command, "run", run)
    return run_so_far


def test_ten_minutes_and_five_thousand_conversations_are_the_default(plans: list[Plan]) -> None:
    code = command.main([])

    assert (0, [Plan()]) == (code, plans)


def test_the_command_fails_when_one_is_lost(plans: list[Plan], capsys: pytest.CaptureFixture[str]) -> None:
    code = command.main(["--conversations", "5", "--minutes", "1", "--store", "emulator"])

    assert 1 == code
    assert (60.0, "emulator") == (plans[0].outage_s, plans[0].store)
    assert "outage: 1 lost: a" in capsys.readouterr().err


def test_too_few_are_refused(plans: list[Plan]) -> None:
    assert (2, []) == (command.main(["--conversations", "2"]), plans)


def test_each_run_is_added_to_the_page_and_the_words_around_stay(plans: list[Plan], tmp_path: Path) -> None:
    page = tmp_path / "outages.md"
    page.write_text(f"# Outages\n\nwords\n\n{command.BEGIN}\n{command.END}\n\nmore words\n")

    command.main(["--write", str(page), "--date", "2026-11-21", "--machine", "a machine"])
    command.main(["--write", str(page), "--date", "2026-11-22"])

    text = page.read_text()
    assert 2 == len(plans)
    assert text.startswith("# Outages\n\nwords\n")
    assert text.endswith("\nmore words\n")
    first, second = text.index("Measured 2026-11-21 on a machine, "), text.index("Measured 2026-11-22")
    assert first < second < text.index(command.END)
