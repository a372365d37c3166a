"""Bearer tokens for Google APIs, fetched when first needed and never for a stand-in on loopback."""

import json
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import google.auth
from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError
from google.auth.transport.requests import Request
from google.oauth2 import service_account

from functions.handoff.errors import ConfigError, ProviderUnavailable
from functions.runtime.http_client import is_loopback

_REFRESH_TIMEOUT_S = 4.0


class GoogleAuth:
    """Credentials of the function's own identity, or of a service-account key, for one set of scopes.

    Args:
        key_json: answers the service-account JSON, or None to use the function's own identity. Asked once.
    """

    def __init__(self, scopes: Sequence[str], key_json: Callable[[], str | None] = lambda: None) -> None:
        self._scopes = list(scopes)
        self._key_json = key_json
        self._credentials: Any = None
        self._lock = threading.Lock()

    def headers(self, base_url: str, provider: str) -> dict[str, str]:
        """The Authorization header for `base_url`, and the project whose quota is used; empty for a loopback stand-in.

        A person's credentials, as gcloud keeps them on a machine, name such a project; a function's own do not.

        Raises:
            ConfigError: there are no usable credentials.
            ProviderUnavailable: the token endpoint did not answer.
        """
        if is_loopback(base_url):
            return {}
        with self._lock:
            try:
                self._credentials = self._credentials or self._load()
                if not self._credentials.valid:
                    self._credentials.refresh(partial(Request(), timeout=_REFRESH_TIMEOUT_S))  # its own default: 120 s
            except (DefaultCredentialsError, ValueError) as e:
                raise ConfigError(
                    "no Google credentials: deploy with a service account or store the secret messaging-service-account"
                ) from e
            except GoogleAuthError as e:
                raise ProviderUnavailable(provider, "google_token") from e
            quota_project = getattr(self._credentials, "quota_project_id", None)
            counted = {"x-goog-user-project": quota_project} if quota_project else {}
            return {"Authorization": f"Bearer {self._credentials.token}", **counted}

    def _load(self) -> Any:
        key = self._key_json()
        if key:
            load = service_account.Credentials.from_service_account_info
            return load(json.loads(key), scopes=self._scopes)  # type: ignore[no-untyped-call]
        return google.auth.default(scopes=self._scopes)[0]
