"""The deployment's secrets, read and written as the operator: in Secret Manager, or in the file of one machine.

Secret Manager is called directly: a secret neither passes through another process nor into gcloud's log files.

Source: Secret Manager API v1, projects.secrets (addVersion, testIamPermissions) and versions (access, get).
"""

import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from functions.handoff.errors import ConfigError
from functions.handoff.events import JsonObject
from functions.runtime.secret_file import FileSource
from functions.runtime.secret_manager import SecretManagerSource
from infra.deploy.gcloud import Cloud, CloudRefused

OAUTH = "livechat-oauth"
WEBHOOK_SECRET = "livechat-webhook-secret"
_ADD = "secretmanager.versions.add"
_MARGIN_S = 30.0  # clocks differ, and a reader takes a moment


class SecretStore(Protocol):
    """Where secrets are kept."""

    def get(self, name: str) -> str:
        """The newest version, without surrounding white space.

        Raises:
            ConfigError: it is missing, empty, or can't be read.
        """
        ...

    def put(self, name: str, value: str) -> None:
        """Make `value` the newest version.

        Raises:
            ConfigError: it can't be written.
        """
        ...

    def unknown_for_s(self, name: str) -> float:
        """How many seconds longer a running function may go by the version before the newest; 0 = none does."""
        ...


class CloudSecrets:
    """Secret Manager, as the operator; each method may raise `CloudRefused`, too."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def get(self, name: str) -> str:
        """As `SecretStore`."""
        found = self._ask("GET", name, "/versions/latest:access")
        try:
            data = base64.b64decode(found["payload"]["data"], validate=True).decode("utf-8")
        except (ValueError, KeyError, TypeError):
            raise ConfigError(f"secret {name} is not UTF-8 text: make secrets") from None
        return _filled(name, data)

    def put(self, name: str, value: str) -> None:
        """As `SecretStore`."""
        self._ask("POST", name, ":addVersion", {"payload": {"data": base64.b64encode(value.encode()).decode()}})

    def unknown_for_s(self, name: str) -> float:
        """As `SecretStore`: functions keep what they read for five minutes."""
        made_at = datetime.fromisoformat(self._ask("GET", name, "/versions/latest")["createTime"])
        age_s = (datetime.now(UTC) - made_at).total_seconds()
        return max(SecretManagerSource.fresh_s + _MARGIN_S - age_s, 0.0)

    def check_writable(self, name: str) -> None:
        """Let pass only who may add a version: a refresh token that LiveChat changes would be lost otherwise.

        Raises:
            ConfigError: the operator may not, or there is no such secret.
        """
        if _ADD not in self._ask("POST", name, ":testIamPermissions", {"permissions": [_ADD]}).get("permissions", []):
            raise ConfigError(
                f"you may not add a version to the secret {name}, and a refresh token that LiveChat changes would be "
                "lost: ask for roles/secretmanager.secretVersionAdder, or take a personal access token "
                "(LIVECHAT_PAT=ask)"
            )

    def _ask(self, method: str, name: str, what: str, body: JsonObject | None = None) -> JsonObject:
        try:
            return self._cloud.call(
                method, "secretmanager", f"v1/projects/{self._cloud.project}/secrets/{name}{what}", body
            )
        except CloudRefused as e:
            raise (_missing(name) if e.is_absent else e) from e


class FileSecrets:
    """The file that SECRETS names."""

    def __init__(self, path: Path) -> None:
        self._source = FileSource(path)

    def get(self, name: str) -> str:
        """As `SecretStore`."""
        return _filled(name, self._source.read(name) or "")

    def put(self, name: str, value: str) -> None:
        """As `SecretStore`."""
        self._source.add_version(name, value)

    def unknown_for_s(self, name: str) -> float:  # noqa: ARG002 - a file is looked at every time
        """As `SecretStore`."""
        return self._source.fresh_s


def current_line(store: SecretStore, name: str) -> str:
    """The first line of a secret that verifies a sender: the value in use. The one behind it is the one before.

    Raises:
        ConfigError: it is missing, empty, or can't be read.
    """
    return store.get(name).splitlines()[0].strip()


def client_secret(store: SecretStore) -> str:
    """The app's client secret.

    Raises:
        ConfigError: it is missing, or the secret is malformed.
    """
    try:
        found = json.loads(store.get(OAUTH))["client_secret"]
    except (ValueError, KeyError, TypeError):
        found = None
    if not isinstance(found, str) or not found:
        raise ConfigError(f'secret {OAUTH} is not a JSON object with "client_secret": make login')
    return found


def _filled(name: str, value: str) -> str:
    if not value.strip():
        raise _missing(name)
    return value.strip()


def _missing(name: str) -> ConfigError:
    command = "make login" if name == OAUTH else "make secrets"
    return ConfigError(f"secret {name} is missing or empty: {command} stores it")
