"""What SQLite alone has to prove: one file, many processes, a disk, and no one else to throw out what expired."""

import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from functions.handoff.errors import StoreUnavailable
from functions.handoff.interfaces import Record
from functions.storage.sqlite import SqliteStore
from tests.store_contract import KEY, NOW, body_at, put, record
from tests.store_contract_many import at_once, created

_ROOT = Path(__file__).parent.parent
_WRITER = """
import sys
from functions.handoff.errors import StoreConflict
from functions.handoff.interfaces import Create, Record
from functions.storage.sqlite import SqliteStore
from tests.store_contract_many import increment

store = SqliteStore(sys.argv[1], timeout_s=20)
try:
    store.commit(Create("conversations/K", Record(body={"n": 0})))
    print("made")
except StoreConflict:
    print("found")
for _ in range(10):
    increment(store, "conversations/K", by=sys.argv[2])
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "handoff.sqlite"


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Somebody else is in the middle of a write."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


def test_processes_that_start_at_once_share_one_file(path: Path) -> None:
    processes = [
        subprocess.Popen([sys.executable, "-c", _WRITER, path, str(n)], stdout=subprocess.PIPE, cwd=_ROOT)
        for n in range(3)
    ]
    said = [process.communicate(timeout=60)[0].split() for process in processes]

    assert sorted(said) == [[b"found"], [b"found"], [b"made"]]
    assert (body_at(SqliteStore(path), "conversations/K") or {})["n"] == 30


def test_a_new_file_can_be_opened_by_many_at_once(tmp_path: Path) -> None:
    for n in range(10):
        stores = [SqliteStore(tmp_path / f"{n}.sqlite", timeout_s=10.0) for _ in range(8)]

        won = at_once(8, lambda index, stores=stores: created(stores[index], KEY, by=index))  # type: ignore[misc]

        assert sum(won) == 1


def test_a_commit_gives_up_when_another_writes_for_too_long(path: Path) -> None:
    store = SqliteStore(path, timeout_s=0.1)
    put(store, "chats/C1", record())

    with writing(path):
        started = time.monotonic()
        with pytest.raises(StoreUnavailable):
            put(store, KEY, record())
        with pytest.raises(StoreUnavailable):
            store.purge(NOW, limit=1)
        took_s = time.monotonic() - started

    assert 0.15 < took_s < 3.0
    put(store, KEY, record(n=1))
    assert body_at(store, KEY) == {"n": 1}


def test_a_read_waits_for_nobody(path: Path) -> None:
    store = SqliteStore(path, timeout_s=0.1)
    put(store, KEY, Record(body={"n": 1}, due_at=NOW))

    with writing(path):
        assert body_at(store, KEY) == {"n": 1}
        assert store.due(NOW, limit=1) == {KEY.partition("/")[2]: NOW}
        assert body_at(SqliteStore(path, timeout_s=0.1), KEY) == {"n": 1}


def test_a_file_that_cannot_be_opened_is_a_store_that_is_away(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "not-yet" / "handoff.sqlite")
    with pytest.raises(StoreUnavailable, match="CANTOPEN"):
        store.get(KEY)

    (tmp_path / "not-yet").mkdir()
    put(store, KEY, record(n=1))

    assert body_at(store, KEY) == {"n": 1}


def test_a_file_that_is_no_database_is_not_taken_for_a_passing_trouble(path: Path) -> None:
    path.write_bytes(b"something else altogether, " * 100)

    with pytest.raises(sqlite3.DatabaseError, match="not a database"):
        SqliteStore(path).get(KEY)


def test_what_was_committed_is_there_for_whoever_opens_the_file_next(path: Path) -> None:
    first = SqliteStore(path)
    put(first, KEY, record(n=1))
    first.close()

    assert body_at(SqliteStore(path), KEY) == {"n": 1}
    assert body_at(first, KEY) == {"n": 1}


def test_a_purge_deletes_what_expired_longest_ago_first_and_no_more_than_asked_for(path: Path) -> None:
    store = SqliteStore(path)
    for days in (-1, -3, -2, 1):
        put(store, f"chats/{days}", Record(body={}, expire_at=NOW + timedelta(days=days)))
    put(store, "chats/now", Record(body={}, expire_at=NOW))
    put(store, "chats/never", record())
    everything = ("chats/-3", "chats/-2", "chats/-1", "chats/now", "chats/1", "chats/never")

    first = store.purge(NOW, limit=2), set(store.get(*everything))
    second = store.purge(NOW, limit=9), set(store.get(*everything))

    assert first == (2, {"chats/-1", "chats/now", "chats/1", "chats/never"})
    assert second == (2, {"chats/1", "chats/never"})
    assert store.purge(NOW, limit=9) == 0
