"""Asking a person for consent at LiveChat: the address to open, and what comes back to ours. Pure.

LiveChat sends a person back only with a code. What it refuses ends on its own error page, whose address says why.

Source: LiveChat OAuth authorization (authorization code grant, PKCE extension; `S256` as its accounts-sdk sends it),
troubleshooting (`oauth_exception`, `exception_details`), read 2026-11.
"""

import base64
import hashlib
import hmac
import re
import secrets
from typing import NamedTuple
from urllib.parse import parse_qs, unquote, urlencode

PORT = 8765
PATH = "/callback"
_CODE = re.compile(r"[!-~]{8,1000}")
_ADDRESS = re.compile(r"://|[?&]|^(code|state)=")

_REFUSALS = {
    "client_id_not_found": "it knows no app with that LIVECHAT_CLIENT_ID: copy it from the Developer Console",
    "redirect_uri_not_set": "the app has no redirect address: enter the one above under App Authorization",
    "invalid_redirect_uri": "the redirect address is not the app's: enter the one above, letter by letter",
    "too_many_redirects": "that was too often in a row: wait half a minute",
    "access_denied": "it was denied: consent was refused, or the app is not installed on that person's licence",
    "invalid_client": "client id and client secret don't belong together",
    "invalid_grant": "the code was used before or is too old (it lives for minutes): begin again",
    "invalid_scope": "one of the app's scopes can't be granted: customers:own needs an administrator to sign in",
    "missing_grant": "consent was refused, or the app's scopes have changed: allow what it asks for",
    "unauthorized_client": "client id, client secret or redirect address is wrong, or the code was used or is too old",
    "unsupported_response_type": "the app must be a server-side app",
    "server_error": "it has trouble of its own: try again later",
    "temporarily_unavailable": "it is away for the moment: try again later",
}


class Consent(NamedTuple):
    """One attempt. `url` is what the person opens; `state` and `verifier` tie what comes back to it."""

    url: str
    redirect_uri: str
    state: str
    verifier: str


class NotAnAnswer(Exception):
    """It belongs to another attempt, or is no answer at all; the right one may still come."""


class NotGranted(Exception):
    """LiveChat said no. The message says why and what helps."""


def new_consent(accounts_url: str, client_id: str, port: int = PORT) -> Consent:
    """An attempt at an app's consent, to be answered on a port of this machine."""
    state, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
    redirect_uri = redirect_address(port)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    query = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    return Consent(f"{accounts_url.rstrip('/')}/?{urlencode(query)}", redirect_uri, state, verifier)


def redirect_address(port: int = PORT) -> str:
    """The address to register with the app: scheme, host and port must match exactly."""
    return f"http://127.0.0.1:{port}{PATH}"


def read_answer(consent: Consent, query: str) -> str:
    """The code in what came back to our address.

    Raises:
        NotAnAnswer: it is not this attempt's, or has no code.
        NotGranted: it says that there is none.
    """
    found = _parameters(query)
    refusal = _refusal_in(found)
    state, code = _only(found, "state"), _only(found, "code")
    if not hmac.compare_digest(state.encode(), consent.state.encode()):
        raise NotAnAnswer("that is the answer to another attempt")
    if refusal:
        raise NotGranted(words_for(refusal))
    return _checked(code)


def read_pasted(consent: Consent, text: str) -> str:
    """The code in what a person pasted: the address the browser ended at, its query, or the code alone.

    A bare code has no state; the verifier still ties it to this attempt.

    Raises:
        NotAnAnswer: it is none of these, or of another attempt.
        NotGranted: it is the address of LiveChat's error page.
    """
    pasted = text.strip().strip("<>\"'")
    if not _ADDRESS.search(pasted):
        return _checked(unquote(pasted))
    query = pasted.partition("#")[0].rpartition("?")[2]
    refusal = _refusal_in(_parameters(query))
    if refusal:
        raise NotGranted(words_for(refusal))
    return read_answer(consent, query)


def words_for(refusal: str) -> str:
    """What a refusal of LiveChat's means."""
    return f"LiveChat says {refusal}: {_REFUSALS.get(refusal, 'see its page on authorization errors')}"


def _parameters(query: str) -> dict[str, list[str]]:
    try:
        return parse_qs(query, max_num_fields=20)
    except ValueError:
        raise NotAnAnswer("that has too many parts to be an answer") from None


def _checked(code: str) -> str:
    if not _CODE.fullmatch(code):
        raise NotAnAnswer("there is no code in that")
    return code


def _refusal_in(found: dict[str, list[str]]) -> str:
    """The most telling of the reasons in an address; "" where there is none."""
    for name in ("exception_details", "oauth_exception", "identity_exception", "error"):
        said = _only(found, name)
        if re.fullmatch(r"[a-z_]{1,60}", said):
            return said
    return ""


def _only(found: dict[str, list[str]], name: str) -> str:
    """The one value of a parameter; "" where there is none, or more than one."""
    values = found.get(name, [])
    return values[0] if len(values) == 1 else ""
