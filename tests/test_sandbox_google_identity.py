"""The stand-in that signs identity tokens, held against google-auth's own verification."""

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any, get_args

import pytest
import requests
from google.auth import exceptions, jwt

from infra.sandbox.google_identity import SERVICE_AGENT, Flaw, GoogleIdentityStandIn
from infra.sandbox.standin import Fault

AUDIENCE = "https://europe-west1-p.cloudfunctions.net/dialogflow_webhook"


@pytest.fixture
def google() -> Iterator[GoogleIdentityStandIn]:
    standin = GoogleIdentityStandIn()
    standin.serve()
    yield standin
    standin.stop()


def certificates(google: GoogleIdentityStandIn) -> dict[str, str]:
    found: dict[str, str] = requests.get(google.certs_url, timeout=5).json()
    return found


def verified(google: GoogleIdentityStandIn, token: str) -> dict[str, Any]:
    decode: Callable[..., dict[str, Any]] = jwt.decode
    return decode(token, certs=certificates(google), audience=AUDIENCE)


def header(token: str) -> dict[str, Any]:
    part = token.partition(".")[0]
    read: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return read


def test_a_token_names_who_calls_whom_and_who_signed(google: GoogleIdentityStandIn) -> None:
    token = google.mint(AUDIENCE)

    claims = verified(google, token)
    assert ("https://accounts.google.com", AUDIENCE, SERVICE_AGENT) == (claims["iss"], claims["aud"], claims["email"])
    assert (True, 3600) == (claims["email_verified"], claims["exp"] - claims["iat"])
    assert [header(token)["kid"]] == list(certificates(google))


def test_the_certificates_say_how_long_they_may_be_kept(google: GoogleIdentityStandIn) -> None:
    google.max_age_s = 77

    answer = requests.get(google.certs_url, timeout=5)

    assert google.certs_url.endswith("/oauth2/v1/certs")
    assert "max-age=77" in answer.headers["Cache-Control"]
    assert all(pem.startswith("-----BEGIN CERTIFICATE-----") for pem in answer.json().values())


def test_a_token_of_the_key_before_is_good_until_the_next_change(google: GoogleIdentityStandIn) -> None:
    old = google.mint(AUDIENCE)
    google.rotate()
    new = google.mint(AUDIENCE)

    assert header(old)["kid"] != header(new)["kid"]
    assert {header(old)["kid"], header(new)["kid"]} == set(certificates(google))
    assert verified(google, old)
    assert verified(google, new)

    google.rotate()

    with pytest.raises(ValueError, match="Certificate for key id"):
        verified(google, old)


@pytest.mark.parametrize("flaw", ["expired", "issued in the future", "no expiry", "wrong key", "changed claims"])
def test_a_flawed_token_is_refused(google: GoogleIdentityStandIn, flaw: Flaw) -> None:
    with pytest.raises((ValueError, exceptions.GoogleAuthError)):
        verified(google, google.mint(AUDIENCE, flaw=flaw))


@pytest.mark.parametrize(
    ("flaw", "alg"), [("alg none", "none"), ("HS256 with the certificate", "HS256"), ("unknown key id", "RS256")]
)
def test_a_token_that_is_signed_otherwise_is_refused(google: GoogleIdentityStandIn, flaw: Flaw, alg: str) -> None:
    token = google.mint(AUDIENCE, flaw=flaw)

    assert alg == header(token)["alg"]
    with pytest.raises((ValueError, exceptions.GoogleAuthError)):
        verified(google, token)


@pytest.mark.parametrize(
    ("flaw", "claim", "expected"),
    [("other issuer", "iss", "https://accounts.goggle.example"), ("e-mail not verified", "email_verified", False)],
)
def test_a_token_that_is_rightly_signed_may_say_what_must_not_be_taken(
    google: GoogleIdentityStandIn, flaw: Flaw, claim: str, expected: object
) -> None:
    assert expected == verified(google, google.mint(AUDIENCE, flaw=flaw))[claim]


def test_a_token_without_a_key_id_is_signed_all_the_same(google: GoogleIdentityStandIn) -> None:
    token = google.mint(AUDIENCE, flaw="no key id")

    assert "kid" not in header(token)
    assert verified(google, token)


def test_every_flaw_makes_another_kind_of_token(google: GoogleIdentityStandIn) -> None:
    tokens = {google.mint(AUDIENCE, flaw=flaw) for flaw in get_args(Flaw)}

    assert len(get_args(Flaw)) == len(tokens)


def test_a_flaw_can_be_set_for_all_tokens_and_claims_for_one(google: GoogleIdentityStandIn) -> None:
    google.flaw = "expired"

    with pytest.raises(exceptions.GoogleAuthError, match="expired"):
        verified(google, google.mint(AUDIENCE))
    claims = verified(google, google.mint(AUDIENCE, flaw="", sub="7", email_verified=None))
    assert ("7", False) == (claims["sub"], "email_verified" in claims)


def test_tokens_go_by_the_sandbox_s_clock(google: GoogleIdentityStandIn) -> None:
    google.clock.advance(86_400)

    with pytest.raises(exceptions.GoogleAuthError, match="used too early"):
        verified(google, google.mint(AUDIENCE))


def test_the_certificates_can_be_out_of_reach(google: GoogleIdentityStandIn) -> None:
    google.faults = [Fault("certs", times=1, status=503, body={})]

    assert 503 == requests.get(google.certs_url, timeout=5).status_code
    assert 200 == requests.get(google.certs_url, timeout=5).status_code
    assert 2 == len(google.calls)


def test_it_begins_anew_with_other_keys(google: GoogleIdentityStandIn) -> None:
    before = set(google.state()["keys"])

    requests.post(google.base_url + "/_reset", timeout=5)

    assert not before & set(google.state()["keys"])
