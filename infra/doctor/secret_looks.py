"""Looks at secrets: whether they are there, and in what form. A value is never part of a finding or an error."""

import base64
import binascii
import threading
from pathlib import Path
from typing import NamedTuple, Protocol

from functions.handoff.errors import ConfigError
from functions.runtime.secret_file import FileSource
from infra.deploy.gcloud import CloudRefused
from infra.deploy.site import Site


class Look(NamedTuple):
    """One secret, its newest version.

    `value` None: there is none, or it was not read. `wrong`: why the functions can't read it ("" = they can). `unread`:
    why it was not read here, though they can.
    """

    value: str | None = None
    is_there: bool = True
    wrong: str = ""
    unread: str = ""


class SecretLooks(Protocol):
    """Where secrets are kept."""

    def look(self, name: str) -> Look:
        """The secret as it is now; the same all through one run.

        Raises:
            CloudRefused: it can't be told.
            ConfigError: the same.
        """
        ...


class FileSecretLooks:
    """The file that SECRETS names."""

    def __init__(self, path: Path) -> None:
        self._source = FileSource(path)

    def look(self, name: str) -> Look:
        """As `SecretLooks`."""
        value = self._source.read(name)
        return Look(value) if value is not None else Look(is_there=False, wrong="is not in the file that SECRETS names")


class CloudSecretLooks:
    """Secret Manager, as the operator sees it. Who may not read values learns whether they are there all the same."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._lock = threading.Lock()
        self._known: dict[str, Look] = {}

    def look(self, name: str) -> Look:
        """As `SecretLooks`."""
        with self._lock:
            known = self._known.get(name)
        if known is None:
            known = self._look(name)
            with self._lock:
                self._known[name] = known
        return known

    def _look(self, name: str) -> Look:
        path = f"v1/projects/{self._site.project}/secrets/{name}"
        version = self._site.sight.find("secretmanager", f"{path}/versions/latest")
        if version is None:
            has_secret = self._site.sight.find("secretmanager", path) is not None
            return Look(is_there=False, wrong="has no version" if has_secret else "does not exist")
        state = version.get("state", "ENABLED")
        if state != "ENABLED":
            return Look(wrong=f"has a newest version that is {state.lower()}")
        try:
            return _read(self._site.sight.find("secretmanager", f"{path}/versions/latest:access") or {})
        except CloudRefused as e:
            if "PERMISSION_DENIED" not in e.said:
                raise
            return Look(unread="you may not read it")


def _read(answer: dict[str, dict[str, str]]) -> Look:
    try:
        return Look(base64.b64decode(answer["payload"]["data"], validate=True).decode("utf-8"))
    except UnicodeDecodeError:
        return Look(wrong="is not UTF-8 text")
    except (KeyError, TypeError, binascii.Error):
        raise ConfigError("Secret Manager answered nothing to be read") from None
