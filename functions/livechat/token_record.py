"""The document `tokens/livechat`: the shared agent token, and who is renewing it.

Every write is compare-and-set, so of two instances that want to renew it one finds the other's claim.
"""

from datetime import datetime
from typing import Annotated

import msgspec

from functions.handoff.errors import StoreConflict, StoreUnavailable
from functions.handoff.interfaces import Create, Document, Record, Replace, Store
from functions.livechat.oauth import AgentToken

_PATH = "tokens/livechat"
_PUT_TRIES = 3
_Time = Annotated[datetime, msgspec.Meta(tz=True)]


class Claim(msgspec.Struct, frozen=True):
    """Who is renewing the token, and until when nobody else may."""

    owner: str
    until: _Time


class _Body(msgspec.Struct, frozen=True, kw_only=True):
    access_token: str = ""
    obtained_at: _Time | None = None
    expires_at: _Time | None = None
    claim: Claim | None = None


class Stored(msgspec.Struct, frozen=True):
    """The document as it was read or written; `document` is None when there is none yet."""

    document: Document | None
    token: AgentToken | None = None
    claim: Claim | None = None

    def is_claimed_by(self, owner: str) -> bool:
        """Tell whether the claim is this worker's."""
        return self.claim is not None and self.claim.owner == owner

    def is_claimed(self, now: datetime) -> bool:
        """Tell whether somebody's claim still holds."""
        return self.claim is not None and now < self.claim.until


class TokenRecord:
    """The document in a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def read(self) -> Stored:
        """The document now; one that can't be read counts as empty.

        Raises:
            StoreUnavailable: no answer in time.
        """
        document = self._store.get(_PATH).get(_PATH)
        if document is None:
            return Stored(None)
        try:
            body = msgspec.convert(document.record.body, _Body)
        except msgspec.ValidationError:
            return Stored(document)
        return Stored(document, _token(body), body.claim)

    def claim(self, stored: Stored, claim: Claim) -> Stored | None:
        """Announce that the token is being renewed; None when somebody wrote in between.

        Raises:
            StoreUnavailable: claimed or not is unknown; a claim nobody works on runs out.
        """
        try:
            return self._write(stored, stored.token, claim)
        except StoreConflict:
            return None

    def release(self, stored: Stored) -> None:
        """Take the claim back, as far as the store lets us; else it runs out."""
        try:
            self._write(stored, stored.token, None)
        except (StoreConflict, StoreUnavailable):
            return

    def put(self, stored: Stored, token: AgentToken) -> None:
        """Share a new token and end the claim, as far as the store lets us. A newer one is left alone."""
        our_claim = stored.claim
        for _ in range(_PUT_TRIES):
            try:
                self._write(stored, token, None if stored.claim == our_claim else stored.claim)
                return
            except (StoreConflict, StoreUnavailable):
                again = self._read_again()
            if again is None or (again.token and again.token.obtained_at >= token.obtained_at):
                return
            stored = again

    def _read_again(self) -> Stored | None:
        try:
            return self.read()
        except StoreUnavailable:
            return None

    def _write(self, stored: Stored, token: AgentToken | None, claim: Claim | None) -> Stored:
        body = _Body(
            access_token=token.value if token else "",
            obtained_at=token.obtained_at if token else None,
            expires_at=token.expires_at if token else None,
            claim=claim,
        )
        record = Record(body=msgspec.to_builtins(body))
        before = stored.document
        write = Replace(_PATH, record, before.version) if before else Create(_PATH, record)
        version = self._store.commit(write)[_PATH]
        return Stored(Document(_PATH, record, version), token, claim)


def _token(body: _Body) -> AgentToken | None:
    if not body.access_token or body.obtained_at is None or body.expires_at is None:
        return None
    return AgentToken(body.access_token, body.obtained_at, body.expires_at)
