"""Log lines: one per request, joined to its trace, counting calls, and free of anything private."""

import io
import json
from typing import Any

import pytest

from functions.runtime.logs import RequestLog, trace_fields

_TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
_RCS = "rcs:+15550100123"


def written(log: RequestLog, out: io.StringIO, outcome: str = "handled", **more: Any) -> dict[str, Any]:
    log.write(outcome, **more)
    (line,) = out.getvalue().splitlines()
    value: dict[str, Any] = json.loads(line)
    return value


@pytest.fixture
def out() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def log(out: io.StringIO) -> RequestLog:
    return RequestLog(
        "livechat_webhook", trace_fields({"traceparent": f"00-{_TRACE_ID}-00f067aa0ba902b7-01"}, "p"), out
    )


def test_a_line_says_who_did_what_with_which_outcome(log: RequestLog, out: io.StringIO) -> None:
    line = written(log, out, "ignored", reason="kind", fields={"event_id": "e-1", "lag_ms": 40})

    assert line.pop("duration_ms") >= 0
    assert line == {
        "severity": "INFO",
        "message": "livechat_webhook ignored kind",
        "logging.googleapis.com/trace": f"projects/p/traces/{_TRACE_ID}",
        "function": "livechat_webhook",
        "outcome": "ignored",
        "reason": "kind",
        "event_id": "e-1",
        "lag_ms": 40,
        "calls": {},
        "store_trips": 0,
        "documents_read": 0,
        "documents_written": 0,
    }


@pytest.mark.parametrize(
    ("outcome", "severity"),
    [("handled", "INFO"), ("duplicate", "INFO"), ("rejected", "WARNING"), ("retry", "WARNING"), ("error", "ERROR")],
)
def test_the_severity_goes_with_the_outcome(log: RequestLog, out: io.StringIO, outcome: str, severity: str) -> None:
    assert written(log, out, outcome)["severity"] == severity


def test_a_door_may_raise_the_severity(log: RequestLog, out: io.StringIO) -> None:
    assert written(log, out, "ignored", severity="ERROR")["severity"] == "ERROR"


@pytest.mark.parametrize(
    ("headers", "project", "expected"),
    [
        ({"traceparent": f"00-{_TRACE_ID}-00f067aa0ba902b7-01"}, "p", f"projects/p/traces/{_TRACE_ID}"),
        ({"X-Cloud-Trace-Context": f"{_TRACE_ID}/123;o=1"}, "p", f"projects/p/traces/{_TRACE_ID}"),
        ({"X-Cloud-Trace-Context": _TRACE_ID.upper()}, "p", f"projects/p/traces/{_TRACE_ID}"),
        (
            {"traceparent": f"00-{_TRACE_ID}-00f067aa0ba902b7-01", "X-Cloud-Trace-Context": "0" * 32 + "/1"},
            "p",
            f"projects/p/traces/{_TRACE_ID}",
        ),
        ({"traceparent": "nonsense", "X-Cloud-Trace-Context": "x/1"}, "p", None),
        ({"traceparent": f"00-{_TRACE_ID}-00f067aa0ba902b7-01"}, "", None),
        ({}, "p", None),
    ],
)
def test_the_trace_is_taken_from_the_w3c_header_first(
    headers: dict[str, str], project: str, expected: str | None
) -> None:
    assert trace_fields(headers, project).get("logging.googleapis.com/trace") == expected


def test_the_head_of_a_line_shows_where_the_conversation_came_from_and_got_to(
    log: RequestLog, out: io.StringIO
) -> None:
    log.note("accepted", event_id="e-1", conversation="business_messages:c-1", state_before="BOT")
    log.note("moved", event_id="e-2", state_before="WAITING", state_after="WAITING", chat_id="T1")
    log.note("moved", state_after="AGENT")

    line = written(log, out)

    assert [line[name] for name in ("event_id", "state_before", "state_after", "chat_id", "conversation")] == [
        "e-1",
        "BOT",
        "AGENT",
        "T1",
        "business_messages:c-1",
    ]
    assert [happening["happening"] for happening in line["happenings"]] == ["accepted", "moved", "moved"]


@pytest.mark.parametrize(
    ("happening", "outcome", "expected"),
    [
        ("dead_letter", "handled", "dead_letter"),
        ("gave_up", "handled", "dead_letter"),
        ("failed", "handled", "retry"),
        ("failed", "error", "error"),
        ("worked", "queued", "queued"),
    ],
)
def test_a_failure_noted_on_the_way_is_the_least_the_line_says(
    log: RequestLog, out: io.StringIO, happening: str, outcome: str, expected: str
) -> None:
    log.note(happening)

    assert written(log, out, outcome)["outcome"] == expected


def test_a_line_holds_a_bounded_number_of_happenings(log: RequestLog, out: io.StringIO) -> None:
    for number in range(60):
        log.note("worked", entry=number)

    line = written(log, out)

    assert (len(line["happenings"]), line["happenings_omitted"]) == (50, 10)


# --- private stays private -------------------------------------------------------------------------------------------


def test_a_phone_number_is_never_in_a_line(log: RequestLog, out: io.StringIO) -> None:
    log.note(
        "accepted",
        conversation=_RCS,
        event_id="+15550100123:message:m-1",
        path="conversations/rcs:%2B15550100123",
        phone="5550100123",
    )

    written(log, out)

    assert "5550100123" not in out.getvalue()


def test_an_email_is_never_in_a_line(log: RequestLog, out: io.StringIO) -> None:
    log.note("joined", agent_id="jane.doe+x@shop.example", agents=["max@shop.example"], email="jane.doe@shop.example")

    written(log, out)

    assert "jane" not in out.getvalue()
    assert "shop.example" not in out.getvalue()


def test_odd_values_still_make_a_line_of_json(log: RequestLog, out: io.StringIO) -> None:
    log.note("odd", half="\ud83d", huge=10**30, endless=float("inf"), lines="a\nb")

    line = written(log, out)

    assert line["happenings"][0]["lines"] == "a\nb"
    assert line["happenings"][0]["huge"] == 10**30
    json.loads(out.getvalue(), parse_constant=pytest.fail)


def test_an_error_shows_its_stack_as_error_reporting_reads_it(log: RequestLog, out: io.StringIO) -> None:
    try:
        raise TypeError("unsupported operand")
    except TypeError as e:
        line = written(log, out, "error", error=e)

    stack = line["stack_trace"].splitlines()
    assert (line["severity"], stack[0], stack[-1]) == (
        "ERROR",
        "Traceback (most recent call last):",
        "TypeError: unsupported operand",
    )
    assert "test_logs.py" in line["stack_trace"]
