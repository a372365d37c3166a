"""The menu of stories on the page, read from the files once in a while: pages look several times a second."""

import time
from typing import Any

from infra.sandbox.sandbox import Sandbox
from infra.sandbox.story_actions import read_menu

JsonObject = dict[str, Any]
FRESH_S = 2.0


class Menu:
    """What `read_menu` says, `FRESH_S` old at most. May be used in several threads."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._read: tuple[float, JsonObject] | None = None

    def read(self) -> JsonObject:
        """Every story there is, and why none can be played here."""
        now, known = time.monotonic(), self._read
        if known is None or now - known[0] >= FRESH_S:
            self._read = known = (now, read_menu(self._sandbox))
        return known[1]
