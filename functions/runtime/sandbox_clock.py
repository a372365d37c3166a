"""A clock that can be put forward, for trying things out on one machine; wherever anything is real it is not used."""

import stat
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from functions.runtime.config import VARIABLES, Settings
from functions.runtime.config_values import base_url
from functions.runtime.http_client import is_loopback

_BASE_URLS = tuple(variable.field for variable in VARIABLES if variable.read is base_url)
_LONGEST_S = 10 * 365 * 24 * 3600.0
_LONGEST_FILE = 64  # characters


def is_obeyed(settings: Settings) -> bool:
    """Tell whether SANDBOX_CLOCK counts: records in a SQLite file, and every API's base URL a stand-in's."""
    is_sqlite = settings.store.startswith("sqlite:")
    return bool(settings.sandbox_clock) and is_sqlite and not real_urls(settings)


def real_urls(settings: Settings) -> list[str]:
    """The base URLs that lead out of this machine, by their variables' names."""
    return [field.upper() for field in _BASE_URLS if not is_loopback(getattr(settings, field))]


class SandboxClock:
    """The machine's time, ahead by as many seconds as a file says. It never goes back.

    The file is looked at whenever the time is asked for, and read only when it changed. One that is not there, or holds
    no sane number, changes nothing.

    Args:
        path: of the file, replaced as a whole by whoever puts the clock forward.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: object = None
        self._ahead = timedelta()

    def now(self) -> datetime:
        """Aware, UTC."""
        self._look()
        return datetime.now(UTC) + self._ahead

    def sleep(self, seconds: float) -> None:
        """Wait; waiting takes as long as ever."""
        time.sleep(seconds)

    def _look(self) -> None:
        try:
            status = self._path.stat()
            stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
            if stamp != self._stamp and stat.S_ISREG(status.st_mode):
                self._stamp = stamp
                self._ahead = max(self._ahead, _read(self._path))
        except (OSError, ValueError):
            return


def _read(path: Path) -> timedelta:
    with path.open(encoding="ascii") as file:
        seconds = float(file.read(_LONGEST_FILE))
    if not 0 <= seconds <= _LONGEST_S:  # holds for no NaN either
        raise ValueError("not a number of seconds to be ahead")
    return timedelta(seconds=seconds)
