"""Which LiveChat chat is whose: asked of the functions' store, which alone knows it for sure."""

from typing import TYPE_CHECKING

from functions.handoff.errors import StoreUnavailable
from functions.runtime.config import read_settings
from functions.runtime.wiring import open_store
from infra.sandbox.users import key_of

if TYPE_CHECKING:
    from infra.sandbox.sandbox import Sandbox


class ChatFinder:
    """The chat of one user's conversation; asked for until there is one, and then for good."""

    def __init__(self, sandbox: "Sandbox", conversation: str) -> None:
        self._store, _ = open_store(read_settings(sandbox.settings))
        self._sandbox, self._conversation = sandbox, conversation
        self._found = ""

    def find(self) -> str:
        """Its id, "" while nobody was asked for."""
        self._found = self._found or self._read()
        return self._found

    def _read(self) -> str:
        try:
            path = f"conversations/{key_of(self._sandbox, self._conversation)}"
            document = self._store.get(path).get(path)
        except StoreUnavailable:
            return ""
        return document.record.chat_id if document else ""
