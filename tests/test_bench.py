import statistics
from pathlib import Path

import pytest

from infra.bench import paths
from infra.bench.__main__ import main
from infra.bench.figures import median_ratio, percentile, slope
from infra.bench.growth import Size, size_rows
from infra.bench.latency import Compared, sum_s
from infra.bench.latency import rows as latency_rows
from infra.bench.paths import BUDGETS, Budget
from infra.bench.report import Row, as_markdown, exit_code, ratio
from infra.bench.rig import Delivered
from infra.bench.wire import StreamCounter

HEADERS, DATA, PREFACE = 0x1, 0x0, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

WASTEFUL_MAIN = """
import os, urllib.request
import main
from functions.runtime import wiring
from functions.runtime.logs import CountingStore

class Wasteful(CountingStore):
    def get(self, *paths):
        super().get(*paths)
        return super().get(*paths)

vars(wiring)["CountingStore"] = Wasteful
dialogflow_webhook, livechat_webhook, redeliver = main.dialogflow_webhook, main.livechat_webhook, main.redeliver
rcs_webhook = main.rcs_webhook

def business_messages_webhook(request):
    if request.method == "POST":
        try:
            urllib.request.urlopen(os.environ["BUSINESS_MESSAGES_API_URL"] + "/v1/unlogged").close()
        except OSError:
            pass
    return main.business_messages_webhook(request)
"""


def delivered(
    trips: int = 3, calls: int = 1, *, seconds: float = 0.1, counted: int | None = None, name: str = "livechat"
) -> Delivered:
    made = {name: calls} if calls else {}
    return Delivered(seconds=seconds, trips=trips, counted_trips=counted, nested_trips=0, calls=made, lines=[])


def count(*, is_met: bool | None) -> Row:
    return Row(section="s", measure="m", measured="1", is_met=is_met, is_count=True)


def frame(kind: int, payload: bytes = b"") -> bytes:
    return len(payload).to_bytes(3, "big") + bytes([kind, 0, 0, 0, 0, 1]) + payload


# --- arithmetic ---


@pytest.mark.parametrize(("share", "expected"), [(0.0, 1.0), (0.5, 10.0), (0.93, 19.0), (0.95, 19.0), (1.0, 20.0)])
def test_a_percentile_is_a_value_that_was_measured(share: float, expected: float) -> None:
    values = [float(n) for n in range(20, 0, -1)]

    found = percentile(values, share)

    assert expected == found


def test_nothing_measured_has_no_percentile() -> None:
    with pytest.raises(ValueError, match="no values"):
        percentile([], 0.5)


def test_ratios_are_taken_pair_by_pair_so_that_a_slow_stretch_of_the_machine_cancels_out() -> None:
    ours, theirs = [1.2, 12.0, 2.4], [1.0, 10.0, 2.0]

    found = median_ratio(ours, theirs)

    assert found == pytest.approx(1.2)
    assert statistics.median(ours) / statistics.fmean(theirs) != pytest.approx(1.2)


def test_what_grows_by_two_for_each_message_has_slope_two() -> None:
    points = [(float(n), 7.0 + 2.0 * n) for n in range(10)]

    found = slope(points)

    assert found == pytest.approx(2.0)
    assert slope([(1.0, 5.0)]) == 0.0


def test_the_sum_of_latencies_is_five_milliseconds_a_trip_and_eighty_a_call() -> None:
    found = sum_s(delivered(trips=3, calls=1))

    assert found == pytest.approx(0.095)
    assert sum_s(delivered(trips=3, calls=1), trip_s=0.008) == pytest.approx(0.104)


# --- verdicts ---


@pytest.mark.parametrize(("trips", "calls", "verdict"), [(3, 1, "✓"), (2, 0, "✓"), (4, 1, "✗"), (3, 2, "✗")])
def test_a_path_keeps_its_budget_only_with_both_its_trips_and_its_calls(trips: int, calls: int, verdict: str) -> None:
    (row,) = paths.rows("s", {"relay": [delivered(trips, calls)]}, {"relay": Budget(3, 1)})

    assert verdict == row.verdict
    assert f"{trips} + {calls}" == row.measured


def test_one_bad_delivery_among_good_ones_breaks_the_budget() -> None:
    costs = {"relay": [delivered(3, 1), delivered(3, 2), delivered(3, 1)]}

    (row,) = paths.rows("s", costs, {"relay": Budget(3, 1)})

    assert ("3 + 2", "✗") == (row.measured, row.verdict)


def test_the_accepting_commit_and_the_bots_words_are_not_the_handoffs_own_cost() -> None:
    costs = {"hand-off, agent token warm": [delivered(7, 6)]}

    (row,) = paths.rows("s", costs, BUDGETS)

    assert ("5 + 4", "✓") == (row.measured, row.verdict)


