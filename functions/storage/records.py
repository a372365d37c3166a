"""What the stores have in common: a record at rest, and the commits that none of them takes.

Knows no database. A `ValueError` from here is a bug of the caller; its text names no document, because a document's id
may hold a phone number.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime

from functions.handoff.events import JsonObject
from functions.handoff.interfaces import Create, Delete, Replace, Write

MAX_BODY_BYTES = 1_000_000
"""Largest body of one document. Firestore takes 1 MiB for all of a document, name and other fields included."""

MAX_COMMIT_BYTES = 4_000_000
"""Largest sum of bodies in one commit. Firestore takes 10 MiB, its emulator 4 MiB, and both refuse more with the very
error that means "quota used up, come back later"."""


def body_to_text(body: JsonObject) -> str:
    """One line of JSON that every store can hold.

    Half a surrogate pair, which JSON can spell but UTF-8 can't, stays escaped; other characters are kept as they are.
    """
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return text if _is_utf8(text) else json.dumps(body, separators=(",", ":"))


def text_to_body(text: str) -> JsonObject:
    """Read `body_to_text`'s output back."""
    body: JsonObject = json.loads(text)
    return body


def to_utc(at: datetime | None) -> datetime | None:
    """The same moment in UTC.

    Raises:
        ValueError: `at` has no time zone.
    """
    if at is None:
        return None
    if at.tzinfo is None:
        raise ValueError("a time without a time zone can't be stored")
    return at.astimezone(UTC)


def collection_of(path: str) -> str:
    """Everything of a document's path but its id: "conversations", "conversations/K/mailbox"."""
    return path.rpartition("/")[0]


def bodies_of(writes: Sequence[Write]) -> list[str]:
    """The bodies of a commit as JSON text, in the order of its writes; "" for a delete.

    Raises:
        ValueError: the commit makes no sense to every store alike: a path written twice, a `Replace` without a
            version (Firestore would overwrite unguarded), a body or the whole too large.
    """
    if len({write.path for write in writes}) < len(writes):
        raise ValueError("one commit writes a document twice")
    if any(isinstance(write, Replace) and write.version is None for write in writes):
        raise ValueError("a Replace needs the version it replaces")
    bodies = [body_to_text(write.record.body) if isinstance(write, Create | Replace) else "" for write in writes]
    sizes = [len(body.encode()) for body in bodies]
    if max(sizes, default=0) > MAX_BODY_BYTES or sum(sizes) > MAX_COMMIT_BYTES:
        raise ValueError(f"bodies of {max(sizes)} bytes at most, {sum(sizes)} in all, are too large for one commit")
    return bodies


def versions_of(writes: Sequence[Write], versions: Sequence[object]) -> dict[str, object]:
    """Path → new version, for the writes that leave a document behind."""
    return {
        write.path: version for write, version in zip(writes, versions, strict=True) if not isinstance(write, Delete)
    }


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
