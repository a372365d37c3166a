"""Identity tokens: only what Google signed, for us, by whom we expect, and of now."""

from collections.abc import Iterator

import pytest

from functions.dialogflow.identity import Sender, find_bearer, is_sender, parse_token, verify_token
from functions.dialogflow.identity_certificates import Certificates
from functions.handoff.errors import WebhookRejected
from functions.runtime.http_client import HttpClient
from infra.sandbox.google_identity import SERVICE_AGENT, GoogleIdentityStandIn
from tests.forged_tokens import AUDIENCE, forged

SENDER = Sender(frozenset({SERVICE_AGENT}), frozenset({AUDIENCE}))


@pytest.fixture(scope="module")
def google() -> Iterator[GoogleIdentityStandIn]:
    one = GoogleIdentityStandIn()
    one.serve()
    yield one
    one.stop()


@pytest.fixture(scope="module")
def certificates(google: GoogleIdentityStandIn) -> Certificates:
    return Certificates(HttpClient(), google.certs_url)


def is_accepted(google: GoogleIdentityStandIn, certificates: Certificates, token: str) -> bool:
    try:
        parsed = parse_token(token, google.clock.time())
        verify_token(parsed, certificates.find)
    except WebhookRejected as e:
        return (401, "identity_token") != (e.status, e.reason)
    return is_sender(parsed, SENDER)


# --- right ones ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("issuer", ["https://accounts.google.com", "accounts.google.com"])
def test_a_token_of_google_s_is_accepted(
    google: GoogleIdentityStandIn, certificates: Certificates, issuer: str
) -> None:
    token = google.mint(AUDIENCE, iss=issuer)

    assert is_accepted(google, certificates, token)


@pytest.mark.parametrize("drift_s", [-20, 20])
def test_clocks_may_differ_a_little(google: GoogleIdentityStandIn, certificates: Certificates, drift_s: int) -> None:
    now = int(google.clock.time())
    token = google.mint(AUDIENCE, iat=now + max(drift_s, -3600), exp=now + (3600 if drift_s > 0 else drift_s))

    assert is_accepted(google, certificates, token)


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        ({"Authorization": "Bearer a.b.c"}, "a.b.c"),
        ({"authorization": "bearer  a.b.c "}, "a.b.c"),
        ({"Authorization": "Basic a.b.c"}, ""),
        ({"Authorization": "a.b.c"}, ""),
        ({}, ""),
    ],
)
def test_a_token_comes_as_a_bearer(headers: dict[str, str], found: str) -> None:
    assert found == find_bearer(headers)


# --- forged ones -----------------------------------------------------------------------------------------------------


def test_a_hundred_forged_tokens_are_all_refused(google: GoogleIdentityStandIn, certificates: Certificates) -> None:
    tokens = forged(google)

    accepted = [name for name, token in tokens.items() if is_accepted(google, certificates, token)]

    assert [] == accepted
    assert len(tokens) >= 100


def test_a_refusal_repeats_nothing_of_the_token(google: GoogleIdentityStandIn) -> None:
    token = google.mint(AUDIENCE, iss="hunter2")

    with pytest.raises(WebhookRejected) as caught:
        parse_token(token, google.clock.time())

    assert "hunter2" not in str(caught.value)


def test_a_certificate_that_is_none_verifies_nothing(google: GoogleIdentityStandIn) -> None:
    parsed = parse_token(google.mint(AUDIENCE), google.clock.time())

    with pytest.raises(WebhookRejected):
        verify_token(parsed, lambda _: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----")
