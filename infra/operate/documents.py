"""The documents of one collection of a store. It is looked at directly: the functions have and need no such query."""

import sqlite3
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from google.auth.exceptions import DefaultCredentialsError
from google.cloud import firestore

from functions.handoff.errors import ConfigError
from functions.runtime.config import Settings
from functions.storage.firestore import DEFAULT_DATABASE

_QUERY_TIMEOUT_S = 30.0


class Row(NamedTuple):
    """A document that has not expired. `body` is JSON."""

    id: str
    state: str
    chat_id: str
    body: str


def read_documents(settings: Settings, collection: str, states: Sequence[str] = ()) -> Iterator[Row]:
    """The documents of a collection of the store that STORE names, of any state or one of these, in any order.

    Nothing is changed, or made.

    Raises:
        ConfigError: the store is not there, or there are no credentials for it.
    """
    kind, _, where = settings.store.partition(":")
    now = datetime.now(UTC)
    if kind == "sqlite":
        return _of_sqlite(Path(where), collection, states, now)
    return _of_firestore(settings.google_cloud_project, where or DEFAULT_DATABASE, collection, states, now)


def _of_sqlite(path: Path, collection: str, states: Sequence[str], now: datetime) -> Iterator[Row]:
    if not path.is_file():
        raise ConfigError(f"STORE names no SQLite file: {path}")
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    query = (
        "SELECT path, state, chat_id, body FROM documents WHERE collection = ? AND (expire_at IS NULL OR expire_at > ?)"
    )
    if states:
        query += f" AND state IN ({','.join('?' * len(states))})"
    try:
        for found in connection.execute(query, (collection, now.timestamp() * 1_000_000, *states)):
            yield Row(found[0].rpartition("/")[2], *found[1:])
    except sqlite3.DatabaseError as e:
        raise ConfigError(f"STORE names a file that can't be read as a store: {path} ({e})") from e
    finally:
        connection.close()


def _of_firestore(project: str, database: str, collection: str, states: Sequence[str], now: datetime) -> Iterator[Row]:
    try:
        client: Any = firestore.Client(project=project, database=database)
    except DefaultCredentialsError as e:
        raise ConfigError("no Google credentials: gcloud auth application-default login") from e
    query = client.collection(collection)
    if states:
        query = query.where(filter=firestore.FieldFilter("state", "in", list(states)))
    for found in query.select(["state", "chat_id", "body", "expire_at"]).stream(timeout=_QUERY_TIMEOUT_S):
        expire_at = found.get("expire_at")
        if expire_at is None or expire_at > now:  # a TTL policy does not delete at once
            yield Row(found.id, found.get("state"), found.get("chat_id"), found.get("body"))