def test_a_logged_count_that_differs_from_the_one_underneath_fails_the_run() -> None:
    honest, lying = delivered(3, counted=3), delivered(3, counted=4)

    good = paths.agreement("s", [honest, delivered(3, counted=None)])
    bad = paths.agreement("s", [honest, lying])

    assert [("0", "✓")] == [(row.measured, row.verdict) for row in good]
    assert [("1", "✗")] == [(row.measured, row.verdict) for row in bad]
    assert 1 == exit_code(bad)
    assert [] == paths.agreement("s", [delivered(3, counted=None)])


def test_only_a_broken_budget_of_counts_fails_the_run() -> None:
    slow = ratio("s", "m", 9.0, 1.25)

    assert "✗" == slow.verdict
    assert 0 == exit_code([slow, count(is_met=True), count(is_met=None)])
    assert 1 == exit_code([slow, count(is_met=True), count(is_met=False)])


def test_latency_is_judged_against_the_sum_of_latencies_and_shown_beside_the_bare_relay() -> None:
    ours = [delivered(3, 1, seconds=0.095 * 1.1)] * 19 + [delivered(3, 1, seconds=0.095 * 2)]
    bare = [delivered(0, 1, seconds=0.080)] * 20

    p50, p95, beside = latency_rows("s", [Compared("relay", ours, bare)])

    assert ("1.10 ×", "✓") == (p50.measured, p50.verdict)
    assert ("1.10 ×", "✓") == (p95.measured, p95.verdict)
    assert ("1.31 ×", "") == (beside.measured, beside.verdict)
    assert "the sums alone: 1.19 ×" in beside.remark


@pytest.mark.parametrize(("kib_each", "files_each", "verdicts"), [(0, 0, "✓✓"), (10, 0, "✗✓"), (0, 1, "✓✗")])
def test_memory_or_sockets_that_grow_with_the_messages_are_not_flat(
    kib_each: int, files_each: int, verdicts: str
) -> None:
    sizes = [Size(n, 100_000 + kib_each * n, 20 + files_each * n // 100) for n in range(0, 2001, 100)]

    rows = size_rows("s", {"livechat_webhook": sizes})

    assert verdicts == "".join(row.verdict for row in rows)


# --- the table ---


def test_the_table_has_a_heading_for_each_section_and_aligned_columns() -> None:
    rows = [ratio("First", "short", 1.0, 1.25), ratio("Second", "a longer measure", 2.0, None, "why")]

    page = as_markdown(rows, lines=["Measured."])

    tables = page.split("## ")[1:]
    assert ["First", "Second"] == [table.splitlines()[0] for table in tables]
    assert all(len({len(line) for line in table.splitlines() if line.startswith("|")}) == 1 for table in tables)
    assert "| short   | 1.00 ×   | ≤ 1.25 × | ✓" in page


# --- counting on the wire ---


def test_calls_are_counted_on_the_wire_however_their_bytes_are_cut() -> None:
    data = PREFACE + frame(4, b"settings") + frame(HEADERS, b"h" * 40) + frame(DATA, b"\x00\x00\x00\x01" * 20)
    data += frame(HEADERS) + frame(DATA) + frame(DATA)
    whole, in_bytes = StreamCounter(), StreamCounter()

    at_once = whole.feed(data)
    one_by_one = sum(in_bytes.feed(data[n : n + 1]) for n in range(len(data)))

    assert (2, 2) == (at_once, one_by_one)


# --- the whole ---


@pytest.mark.scenario
def test_the_functions_keep_the_budgets_of_counts(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    page = tmp_path / "benchmarks.md"

    code = main(["--only", "counts", "--no-emulator", "--date", "2026-01-02", "--write", str(page)])

    assert 0 == code
    assert page.read_text() in capsys.readouterr().out
    assert "Measured 2026-01-02 on" in page.read_text()
    assert "✗" not in page.read_text().split("## ", 1)[1]
    table = [line.split("|")[1:3] for line in page.read_text().splitlines() if line.startswith("|")]
    assert list(BUDGETS) == [path.strip() for path, measured in table if " + " in measured]


@pytest.mark.scenario
def test_one_store_trip_and_one_unlogged_call_too_many_are_seen_from_outside_and_fail_the_run(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    source = tmp_path / "wasteful_main.py"
    source.write_text(WASTEFUL_MAIN)

    code = main(["--only", "counts", "--no-emulator", "--source", str(source)])

    table = capsys.readouterr().out
    (relay,) = [line for line in table.splitlines() if line.startswith("| relay user → agent ")]
    assert 1 == code
    assert ["relay user → agent", "4 + 2", "3 + 1", "✗"] == [cell.strip() for cell in relay.split("|")[1:5]]
