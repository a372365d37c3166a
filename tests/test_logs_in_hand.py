"""Notes and counts go to the line of the request in hand, and to no other."""

import contextvars
import io
import json
import threading
from datetime import UTC, datetime
from typing import Any

import pytest

from functions.handoff.errors import StoreConflict, StoreUnavailable
from functions.handoff.interfaces import Delete, Document, Record
from functions.runtime.logs import CountingStore, RequestJournal, RequestLog, count_call, current_log


@pytest.fixture
def out() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def log(out: io.StringIO) -> RequestLog:
    return RequestLog("livechat_webhook", {}, out)


def written(log: RequestLog, out: io.StringIO) -> dict[str, Any]:
    log.write("handled")
    line: dict[str, Any] = json.loads(out.getvalue())
    return line


def test_notes_and_counts_go_to_the_request_in_hand(log: RequestLog, out: io.StringIO) -> None:
    with log.in_hand():
        RequestJournal().note("worked", entry="e-1")
        count_call("livechat", "POST", "/v3.6/customer/action/send_event", 200, 0.1)
        count_call("livechat", "POST", "/v3.6/customer/action/send_event", 0, 2.0)
        count_call("channel", "POST", "/v1/conversations/c/messages", 200, 0.1)

    line = written(log, out)

    assert line["calls"] == {"livechat": 2, "channel": 1}
    assert line["happenings"] == [{"happening": "worked", "entry": "e-1"}]


def test_outside_of_a_request_nothing_is_noted(log: RequestLog, out: io.StringIO) -> None:
    with log.in_hand():
        pass
    RequestJournal().note("worked")
    count_call("livechat", "GET", "/", 200, 0.1)

    line = written(log, out)

    assert (current_log(), line["calls"], "happenings" in line) == (None, {}, False)


def test_requests_side_by_side_do_not_mix() -> None:
    logs = [RequestLog(str(number), {}) for number in range(4)]
    together = threading.Barrier(4)

    def serve(log: RequestLog) -> None:
        with log.in_hand():
            together.wait(2)
            count_call(log._function, "GET", "/", 200, 0.1)

    threads = [threading.Thread(target=serve, args=(log,)) for log in logs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [log.calls for log in logs] == [{"0": 1}, {"1": 1}, {"2": 1}, {"3": 1}]


def test_threads_of_one_request_count_together(log: RequestLog) -> None:
    with log.in_hand():
        contexts = [contextvars.copy_context() for _ in range(4)]
    workers = [
        threading.Thread(target=context.run, args=(count_call, "channel", "POST", "/", 200, 0.1))
        for context in contexts
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert log.calls == {"channel": 4}


class Store:
    """Answers what it is told to."""

    def __init__(self) -> None:
        self.error: Exception | None = None

    def get(self, *paths: str) -> dict[str, Document]:
        return {path: Document(path, Record(body={}), 1) for path in paths}

    def commit(self, *writes: Any) -> dict[str, Any]:
        if self.error:
            raise self.error
        return {write.path: 2 for write in writes}

    def due(self, before: datetime, limit: int) -> dict[str, datetime]:
        return {f"{before:%Y}-{number}": before for number in range(limit)}


def test_round_trips_to_the_store_are_counted_and_answered(log: RequestLog, out: io.StringIO) -> None:
    store = CountingStore(Store())

    with log.in_hand():
        documents = store.get("chats/a", "chats/b")
        versions = store.commit(Delete("chats/a"))
        due = store.due(datetime(2026, 1, 1, tzinfo=UTC), 2)

    assert (sorted(documents), versions, list(due)) == (["chats/a", "chats/b"], {"chats/a": 2}, ["2026-0", "2026-1"])
    assert log.store_trips == 3
    line = written(log, out)
    assert (4, 1) == (line["documents_read"], line["documents_written"])


@pytest.mark.parametrize("error", [StoreConflict("conflict"), StoreUnavailable("away")])
def test_a_failed_round_trip_counts_and_is_raised_as_it_is(log: RequestLog, error: Exception) -> None:
    inner = Store()
    inner.error = error

    with log.in_hand(), pytest.raises(type(error)):
        CountingStore(inner).commit(Delete("chats/a"))

    assert log.store_trips == 1
