"""Asks the function `redeliver` to send a dead letter again, with an identity token where it is not on this machine."""

import subprocess
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import requests

from functions.handoff.errors import ConfigError
from functions.runtime.http_client import is_loopback

_TIMEOUT_S = 90.0
_TOKEN_TIMEOUT_S = 60.0

_WORDS = {
    "handled": "Sent again: it is delivered.",
    "queued": "Sent again: it waits and goes as soon as it can. Its conversation is looked after; nothing else to do.",
    "duplicate": "It was sent again before; nothing was done now.",
    "dead_letter": "Sent again, and given up again: {reason}. Mend that, then send it again.",
    "ignored": "Not sent again: {message}",
}
_WELL = {"handled", "queued", "duplicate"}
_BY_STATUS = {
    401: "redeliver did not accept the identity token.",
    403: "Your identity may not call redeliver: it needs roles/run.invoker there.",
    404: "There is no function at that URL.",
    503: "Not now: the store is away, or too much waits in that conversation. Try again.",
}


class Answer(NamedTuple):
    """What came of it, in words; `went_well`: nothing is left to do for the operator."""

    went_well: bool
    words: str


def resend(url: str, letter_id: str, get_token: Callable[[str], str]) -> Answer:
    """Have a dead letter sent again; twice is harmless.

    Args:
        url: of the function `redeliver`.
        letter_id: as listed.
        get_token: gives an identity token for that URL; not asked for one on loopback.

    Raises:
        ConfigError: the URL is not one that a token may be sent to.
    """
    headers = {} if is_loopback(url) else {"Authorization": f"Bearer {_token(url, get_token)}"}
    try:
        answer = requests.post(
            url, json={"resend": letter_id}, headers=headers, timeout=_TIMEOUT_S, allow_redirects=False
        )
    except requests.RequestException as e:
        return Answer(
            False, f"redeliver did not answer ({type(e).__name__}). Perhaps it was sent; ask again, it is safe."
        )
    return _read(answer.status_code, _json_of(answer))


def _token(url: str, get_token: Callable[[str], str]) -> str:
    if urlsplit(url).scheme != "https" or not urlsplit(url).hostname:
        raise ConfigError(f"the URL of redeliver must be https, or on this machine: {url}")
    return get_token(url)


def _json_of(answer: requests.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except requests.JSONDecodeError:
        return {}
    return body if isinstance(body, dict) else {}


def _read(status: int, body: dict[str, Any]) -> Answer:
    outcome = body.get("outcome")
    if status == 200 and outcome in _WORDS:
        words = _WORDS[outcome].format(reason=body.get("reason", ""), message=body.get("message", ""))
        return Answer(outcome in _WELL, words)
    said = str(body.get("error", ""))
    return Answer(False, _BY_STATUS.get(status) or f"redeliver answered {status}: {said or 'nothing to read'}")


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
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=_TOKEN_TIMEOUT_S)
    except FileNotFoundError as e:
        raise ConfigError("gcloud is not installed: it gives the identity token") from e
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as e:
        raise ConfigError("gcloud gave no identity token: gcloud auth login") from e
    return done.stdout.strip()
