"""The dead letters of a store, newest first. It is looked at directly: the functions have and need no such query."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from google.auth.exceptions import DefaultCredentialsError
from google.cloud import firestore

from functions.handoff.dead_letters import DeadLetter, from_record
from functions.handoff.errors import ConfigError
from functions.handoff.interfaces import Record
from functions.runtime.config import Settings
from functions.storage.firestore import DEFAULT_DATABASE
from functions.storage.records import text_to_body

_QUERY_TIMEOUT_S = 30.0
_COLLECTION = "dead_letters"


class Listed(NamedTuple):
    """A dead letter and its id."""

    id: str
    letter: DeadLetter


def read_letters(settings: Settings) -> list[Listed]:
    """Every dead letter of the store that STORE names, newest first; nothing is changed, or made.

    Raises:
        ConfigError: the store is not there, or there are no credentials for it.
    """
    kind, _, where = settings.store.partition(":")
    now = datetime.now(UTC)
    rows = _of_sqlite(Path(where), now) if kind == "sqlite" else _of_firestore(settings, where, now)
    return sorted(_readable(rows), key=lambda listed: listed.letter.at, reverse=True)


def _readable(rows: Iterator[tuple[str, str]]) -> Iterator[Listed]:
    for letter_id, body in rows:
        try:
            yield Listed(letter_id, from_record(Record(body=text_to_body(body))))
        except msgspec.ValidationError as e:
            raise ConfigError(f"dead letter {letter_id} was written by another version of the bundle: {e}") from e


def _of_sqlite(path: Path, now: datetime) -> Iterator[tuple[str, str]]:
    if not path.is_file():
        raise ConfigError(f"STORE names no SQLite file: {path}")
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    try:
        query = "SELECT path, body FROM documents WHERE collection = ? AND expire_at > ?"
        for document_path, body in connection.execute(query, (_COLLECTION, now.timestamp() * 1_000_000)):
            yield document_path.rpartition("/")[2], body
    except sqlite3.DatabaseError as e:
        raise ConfigError(f"STORE names a file that can't be read as a store: {path} ({e})") from e
    finally:
        connection.close()


def _of_firestore(settings: Settings, database: str, now: datetime) -> Iterator[tuple[str, str]]:
    try:
        client: Any = firestore.Client(project=settings.google_cloud_project, database=database or DEFAULT_DATABASE)
    except DefaultCredentialsError as e:
        raise ConfigError("no Google credentials: gcloud auth application-default login") from e
    for snapshot in client.collection(_COLLECTION).select(["body", "expire_at"]).stream(timeout=_QUERY_TIMEOUT_S):
        if snapshot.get("expire_at") > now:  # a TTL policy does not delete at once
            yield snapshot.id, snapshot.get("body")
