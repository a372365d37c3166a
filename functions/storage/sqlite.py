"""Versioned documents in one SQLite file: `handoff.interfaces.Store` for one machine, without a database server.

Any number of threads and processes of that machine may share the file: one writes at a time, readers never wait. The
file must be on a local disk.
"""

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from functions.handoff.errors import StoreConflict, StoreUnavailable
from functions.handoff.interfaces import Create, Delete, Document, Record, Replace, Write
from functions.storage.records import bodies_of, collection_of, text_to_body, to_utc, versions_of

_SCHEMA = (
    """CREATE TABLE IF NOT EXISTS documents (
        path TEXT PRIMARY KEY,
        collection TEXT NOT NULL,
        state TEXT NOT NULL,
        chat_id TEXT NOT NULL,
        due_at INTEGER,
        expire_at INTEGER,
        version INTEGER NOT NULL,
        body TEXT NOT NULL
    )""",
    "CREATE INDEX IF NOT EXISTS documents_due ON documents (collection, due_at, path) WHERE due_at IS NOT NULL",
    "CREATE INDEX IF NOT EXISTS documents_expired ON documents (expire_at) WHERE expire_at IS NOT NULL",
    # Counts commits: a document made again after a delete never gets a version that it had before.
    "CREATE TABLE IF NOT EXISTS commits (id INTEGER PRIMARY KEY CHECK (id = 1), number INTEGER NOT NULL)",
    "INSERT OR IGNORE INTO commits VALUES (1, 0)",
)
_PASSING = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_INTERRUPT,
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class SqliteStore:
    """Documents in the file at `path`, made with its tables when first used.

    Args:
        timeout_s: how long a commit may wait for other writers.
    """

    def __init__(self, path: str | os.PathLike[str], *, timeout_s: float = 2.0) -> None:
        self._path = path
        self._timeout_s = timeout_s
        self._idle: list[sqlite3.Connection] = []
        self._lock = threading.Lock()

    def get(self, *paths: str) -> dict[str, Document]:
        """Read documents as of one moment; absent ones are left out.

        Raises:
            StoreUnavailable: the file can't be read now.
        """
        marks = ",".join("?" * len(paths))
        query = f"SELECT path, state, chat_id, due_at, expire_at, version, body FROM documents WHERE path IN ({marks})"
        with self._connection() as connection:
            rows = connection.execute(query, paths).fetchall()
        return {row["path"]: _document(row) for row in rows}

    def commit(self, *writes: Write) -> dict[str, Any]:
        """Apply all writes or none; answers the new version of each document left behind.

        Raises:
            StoreConflict: a condition did not hold.
            StoreUnavailable: others kept writing for too long, or the disk failed.
            ValueError: a bug of the caller, see `records.bodies_of`.
        """
        bodies = bodies_of(writes)
        with self._transaction() as connection:
            version = _next_version(connection)
            for write, body in zip(writes, bodies, strict=True):
                if not _apply(connection, write, body, version):
                    raise StoreConflict(f"sqlite refused the commit: {type(write).__name__}")
        return versions_of(writes, [version] * len(writes))

    def due(self, before: datetime, limit: int) -> dict[str, datetime]:
        """Conversations whose `due_at` is at or before `before`: key → due_at, earliest first.

        Raises:
            StoreUnavailable: the file can't be read now.
        """
        query = (
            "SELECT path, due_at FROM documents WHERE collection = 'conversations' AND due_at <= ?"
            " ORDER BY due_at, path LIMIT ?"
        )
        with self._connection() as connection:
            rows = connection.execute(query, (_to_micros(before), limit)).fetchall()
        return {row["path"].rpartition("/")[2]: _EPOCH + row["due_at"] * _MICROSECOND for row in rows}

    def purge(self, now: datetime, limit: int) -> int:
        """Delete up to `limit` expired documents, longest expired first; answers how many. Firestore's TTL by hand.

        Raises:
            StoreUnavailable: others kept writing for too long, or the disk failed.
        """
        statement = (
            "DELETE FROM documents WHERE path IN "
            "(SELECT path FROM documents WHERE expire_at <= ? ORDER BY expire_at LIMIT ?)"
        )
        with self._transaction() as connection:
            return connection.execute(statement, (_to_micros(now), limit)).rowcount

    def close(self) -> None:
        """Close the connections not in use. The store stays usable."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """A write transaction that holds the file from its beginning, so that it never has to be done over."""
        with self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        """A connection, for one thread at a time."""
        try:
            connection = self._take()
            try:
                yield connection
            finally:
                self._put_back(connection)
        except sqlite3.OperationalError as e:
            if e.sqlite_errorcode & 0xFF not in _PASSING:
                raise
            raise StoreUnavailable(f"sqlite: {e.sqlite_errorname}") from e

    def _take(self) -> sqlite3.Connection:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        return _open(self._path, self._timeout_s)

    def _put_back(self, connection: sqlite3.Connection) -> None:
        if connection.in_transaction:  # even its rollback failed
            connection.close()
            return
        with self._lock:
            self._idle.append(connection)


def _open(path: str | os.PathLike[str], timeout_s: float) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=timeout_s, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    try:
        _use_wal(connection, time.monotonic() + timeout_s)
        connection.execute("PRAGMA synchronous = FULL")  # a commit that was answered survives a power cut
        _make_tables(connection)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _use_wal(connection: sqlite3.Connection, deadline: float) -> None:
    """Switch the file to write-ahead logging, for good.

    Of several processes that start at once only one can; SQLite refuses the others at once, timeout or not.
    """
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as e:
            if e.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() >= deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _make_tables(connection: sqlite3.Connection) -> None:
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'commits'").fetchone():
        return
    connection.execute("BEGIN IMMEDIATE")
    for statement in _SCHEMA:
        connection.execute(statement)
    connection.execute("COMMIT")


def _next_version(connection: sqlite3.Connection) -> int:
    ((number,),) = connection.execute("UPDATE commits SET number = number + 1 RETURNING number").fetchall()
    return int(number)


def _apply(connection: sqlite3.Connection, write: Write, body: str, version: int) -> bool:
    """Do one write; False when its condition does not hold."""
    match write:
        case Create(path=path, record=record):
            statement = "INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
            values: tuple[Any, ...] = (path, collection_of(path), *_columns(record), version, body)
        case Replace(path=path, record=record, version=old):
            statement = (
                "UPDATE documents SET state = ?, chat_id = ?, due_at = ?, expire_at = ?, version = ?, body = ?"
                " WHERE path = ? AND version = ?"
            )
            values = (*_columns(record), version, body, path, old)
        case Delete(path=path, version=None):
            connection.execute("DELETE FROM documents WHERE path = ?", (path,))
            return True
        case Delete(path=path, version=old):
            statement, values = "DELETE FROM documents WHERE path = ? AND version = ?", (path, old)
    return connection.execute(statement, values).rowcount == 1


def _columns(record: Record) -> tuple[str, str, int | None, int | None]:
    return record.state, record.chat_id, _to_micros(record.due_at), _to_micros(record.expire_at)


def _document(row: sqlite3.Row) -> Document:
    record = Record(
        body=text_to_body(row["body"]),
        state=row["state"],
        chat_id=row["chat_id"],
        due_at=_to_time(row["due_at"]),
        expire_at=_to_time(row["expire_at"]),
    )
    return Document(row["path"], record, row["version"])


def _to_micros(at: datetime | None) -> int | None:
    utc = to_utc(at)
    return None if utc is None else (utc - _EPOCH) // _MICROSECOND


def _to_time(micros: int | None) -> datetime | None:
    return None if micros is None else _EPOCH + micros * _MICROSECOND
