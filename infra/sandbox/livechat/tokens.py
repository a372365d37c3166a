"""Access and refresh tokens: who may call what, and for how long.

Source: OAuth and customer authorization, as of API 3.6: at most 25 tokens per client and account, the oldest is
revoked without notice.
"""

import base64
import binascii
import secrets
from collections import Counter

import msgspec

from infra.sandbox.clock import Clock
from infra.sandbox.livechat.errors import ApiError
from infra.sandbox.livechat.model import JsonObject
from infra.sandbox.livechat.options import Options

AGENT, CUSTOMER, PERSONAL = "agent", "customer", "personal"


class AccessToken(msgspec.Struct):
    """A token. `owner_id`: the agent who installed the app, or the customer. `refresh_token`: the one it came with."""

    value: str
    kind: str
    owner_id: str
    client_id: str | None
    scopes: tuple[str, ...]
    lifetime_s: int
    expires_at: float
    refresh_token: str = ""


class Tokens:
    """Every token of the licence."""

    def __init__(self, options: Options, clock: Clock) -> None:
        self._options = options
        self._clock = clock
        self._by_value: dict[str, AccessToken] = {}
        self.refresh_tokens = [options.refresh_token]
        self.minted: Counter[str] = Counter()

    def mint(self, kind: str, owner_id: str, lifetime_s: int, client_id: str, refresh_token: str = "") -> AccessToken:
        """A new access token; agents' oldest one beyond the limit is revoked without notice."""
        scopes = self._options.scopes if kind == AGENT else ()
        value = f"dal:{secrets.token_urlsafe(20)}"
        ends_at = self._clock.time() + lifetime_s
        token = AccessToken(value, kind, owner_id, client_id, scopes, lifetime_s, ends_at, refresh_token)
        self._by_value[value] = token
        self.minted[kind] += 1
        mine = [old for old in self._by_value.values() if old.kind == kind == AGENT]
        for oldest in mine[: -self._options.token_limit]:
            del self._by_value[oldest.value]
        return token

    def rotate(self, used: str) -> str:
        """The refresh token to answer for the one that was used; a rotated one works no more."""
        if not self._options.rotate_refresh_tokens:
            return used
        self.refresh_tokens.remove(used)
        return self.add_refresh_token()

    def add_refresh_token(self) -> str:
        """A new refresh token; the oldest one beyond the limit is revoked without notice."""
        self.refresh_tokens.append(secrets.token_urlsafe(20))
        del self.refresh_tokens[: -self._options.token_limit]
        return self.refresh_tokens[-1]

    def find(self, header: str, kind: str) -> AccessToken | None:
        """The valid token of that kind in an Authorization header."""
        scheme, _, value = header.partition(" ")
        token = self._by_value.get(value)
        if scheme.lower() != "bearer" or token is None or token.kind != kind or not self.left_s(token):
            return None
        return token

    def personal(self, header: str) -> AccessToken | None:
        """The personal access token in an Authorization header (basic auth of account id and token)."""
        scheme, _, value = header.partition(" ")
        options = self._options
        if scheme.lower() != "basic" or _decoded(value) != f"{options.account_id}:{options.pat}":
            return None
        return AccessToken(options.pat, PERSONAL, options.token_agent, None, options.pat_scopes, 0, float("inf"))

    def revoke(self, token: AccessToken) -> None:
        """Forget a token, and the refresh token that it came with."""
        self._by_value.pop(token.value, None)
        if token.refresh_token in self.refresh_tokens:
            self.refresh_tokens.remove(token.refresh_token)

    def expire(self, kind: str, owner_id: str | None = None) -> int:
        """Let tokens of a kind expire now, all or one owner's; answers how many."""
        expired = [
            token
            for token in self._by_value.values()
            if token.kind == kind and owner_id in (None, token.owner_id) and self.left_s(token)
        ]
        for token in expired:
            token.expires_at = 0.0
        return len(expired)

    def left_s(self, token: AccessToken) -> float:
        """Seconds of its life that are left; with none it opens no door."""
        return max(0.0, token.expires_at - self._clock.time())

    def state(self) -> JsonObject:
        """Counts."""
        valid = Counter(token.kind for token in self._by_value.values() if self.left_s(token))
        return {"minted": dict(self.minted), "valid": dict(valid), "refresh_tokens": len(self.refresh_tokens)}


def _decoded(value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return ""


def customer_caller(tokens: Tokens, header: str) -> AccessToken:
    """The customer behind a call.

    Raises:
        ApiError: `authentication`: no valid customer token.
    """
    token = tokens.find(header, CUSTOMER)
    if token is None:
        raise ApiError("authentication", "Invalid access token")
    return token


def agent_caller(tokens: Tokens, header: str, scopes: frozenset[str]) -> AccessToken:
    """The agent behind a call, by OAuth token or personal access token, with one of `scopes`.

    Raises:
        ApiError: `authentication` or, without a scope, `authorization`.
    """
    token = tokens.find(header, AGENT) or tokens.personal(header)
    if token is None:
        raise ApiError("authentication", "Invalid access token")
    if scopes and not scopes.intersection(token.scopes):
        raise ApiError("authorization", f"Missing scope: one of {', '.join(sorted(scopes))}")
    return token
