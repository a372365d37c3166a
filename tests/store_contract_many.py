"""What every store must keep, whatever it is made of: many documents, many writers. Run by test_storage.py."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TypeVar

import pytest

from functions.handoff.errors import StoreConflict
from functions.handoff.interfaces import Create, Delete, Record, Replace, Store, Write
from functions.storage.records import MAX_BODY_BYTES
from tests.store_contract import KEY, NOW, body_at, put, record

_T = TypeVar("_T")


def at_once(threads: int, work: Callable[[int], _T]) -> list[_T]:
    """Let all threads start `work` at the same moment; what each answered."""
    start = threading.Barrier(threads)

    def run(index: int) -> _T:
        start.wait()
        return work(index)

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, range(threads)))


def created(store: Store, path: str, by: int) -> bool:
    try:
        store.commit(Create(path, record(by=by)))
    except StoreConflict:
        return False
    return True


def increment(store: Store, path: str, by: str) -> int:
    """Add one by compare-and-set; answers how many tries were refused."""
    refused = 0
    while True:
        document = store.get(path)[path]
        body = document.record.body | {"n": document.record.body["n"] + 1, "by": by}
        try:
            store.commit(Replace(path, Record(body=body), document.version))
        except StoreConflict:
            refused += 1
        else:
            return refused


class StoreContractMany:
    """The rules. A subclass with a fixture `store`, empty for each test, makes them run."""

    def test_one_refused_write_takes_the_whole_commit_with_it(self, store: Store) -> None:
        old = put(store, KEY, record(n=1))
        version = store.commit(Replace(KEY, record(n=2), old))[KEY]
        put(store, "chats/C1", record(n=1))
        good: list[Write] = [Create("sessions/S1", record()), Replace(KEY, record(n=3), version), Delete("chats/C1")]

        put(store, "chats/C2", record())
        refused: list[Write] = [
            Create("chats/C2", record()),
            Replace("chats/C3", record(), old),
            Delete("chats/C2", old),
        ]
        for bad in refused:
            with pytest.raises(StoreConflict):
                store.commit(*good, bad)
            with pytest.raises(StoreConflict):
                store.commit(bad, *good)

        assert [body_at(store, path) for path in (KEY, "chats/C1", "sessions/S1")] == [{"n": 2}, {"n": 1}, None]

    def test_an_accept_is_one_commit_and_one_get(self, store: Store) -> None:
        entry = f"{KEY}/mailbox/e1"

        store.commit(Create(KEY, record(pending=["e1"])), Create(entry, record(kind="user_message")))

        assert set(store.get(KEY, entry)) == {KEY, entry}

    def test_an_empty_commit_does_nothing(self, store: Store) -> None:
        assert store.commit() == {}

    @pytest.mark.parametrize(
        "writes",
        [
            [Create(KEY, record()), Delete(KEY)],
            [Create(KEY, record()), Replace(KEY, record(), None)],
            [Create("chats/C1", record()), Replace(KEY, record(), None)],
            [Create(KEY, record(text="x" * MAX_BODY_BYTES))],
            [Create(f"chats/C{n}", record(text="é" * (MAX_BODY_BYTES // 2 - 20))) for n in range(5)],
        ],
        ids=["twice", "twice-unguarded", "unguarded", "large-body", "large-commit"],
    )
    def test_a_commit_that_some_store_could_not_take_is_a_bug_in_all(self, store: Store, writes: list[Write]) -> None:
        with pytest.raises(ValueError, match=r"twice|version|too large"):
            store.commit(*writes)
        assert store.get(*(write.path for write in writes)) == {}

    def test_the_largest_body_fits(self, store: Store) -> None:
        body = {"text": "x" * (MAX_BODY_BYTES - len('{"text":""}'))}

        put(store, KEY, Record(body=body))

        assert body == body_at(store, KEY)

    def test_due_conversations_come_earliest_first_and_no_more_than_asked_for(self, store: Store) -> None:
        for seconds, key in enumerate(["c", "a", "d", "b"]):
            put(store, f"conversations/rcs:{key}", Record(body={"x": 1}, due_at=NOW + timedelta(seconds=seconds)))

        at_b = NOW + timedelta(seconds=3)
        assert list(store.due(at_b, limit=10)) == ["rcs:c", "rcs:a", "rcs:d", "rcs:b"]
        assert list(store.due(at_b - timedelta(microseconds=1), limit=10)) == ["rcs:c", "rcs:a", "rcs:d"]
        assert store.due(at_b, limit=2) == {"rcs:c": NOW, "rcs:a": NOW + timedelta(seconds=1)}
        assert store.due(NOW - timedelta(microseconds=1), limit=10) == {}

    def test_only_a_conversation_with_an_alarm_is_ever_due(self, store: Store) -> None:
        put(store, KEY, Record(body={}, due_at=None))
        for path in (f"{KEY}/mailbox/e1", "chats/C1", "dead_letters/conversations", "conversations_old/K"):
            put(store, path, Record(body={}, due_at=NOW))

        assert store.due(NOW + timedelta(days=1), limit=10) == {}

    def test_an_alarm_moves_with_its_conversation(self, store: Store) -> None:
        version = put(store, KEY, Record(body={}, due_at=NOW))

        version = store.commit(Replace(KEY, Record(body={}, due_at=NOW + timedelta(hours=1)), version))[KEY]
        later = store.due(NOW, limit=10), store.due(NOW + timedelta(hours=1), limit=10)
        version = store.commit(Replace(KEY, Record(body={}), version))[KEY]
        off = store.due(NOW + timedelta(hours=1), limit=10)
        store.commit(Replace(KEY, Record(body={}, due_at=NOW), version))
        store.commit(Delete(KEY))
        gone = store.due(NOW + timedelta(hours=1), limit=10)

        assert later == ({}, {KEY.partition("/")[2]: NOW + timedelta(hours=1)})
        assert (off, gone) == ({}, {})

    def test_of_eight_that_create_at_once_exactly_one_wins(self, store: Store) -> None:
        for n in range(5):
            path = f"conversations/race:{n}"

            won = at_once(8, lambda index, path=path: created(store, path, by=index))  # type: ignore[misc]

            assert [body_at(store, path)] == [{"by": index} for index in range(8) if won[index]]

    def test_no_increment_is_lost_between_four_writers(self, store: Store) -> None:
        put(store, KEY, record(n=0))

        at_once(4, lambda index: [increment(store, KEY, by=str(index)) for _ in range(15)])

        assert (body_at(store, KEY) or {})["n"] == 60
