"""A store that is as far away as a real one: each round trip takes 5 ms longer, is counted, and the count answered.

It is a second count, under the functions' own one: the two must agree.
"""

import time
from collections.abc import Callable
from contextvars import ContextVar
from datetime import datetime
from typing import Any

import flask

from functions.handoff.interfaces import Document, Store, Write
from functions.runtime import wiring
from functions.runtime.config import Settings

STORE_DELAY_S = 0.005
TRIPS_HEADER = "X-Bench-Store-Trips"

_trips: ContextVar[list[str] | None] = ContextVar("bench_trips", default=None)
_Opened = tuple[Store, Callable[[datetime], object]]
_open_store = wiring.open_store


class SlowStore:
    """A `Store` behind a pause."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, *paths: str) -> dict[str, Document]:
        _travel("get")
        return self._store.get(*paths)

    def commit(self, *writes: Write) -> dict[str, Any]:
        _travel("commit")
        return self._store.commit(*writes)

    def due(self, before: datetime, limit: int) -> dict[str, datetime]:
        _travel("due")
        return self._store.due(before, limit)


def _travel(operation: str) -> None:
    trips = _trips.get()
    if trips is not None:
        trips.append(operation)
    time.sleep(STORE_DELAY_S)


def open_slow_store(settings: Settings) -> _Opened:
    """What `wiring.open_store` opens, behind a pause."""
    store, purge = _open_store(settings)
    return SlowStore(store), purge


def counted(function: Callable[[flask.Request], flask.Response]) -> Callable[[flask.Request], flask.Response]:
    """The function with its store trips in a header of its answer."""

    def counting(request: flask.Request) -> flask.Response:
        trips: list[str] = []
        token = _trips.set(trips)
        try:
            response = function(request)
        finally:
            _trips.reset(token)
        response.headers[TRIPS_HEADER] = str(len(trips))
        return response

    return counting
