"""Records of the core on their own, for the tests of its pure parts; and who appears in all its tests."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from functions.handoff.changes import Changes
from functions.handoff.conversation import Conversation
from functions.handoff.events import Agent
from functions.handoff.interfaces import Document
from functions.handoff.parts import Pending
from functions.handoff.policy import Policy
from functions.handoff.schedule import LANE_OF
from tests.fakes import START

KEY = "phone:c-1"
JANE = Agent("jane@shop.example", "Jane Doe")
BOB = Agent("bob@shop.example", "Bob Roe")


def a_conversation(**fields: Any) -> Conversation:
    """A conversation on its own, for the pure parts of the core."""
    return Conversation(key=KEY, channel="phone", **fields)


def waiting(entry_id: str, kind: str, at_s: float = 0, *, seq: int = 1, **fields: Any) -> Pending:
    """An entry that waits, written `at_s` seconds after the start."""
    at = START + timedelta(seconds=at_s)
    fields = {"lane": LANE_OF[kind], "accepted_at": at, **fields}
    return Pending(id=entry_id, kind=kind, source_at=at, seq=seq, **fields)


def changes_of(
    conversation: Conversation,
    documents: Mapping[str, Document] | None = None,
    *,
    policy: Policy | None = None,
    at: datetime = START,
) -> Changes:
    """A commit in the making."""
    return Changes(conversation, documents or {}, policy or Policy(return_keyword="/bot"), at)
