"""The rows of the trace: one for each request to a function, one for each call that a function made."""

from typing import Any

import msgspec

from infra.sandbox.page_kinds import is_quiet, kind_of, opened
from infra.sandbox.page_masks import Masks
from infra.sandbox.wire import Exchange

JsonObject = dict[str, Any]
_FROM_LOG = ("outcome", "reason", "severity", "state_before", "state_after", "store_trips", "calls")


class Row(msgspec.Struct):
    """What the page shows at a glance. `changed`: when, in the trace's own count; the rest is what it says.

    `parent`: the number of the request in whose course a call was made. `direction`: "in", "out", or "log" for what
    only a log line tells of. `ms`: None while it lasts.
    """

    number: int
    changed: int
    direction: str
    side: str
    kind: str
    at: float
    conversation: str = ""
    parent: int | None = None
    function: str = ""
    ms: int | None = None
    status: int = 0
    error: str = ""
    outcome: str = ""
    reason: str = ""
    severity: str = ""
    state_before: str = ""
    state_after: str = ""
    store_trips: int | None = None
    calls: dict[str, int] | None = None
    quiet: bool = False


class Kept(msgspec.Struct):
    """A row with what it was made of.

    `names`: what it names of one conversation alone, see `page_owners`. `is_guess`: its conversation is that of the
    request under which it was put, for want of better knowledge.
    """

    row: Row
    exchange: Exchange | None = None
    line: JsonObject | None = None
    wire: str = ""
    names: set[str] = set()
    is_guess: bool = False


def row_of(number: int, exchange: Exchange, function: str) -> Row:
    """The row of an exchange that has just begun."""
    kind = kind_of(exchange)
    return Row(
        number=number,
        changed=0,
        direction="in" if exchange.inward else "out",
        side=exchange.wire,
        kind=kind,
        at=exchange.began_at,
        function=function,
        quiet=is_quiet(kind),
    )


def row_of_line(number: int, line: JsonObject, now: float) -> Row:
    """The row of a log line whose request was not seen."""
    duration_ms = line.get("duration_ms", 0)
    raw = str(line.get("raw", ""))
    text = str(line.get("reason") or raw.strip().rpartition("\n")[2] or line.get("message") or "")
    return Row(
        number=number,
        changed=0,
        direction="log",
        side="functions",
        kind=text[:200],
        at=now - (duration_ms / 1000 if isinstance(duration_ms, int | float) else 0.0),
        function=str(line.get("function", "")),
        ms=duration_ms if isinstance(duration_ms, int) else None,
        quiet=is_quiet(text) or bool(raw and "Traceback" not in raw),
    )


def tell_end(row: Row, exchange: Exchange) -> None:
    """Put into the row how the exchange ended."""
    row.status, row.error = exchange.status, exchange.error
    row.ms = max(0, round((exchange.ended_at - exchange.began_at) * 1000))


def tell_line(row: Row, line: JsonObject) -> None:
    """Put into the row what the function said of it."""
    for name in _FROM_LOG:
        if name in line:
            setattr(row, name, line[name])
    row.function = str(line.get("function") or row.function)


def detail_of(kept: Kept, masks: Masks) -> JsonObject:
    """Everything of one row, secrets masked."""
    exchange, detail = kept.exchange, {"row": msgspec.to_builtins(kept.row)}
    if exchange:
        detail["request"] = {
            "method": exchange.method,
            "url": masks.text(exchange.url),
            "headers": masks.headers(exchange.headers),
            "body": masks.body(exchange.body),
        }
        if data := opened(exchange.body):
            detail["request"]["data"] = masks.body(data)
        detail["answer"] = {
            "status": exchange.status,
            "error": exchange.error,
            "headers": masks.headers(exchange.answer_headers),
            "body": masks.body(exchange.answer),
        }
    if kept.line:
        detail["line"] = masks.body(kept.line)
    return detail
