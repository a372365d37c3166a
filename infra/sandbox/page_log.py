"""The functions' log, read as it grows: each whole line once."""

import json
import threading
from pathlib import Path
from typing import Any

JsonObject = dict[str, Any]
_MAX_READ_BYTES = 4 * 1024 * 1024


class LogTail:
    """The lines of one growing file. `read` may run in several threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._offset = 0

    def read(self) -> list[JsonObject]:
        """The lines since the last time; those in a row that are no JSON objects as one ``{"raw": lines}``."""
        with self._lock:
            try:
                whole = self._read_whole()
            except FileNotFoundError:  # the sandbox has ended
                return []
        found: list[JsonObject] = []
        for line in filter(str.strip, whole.decode(errors="replace").split("\n")):
            fields = _parsed(line)
            if "raw" in fields and found and found[-1].keys() == {"raw"}:
                found[-1]["raw"] += f"\n{line}"
            else:
                found.append(fields)
        return found

    def _read_whole(self) -> bytes:
        with self._path.open("rb") as log:
            log.seek(self._offset)
            whole = log.read(_MAX_READ_BYTES).rpartition(b"\n")[0]
        self._offset += len(whole) + 1 if whole else 0
        return whole


def _parsed(line: str) -> JsonObject:
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        fields = None
    return fields if isinstance(fields, dict) else {"raw": line}
