"""Trading the refresh token in the secret `livechat-oauth` for a new agent token, without ever losing a changed one."""

import json
from collections.abc import Callable
from typing import Annotated, TypeVar

import msgspec

from functions.handoff.errors import ConfigError, HandoffError, ProviderError, ProviderRefused, ProviderUnavailable
from functions.handoff.events import JsonObject
from functions.handoff.interfaces import LIVECHAT, Clock
from functions.livechat.api import DeskAddress
from functions.livechat.oauth import AgentToken, Grant, refresh_agent_token
from functions.runtime.http_client import HttpClient

SECRET_NAME = "livechat-oauth"
_R = TypeVar("_R")


_Word = Annotated[str, msgspec.Meta(min_length=1)]


class _Parts(msgspec.Struct, frozen=True):
    client_secret: _Word
    refresh_token: _Word


class _Secret(msgspec.Struct, frozen=True):
    client_secret: str
    refresh_token: str
    content: JsonObject


class Refresher:
    """Makes agent tokens. One call at a time: the caller holds the claim.

    A refresh token that LiveChat changed is in the secret before the access token is given out. Should storing it fail,
    it is kept here, and storing it is the first thing the next call does.
    """

    def __init__(
        self,
        http: HttpClient,
        clock: Clock,
        address: DeskAddress,
        read_secret: Callable[[], str],
        write_secret: Callable[[str], None],
    ) -> None:
        self._http = http
        self._clock = clock
        self._address = address
        self._read_secret = read_secret
        self._write_secret = write_secret
        self._unsaved: Grant | None = None

    def renew(self, timeout_s: float) -> AgentToken:
        """A new agent token.

        Args:
            timeout_s: for the call to LiveChat.

        Raises:
            ProviderRefused: LiveChat refuses the refresh token or the app.
            ProviderUnavailable: LiveChat or the secret can't be reached.
            ConfigError: the secret is missing, malformed or may not be written.
        """
        granted = self._unsaved or self._grant(timeout_s)
        self._unsaved = granted
        self._save(granted)
        self._unsaved = None
        return granted.token

    def _grant(self, timeout_s: float) -> Grant:
        secret = self._secret()
        try:
            return self._ask(secret, timeout_s)
        except ProviderRefused as e:
            newer = self._secret()
            if e.error_type != "invalid_grant" or newer.refresh_token == secret.refresh_token:
                raise
            return self._ask(newer, timeout_s)  # another instance had just replaced the one that was read

    def _ask(self, secret: _Secret, timeout_s: float) -> Grant:
        return refresh_agent_token(
            self._http,
            self._address,
            self._clock,
            client_secret=secret.client_secret,
            refresh_token=secret.refresh_token,
            timeout_s=timeout_s,
        )

    def _save(self, granted: Grant) -> None:
        """Store a changed refresh token, unless somebody stored a different one meanwhile."""
        if granted.next_refresh_token == granted.used_refresh_token:
            return
        secret = self._secret()
        if secret.refresh_token == granted.used_refresh_token:
            changed = json.dumps({**secret.content, "refresh_token": granted.next_refresh_token})
            _reached(lambda: self._write_secret(changed))

    def _secret(self) -> _Secret:
        return _parse_secret(_reached(self._read_secret))


def _reached(call: Callable[[], _R]) -> _R:
    """What the secret store answers; away, it is a provider that is away."""
    try:
        return call()
    except ProviderError:
        raise
    except HandoffError as e:
        raise ProviderUnavailable(LIVECHAT, "secret_unavailable") from e


def _parse_secret(text: str) -> _Secret:
    try:
        content = json.loads(text)
        parts = msgspec.convert(content, _Parts)
    except (ValueError, msgspec.ValidationError):
        raise ConfigError(
            f'secret {SECRET_NAME}: not a JSON object {{"client_secret", "refresh_token"}}: authorise the app again '
            "and store what LiveChat answers"
        ) from None
    return _Secret(parts.client_secret, parts.refresh_token, content)
