"""The contract, run on every store; and the hooks of the one made for tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from functions.handoff.errors import StoreConflict, StoreUnavailable
from functions.handoff.interfaces import Replace, Store, Write
from functions.storage.firestore import FirestoreStore
from functions.storage.sqlite import SqliteStore
from tests.memory_store import MemoryStore
from tests.store_contract import KEY, StoreContract, body_at, put, record
from tests.store_contract_many import StoreContractMany


@pytest.fixture
def memory_store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore(tmp_path / "handoff.sqlite", timeout_s=10.0)
    yield opened
    opened.close()


@pytest.fixture
def firestore_store(request: pytest.FixtureRequest) -> FirestoreStore:
    return FirestoreStore(request.getfixturevalue("firestore_client"), timeout_s=10.0)


@pytest.fixture(params=["memory", "sqlite", pytest.param("firestore", marks=pytest.mark.emulator)])
def store(request: pytest.FixtureRequest) -> Store:
    made: Store = request.getfixturevalue(f"{request.param}_store")
    return made


class TestEveryStore(StoreContract, StoreContractMany):
    """Memory, SQLite and Firestore, each with every rule."""


def away(_: tuple[Write, ...]) -> None:
    raise StoreUnavailable("as asked")


def test_a_failure_before_a_commit_applies_nothing_and_one_after_it_everything() -> None:
    store = MemoryStore()

    store.before_commit = away
    with pytest.raises(StoreUnavailable):
        put(store, "chats/before", record())
    store.before_commit, store.after_commit = lambda _: None, away
    with pytest.raises(StoreUnavailable):
        put(store, "chats/after", record())

    assert list(store.snapshot()) == ["chats/after"]


def test_another_writer_can_come_between_a_read_and_its_write() -> None:
    store = MemoryStore()
    version = put(store, KEY, record(n=1))

    def overtake(_: tuple[Write, ...]) -> None:
        store.before_commit = lambda _: None
        store.commit(Replace(KEY, record(n=2), version))

    store.before_commit = overtake
    with pytest.raises(StoreConflict):
        store.commit(Replace(KEY, record(n=3), version))

    assert body_at(store, KEY) == {"n": 2}


def test_a_read_can_be_interrupted() -> None:
    store = MemoryStore()
    asked: list[tuple[str, ...]] = []
    store.before_get = asked.append

    store.get(KEY, "chats/C1")

    assert asked == [(KEY, "chats/C1")]
