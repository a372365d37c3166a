"""The core on a store that an operator's commands open, too; and that store as it dies, or is written to by others."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from functions.handoff.interfaces import Document, Store, Write
from functions.handoff.mailbox import Mailbox
from functions.handoff.work import Sides
from functions.handoff.worker import Worker
from functions.runtime.config import Settings
from infra.operate.documents import list_documents
from tests.core_world import KEY, Died, World

OTHER = "phone:c-2"
_COLLECTIONS = ("conversations", "chats", "sessions", "dead_letters")


class StoreWorld(World):
    """`World` whose records are in a real store. `settings` lead to it."""

    def __init__(self, store: Store, settings: Settings) -> None:
        super().__init__()
        self.settings = settings
        self.real_store = store
        self.store = store  # type: ignore[assignment]  # its hooks are not needed here
        self.machine = msgspec.structs.replace(self.machine, store=store)
        sides = Sides({"phone": self.channel}, self.desk, self.bot, self.files)
        self.worker = Worker(self.machine, sides, self.journal)
        self.mailbox = Mailbox(self.machine, self.worker, self.wake_ups)

    def peek(self, path: str) -> Document | None:
        return self.real_store.get(path).get(path)

    def kept(self, key: str = KEY) -> list[str]:
        """Paths of all that is kept of a conversation."""
        mailbox = [one.path for one in list_documents(self.settings, f"conversations/{key}/mailbox")]
        return [*mailbox, *(one.path for name in _COLLECTIONS for one in self._of(name, key))]

    def _of(self, collection: str, key: str) -> list[Document]:
        found = list_documents(self.settings, collection)
        return [one for one in found if one.path.endswith(f"/{key}") or one.record.body.get("conversation") == key]


class OperatedStore:
    """A store as an operator's command has it; `before` and `after` its commits they are told their number (from 1)."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.commits = 0
        self.before: Callable[[int], object] = lambda _number: None
        self.after: Callable[[int], object] = lambda _number: None

    def get(self, *paths: str) -> dict[str, Document]:
        return self._store.get(*paths)

    def commit(self, *writes: Write) -> dict[str, Any]:
        self.commits += 1
        self.before(self.commits)
        versions = self._store.commit(*writes)
        self.after(self.commits)
        return versions

    def due(self, before: datetime, limit: int) -> dict[str, datetime]:
        return self._store.due(before, limit)

    def interrupted(self, at: int, by: Callable[[], object]) -> "OperatedStore":
        """Before the commit of that number somebody else does something."""
        self.before = lambda number: by() if number == at else None
        return self

    def dying(self, at: int, *, after: bool) -> "OperatedStore":
        """Whoever makes the commit of that number dies there."""

        def die(number: int) -> None:
            if number == at:
                raise Died(number)

        if after:
            self.after = die
        else:
            self.before = die
        return self
