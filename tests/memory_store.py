"""A store that is a dict, for tests that need to be in charge: deterministic, and interrupted wherever a test says."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from functions.handoff.errors import StoreConflict
from functions.handoff.interfaces import Create, Delete, Document, Record, Replace, Write
from functions.storage.records import bodies_of, collection_of, text_to_body, to_utc, versions_of


def _do_nothing(*_: object) -> None:
    pass


@dataclass(frozen=True)
class _Row:
    record: Record  # its body is emptied: the text is what counts
    body: str
    version: int


class MemoryStore:
    """Versioned documents in memory, passing the same contract as the real stores.

    `before_get(paths)`, `before_commit(writes)` and `after_commit(writes)` are called outside the lock and may do
    anything: raise `StoreUnavailable` (before = not applied, after = applied but not acknowledged), write something of
    their own, or hand over to a scheduler. `after_commit` is called only for a commit that was applied.
    """

    def __init__(self) -> None:
        self.before_get: Callable[[tuple[str, ...]], None] = _do_nothing
        self.before_commit: Callable[[tuple[Write, ...]], None] = _do_nothing
        self.after_commit: Callable[[tuple[Write, ...]], None] = _do_nothing
        self._rows: dict[str, _Row] = {}
        self._commits = 0
        self._lock = threading.Lock()

    def get(self, *paths: str) -> dict[str, Document]:
        self.before_get(paths)
        with self._lock:
            return {path: _document(path, self._rows[path]) for path in paths if path in self._rows}

    def commit(self, *writes: Write) -> dict[str, Any]:
        bodies = bodies_of(writes)
        self.before_commit(writes)
        with self._lock:
            if not all(self._holds(write) for write in writes):
                raise StoreConflict("memory refused the commit")
            self._commits += 1
            for write, body in zip(writes, bodies, strict=True):
                self._apply(write, body)
            versions = versions_of(writes, [self._commits] * len(writes))
        self.after_commit(writes)
        return versions

    def due(self, before: datetime, limit: int) -> dict[str, datetime]:
        to_utc(before)
        with self._lock:
            found = [
                (row.record.due_at, path.rpartition("/")[2])
                for path, row in self._rows.items()
                if collection_of(path) == "conversations" and row.record.due_at and row.record.due_at <= before
            ]
        return {key: due_at for due_at, key in sorted(found)[:limit]}

    def snapshot(self) -> dict[str, Document]:
        """Every document there is, by path; no hook is called."""
        with self._lock:
            return {path: _document(path, row) for path, row in sorted(self._rows.items())}

    def _holds(self, write: Write) -> bool:
        row = self._rows.get(write.path)
        match write:
            case Create():
                return row is None
            case Delete(version=None):
                return True
            case Replace(version=version) | Delete(version=version):
                return row is not None and row.version == version

    def _apply(self, write: Write, body: str) -> None:
        if isinstance(write, Delete):
            self._rows.pop(write.path, None)
            return
        self._rows[write.path] = _Row(_with_body(write.record, {}), body, self._commits)


def _document(path: str, row: _Row) -> Document:
    return Document(path, _with_body(row.record, text_to_body(row.body)), row.version)


def _with_body(record: Record, body: dict[str, Any]) -> Record:
    return Record(
        body=body,
        state=record.state,
        chat_id=record.chat_id,
        due_at=to_utc(record.due_at),
        expire_at=to_utc(record.expire_at),
    )
