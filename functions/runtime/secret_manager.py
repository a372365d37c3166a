"""Secrets in Google Secret Manager, with deadlines that fit a webhook.

Google's client is imported and made at the first use: importing it costs about 200 ms, and a gRPC channel must not be
made before the server has forked its workers.
"""

import threading
from collections.abc import Callable
from typing import Any

from functions.handoff.errors import ConfigError, HandoffError

_FIRST_PAUSE_S = 0.1  # the client's own first pause is 2 s: too long inside a webhook
_TRANSIENT = ("Aborted", "DeadlineExceeded", "InternalServerError", "ServiceUnavailable", "TooManyRequests", "Unknown")


class SecretsUnavailable(HandoffError):
    """The place where secrets are kept did not answer: the sender should come back (503)."""


class SecretManagerSource:
    """The latest versions of a project's secrets.

    Args:
        project: project id.
        make_client: makes the client, called once, at the first use; None = Google's, over the network.
        call_timeout_s: how long one call may take.
        all_tries_s: how long a call that fails in passing is tried again.

    Source: Secret Manager API v1, google-cloud-secret-manager 2.32.
    """

    fresh_s = 300.0

    def __init__(
        self,
        project: str,
        make_client: Callable[[], Any] | None = None,
        *,
        call_timeout_s: float = 1.5,
        all_tries_s: float = 2.5,
    ) -> None:
        self._project = project
        self._make_client = make_client or _google_client
        self._call_timeout_s = call_timeout_s
        self._all_tries_s = all_tries_s
        self._client: Any = None
        self._lock = threading.Lock()

    def read(self, name: str) -> str | None:
        """The latest version, or None when there is no such secret, it has no version, or we may not read it.

        The two can't be told apart: with a grant on single secrets only, one that does not exist is PERMISSION_DENIED.

        Raises:
            ConfigError: its latest version is disabled, or not UTF-8 text.
            SecretsUnavailable: no answer in about four seconds at most.
        """
        answer = self._call("access_secret_version", name, {"name": f"{self._path(name)}/versions/latest"})
        if answer is None:
            return None
        try:
            data: bytes = answer.payload.data
            return data.decode("utf-8")
        except UnicodeDecodeError:
            raise ConfigError(f"secret {name} is not UTF-8 text") from None

    def add_version(self, name: str, value: str) -> None:
        """Add a version; it is the latest as soon as this returns.

        Raises:
            ConfigError: there is no such secret, or we may not add to it.
            SecretsUnavailable: no answer in about four seconds at most; added or not is unknown.
        """
        request = {"parent": self._path(name), "payload": {"data": value.encode()}}
        if self._call("add_secret_version", name, request) is None:
            raise ConfigError(
                f"secret {name} does not exist, or the function's service account may not add to it: "
                "create it, and grant roles/secretmanager.secretVersionAdder"
            )

    def _path(self, name: str) -> str:
        return f"projects/{self._project}/secrets/{name}"

    def _call(self, method: str, name: str, request: dict[str, Any]) -> Any:
        from google.api_core import exceptions  # noqa: PLC0415 - see the module's first lines
        from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError  # noqa: PLC0415

        try:
            call = getattr(self._connected(), method)
            return call(request=request, timeout=self._call_timeout_s, retry=_retry(self._all_tries_s))
        except (exceptions.NotFound, exceptions.PermissionDenied):
            return None
        except exceptions.FailedPrecondition as e:
            raise ConfigError(f"secret {name}: its latest version is disabled or destroyed: add a new one") from e
        except DefaultCredentialsError as e:
            raise ConfigError("no Google credentials: deploy with a service account, or set SECRETS=file:PATH") from e
        except (exceptions.GoogleAPIError, GoogleAuthError) as e:
            raise SecretsUnavailable(f"secret {name}: Secret Manager answered {type(e).__name__}") from e

    def _connected(self) -> Any:
        with self._lock:
            self._client = self._client or self._make_client()
            return self._client


def _google_client() -> Any:
    from google.cloud import secretmanager  # noqa: PLC0415 - see the module's first lines

    return secretmanager.SecretManagerServiceClient()


def _retry(all_tries_s: float) -> Any:
    from google.api_core import exceptions, retry  # noqa: PLC0415

    transient = tuple(getattr(exceptions, name) for name in _TRANSIENT)
    return retry.Retry(
        predicate=retry.if_exception_type(*transient),
        initial=_FIRST_PAUSE_S,
        maximum=0.5,
        timeout=all_tries_s,
    )
