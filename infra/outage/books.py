"""The reckoning: what the store holds of each conversation against the chats that LiveChat holds."""

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from functions.channels.business_messages import NAME
from functions.handoff import ids
from functions.handoff.conversation import Conversation, from_record
from functions.handoff.interfaces import Store
from functions.runtime.config import read_settings
from functions.runtime.wiring import open_store
from infra.sandbox.livechat.server import LiveChatStandIn

_AT_ONCE = 200


class Reckoning(msgspec.Struct, frozen=True, kw_only=True):
    """What came of the conversations.

    Attributes:
        lost: never stored, or without a chat.
        doubled: chats or threads beyond the one each of them should have.
        stuck: something still waits, is held, or is overdue: conversation key → what.
    """

    lost: tuple[str, ...] = ()
    doubled: tuple[str, ...] = ()
    stuck: Mapping[str, str] = {}

    @property
    def is_good(self) -> bool:
        """Nothing lost, doubled or stuck."""
        return not (self.lost or self.doubled or self.stuck)


def open_for_reading(settings: Mapping[str, str]) -> Store:
    """The store that the functions use."""
    name = "FIRESTORE_EMULATOR_HOST"
    before = os.environ.get(name)
    if name in settings:
        os.environ[name] = settings[name]  # the client library looks nowhere else
    try:
        return open_store(read_settings(settings))[0]
    finally:
        if before is not None:
            os.environ[name] = before
        else:
            os.environ.pop(name, None)


def key_of(conversation_id: str) -> str:
    """Our key of a phone's conversation."""
    return ids.conversation_key(NAME, conversation_id)


def read_conversations(store: Store, keys: Sequence[str]) -> dict[str, Conversation]:
    """Those that are stored, by key."""
    found: dict[str, Conversation] = {}
    for start in range(0, len(keys), _AT_ONCE):
        paths = [f"conversations/{key}" for key in keys[start : start + _AT_ONCE]]
        documents = store.get(*paths).values()
        found |= {c.key: c for c in (from_record(document.record) for document in documents)}
    return found


def reckon(stored: Mapping[str, Conversation], keys: Sequence[str], livechat: LiveChatStandIn) -> Reckoning:
    """Hold the conversations of `keys`, and their number, against LiveChat's chats."""
    with livechat.lock:
        threads = {chat.id: len(chat.threads) for chat in livechat.licence.chats.values()}
    ours = {c.chat_id for c in stored.values() if c.chat_id}
    now = datetime.now(UTC)
    return Reckoning(
        lost=tuple(key for key in keys if key not in stored or stored[key].chat_id not in threads),
        doubled=tuple(chat_id for chat_id, count in threads.items() if count > 1 or chat_id not in ours),
        stuck={key: to_do for key, c in stored.items() if (to_do := _to_do(c, now))},
    )


def _to_do(c: Conversation, now: datetime) -> str:
    kinds = ", ".join(pending.kind for pending in c.pending[:3])
    waiting = [f"{len(c.pending)} pending ({kinds})"] if c.pending else []
    overdue = ["overdue"] if c.due_at and c.due_at < now else []
    return ", ".join(waiting + (["leased"] if c.lease else []) + overdue)
