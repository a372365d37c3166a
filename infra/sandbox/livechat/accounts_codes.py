"""Authorization codes: what an app may ask a person's consent for, and the code it gets for that, good for one use.

Source: OAuth authorization (authorization code grant, redirect URIs, PKCE extension) and its troubleshooting page.
"""

import base64
import hashlib
import hmac
import re
import secrets
from collections import deque
from urllib.parse import unquote, urlsplit

import msgspec
from werkzeug.datastructures import MultiDict

from infra.sandbox.clock import Clock
from infra.sandbox.livechat.errors import AccountsError
from infra.sandbox.livechat.options import Options

_REDIRECTS_WITHIN_S = 30.0
_CHALLENGE = re.compile(r"[A-Za-z0-9\-._~]{43,128}")
_METHODS = ("plain", "s256")  # the documentation writes s256 and S256


class Refused(Exception):
    """The person is shown LiveChat's error page: `oauth_exception`, and `exception_details` where there are any."""

    def __init__(self, exception: str, details: str = "") -> None:
        super().__init__(exception)
        self.exception = exception
        self.details = details


class Wanted(msgspec.Struct, frozen=True):
    """A right authorization request."""

    redirect_uri: str
    state: str
    code_challenge: str
    code_challenge_method: str


class _Code(msgspec.Struct, frozen=True):
    wanted: Wanted
    good_until: float


class Codes:
    """The codes that are out, and how often people were sent on lately."""

    def __init__(self, options: Options, clock: Clock) -> None:
        self._options = options
        self._clock = clock
        self._codes: dict[str, _Code] = {}
        self._sent_on: deque[float] = deque()

    def issue(self, wanted: Wanted) -> str:
        """A new code.

        Raises:
            Refused: the third one in thirty seconds was the last.
        """
        now = self._clock.time()
        while self._sent_on and self._sent_on[0] < now - _REDIRECTS_WITHIN_S:
            self._sent_on.popleft()
        if len(self._sent_on) >= self._options.redirect_limit:
            raise Refused("invalid_request", "too_many_redirects")
        self._sent_on.append(now)
        code = f"dal:{secrets.token_urlsafe(20)}"
        self._codes[code] = _Code(wanted, now + self._options.code_lifetime_s)
        return code

    def take(self, code: str) -> Wanted | None:
        """What a code was given for; from then on it is worth nothing. None for one that never was, or is no more."""
        found = self._codes.pop(code, None)
        return found.wanted if found and self._clock.time() < found.good_until else None


def read_request(options: Options, asked: "MultiDict[str, str]") -> Wanted:
    """Check an authorization request.

    Raises:
        Refused: LiveChat would refuse it.
    """
    if any(len(asked.getlist(name)) > 1 for name in asked):
        raise Refused("invalid_request")
    if asked.get("client_id") != options.client_id:
        raise Refused("unauthorized_client", "client_id_not_found")
    if not options.redirect_uris:
        raise Refused("unauthorized_client", "redirect_uri_not_set")
    redirect_uri = asked.get("redirect_uri", "")
    if not any(is_allowed(redirect_uri, registered) for registered in options.redirect_uris):
        raise Refused("unauthorized_client", "invalid_redirect_uri")
    if asked.get("response_type") != "code":  # "token" is for apps in a browser
        raise Refused("unsupported_response_type")
    challenge, method = asked.get("code_challenge", ""), asked.get("code_challenge_method", "plain")
    if method.lower() not in _METHODS or (challenge and not _CHALLENGE.fullmatch(challenge)):
        raise Refused("invalid_request")
    if not options.is_administrator:
        raise Refused("invalid_scope")
    return Wanted(redirect_uri, asked.get("state", ""), challenge, method.lower())


def is_allowed(uri: str, registered: str) -> bool:
    """Whether a redirect URI fits a registered one: same scheme, host and port; its path may go on further."""
    asked, known = urlsplit(uri), urlsplit(registered)
    if (asked.scheme, asked.netloc) != (known.scheme, known.netloc) or not asked.netloc:
        return False
    if asked.query or asked.fragment or "?" in uri or "#" in uri:
        return False
    return ".." not in unquote(asked.path).split("/") and asked.path.startswith(known.path)


def check_verifier(wanted: Wanted, verifier: str) -> None:
    """Check PKCE's `code_verifier` against the challenge, if there was one.

    Raises:
        AccountsError: it doesn't fit.
    """
    if not wanted.code_challenge:
        return
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    answer = digest if wanted.code_challenge_method == "s256" else verifier
    if not hmac.compare_digest(answer.encode(), wanted.code_challenge.encode()):
        raise AccountsError("invalid_grant", "code_verifier does not fit")
