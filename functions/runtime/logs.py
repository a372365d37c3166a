"""One JSON line on stdout per request, in the form Cloud Logging reads, with what the core and the sides noted on it.

The request in hand is kept in a context variable, so that the pooled HTTP client, the store and the core can add to its
line without passing it around. A thread started for a request must run in a copy of its context.

Source: Cloud Logging structured logging; Error Reporting, formatting error messages.
"""

import json
import re
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any, TextIO

from functions.handoff.interfaces import Document, Store, Write
from functions.runtime.log_values import safe, shown_conversation, stack_of

__all__ = ["CountingStore", "RequestJournal", "RequestLog", "count_call", "current_log", "shown_conversation"]

OUTCOMES = ("handled", "queued", "duplicate", "ignored", "rejected", "retry", "dead_letter", "error")
"""What can be said of a request, least alarming first."""

_SEVERITIES = {"rejected": "WARNING", "retry": "WARNING", "dead_letter": "ERROR", "error": "ERROR"}
_RAISES = {  # happening → what the whole line's outcome then is at least
    "retry": "retry",
    "failed": "retry",
    "lease_left": "retry",
    "gave_up": "dead_letter",
    "dead_letter": "dead_letter",
}
_WARNINGS = {"sandbox_clock_ignored"}  # happenings that an operator should see though the outcome is well
_FIRST_COUNTS = ("event_id", "conversation", "state_before", "lag_ms")
_LAST_COUNTS = ("chat_id", "state_after")
_MAX_HAPPENINGS = 50

_TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}.*", re.IGNORECASE)
_CLOUD_TRACE = re.compile(r"([0-9a-f]{32})(?:/.*)?", re.IGNORECASE)

_writing = threading.Lock()
_current: ContextVar["RequestLog | None"] = ContextVar("request_log", default=None)


def current_log() -> "RequestLog | None":
    """The line of the request in hand, or None outside of one."""
    return _current.get()


class RequestLog:
    """The line of one request in the making; many threads may add to it.

    Args:
        function: name of the function that answers.
        trace: the field that joins the line to the request's trace, see `trace_fields`.
        out: where the line goes; None = stdout as it is then.
    """

    def __init__(self, function: str, trace: Mapping[str, str], out: TextIO | None = None) -> None:
        self._function = function
        self._trace = dict(trace)
        self._out = out
        self._started = time.monotonic()
        self._lock = threading.Lock()
        self._fields: dict[str, Any] = {}
        self._happenings: list[dict[str, Any]] = []
        self._happenings_omitted = 0
        self._calls: dict[str, int] = {}
        self._store_trips = self._documents_read = self._documents_written = 0
        self._least_outcome = OUTCOMES[0]
        self._severity = "INFO"

    @contextmanager
    def in_hand(self) -> Iterator[None]:
        """Inside the block, this is the line that notes and counts go to."""
        token = _current.set(self)
        try:
            yield
        finally:
            _current.reset(token)

    def note(self, happening: str, **fields: object) -> None:
        """Add one happening. What it says of event, conversation, chat and states also heads the line.

        A happening of failure (`_RAISES`) also makes the line's outcome at least that.
        """
        kept = safe(fields)
        with self._lock:
            self._take(kept)
            self._severity = "WARNING" if happening in _WARNINGS else self._severity
            self._least_outcome = _worse(self._least_outcome, _RAISES.get(happening, OUTCOMES[0]))
            if len(self._happenings) < _MAX_HAPPENINGS:
                self._happenings.append({"happening": happening, **kept})
            else:
                self._happenings_omitted += 1

    def add_call(self, provider: str) -> None:
        """Count one outbound call."""
        with self._lock:
            self._calls[provider] = self._calls.get(provider, 0) + 1

    def add_store_trips(self, trips: int, *, read: int = 0, written: int = 0) -> None:
        """Count round trips to the store, and the documents asked for or written in them: Firestore bills by those."""
        with self._lock:
            self._store_trips += trips
            self._documents_read += read
            self._documents_written += written

    @property
    def calls(self) -> dict[str, int]:
        """Outbound calls made so far, by provider."""
        return dict(self._calls)

    @property
    def store_trips(self) -> int:
        """Round trips to the store made so far."""
        return self._store_trips

    def write(
        self,
        outcome: str,
        reason: str = "",
        *,
        fields: Mapping[str, object] | None = None,
        severity: str = "",
        error: BaseException | None = None,
    ) -> None:
        """Write the line: once, when the answer is known.

        Args:
            outcome: one of `OUTCOMES`.
            reason: a short word for it ("signature").
            fields: more fields for the head of the line.
            severity: in place of the one that goes with the outcome.
            error: what went wrong, shown with its stack for Error Reporting.
        """
        with self._lock:
            self._fields |= safe(fields or {})
            line = self._line(_worse(self._least_outcome, outcome), str(safe({"reason": reason})["reason"]))
        if severity:
            line["severity"] = severity
        if error is not None:
            line["stack_trace"] = stack_of(error)
        out = self._out or sys.stdout
        with _writing:
            out.write(json.dumps(line) + "\n")
            out.flush()

    def _line(self, outcome: str, reason: str) -> dict[str, Any]:
        line = {
            "severity": _SEVERITIES.get(outcome, self._severity),
            "message": " ".join(word for word in (self._function, outcome, reason) if word),
            **self._trace,
            "function": self._function,
            "outcome": outcome,
            "reason": reason,
            **self._fields,
            "calls": dict(self._calls),
            "store_trips": self._store_trips,
            "documents_read": self._documents_read,
            "documents_written": self._documents_written,
            "duration_ms": round((time.monotonic() - self._started) * 1000),
        }
        if self._happenings:
            line["happenings"] = list(self._happenings)
        if self._happenings_omitted:
            line["happenings_omitted"] = self._happenings_omitted
        return line

    def _take(self, kept: Mapping[str, Any]) -> None:
        for name in _FIRST_COUNTS:
            if name in kept:
                self._fields.setdefault(name, kept[name])
        for name in _LAST_COUNTS:
            if name in kept:
                self._fields[name] = kept[name]


