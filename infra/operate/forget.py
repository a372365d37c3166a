"""Erases what is kept of one user, while the functions run.

First goes what nobody waits for, piece by piece; then, in one commit that holds only if the conversation is still as it
was read, the conversation with all that belongs to it. So there is never a half of it: until that commit the
conversation works, and after it whoever held it finds it gone, and the user's next message begins a new one. A run that
ends in between leaves what the next run finds by the same names.

Where there is no conversation to hold on to (it expired), an expired one is put in its place, which all others take for
none: it is what the commit depends on, and goes with it.
"""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from functions.handoff.changes import conversation_path
from functions.handoff.errors import StoreConflict, StoreUnavailable
from functions.handoff.interfaces import Clock, Create, Delete, Document, Record, Store, Write
from functions.handoff.schedule import LEASE_S
from functions.runtime.config import Settings
from infra.operate.documents import read_paths
from infra.operate.traces import Traces, is_held, read_traces, waiting_paths, why_not

_TRIES = 20
_AT_ONCE = 100
_LOOK_AGAIN_S = 1.0
_STAND_IN = Record(body={}, expire_at=datetime(2000, 1, 1, tzinfo=UTC))
_COME_BACK = "Others kept writing, or the store is away. Run it again: it goes on from here."


class Erased(NamedTuple):
    """What is gone, by kind, and why the rest is not ("" = nothing is left)."""

    counts: Counter[str]
    chat_ids: list[str]
    refusal: str = ""


def forget(settings: Settings, store: Store, key: str, *, force: bool, clock: Clock) -> Erased:
    """Erase everything of one conversation; done again, or by two at once, it does no harm.

    Args:
        settings: say where the store is.
        store: the same, to be written to.
        key: of the conversation.
        force: erase it though something waits in it, or its chat is open; whoever works on it may finish first.
        clock: for the lease, and pauses between tries.

    Raises:
        ConfigError: the store is not there, or there are no credentials for it.
    """
    counts: Counter[str] = Counter()
    chat_ids: list[str] = []
    if force:
        _let_finish(settings, key, clock)
    for _ in range(_TRIES):
        traces = read_traces(settings, key)
        chat_ids = sorted({*chat_ids, *traces.chat_ids})
        if traces.is_empty:
            return Erased(counts, chat_ids)
        refusal = "" if force else why_not(traces, clock.now())
        if refusal:
            return Erased(counts, chat_ids, refusal)
        if _try_to_erase(store, traces, counts):
            return Erased(counts, chat_ids)
        clock.sleep(random.uniform(0.05, 0.2))
    return Erased(counts, chat_ids, _COME_BACK)


def _let_finish(settings: Settings, key: str, clock: Clock) -> None:
    """Wait for whoever works on it, for as long as a lease lasts: what is under way then reaches its end."""
    until = clock.now() + timedelta(seconds=LEASE_S)
    path = conversation_path(key)
    while clock.now() < until:
        found = read_paths(settings, path).get(path)
        if found is None or not is_held(found, clock.now()):
            return
        clock.sleep(_LOOK_AGAIN_S)


def _try_to_erase(store: Store, traces: Traces, counts: Counter[str]) -> bool:
    """Whether all of it is gone; False: somebody wrote, or it is not known."""
    try:
        if traces.conversation is None:
            store.commit(Create(conversation_path(traces.key), _STAND_IN))
            return False
        waiting = waiting_paths(traces)
        done = [entry for entry in traces.entries if entry.path not in waiting]
        _delete_all(store, "mailbox entries", done, counts)
        _delete_all(store, "dead letters", traces.letters, counts)
        rest = [entry for entry in traces.entries if entry.path in waiting]
        store.commit(*_deletes([traces.conversation, *rest, *traces.links]))
    except (StoreConflict, StoreUnavailable):
        return False
    counts.update({"mailbox entries": len(rest), "links": len(traces.links)})
    counts["conversation"] += bool(traces.conversation.record.body)
    return True


def _delete_all(store: Store, kind: str, documents: Sequence[Document], counts: Counter[str]) -> None:
    for start in range(0, len(documents), _AT_ONCE):
        some = documents[start : start + _AT_ONCE]
        store.commit(*_deletes(some))
        counts[kind] += len(some)


def _deletes(documents: Sequence[Document]) -> Iterator[Write]:
    """Each of them only as it was read: an entry that waits again by now, say, stays."""
    return (Delete(document.path, document.version) for document in documents)


_KINDS = ("conversation", "mailbox entries", "links", "dead letters")
_NOT_HERE = (
    "Not here, so not erased: {chats}; the user's own copy on the channel; what Dialogflow keeps of the session; "
    "Google Cloud's logs (ids, no texts) and the database's backups, until they end by themselves."
)


def kept_in_words(traces: Traces) -> str:
    """What would be erased."""
    has = bool(traces.conversation and traces.conversation.record.body)
    numbers = dict(zip(_KINDS, (has, len(traces.entries), len(traces.links), len(traces.letters)), strict=True))
    return _in_words(numbers)


def erased_in_words(erased: Erased) -> str:
    """What is gone, and what is not for us to erase."""
    chats = f"LiveChat's chat {', '.join(erased.chat_ids)}" if erased.chat_ids else "LiveChat's chat, if there was one"
    return f"Erased: {_in_words(erased.counts)}.\n{_NOT_HERE.format(chats=chats)}"


def _in_words(numbers: Counter[str] | dict[str, int]) -> str:
    said = [_counted(kind, numbers.get(kind, 0)) for kind in _KINDS]
    return ", ".join(filter(None, said)) or "nothing"


def _counted(kind: str, number: int) -> str:
    if not number:
        return ""
    if kind == "conversation":
        return "the conversation"
    return f"{number} {kind}"
