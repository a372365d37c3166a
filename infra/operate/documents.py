"""The documents of a store, looked at directly: the functions have and need no such queries."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from google.api_core.retry import Retry, if_transient_error
from google.auth.exceptions import DefaultCredentialsError
from google.cloud import firestore

from functions.handoff.changes import is_expired
from functions.handoff.errors import ConfigError
from functions.handoff.interfaces import Document, Record, Store
from functions.runtime.config import Settings
from functions.storage.firestore import DEFAULT_DATABASE, FirestoreStore
from functions.storage.records import text_to_body
from functions.storage.sqlite import SqliteStore

_TIMEOUT_S = 30.0
_PATIENCE = Retry(predicate=if_transient_error, timeout=_TIMEOUT_S)  # the library's own goes on for five minutes
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_COLUMNS = "path, state, chat_id, due_at, expire_at, version, body"


def read_documents(settings: Settings, collection: str, states: Sequence[str] = ()) -> Iterator[Document]:
    """What has not expired of a collection of the store that STORE names, of any state or one of these, in any order.

    Nothing is changed, or made.

    Raises:
        ConfigError: the store is not there, or there are no credentials for it.
    """
    now = datetime.now(UTC)
    return (found for found in list_documents(settings, collection, states) if not is_expired(found, now))


def list_documents(settings: Settings, collection: str, states: Sequence[str] = ()) -> Iterator[Document]:
    """Like `read_documents`, with what has expired and is still there."""
    kind, where = _kind_of(settings)
    if kind == "sqlite":
        return _list_sqlite(Path(where), collection, states)
    return _list_firestore(_connect(settings, where), collection, states)


def read_paths(settings: Settings, *paths: str) -> dict[str, Document]:
    """These documents as of one moment, in one trip; absent ones are left out. Nothing is changed, or made.

    Raises:
        ConfigError: the store is not there, or there are no credentials for it.
        StoreUnavailable: no answer in time.
    """
    kind, where = _kind_of(settings)
    if kind != "sqlite":
        return _firestore(settings, where).get(*paths)
    with _reading(Path(where)) as connection:
        marks = ",".join("?" * len(paths))
        rows = connection.execute(f"SELECT {_COLUMNS} FROM documents WHERE path IN ({marks})", paths)
        return {found.path: found for found in map(_of_row, rows)}


def open_store(settings: Settings) -> Store:
    """The store that STORE names, to be written to as well; one that is not there is not made.

    Raises:
        ConfigError: it is not there, or there are no credentials for it.
    """
    kind, where = _kind_of(settings)
    if kind != "sqlite":
        return _firestore(settings, where)
    with _reading(Path(where)) as connection:
        connection.execute("SELECT 1 FROM documents LIMIT 1")
    return SqliteStore(where, timeout_s=_TIMEOUT_S)


def _kind_of(settings: Settings) -> tuple[str, str]:
    kind, _, where = settings.store.partition(":")
    return kind, where


# --- SQLite ----------------------------------------------------------------------------------------------------------


def _list_sqlite(path: Path, collection: str, states: Sequence[str]) -> Iterator[Document]:
    query = f"SELECT {_COLUMNS} FROM documents WHERE collection = ?"
    if states:
        query += f" AND state IN ({','.join('?' * len(states))})"
    with _reading(path) as connection:
        for row in connection.execute(query, (collection, *states)):
            yield _of_row(row)


@contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    if not path.is_file():
        raise ConfigError(f"STORE names no SQLite file: {path}")
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    try:
        yield connection
    except sqlite3.DatabaseError as e:
        raise ConfigError(f"STORE names a file that can't be read as a store: {path} ({e})") from e
    finally:
        connection.close()


def _of_row(row: tuple[Any, ...]) -> Document:
    path, state, chat_id, due_at, expire_at, version, body = row
    record = Record(
        body=text_to_body(body), state=state, chat_id=chat_id, due_at=_to_time(due_at), expire_at=_to_time(expire_at)
    )
    return Document(path, record, version)


def _to_time(micros: int | None) -> datetime | None:
    return None if micros is None else _EPOCH + timedelta(microseconds=micros)


# --- Firestore -------------------------------------------------------------------------------------------------------


def _connect(settings: Settings, database: str) -> Any:
    try:
        return firestore.Client(project=settings.google_cloud_project, database=database or DEFAULT_DATABASE)
    except DefaultCredentialsError as e:
        raise ConfigError("no Google credentials: gcloud auth application-default login") from e


def _firestore(settings: Settings, database: str) -> FirestoreStore:
    return FirestoreStore(_connect(settings, database), timeout_s=_TIMEOUT_S)


def _list_firestore(client: Any, collection: str, states: Sequence[str]) -> Iterator[Document]:
    query = client.collection(collection)
    if states:
        query = query.where(filter=firestore.FieldFilter("state", "in", list(states)))
    for found in query.stream(retry=_PATIENCE, timeout=_TIMEOUT_S):
        yield _of_snapshot(found)


def _of_snapshot(found: Any) -> Document:
    fields = found.to_dict()
    record = Record(
        body=text_to_body(fields["body"]),
        state=fields["state"],
        chat_id=fields["chat_id"],
        due_at=fields["due_at"],
        expire_at=fields["expire_at"],
    )
    return Document(found.reference.path, record, found.update_time)