def _worse(one: str, other: str) -> str:
    return max(one, other, key=OUTCOMES.index)


class RequestJournal:
    """The core's `Journal`: notes go to the line of the request in hand, and nowhere outside of one."""

    def note(self, happening: str, **fields: object) -> None:
        """Add to the line of the request in hand."""
        log = _current.get()
        if log is not None:
            log.note(happening, **fields)


def count_call(provider: str, method: str, path: str, status: int, seconds: float) -> None:  # noqa: ARG001
    """Count one outbound call on the line of the request in hand; fits `HttpClient(on_call=…)`."""
    log = _current.get()
    if log is not None:
        log.add_call(provider)


class CountingStore:
    """A `Store` that counts its round trips on the line of the request in hand, failed ones included."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, *paths: str) -> dict[str, Document]:
        """As the store it wraps."""
        _count_store_trip(read=len(set(paths)))
        return self._store.get(*paths)

    def commit(self, *writes: Write) -> dict[str, Any]:
        """As the store it wraps."""
        _count_store_trip(written=len(writes))
        return self._store.commit(*writes)

    def due(self, before: datetime, limit: int) -> dict[str, datetime]:
        """As the store it wraps."""
        _count_store_trip(read=1)  # a query is billed as one read at least
        found = self._store.due(before, limit)
        _count_store_trip(trips=0, read=max(0, len(found) - 1))
        return found


def _count_store_trip(*, trips: int = 1, read: int = 0, written: int = 0) -> None:
    log = _current.get()
    if log is not None:
        log.add_store_trips(trips, read=read, written=written)


def trace_fields(headers: Mapping[str, str], project: str) -> dict[str, str]:
    """The field that joins a log line to the request's trace; empty without a trace header or a project.

    W3C `traceparent` goes before `X-Cloud-Trace-Context`.
    """
    found = _TRACEPARENT.fullmatch(headers.get("traceparent", ""))
    found = found or _CLOUD_TRACE.fullmatch(headers.get("X-Cloud-Trace-Context", ""))
    if not (found and project):
        return {}
    return {"logging.googleapis.com/trace": f"projects/{project}/traces/{found.group(1).lower()}"}
