"""Identity tokens at the door of a running function: the right one comes in, and no forged one does."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from infra.sandbox.google_identity import SERVICE_AGENT, GoogleIdentityStandIn
from infra.sandbox.processes import FunctionProcess, free_port
from tests.forged_tokens import AUDIENCE, forged
from tests.fuzz_world import CLIENT, ORGANIZATION

pytestmark = pytest.mark.scenario


@pytest.fixture(scope="module")
def google() -> Iterator[GoogleIdentityStandIn]:
    one = GoogleIdentityStandIn()
    one.serve()
    yield one
    one.stop()


@pytest.fixture(scope="module")
def url(google: GoogleIdentityStandIn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The function with no shared token at all."""
    folder: Path = tmp_path_factory.mktemp("identity")
    secrets = folder / "secrets.json"
    secrets.write_text("{}")
    secrets.chmod(0o600)
    settings = {
        "STORE": f"sqlite:{folder / 'store.sqlite'}",
        "SECRETS": f"file:{secrets}",
        "DIALOGFLOW_AGENT": "projects/p/agent",
        "LIVECHAT_ORGANIZATION_ID": ORGANIZATION,
        "LIVECHAT_CLIENT_ID": CLIENT,
        "GOOGLE_CERTS_URL": google.certs_url,
        "DIALOGFLOW_IDENTITY_AUDIENCES": AUDIENCE,
        "DIALOGFLOW_IDENTITY_EMAILS": SERVICE_AGENT,
    }
    with (folder / "log").open("wb") as log:
        process = FunctionProcess("dialogflow_webhook", free_port(), settings, log)
        process.start()
        process.wait_ready()
        yield process.url
        process.stop()


def status(url: str, token: str) -> int:
    body = {
        "session": "projects/p/agent/sessions/nobody-s",
        "responseId": "r-1",
        "queryResult": {"action": "handoff", "languageCode": "en"},
    }
    return requests.post(url, json=body, headers={"Authorization": f"Bearer {token}"}, timeout=10).status_code


def fits_in_a_header(token: str) -> bool:
    return token.isascii() and token.isprintable() and len(token) < 8_000


def test_only_the_right_token_comes_in(google: GoogleIdentityStandIn, url: str) -> None:
    tokens = {name: token for name, token in forged(google).items() if fits_in_a_header(token)}
    before = status(url, google.mint(AUDIENCE))

    refused = {name: status(url, token) for name, token in tokens.items()}

    assert (200, 200) == (before, status(url, google.mint(AUDIENCE)))
    assert {} == {name: one for name, one in refused.items() if one != 401}
    assert len(refused) >= 100


def test_a_flood_of_invented_keys_does_not_reach_google(google: GoogleIdentityStandIn, url: str) -> None:
    status(url, google.mint(AUDIENCE))
    before = len(google.calls)

    answered = {status(url, google.mint(AUDIENCE, flaw="unknown key id")) for _ in range(100)}

    assert {401} == answered
    assert len(google.calls) - before <= 1
