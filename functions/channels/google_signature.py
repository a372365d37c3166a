"""Google's messaging webhooks, who sent one: the handshake when its URL is set, then a signature on every call. Pure.

Source: developers.google.com/business-communications: business-messages, guide "set your webhook", as of 2024-11;
rcs-business-messaging, guide "webhooks", as of 2026-04.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable

from functions.handoff.errors import WebhookRejected
from functions.handoff.json_fields import text_at


def parse_handshake(body: object, client_tokens: Iterable[str]) -> str | None:
    """The secret to answer, bare and with 200, when Google verifies the webhook's URL; None for any other body.

    Whether Google signs this request is not documented: look for it before the signature is checked.

    Raises:
        WebhookRejected: 401, the body asks for the handshake with a token that is not ours.
    """
    token, secret = text_at(body, "clientToken"), text_at(body, "secret")
    if not token or not secret:
        return None
    if not _is_one_of(token, client_tokens):
        raise WebhookRejected(401, "client_token", "the clientToken of the handshake is not ours")
    return secret


def verify_signature(signed: bytes, signature: str | None, keys: Iterable[str]) -> None:
    """Let pass only what was signed with an accepted key.

    Args:
        signed: for Business Messages the request body as it came, before any parsing; for RCS the decoded data in it.
        signature: header X-Goog-Signature: standard base64 of HMAC-SHA512.
        keys: the current one and the one before.

    Raises:
        WebhookRejected: 401, missing or wrong signature.
    """
    digests = [hmac.new(key.encode(), signed, hashlib.sha512).digest() for key in keys if key]
    if not _is_one_of((signature or "").strip(), [base64.b64encode(digest).decode() for digest in digests]):
        raise WebhookRejected(401, "signature", "X-Goog-Signature is missing or does not fit")


def _is_one_of(given: str, accepted: Iterable[str]) -> bool:
    """Compare in constant time; an empty value is never accepted, as anyone could give it."""
    given_bytes = given.encode("utf-8", "surrogatepass")
    return any(hmac.compare_digest(given_bytes, one.encode()) for one in accepted if one)
