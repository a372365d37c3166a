"""The table counts each column by whose words they are; anything bad makes the run fail and is told."""

from typing import Any

import msgspec
import pytest

from infra.chaos.outcome import Course, Outcome, Plan
from infra.chaos.report import as_markdown, complaints, is_good
from infra.chaos.transcript import Finding
from tests.chaos_transcripts import good, user

LOST = Finding("lost", "user", 7, user(4), "it arrived nowhere")


def outcome(**changes: Any) -> Outcome:
    calm = Outcome(
        plan=Plan(conversations=1),
        store="SQLite",
        transcripts=[good()],
        findings=[],
        histories=[],
        struck={"livechat: 429": 3, "kill -9: redeliver": 2},
        calls={"livechat": 9},
        webhooks={"channel": 5},
        course=Course(load_s=60.0, settled_s=12.0),
        violations=[],
        errors=0,
    )
    return msgspec.structs.replace(calm, **changes)


def row(page: str, name: str) -> list[str]:
    [line] = [line for line in page.splitlines() if line.startswith(f"| {name} ")]
    return [cell.strip() for cell in line.strip("|").split("|")][1:]


def test_the_table_tells_what_was_sent_and_delivered_each_way() -> None:
    page = as_markdown(outcome())

    assert ["5", "2", "2"] == row(page, "sent")
    assert ["5", "2", "2"] == row(page, "delivered")
    assert ["0", "0", "0"] == row(page, "lost")
    assert ["12 s"] == row(page, "settled by itself after")
    assert ["3"] == row(page, "livechat: 429")


def test_a_finding_is_counted_in_its_column_and_on_its_side() -> None:
    page = as_markdown(outcome(findings=[LOST, LOST]))

    assert ["2", "0", "0"] == row(page, "lost")


def test_a_run_without_a_complaint_is_good() -> None:
    assert is_good(outcome())
    assert is_good(outcome(findings=[Finding("late", "agents", 7, "", "no read worked")]))
    assert "" == complaints(outcome())


@pytest.mark.parametrize(
    "changes",
    [
        {"findings": [LOST]},
        {"violations": ["HUMAN message without REPRESENTATIVE_JOINED"]},
        {"course": Course(60.0, unsettled={"k": "AGENT, 2 pending"})},
        {"course": Course(60.0, settled_s=12.0, stuck={"k": "T1"})},
        {"errors": 1},
    ],
)
def test_anything_bad_makes_a_run_not_good(changes: dict[str, Any]) -> None:
    assert not is_good(outcome(**changes))


def test_complaints_tell_who_did_not_settle_what_broke_a_rule_and_each_history() -> None:
    course = Course(60.0, unsettled={"k": "AGENT, 2 pending"}, stuck={"c": "T1"})

    told = complaints(outcome(course=course, violations=["a rule"], histories=["a history"]))

    assert ["unsettled k: AGENT, 2 pending", "stuck c in thread T1", "violation a rule", "a history"] == told.split(
        "\n"
    )
