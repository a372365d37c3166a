"""Business Messages: who may call the webhook."""

import base64
import hashlib
import hmac

import pytest

from functions.channels.business_messages import parse_handshake, verify_signature
from functions.handoff.errors import WebhookRejected

KEY = "example-client-token"
SIGNED_BODY = (
    b'{"agent":"brands/1/agents/2","conversationId":"c-1","requestId":"r-1","userStatus":{"requestedLiveAgent":true,'
    b'"createTime":"2024-01-02T03:04:05Z"},"sendTime":"2024-01-02T03:04:06Z"}'
)
SIGNATURE = "1B7i3XIZ++jm+C62xRwmL9m9HpU4tZv4IzPgJUmis28U4Yx1GZ07Mn/ofBZ4f8Li3ZwYj+Ky3kvvjc2YxGfebQ=="


def test_the_published_scheme_is_hmac_sha512_over_the_raw_body() -> None:
    verify_signature(SIGNED_BODY, SIGNATURE, [KEY])


def test_the_previous_key_is_accepted_beside_the_current_one() -> None:
    verify_signature(SIGNED_BODY, SIGNATURE, ["new-key", KEY])


@pytest.mark.parametrize("signature", [None, "", " ", "x", "é\ud800", SIGNATURE[:-4] + "AAA=", SIGNATURE.lower()])
def test_a_missing_or_wrong_signature_is_rejected(signature: str | None) -> None:
    with pytest.raises(WebhookRejected) as rejected:
        verify_signature(SIGNED_BODY, signature, [KEY])

    assert (rejected.value.status, rejected.value.reason) == (401, "signature")


def test_a_changed_byte_breaks_the_signature() -> None:
    with pytest.raises(WebhookRejected):
        verify_signature(SIGNED_BODY.replace(b"c-1", b"c-2"), SIGNATURE, [KEY])


def test_an_empty_key_signs_nothing() -> None:
    forged = base64.b64encode(hmac.new(b"", SIGNED_BODY, hashlib.sha512).digest()).decode()

    with pytest.raises(WebhookRejected):
        verify_signature(SIGNED_BODY, forged, ["", KEY])


def test_without_keys_nothing_passes() -> None:
    with pytest.raises(WebhookRejected):
        verify_signature(SIGNED_BODY, "", [])


def test_the_handshake_with_our_token_yields_the_bare_secret() -> None:
    assert parse_handshake({"clientToken": KEY, "secret": "12345"}, ["new", KEY]) == "12345"


@pytest.mark.parametrize("token", ["wrong", "é\ud800", KEY + " "])
def test_the_handshake_with_another_token_is_rejected(token: str) -> None:
    with pytest.raises(WebhookRejected) as rejected:
        parse_handshake({"clientToken": token, "secret": "12345"}, ["", KEY])

    assert (rejected.value.status, rejected.value.reason) == (401, "client_token")


@pytest.mark.parametrize(
    "content", [{}, [], None, {"clientToken": KEY}, {"secret": "1"}, {"clientToken": 1, "secret": "1"}, "x"]
)
def test_any_other_body_is_no_handshake(content: object) -> None:
    assert parse_handshake(content, [KEY]) is None
