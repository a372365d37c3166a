"""The trace: what goes to the functions and what they do in return, as it happens, the calls under their requests."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import msgspec

from infra.sandbox.page_families import Families
from infra.sandbox.page_masks import Masks
from infra.sandbox.page_rows import Kept, Row, detail_of, row_of, row_of_line, tell_end, tell_line
from infra.sandbox.wire import Exchange

JsonObject = dict[str, Any]
_MAX_ROWS = 800
_TRACE_FIELD = "logging.googleapis.com/trace"


class Trace:
    """The last rows. Exchanges and lines may come from any thread.

    Args:
        function_at: answers the name of the function behind a URL.
        tell: called after every change.
    """

    def __init__(self, function_at: Callable[[str], str], masks: Masks, tell: Callable[[], None]) -> None:
        self._function_at = function_at
        self._masks = masks
        self._tell = tell
        self._lock = threading.Lock()
        self._kept: OrderedDict[int, Kept] = OrderedDict()
        self._families = Families(self._kept, self._touch)
        self._numbers: dict[int, int] = {}  # by the exchange's identity, while it is kept
        self._by_trace: dict[str, int] = {}
        self._last_number = 0
        self._last_change = 0

    # --- what happens ------------------------------------------------------------------------------------------------

    def take(self, exchange: Exchange) -> None:
        """An exchange has begun, or ended."""
        with self._lock:
            number = self._numbers.get(id(exchange))
            kept = self._kept[number] if number is not None else self._begin(exchange)
            if exchange.ended_at:
                tell_end(kept.row, exchange)
                self._families.learn_end(kept, exchange)
            self._touch(kept.row)
        self._tell()

    def take_line(self, line: JsonObject) -> None:
        """A function has written a line."""
        if line.get("reason") == "health" or line.get("due") == 0:
            return
        with self._lock:
            number = self._by_trace.get(str(line.get(_TRACE_FIELD, "")).rpartition("/")[2])
            kept = self._kept.get(number) if number else None
            kept = kept or self._keep(Kept(row_of_line(self._next_number(), line, time.time())))
            kept.line = line
            tell_line(kept.row, line)
            self._families.learn_line(kept, str(line.get("conversation", "")), str(line.get("chat_id", "")))
            self._touch(kept.row)
        self._tell()

    # --- what is shown -----------------------------------------------------------------------------------------------

    def rows_since(self, change: int) -> tuple[int, list[JsonObject]]:
        """The rows that changed after that one, in order, and the newest change."""
        with self._lock:
            rows = [kept.row for kept in self._kept.values() if kept.row.changed > change]
            return self._last_change, msgspec.to_builtins(rows)

    def find_detail(self, number: int) -> JsonObject | None:
        """Everything of one row, secrets masked; None when it is gone."""
        with self._lock:
            kept = self._kept.get(number)
            return detail_of(kept, self._masks) if kept else None

    # --- keeping -----------------------------------------------------------------------------------------------------

    def _begin(self, exchange: Exchange) -> Kept:
        row = row_of(self._next_number(), exchange, self._function_at(exchange.url) if exchange.inward else "")
        kept = Kept(row, exchange, wire=exchange.wire)
        self._families.take_in(kept, exchange)
        self._numbers[id(exchange)] = row.number
        if exchange.trace_id:
            self._by_trace[exchange.trace_id] = row.number
        return self._keep(kept)

    def _keep(self, kept: Kept) -> Kept:
        self._kept[kept.row.number] = kept
        if len(self._kept) > _MAX_ROWS:
            _, gone = self._kept.popitem(last=False)
            if gone.exchange:
                self._numbers.pop(id(gone.exchange), None)
                self._by_trace.pop(gone.exchange.trace_id, None)
        return kept

    def _next_number(self) -> int:
        self._last_number += 1
        return self._last_number

    def _touch(self, row: Row) -> None:
        self._last_change += 1
        row.changed = self._last_change
