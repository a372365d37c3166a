"""Calls the function `redeliver`, with an identity token where it is not on this machine."""

import os
import subprocess
import time
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import requests

from functions.handoff.errors import ConfigError
from functions.runtime.http_client import is_loopback
from infra.deploy.gcloud import GCLOUD_SETTINGS

_TIMEOUT_S = 90.0
_TOKEN_TIMEOUT_S = 60.0
_TOKEN_KEPT_S = 1800.0  # half of its life

_BY_STATUS = {
    401: "redeliver did not accept the identity token.",
    403: "Your identity may not call redeliver: it needs roles/run.invoker there.",
    404: "There is no function at that URL.",
}

GetToken = Callable[[str], str]
"""URL → identity token for it."""


class NoAnswer(Exception):
    """Redeliver did not answer; whether it did what was asked is not known. The message names the kind of failure."""


class Reply(NamedTuple):
    """What redeliver answered. `body` is {} where it was no JSON object; `retry_after_s` None where it does not say."""

    status: int
    body: dict[str, Any]
    retry_after_s: float | None = None

    @property
    def refusal(self) -> str:
        """An answer that is no outcome, in words."""
        said = str(self.body.get("error", ""))
        return _BY_STATUS.get(self.status) or f"redeliver answered {self.status}: {said or 'nothing to read'}"


def call_redeliver(url: str, body: dict[str, Any], get_token: GetToken) -> Reply:
    """Ask the function for something.

    Args:
        url: of the function.
        body: what is asked for.
        get_token: not asked for one on loopback.

    Raises:
        NoAnswer: none came in time.
        ConfigError: the URL is not one that a token may be sent to.
    """
    headers = {} if is_loopback(url) else {"Authorization": f"Bearer {_token(url, get_token)}"}
    try:
        answer = requests.post(url, json=body, headers=headers, timeout=_TIMEOUT_S, allow_redirects=False)
    except requests.RequestException as e:
        raise NoAnswer(type(e).__name__) from e
    return Reply(answer.status_code, _json_of(answer), _retry_after(answer))


def _token(url: str, get_token: GetToken) -> str:
    if urlsplit(url).scheme != "https" or not urlsplit(url).hostname:
        raise ConfigError(f"the URL of redeliver must be https, or on this machine: {url}")
    return get_token(url)


def _json_of(answer: requests.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except requests.JSONDecodeError:
        return {}
    return body if isinstance(body, dict) else {}


def _retry_after(answer: requests.Response) -> float | None:
    said = answer.headers.get("Retry-After", "")
    return float(said) if said.isascii() and said.isdigit() else None


def kept(get_token: GetToken, monotonic: Callable[[], float] = time.monotonic) -> GetToken:
    """The same token for half an hour, so that gcloud is not asked before every call."""
    known: dict[str, tuple[float, str]] = {}

    def get(url: str) -> str:
        if url not in known or monotonic() - known[url][0] > _TOKEN_KEPT_S:
            known[url] = monotonic(), get_token(url)
        return known[url][1]

    return get


def gcloud_token(url: str, service_account: str = "") -> str:
    """An identity token of whom gcloud is signed in as, or of a service account that one may act as.

    Only a service account's token can name the URL as its audience.

    Raises:
        ConfigError: gcloud is not there, or gives none.
    """
    command = ["gcloud", "auth", "print-identity-token"]
    if service_account:
        command += [f"--impersonate-service-account={service_account}", f"--audiences={url}"]
    try:
        environ = {**os.environ, **GCLOUD_SETTINGS}  # a token must not get into gcloud's log files
        done = subprocess.run(
            command, capture_output=True, text=True, check=True, env=environ, timeout=_TOKEN_TIMEOUT_S
        )
    except FileNotFoundError as e:
        raise ConfigError("gcloud is not installed: it gives the identity token") from e
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as e:
        raise ConfigError("gcloud gave no identity token: gcloud auth login") from e
    return done.stdout.strip()
