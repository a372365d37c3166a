"""Versioned documents in Firestore: `handoff.interfaces.Store` for the cloud.

A document is five top-level fields, always all written: `state`, `chat_id`, `due_at`, `expire_at` for people, the sweep
and Firestore's TTL, and `body`, one JSON string that needs no index. Its version is Firestore's update time. No
transactions (they wait for locks) and no query but `due`, which the automatic index on `due_at` answers.

Firestore leaves the update time alone when a write changes nothing: a version stands for a content, not for a write.

Source: Cloud Firestore API v1 (Commit, BatchGetDocuments, RunQuery); google-cloud-firestore 2.34.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

from google.api_core import exceptions
from google.api_core.retry import Retry, if_exception_type
from google.auth.exceptions import DefaultCredentialsError
from google.cloud import firestore

from functions.handoff.errors import ConfigError, StoreConflict, StoreUnavailable
from functions.handoff.interfaces import Create, Delete, Document, Record, Replace, Write
from functions.storage.records import bodies_of, text_to_body, to_utc, versions_of

DEFAULT_DATABASE = "(default)"
_T = TypeVar("_T")

# A precondition that doesn't hold is any of these. Aborted and AlreadyExists share a base, Conflict, with nothing else.
_REFUSED = (exceptions.AlreadyExists, exceptions.FailedPrecondition, exceptions.Aborted, exceptions.NotFound)
_PASSING = (
    exceptions.ServiceUnavailable,
    exceptions.GatewayTimeout,  # DeadlineExceeded
    exceptions.InternalServerError,
    exceptions.TooManyRequests,  # ResourceExhausted
    exceptions.BadGateway,
    exceptions.Cancelled,
    exceptions.Unknown,
)
# Not None: a query whose stream breaks asks this object whether to go on.
_NO_RETRY = Retry(predicate=if_exception_type())


class FirestoreStore:
    """Documents in one Firestore database.

    Args:
        timeout_s: longest that any one call may take, tries at reading again included.
    """

    def __init__(self, client: firestore.Client, *, timeout_s: float = 3.0) -> None:
        self._client = client
        self._timeout_s = timeout_s
        self._retry = Retry(
            predicate=if_exception_type(*_PASSING, exceptions.Aborted), initial=0.05, maximum=0.5, timeout=timeout_s
        )

    def get(self, *paths: str) -> dict[str, Document]:
        """Read documents in one BatchGetDocuments; absent ones are left out.

        Raises:
            StoreUnavailable: no answer in time.
        """
        if not paths:
            return {}
        references = [self._client.document(path) for path in paths]
        found = self._read(lambda left_s: list(self._client.get_all(references, retry=None, timeout=left_s)))
        documents = [_document(snapshot) for snapshot in found if snapshot.exists]
        return {document.path: document for document in documents}

    def commit(self, *writes: Write) -> dict[str, Any]:
        """Apply all writes or none in one Commit, tried once; answers the new version of each document left behind.

        Tried once, because a second try after a lost acknowledgement is refused by what the first one wrote.

        Raises:
            StoreConflict: a condition did not hold.
            StoreUnavailable: no answer in time; applied or not is unknown.
            ValueError: a bug of the caller, see `records.bodies_of`.
        """
        batch = self._client.batch()
        for write, body in zip(writes, bodies_of(writes), strict=True):
            _add(batch, self._client.document(write.path), write, body)
        try:
            results = batch.commit(retry=None, timeout=self._timeout_s)
        except _REFUSED as e:  # without its cause: Firestore's text names the document, which may be a phone number
            raise StoreConflict(f"firestore refused the commit: {type(e).__name__}") from None
        except _PASSING as e:
            raise StoreUnavailable(f"firestore did not commit: {type(e).__name__}") from e
        return versions_of(writes, [result.update_time for result in results])

    def due(self, before: datetime, limit: int) -> dict[str, datetime]:
        """Conversations whose `due_at` is at or before `before`: key → due_at, earliest first.

        Raises:
            StoreUnavailable: no answer in time.
        """
        query = (
            self._client.collection("conversations")
            .where(filter=firestore.FieldFilter("due_at", "<=", to_utc(before)))
            .order_by("due_at")
            .select(["due_at"])
            .limit(limit)
        )
        found = self._read(lambda left_s: list(query.stream(retry=_NO_RETRY, timeout=left_s)))
        return {snapshot.id: snapshot.get("due_at") for snapshot in found}

    def _read(self, call: Callable[[float], _T]) -> _T:
        """Answer of `call`, given the seconds left; called again while its failure may pass and there is time.

        The library's own retries don't do: they go on for minutes whatever the timeout, and not within a stream.
        """
        deadline = time.monotonic() + self._timeout_s
        try:
            return self._retry(lambda: call(max(deadline - time.monotonic(), 0.001)))()
        except exceptions.RetryError as e:
            raise StoreUnavailable(f"firestore did not answer: {type(e.cause).__name__}") from e


def connect(project: str, database: str = DEFAULT_DATABASE, *, timeout_s: float = 3.0) -> FirestoreStore:
    """Open a database as the function's own identity, or an emulator where FIRESTORE_EMULATOR_HOST is set.

    Looks for credentials, so it belongs into the first request and not into an import; connects when first used.

    Raises:
        ConfigError: there are no Google credentials here.
    """
    try:
        client = firestore.Client(project=project, database=database)
    except DefaultCredentialsError as e:
        raise ConfigError(
            "no Google credentials for Firestore: deploy with a service account, or set FIRESTORE_EMULATOR_HOST"
        ) from e
    return FirestoreStore(client, timeout_s=timeout_s)


class _WholeDocumentAt(firestore.LastUpdateOption):
    """Write option: the document must have this update time, and nothing of it survives the write.

    Without the second half an update merges: it touches only the fields it names.
    """

    def modify_write(self, write: firestore.types.Write, *_: object, **__: object) -> None:
        super().modify_write(write)
        del write.update_mask


def _add(batch: firestore.WriteBatch, reference: firestore.DocumentReference, write: Write, body: str) -> None:
    match write:
        case Create(record=record):
            batch.create(reference, _fields(record, body))
        case Replace(record=record, version=version):
            batch.update(reference, _fields(record, body), option=_WholeDocumentAt(version))
        case Delete(version=None):
            batch.delete(reference)
        case Delete(version=version):
            batch.delete(reference, option=firestore.LastUpdateOption(version))


def _fields(record: Record, body: str) -> dict[str, Any]:
    return {
        "state": record.state,
        "chat_id": record.chat_id,
        "due_at": to_utc(record.due_at),
        "expire_at": to_utc(record.expire_at),
        "body": body,
    }


def _document(snapshot: firestore.DocumentSnapshot[Any]) -> Document:
    fields = snapshot.to_dict() or {}
    record = Record(
        body=text_to_body(fields["body"]),
        state=fields["state"],
        chat_id=fields["chat_id"],
        due_at=_plain(fields["due_at"]),
        expire_at=_plain(fields["expire_at"]),
    )
    return Document(snapshot.reference.path, record, snapshot.update_time)


def _plain(at: datetime | None) -> datetime | None:
    """Firestore's own kind of time as an ordinary one: nothing outside should depend on the library."""
    return None if at is None else datetime.combine(at.date(), at.time(), UTC)
