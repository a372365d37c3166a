"""From a chat or a bot session to its conversation: one read, remembered within a bound."""

import threading
from collections import OrderedDict

from functions.handoff.interfaces import Store

_REMEMBERED = 10_000


class Links:
    """Looks up links. What is found is remembered in this process: a link never changes its conversation."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: OrderedDict[str, str] = OrderedDict()
        self._lock = threading.Lock()

    def find_key(self, path: str) -> str | None:
        """The conversation key behind `chats/…` or `sessions/…`, or None when there is none.

        Raises:
            StoreUnavailable: no answer in time.
        """
        with self._lock:
            if path in self._known:
                self._known.move_to_end(path)
                return self._known[path]
        document = self._store.get(path).get(path)
        if document is None:
            return None
        key = str(document.record.body["conversation"])
        with self._lock:
            self._known[path] = key
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return key
