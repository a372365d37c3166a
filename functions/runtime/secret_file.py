"""Secrets in a JSON file, for one machine without accounts."""

import fcntl
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from functions.handoff.errors import ConfigError


class FileSource:
    """Secrets in one JSON file, name → value, for one machine. Read again whenever the file has changed."""

    fresh_s = 0.0

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[object, dict[str, str]] = (None, {})

    def read(self, name: str) -> str | None:
        """The value under `name`, or None.

        Raises:
            ConfigError: the file is missing or not a JSON object of texts.
        """
        return self._content().get(name)

    def add_version(self, name: str, value: str) -> None:
        """Put `value` under `name`; a reader sees the old file or the new one, never half of it.

        Raises:
            ConfigError: the file is missing or not a JSON object of texts.
        """
        with self._locked():
            _replace_file(self._path, json.dumps(self._content() | {name: value}, indent=2) + "\n")
            self._seen = (None, {})  # two writes within a tick of the clock look the same from outside

    def _content(self) -> dict[str, str]:
        try:
            status = self._path.stat()
            stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
            if self._seen[0] != stamp:
                self._seen = (stamp, _read_texts(self._path))
        except FileNotFoundError:
            raise ConfigError(f"the file that SECRETS names is not there: {self._path}") from None
        except PermissionError:
            raise ConfigError(f"the file that SECRETS names may not be read: {self._path}") from None
        return self._seen[1]

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with self._path.with_name(self._path.name + ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _read_texts(path: Path) -> dict[str, str]:
    try:
        content: Any = json.loads(path.read_text("utf-8"))
    except (ValueError, RecursionError):
        raise ConfigError(f"the file that SECRETS names is not JSON: {path}") from None
    if not isinstance(content, dict) or not all(isinstance(value, str) for value in content.values()):
        raise ConfigError(f"the file that SECRETS names must hold one JSON object, name to text: {path}")
    return content


def _replace_file(path: Path, text: str) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name + ".")  # made with mode 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
