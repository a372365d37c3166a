"""Whom LiveChat's Configuration API is called as: the app, by its refresh token, or a person, by a personal token.

The app's access token is made for this one run and forgotten. The functions share another one, in `tokens/livechat`:
it is neither used nor replaced here, as it may be older than the scopes that the app has now. What is shared is the
refresh token; it is traded by the very code that the functions trade it by, so that one that LiveChat changes is
stored before the access token is used, and one that a function has just changed is found.

Source: LiveChat OAuth authorization (v2/token); personal access tokens (basic auth, account id and token).
"""

import base64
import getpass
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from functions.handoff.errors import ConfigError, ProviderRefused, ProviderUnavailable
from functions.livechat.api import DeskAddress
from functions.livechat.refresh import Refresher
from functions.runtime.http_client import HttpClient
from functions.runtime.wiring import SystemClock
from infra.deploy.gcloud import CloudRefused
from infra.webhooks.secret_store import OAUTH, SecretStore

_TIMEOUT_S = 20.0
_TRIES = 3  # of storing a changed refresh token: should it be lost, somebody has to log in again
_LOG_IN = "make login stores a new one."
_REFUSALS = {
    "invalid_grant": f"LiveChat refuses the refresh token in {OAUTH}: it was revoked or has expired. {_LOG_IN}",
    "invalid_client": "LiveChat does not know the app: LIVECHAT_CLIENT_ID, or the client secret in "
    f"{OAUTH}, is not what the Developer Console shows. Correct it, then make login.",
}
_REFUSALS["unauthorized_client"] = _REFUSALS["invalid_client"]


class NoAccess(Exception):
    """LiveChat gives no access token; the message says what to do."""


@dataclass(frozen=True)
class Access:
    """A way to be let in.

    Attributes:
        authorization: the header's value.
        if_refused: what to do when LiveChat does not accept it.
        if_scope_missing: what to do when it lacks a scope.
    """

    authorization: str = field(repr=False)
    if_refused: str
    if_scope_missing: str


def as_app(http: HttpClient, address: DeskAddress, store: SecretStore) -> Access:
    """Access as the app, with a new access token.

    Raises:
        NoAccess: LiveChat refuses the refresh token or the app, or does not answer.
        ConfigError: the secret is missing or malformed.
    """
    refresher = Refresher(http, SystemClock(), address, lambda: store.get(OAUTH), lambda new: _store(store, new))
    with _uninterrupted():
        token = _renewed(refresher)
    return Access(
        f"Bearer {token}",
        if_refused=f"Run this again; if that does not help: {_LOG_IN}",
        if_scope_missing="Give the app the scope in the Developer Console, then make login.",
    )


def _renewed(refresher: Refresher) -> str:
    try:
        return refresher.renew(_TIMEOUT_S).value
    except ProviderRefused as e:
        sentence = f"LiveChat gives no access token ({e.error_type}). {_LOG_IN}"
        raise NoAccess(_REFUSALS.get(e.error_type, sentence)) from e
    except ProviderUnavailable as e:
        raise NoAccess(f"LiveChat gives no access token now ({e.error_type}). Run this again.") from e


def _store(store: SecretStore, content: str) -> None:
    """Keep a refresh token that LiveChat changed; the old one may be worth nothing any more."""
    for left in reversed(range(_TRIES)):
        try:
            return store.put(OAUTH, content)
        except (CloudRefused, ConfigError, OSError) as e:
            if not left:
                raise NoAccess(
                    f"LiveChat changed the refresh token, and the new one could not be stored in {OAUTH} ({e}). "
                    "The functions may lose LiveChat within hours: make login, when that is mended."
                ) from e


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """No Ctrl-C between LiveChat's answer and the new refresh token's being stored."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def as_person(ask: Callable[[str], str] = input, ask_unseen: Callable[[str], str] = getpass.getpass) -> Access:
    """Access with a personal access token, typed without being shown, or on two lines of standard input.

    Raises:
        ConfigError: nothing, or something that can't be one, was typed.
    """
    if not sys.stdin.isatty():
        ask = ask_unseen = lambda _prompt: sys.stdin.readline()
    account_id = ask("LiveChat account id: ").strip()
    token = ask_unseen("Personal access token (not shown): ").strip()
    if not account_id or not token or ":" in account_id or len((account_id + token).split()) > 1:
        raise ConfigError("an account id and a personal access token are needed, each on a line of its own")
    pair = base64.b64encode(f"{account_id}:{token}".encode()).decode()
    return Access(
        f"Basic {pair}",
        if_refused="The account id or the personal access token is wrong, or the token was revoked.",
        if_scope_missing="Make a personal access token that has the scope (Developer Console, Settings).",
    )
