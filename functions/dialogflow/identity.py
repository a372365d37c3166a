"""Dialogflow's own proof of who calls: identity tokens that Google signs for its service agents. Knows no settings.

Everything a token says is looked at before a certificate is: who can't name the right audience and sender causes no
call to Google.

Source: cloud.google.com/docs/authentication/token-types (identity tokens), RFC 7515 and 7519; Dialogflow CX guide
"webhook", service agent authentication; certificates: the documented default of google-auth's `verify_oauth2_token`. As
of 2026-11. Which principal and audience Dialogflow ES uses is not documented: both are configured.
"""

import base64
import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec
from google.auth import crypt

from functions.handoff.errors import WebhookRejected

_ISSUERS = {"https://accounts.google.com", "accounts.google.com"}
_LEEWAY_S = 30.0
_LONGEST_TOKEN = 8192  # characters; Google's have about a thousand
_TOKEN = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")


class Sender(msgspec.Struct, frozen=True):
    """Who may call, and under which of our addresses: e-mails of service agents, audiences."""

    emails: frozenset[str]
    audiences: frozenset[str]


class IdentityToken(msgspec.Struct, frozen=True, kw_only=True):
    """What a token claims, in good form and of this time; its signature is not verified yet."""

    key_id: str
    email: str
    audience: str
    signed: bytes
    signature: bytes


def find_bearer(headers: Mapping[str, str]) -> str:
    """What stands in the Authorization header as a bearer token, "" for none."""
    by_name = {name.lower(): given for name, given in headers.items()}
    scheme, _, credentials = by_name.get("authorization", "").strip().partition(" ")
    return credentials.strip() if scheme.lower() == "bearer" else ""


def parse_token(token: str, now_s: float) -> IdentityToken:
    """Read an identity token of Google's, not yet verified.

    Args:
        token: three parts of base64url; RS256, and nothing else.
        now_s: seconds since 1970.

    Raises:
        WebhookRejected: 401, it is none, or not of this time, or its e-mail address is not verified.
    """
    if len(token) > _LONGEST_TOKEN or not _TOKEN.fullmatch(token):
        raise _wrong("form")
    head, body, signature = (_decoded(part) for part in token.split("."))
    header, claims = _object(head), _object(body)
    if header.get("alg") != "RS256" or "crit" in header or not _is_text(header.get("kid")):
        raise _wrong("algorithm or key")
    if claims.get("iss") not in _ISSUERS:
        raise _wrong("issuer")
    if not _is_of_now(claims, now_s):
        raise _wrong("time")
    if claims.get("email_verified") is not True or not _is_text(claims.get("email")) or not _is_text(claims.get("aud")):
        raise _wrong("claims")
    return IdentityToken(
        key_id=header["kid"],
        email=claims["email"],
        audience=claims["aud"],
        signed=token.rpartition(".")[0].encode(),
        signature=signature,
    )


def is_sender(token: IdentityToken, sender: Sender) -> bool:
    """Whether it is made out by whom and to what we expect."""
    return token.email in sender.emails and token.audience in sender.audiences


def verify_token(token: IdentityToken, find_certificate: Callable[[str], str | None]) -> None:
    """Let pass only what Google signed.

    Args:
        token: as `parse_token` read it.
        find_certificate: key id → certificate in PEM, None for a key that Google does not (any longer) have.

    Raises:
        WebhookRejected: 401, it did not.
    """
    certificate = find_certificate(token.key_id)
    if certificate is None:
        raise _wrong("algorithm or key")
    try:
        is_signed = crypt.verify_signature(token.signed, token.signature, certificate)  # type: ignore[no-untyped-call]
    except (ValueError, TypeError):  # a certificate that is none, or of another kind of key
        is_signed = False
    if not is_signed:
        raise _wrong("signature")


def _decoded(part: str) -> bytes:
    """Only one spelling of the same bytes counts."""
    try:
        decoded = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except ValueError:
        raise _wrong("form") from None
    if base64.urlsafe_b64encode(decoded).rstrip(b"=") != part.encode():
        raise _wrong("form")
    return decoded


def _object(raw: bytes) -> Mapping[str, Any]:
    try:
        content = json.loads(raw)
    except (ValueError, RecursionError):
        raise _wrong("form") from None
    if not isinstance(content, dict):
        raise _wrong("form")
    return content


def _is_text(given: object) -> bool:
    return isinstance(given, str) and bool(given)


def _is_of_now(claims: Mapping[str, Any], now_s: float) -> bool:
    begun = [claims.get("iat"), claims.get("nbf", claims.get("iat"))]
    if not _are_times([*begun, claims.get("exp")]):
        return False
    return all(one <= now_s + _LEEWAY_S for one in begun) and now_s - _LEEWAY_S < claims["exp"]


def _are_times(given: Iterable[object]) -> bool:
    return all(isinstance(one, int | float) and not isinstance(one, bool) for one in given)


def _wrong(what: str) -> WebhookRejected:
    return WebhookRejected(401, "identity_token", f"the identity token is not accepted: {what}")
