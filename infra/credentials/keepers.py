"""Where credentials are kept: a project's Secret Manager, or a JSON file on one machine. Values pass through, no more.

gcloud would write what it prints into its log files, and request bodies where `core/log_http` is on: `Cloud` switches
both off, and `secrets versions access` keeps its default format, which gcloud itself takes for private.

Source: Google Cloud SDK 528, `googlecloudsdk/core/log.py` and `command_lib/secrets/fmt.py`; Secret Manager API v1
(versions are listed newest first, "latest" is the newest even where it is disabled).
"""

import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, Protocol

from functions.handoff.errors import ConfigError
from functions.runtime.config import read_settings
from functions.runtime.secret_file import FileSource
from infra.deploy.gcloud import Cloud, CloudRefused
from infra.deploy.settings_file import named_project, operator_environment

_REMEDIES = (  # the first that fits: an API that is off is a PERMISSION_DENIED, too
    ("SERVICE_DISABLED", "Secret Manager is not enabled in that project yet: make deploy"),
    ("PERMISSION_DENIED", "is that the project? Then your account needs roles/secretmanager.admin there"),
    ("gcloud auth login", "sign in first: gcloud auth login"),
    ("UNAUTHENTICATED", "sign in first: gcloud auth login"),
    ("FAILED_PRECONDITION", "its newest version is disabled or destroyed: store a new one"),
    ("RESOURCE_EXHAUSTED", "the project's quota is used up: wait a minute"),
    ("ConnectionError", "Secret Manager can't be reached from here: look at the network"),
    ("UNAVAILABLE", "Secret Manager is away for the moment: try again"),
)


class Refused(Exception):
    """It could not be read or stored. The message says what was tried, what came back and what helps."""


class State(NamedTuple):
    """What may be shown of a secret. `can_be_stored`: there is a place for it. `newest`: "" = there is no value yet."""

    can_be_stored: bool
    newest: str = ""
    is_readable: bool = False


class Keeper(Protocol):
    """Where credentials are kept. `where` can be shown."""

    where: str

    def state(self, name: str) -> State:
        """What there is under a name.

        Raises:
            Refused: it can't be told.
        """
        ...

    def read(self, name: str) -> str:
        """The newest value, of a secret whose state says that it is readable.

        Raises:
            Refused: it can't be read.
        """
        ...

    def add(self, name: str, value: str) -> None:
        """Make `value` the newest one, durably.

        Raises:
            Refused: it was not stored, or there is no telling.
        """
        ...


class SecretManagerKeeper:
    """A project's Secret Manager, through gcloud as its operator."""

    def __init__(self, project: str, environ: Mapping[str, str]) -> None:
        self.where = f"Secret Manager of {project}"
        self._cloud = Cloud(project, environ)

    def state(self, name: str) -> State:
        """What there is under a name; its place is made by make deploy."""
        try:
            listed = self._cloud.find("secrets", "versions", "list", name, "--limit=1")
        except CloudRefused as e:
            raise _refused(name, e) from None
        if listed is None:
            return State(can_be_stored=False)
        if not listed:
            return State(can_be_stored=True)
        number = str(listed[0].get("name", "")).rpartition("/")[2]
        state = str(listed[0].get("state", "")).lower()
        day = str(listed[0].get("createTime", ""))[:10]
        return State(can_be_stored=True, newest=f"version {number} of {day}, {state}", is_readable=state == "enabled")

    def read(self, name: str) -> str:
        """The newest version. Its output format must stay the default: see above."""
        try:
            return self._cloud.run("secrets", "versions", "access", "latest", f"--secret={name}")
        except CloudRefused as e:
            raise _refused(name, e) from None
        except UnicodeDecodeError:  # its own message would show the value
            raise Refused(f"{name}: its newest version is not text: store a new one") from None

    def add(self, name: str, value: str) -> None:
        """Add a version; gcloud reads the value from its stdin."""
        try:
            self._cloud.run("secrets", "versions", "add", name, "--data-file=-", stdin=value)
        except CloudRefused as e:
            raise _refused(name, e) from None


def _refused(name: str, error: CloudRefused) -> Refused:
    remedy = next((words for sign, words in _REMEDIES if sign in error.said), "see what Google says")
    return Refused(f"{name}: {remedy}.\n  {error.command}\n  {error.said}")


class FileKeeper:
    """The JSON file that SECRETS=file:PATH names; made for the owner alone where there is none yet."""

    def __init__(self, path: Path) -> None:
        self.where = f"the file {path}"
        self._path = path
        self._source = FileSource(path)

    def state(self, name: str) -> State:
        """Whether there is a value under a name."""
        has_value = bool(self._path.exists() and (self._source.read(name) or "").strip())
        return State(can_be_stored=True, newest="a value" if has_value else "", is_readable=has_value)

    def read(self, name: str) -> str:
        """The value."""
        return self._source.read(name) or ""

    def add(self, name: str, value: str) -> None:
        """Put the value into the file, in one step."""
        try:
            self._make()
            self._source.add_version(name, value)
        except OSError as e:
            raise Refused(f"{name}: {self.where} can't be written: {e.strerror}") from None

    def _make(self) -> None:
        """See to it that there is a file; it comes whole, so that nobody finds an empty one."""
        if self._path.exists():
            return
        with tempfile.NamedTemporaryFile("w", dir=self._path.parent, prefix=f"{self._path.name}.") as file:
            file.write("{}\n")  # a temporary file is its owner's alone
            file.flush()
            with suppress(FileExistsError):
                os.link(file.name, self._path)


def open_keeper(environ: Mapping[str, str]) -> Keeper:
    """The place that SECRETS names, in the shell or the settings file.

    The project of Secret Manager is PROJECT or the settings file's, never a shell's GOOGLE_CLOUD_PROJECT, which may be
    about something else.

    Raises:
        ConfigError: a setting is wrong, or the project is not named or named twice and differently.
    """
    kind, _, path = read_settings(operator_environment(environ)).secrets.partition(":")
    if kind == "file":
        return FileKeeper(Path(path))
    project = named_project(environ)
    if not project:
        raise ConfigError("which project? make … PROJECT=…, or GOOGLE_CLOUD_PROJECT=… in the settings file")
    return SecretManagerKeeper(project, environ)
