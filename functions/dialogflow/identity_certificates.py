"""The certificates of Google's identity tokens: fetched when first needed, kept for as long as Google says.

Neither an outage of Google's nor a flood of tokens with invented key ids changes much: old certificates are used for a
while, and Google is not asked again and again.
"""

import re
import threading
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from functions.handoff.errors import ProviderUnavailable
from functions.runtime.http_client import HttpClient, Response

PROVIDER = "google_certificates"
_TIMEOUT_S = 2.0  # of Dialogflow's five seconds
_DEFAULT_S, _SHORTEST_S, _LONGEST_S = 3600.0, 60.0, 6 * 3600.0
_STALE_S = 24 * 3600.0  # for so long after that, old ones will do while Google is away
_UNKNOWN_KEY_S = 60.0  # between two looks for a key that is not among those known
_RETRY_S = 5.0  # between two tries while Google is away
_MAX_AGE = re.compile(r"(?:^|[\s,])max-age=(\d{1,18})(?:$|[\s,;])", re.IGNORECASE)


class _Kept(NamedTuple):
    """What Google answered last: certificates by key id, how long they are surely right, and how long they will do."""

    certificates: Mapping[str, str] = {}
    fresh_until: float = float("-inf")
    usable_until: float = float("-inf")


class Certificates:
    """Google's current certificates; safe for use by many threads.

    Args:
        url: of a JSON object, key id → certificate in PEM.
        monotonic: seconds on a clock that never goes back.
    """

    def __init__(self, http: HttpClient, url: str, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._http = http
        self._url = url
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._kept = _Kept()
        self._next_try = float("-inf")
        self._next_look_for_unknown = float("-inf")

    def find(self, key_id: str) -> str | None:
        """The certificate of a key, or None when Google has no such key (as far as was asked lately).

        Raises:
            ProviderUnavailable: nothing that could be used is known, and Google does not answer.
        """
        if self._is_due(key_id):
            self._look_once(key_id)
        kept = self._kept
        if self._monotonic() >= kept.usable_until:
            raise ProviderUnavailable(PROVIDER, "no_certificates")
        return kept.certificates.get(key_id)

    def _is_due(self, key_id: str) -> bool:
        now = self._monotonic()
        if now < self._next_try or self._is_known(key_id):
            return False
        return now >= self._kept.fresh_until or now >= self._next_look_for_unknown

    def _is_known(self, key_id: str) -> bool:
        return self._monotonic() < self._kept.fresh_until and key_id in self._kept.certificates

    def _look_once(self, key_id: str) -> None:
        """Look, unless somebody else does: then an old one will do, or what they find."""
        has_old = self._monotonic() < self._kept.usable_until and key_id in self._kept.certificates
        if not self._lock.acquire(blocking=not has_old):
            return
        try:
            if self._is_due(key_id):
                self._look()
        finally:
            self._lock.release()

    def _look(self) -> None:
        """Ask Google; if it does not answer, everything stays as it was."""
        is_for_unknown = self._monotonic() < self._kept.fresh_until
        answer = self._ask()
        now = self._monotonic()
        if answer is None or not _is_good(answer):
            self._next_try = now + _RETRY_S
            return
        fresh_until = now + _fresh_s(answer.headers)
        self._kept = _Kept(answer.body, fresh_until, fresh_until + _STALE_S)
        if is_for_unknown:
            self._next_look_for_unknown = now + _UNKNOWN_KEY_S

    def _ask(self) -> Response | None:
        try:
            return self._http.request(PROVIDER, "GET", self._url, timeout_s=_TIMEOUT_S)
        except ProviderUnavailable:
            return None


def _is_good(answer: Response) -> bool:
    found = answer.body
    is_table = answer.status == 200 and isinstance(found, dict) and bool(found)
    return is_table and all(isinstance(one, str) and "BEGIN CERTIFICATE" in one for one in found.values())


def _fresh_s(headers: Mapping[str, str]) -> float:
    found = _MAX_AGE.search(headers.get("Cache-Control", ""))
    seconds = float(found[1]) if found else _DEFAULT_S
    return min(max(seconds, _SHORTEST_S), _LONGEST_S)
