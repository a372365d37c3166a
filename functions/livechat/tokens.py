"""The agent access token that all instances share, renewed by one of them at a time.

LiveChat silently revokes the oldest of 25 tokens, so there must be one, not one for each instance. It lives in the
document `tokens/livechat`; who renews it has claimed the document for a few seconds by compare-and-set. A worker that
dies leaves nothing but a claim that runs out. One loss can't be ruled out: should LiveChat replace the refresh token
and its answer never arrive (or the worker die before it is stored), the old one may be refused from then on
(`invalid_grant`), and somebody has to authorise the app again.

Source: LiveChat OAuth authorization (v2/token, expires_in 28800).
"""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from functions.handoff import ids
from functions.handoff.errors import ConfigError, HandoffError, ProviderUnavailable, StoreUnavailable
from functions.handoff.interfaces import LIVECHAT, Clock, Journal, Store
from functions.livechat.api import Deadline, DeskAddress
from functions.livechat.errors import AUTHENTICATION
from functions.livechat.oauth import AgentToken
from functions.livechat.refresh import Refresher
from functions.livechat.token_record import Claim, Stored, TokenRecord
from functions.runtime.http_client import HttpClient

_REFRESH_AT = 0.8  # of its life
_USABLE_FOR = timedelta(seconds=10)
_CLAIM = timedelta(seconds=15)
_LOOK_AGAIN = timedelta(seconds=2)  # while another instance renews it
_TRY_AGAIN = timedelta(seconds=60)  # after a renewal that failed or did not help
_WAIT_S = 0.2
_SHORTEST_RENEWAL_S = 2.0  # cut off sooner, an answer with a changed refresh token would be lost
_LONGEST_RENEWAL_S = 5.0  # with the secret read and written, well inside the claim


class _Cached(NamedTuple):
    token: AgentToken
    good_until: datetime


class AgentTokens:
    """The shared agent token; safe for use by many threads.

    Args:
        http: for the renewal.
        store: where the token is shared.
        clock: what time it is.
        address: whose app, and where.
        read_secret: the secret `livechat-oauth` as it is now, uncached. May raise `ConfigError` or a `HandoffError`.
        write_secret: makes its argument the newest version of that secret. May raise the same.
        journal: told of a renewal that failed while the old token still serves.
    """

    def __init__(
        self,
        http: HttpClient,
        store: Store,
        clock: Clock,
        address: DeskAddress,
        *,
        read_secret: Callable[[], str],
        write_secret: Callable[[str], None],
        journal: Journal | None = None,
    ) -> None:
        self._clock = clock
        self._record = TokenRecord(store)
        self._refresher = Refresher(http, clock, address, read_secret, write_secret)
        self._journal = journal
        self._lock = threading.Lock()
        self._cached: _Cached | None = None
        self._refused = ""

    def get(self, timeout_s: float) -> str:
        """A token to use now: without any call while it is young, else the shared one, else a renewed one.

        Raises:
            ProviderUnavailable: there is none in time; nothing else was done.
            ProviderRefused: LiveChat refuses the refresh token or the app.
            ConfigError: the secret is missing or can't be read.
        """
        cached = self._cached
        if cached and self._clock.now() < cached.good_until:
            return cached.token.value
        old = self._usable(cached.token) if cached else None
        if not self._lock.acquire(timeout=0 if old else timeout_s):
            if old:
                return old.value
            raise ProviderUnavailable(LIVECHAT, "agent_token_pending")
        try:
            return self._find_or_renew(Deadline(self._clock, timeout_s))
        except StoreUnavailable as e:
            if old is None:
                raise ProviderUnavailable(LIVECHAT, "agent_token_store") from e
            return self._keep(old, self._clock.now() + _LOOK_AGAIN)
        finally:
            self._lock.release()

    def refused(self, token: str) -> None:
        """LiveChat said `authentication` to it: not used here again, and renewed if it is still the shared one."""
        self._refused = token
        cached = self._cached
        if cached and cached.token.value == token:
            self._cached = None

    def _find_or_renew(self, deadline: Deadline) -> str:
        cached = self._cached
        if cached and self._clock.now() < cached.good_until:
            return cached.token.value  # another thread was faster
        owner = ids.new_owner_id()
        while True:
            found = self._try(owner, deadline)
            if found is not None:
                return found

    def _try(self, owner: str, deadline: Deadline) -> str | None:
        """The shared token, or a new one; None when somebody else is renewing it, after a little wait."""
        stored, now = self._record.read(), self._clock.now()
        old = self._usable(stored.token)
        if old and now < _refresh_at(old):
            return self._keep(old, _refresh_at(old))
        is_ours = stored.is_claimed_by(owner)
        if old and not is_ours and (stored.is_claimed(now) or deadline.left_s() < _SHORTEST_RENEWAL_S):
            return self._keep(old, now + _LOOK_AGAIN)
        if stored.is_claimed(now) and not is_ours:
            self._clock.sleep(min(_WAIT_S, deadline.left_s()))
            return None
        self._check_refusal(stored, now)
        if deadline.left_s() < _SHORTEST_RENEWAL_S:
            raise ProviderUnavailable(LIVECHAT, "out_of_time")
        claimed = stored if is_ours else self._record.claim(stored, Claim(owner, now + _CLAIM))
        return self._renew(claimed, old, deadline) if claimed else None

    def _renew(self, claimed: Stored, old: AgentToken | None, deadline: Deadline) -> str:
        try:
            token = self._refresher.renew(min(deadline.left_s(), _LONGEST_RENEWAL_S))
        except (HandoffError, ConfigError) as e:
            self._record.release(claimed)
            if old is None:
                raise
            if self._journal:
                self._journal.note("agent_token_not_renewed", reason=getattr(e, "error_type", type(e).__name__))
            return self._keep(old, self._clock.now() + _TRY_AGAIN)
        self._record.put(claimed, token)
        return self._keep(token, _refresh_at(token))

    def _check_refusal(self, stored: Stored, now: datetime) -> None:
        """Let a refused token be renewed, but not again and again: if new ones don't help, more of them won't."""
        token = stored.token
        if token and token.value == self._refused and now < token.obtained_at + _TRY_AGAIN:
            raise ProviderUnavailable(LIVECHAT, AUTHENTICATION, status=401)

    def _usable(self, token: AgentToken | None) -> AgentToken | None:
        if token is None or token.value == self._refused or self._clock.now() >= token.expires_at - _USABLE_FOR:
            return None
        return token

    def _keep(self, token: AgentToken, until: datetime) -> str:
        self._cached = _Cached(token, min(until, token.expires_at - _USABLE_FOR))
        return token.value


def _refresh_at(token: AgentToken) -> datetime:
    return token.obtained_at + (token.expires_at - token.obtained_at) * _REFRESH_AT
