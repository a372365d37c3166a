"""Credentials by name, from Secret Manager or, on one machine, from a file. Values are kept in memory five minutes.

A value is never logged and never part of an error.
"""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from functions.handoff.errors import ConfigError
from functions.runtime.secret_file import FileSource
from functions.runtime.secret_manager import SecretManagerSource, SecretsUnavailable

__all__ = ["Secrets", "SecretsUnavailable", "open_secrets"]

_WHERE = "store it in Secret Manager, or in the file that SECRETS names"
_RETRY_STALE_S = 10.0  # how long an old value is used after a failed refresh before the next try
_RETRY_NOTHING_S = 1.0  # without any value: long enough that waiting requests do not queue up behind one another


class SecretSource(Protocol):
    """Where secrets are kept."""

    fresh_s: float
    """How long a value that was read may be used without looking again."""

    def read(self, name: str) -> str | None:
        """The newest version, or None when there is none, or none for us.

        Raises:
            ConfigError: it is there but can't be read by us.
            SecretsUnavailable: no answer; a later try may succeed.
        """
        ...

    def add_version(self, name: str, value: str) -> None:
        """Make `value` the newest version.

        Raises:
            ConfigError: there is no such secret, or we may not write it.
            SecretsUnavailable: no answer; written or not is unknown, doing it again is harmless.
        """
        ...


class _Kept(NamedTuple):
    value: str | None  # None: reading failed and there is nothing older
    good_until: float


class Secrets:
    """Secrets by name, cached; safe for use by many threads.

    Args:
        source: where they are kept.
        monotonic: seconds on a clock that never goes back.
    """

    def __init__(self, source: SecretSource, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._source = source
        self._monotonic = monotonic
        self._kept: dict[str, _Kept] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def find(self, name: str) -> str | None:
        """The newest value without surrounding white space, or None when there is none for us or it is empty.

        While a refresh fails, the value read before is used.

        Raises:
            ConfigError: it is there but can't be read by us.
            SecretsUnavailable: it could not be read and was never read before.
        """
        kept = self._kept.get(name)
        if kept is None or self._monotonic() >= kept.good_until:
            return self._refresh(name, kept)
        return self._value_of(name, kept)

    def get(self, name: str) -> str:
        """Like `find`, for a secret that must be there.

        Raises:
            ConfigError: it is missing, empty, or can't be read by us; names it and where to store it.
            SecretsUnavailable: it could not be read and was never read before.
        """
        return self._wanted(name, self.find(name))

    def get_fresh(self, name: str) -> str:
        """Like `get`, but read now: for a value that another instance may just have changed.

        Raises:
            ConfigError: it is missing, empty, or can't be read by us.
            SecretsUnavailable: it could not be read now.
        """
        with self._lock_of(name):
            return self._wanted(name, self._read(name))

    def accepted(self, name: str) -> tuple[str, ...]:
        """The values a sender may prove itself with: the secret's lines, current first, then previous. Never empty.

        Raises:
            ConfigError: as `get`.
            SecretsUnavailable: as `get`.
        """
        return tuple(line.strip() for line in self.get(name).splitlines() if line.strip())

    def add_version(self, name: str, value: str) -> None:
        """Store a new value durably; from then on `get` answers it here, and elsewhere within five minutes.

        Raises:
            ConfigError: there is no such secret, or we may not write it.
            SecretsUnavailable: written or not is unknown; doing it again is harmless.
        """
        with self._lock_of(name):
            self._source.add_version(name, value)
            self._keep(name, value.strip(), self._source.fresh_s)

    def _refresh(self, name: str, kept: _Kept | None) -> str | None:
        lock = self._lock_of(name)
        if not lock.acquire(blocking=kept is None or kept.value is None):
            return kept.value if kept else None  # another thread is reading it: the old value will do
        try:
            newer = self._kept.get(name)
            if newer is not None and newer is not kept and self._monotonic() < newer.good_until:
                return self._value_of(name, newer)
            return self._read_or_old(name, kept)
        finally:
            lock.release()

    def _read_or_old(self, name: str, kept: _Kept | None) -> str | None:
        try:
            return self._read(name)
        except SecretsUnavailable:
            if kept is None or kept.value is None:
                self._keep(name, None, _RETRY_NOTHING_S)
                raise
            self._keep(name, kept.value, _RETRY_STALE_S)
            return kept.value

    def _read(self, name: str) -> str | None:
        value = (self._source.read(name) or "").strip()
        if not value:
            self._kept.pop(name, None)  # absence is not remembered: storing the secret helps at once
            return None
        self._keep(name, value, self._source.fresh_s)
        return value

    def _keep(self, name: str, value: str | None, seconds: float) -> None:
        self._kept[name] = _Kept(value, self._monotonic() + seconds)

    def _value_of(self, name: str, kept: _Kept) -> str:
        if kept.value is None:
            raise SecretsUnavailable(f"secret {name} could not be read a moment ago")
        return kept.value

    def _wanted(self, name: str, value: str | None) -> str:
        if value is None:
            raise ConfigError(f"secret {name} is missing, empty or closed to the function's service account: {_WHERE}")
        return value

    def _lock_of(self, name: str) -> threading.Lock:
        with self._lock:
            return self._locks.setdefault(name, threading.Lock())


def open_secrets(
    spec: str,
    project: str,
    *,
    monotonic: Callable[[], float] = time.monotonic,
    make_client: Callable[[], Any] | None = None,
) -> Secrets:
    """The secrets that the setting SECRETS names; nothing is read or connected yet.

    Args:
        spec: "secret-manager" or "file:PATH".
        project: the project of Secret Manager; not needed for a file.
        monotonic: seconds on a clock that never goes back.
        make_client: makes the Secret Manager client, called at the first use; None = Google's, over the network.

    Raises:
        ConfigError: `spec` is neither, or the project is missing.
    """
    kind, _, path = spec.partition(":")
    if kind == "file" and path:
        return Secrets(FileSource(Path(path)), monotonic)
    if spec != "secret-manager":
        raise ConfigError("SECRETS must be secret-manager or file:PATH")
    if not project:
        raise ConfigError("GOOGLE_CLOUD_PROJECT is missing: Secret Manager needs the project id")
    return Secrets(SecretManagerSource(project, make_client), monotonic)
