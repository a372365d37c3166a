"""All documents that are kept of one user, and whether they may be erased now."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

import msgspec

from functions.handoff.changes import conversation_path, entry_path, is_expired, session_path
from functions.handoff.conversation import BOT, Conversation, from_record
from functions.handoff.ids import session_id
from functions.handoff.interfaces import Document
from functions.runtime.config import Settings
from infra.operate.documents import list_documents, read_paths


class Traces(NamedTuple):
    """What is kept of one user, expired or not, as it was read: the conversation first."""

    key: str
    conversation: Document | None
    entries: tuple[Document, ...]
    links: tuple[Document, ...]
    letters: tuple[Document, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing is kept."""
        return not (self.conversation or self.entries or self.links or self.letters)

    @property
    def chat_ids(self) -> list[str]:
        """LiveChat's chats of this user, as far as they are known here."""
        named = {self.conversation.record.chat_id} if self.conversation else set()
        named |= {str(letter.record.body.get("chat_id", "")) for letter in self.letters}
        named |= {link.path.partition("/")[2] for link in self.links if link.path.startswith("chats/")}
        return sorted(filter(None, named))


def read_traces(settings: Settings, key: str) -> Traces:
    """Look for everything of this conversation: by its name, and among all chat links and dead letters.

    The conversation is read first. Whatever adds to the rest changes it in the same commit, so a delete of this version
    of it fails if something was added behind our back.

    Raises:
        ConfigError: the store is not there, or there are no credentials for it.
        StoreUnavailable: no answer in time.
    """
    path, session = conversation_path(key), session_path(session_id(key))
    conversation = read_paths(settings, path).get(path)
    link = read_paths(settings, session).get(session)
    return Traces(
        key,
        conversation,
        tuple(list_documents(settings, f"{path}/mailbox")),
        (*([link] if link else []), *_of(key, list_documents(settings, "chats"))),
        tuple(_of(key, list_documents(settings, "dead_letters"))),
    )


def _of(key: str, documents: Iterator[Document]) -> Iterator[Document]:
    return (found for found in documents if found.record.body.get("conversation") == key)


def waiting_paths(traces: Traces) -> frozenset[str]:
    """Paths of the entries that wait, whatever version of the bundle wrote the conversation."""
    listed = traces.conversation.record.body.get("pending", ()) if traces.conversation else ()
    return frozenset(entry_path(traces.key, str(pending["id"])) for pending in listed)


def why_not(traces: Traces, now: datetime) -> str:
    """Why these should not be erased now unless it is forced, in words, or ""."""
    document = traces.conversation
    if document is None or is_expired(document, now):
        return ""
    c = _read(document)
    if c is None:
        return "It was written by another version of the bundle, which alone can tell what waits in it."
    if c.is_held(now) and c.lease:
        return f"Somebody works on it until {c.lease.until:%H:%M:%S}Z: try again then."
    if c.pending:
        waits = "1 entry waits" if len(c.pending) == 1 else f"{len(c.pending)} entries wait"
        return f"{waits} in it (make show tells for what) and would be lost: wait for them."
    if c.state != BOT or c.thread_id:
        return f"Its LiveChat chat {c.chat_id} would go on there, leading nowhere: have it closed."
    return ""


def is_held(conversation: Document, now: datetime) -> bool:
    """Whether somebody works on the conversation."""
    c = _read(conversation)
    return c is not None and c.is_held(now)


def _read(document: Document) -> Conversation | None:
    try:
        return from_record(document.record)
    except msgspec.ValidationError:
        return None
