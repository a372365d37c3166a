"""Who gets a token from the LiveChat stand-in."""

import base64
import hashlib
from collections.abc import Callable
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from infra.sandbox.livechat.accounts_codes import is_allowed
from tests.sandbox_livechat_desk import Desk

pytest_plugins = ("tests.sandbox_livechat_desk",)


def test_the_refresh_grant_gives_a_token_that_info_knows(desk: Desk) -> None:
    headers = {"Authorization": f"Bearer {desk.agent_token}"}

    info = requests.get(f"{desk.url}/v2/info", headers=headers, timeout=5)

    assert info.status_code == 200
    assert desk.options.organization_id == info.json()["organization_id"]
    assert "customers:own" in info.json()["scope"].split(",")


@pytest.mark.parametrize(
    ("change", "exception"),
    [
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"client_secret": "wrong"}, "invalid_client"),
        ({"refresh_token": "wrong"}, "invalid_grant"),
        ({"client_id": ""}, "invalid_request"),
    ],
)
def test_a_wrong_refresh_is_refused_in_the_oauth_shape(desk: Desk, change: dict[str, str], exception: str) -> None:
    answer = desk.refresh(**change)

    assert answer.status_code == 401
    assert exception == answer.json()["oauth_exception"]
    assert "exception_description" in answer.json()


def test_a_refresh_that_is_not_form_encoded_is_refused(desk: Desk) -> None:
    body = {"grant_type": "refresh_token", "refresh_token": desk.options.refresh_token}

    answer = requests.post(f"{desk.url}/v2/token", json=body, timeout=5)

    assert answer.json()["oauth_exception"] == "invalid_request"


def test_a_rotated_refresh_token_works_once(desks: Callable[..., Desk]) -> None:
    desk = desks(rotate_refresh_tokens=True)
    second = desk.refresh()
    newest = desk.stand_in.licence.tokens.refresh_tokens[-1]

    third = desk.refresh(refresh_token=newest)

    assert second.json()["oauth_exception"] == "invalid_grant"
    assert third.status_code == 200
    assert newest != third.json()["refresh_token"]


def test_the_oldest_of_more_than_25_agent_tokens_is_revoked(desk: Desk) -> None:
    for _ in range(24):
        desk.refresh()
    still_valid = desk.mint().status_code

    desk.refresh()

    assert still_valid == 200
    assert desk.mint().json()["oauth_exception"] == "access_denied"


def test_a_personal_access_token_mints_no_customer(desk: Desk) -> None:
    assert desk.mint(authorization=desk.pat()).json()["oauth_exception"] == "access_denied"


def test_a_customer_needs_the_scope_customers_own(desks: Callable[..., Desk]) -> None:
    desk = desks(scopes=("chats--all:ro",))

    assert desk.mint().json()["oauth_exception"] == "forbidden"


def test_a_customer_token_is_renewed_for_an_existing_entity_only(desk: Desk) -> None:
    entity_id, _ = desk.customer()

    renewed = desk.mint(entity_id=entity_id).json()
    unknown = desk.mint(entity_id="11111111-1111-4111-8111-111111111111")

    assert entity_id == renewed["entity_id"]
    assert renewed["expires_in"] == 28800
    assert unknown.json()["oauth_exception"] == "resource_not_found"


# --- a person's consent: codes ---

REDIRECT = "http://127.0.0.1:8765/callback"
VERIFIER = "a-verifier-that-is-forty-three-characters-long"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")


def asked(desk: Desk, **changes: str) -> str:
    """Opens the authorization page as a browser would; answers where it leads."""
    query = {"response_type": "code", "client_id": desk.options.client_id, "redirect_uri": REDIRECT, "state": "st"}
    answer = requests.get(desk.url, params=query | changes, timeout=5, allow_redirects=False)
    return answer.headers["Location"]


def query_of(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query))


def exchange(desk: Desk, code: str, /, **changes: str) -> requests.Response:
    form = {
        "grant_type": "authorization_code",
        "client_id": desk.options.client_id,
        "client_secret": desk.options.client_secret,
        "code": code,
        "redirect_uri": REDIRECT,
    }
    return requests.post(f"{desk.url}/v2/token", data=form | changes, timeout=5)


def test_consent_leads_back_with_a_code_that_is_good_for_one_exchange(desk: Desk) -> None:
    back = asked(desk)
    code = query_of(back)["code"]

    first, second = exchange(desk, code), exchange(desk, code)

    assert back.startswith(f"{REDIRECT}?")
    assert query_of(back)["state"] == "st"
    assert (200, 401) == (first.status_code, second.status_code)
    assert second.json()["oauth_exception"] in {"invalid_grant", "unauthorized_client"}
    assert desk.refresh(refresh_token=first.json()["refresh_token"]).status_code == 200


def test_a_code_that_waited_too_long_is_refused(desks: Callable[..., Desk]) -> None:
    desk = desks(code_lifetime_s=0.0)

    assert exchange(desk, query_of(asked(desk))["code"]).status_code == 401


@pytest.mark.parametrize(
    ("change", "exceptions"),
    [
        ({"client_secret": "wrong"}, {"invalid_client"}),
        ({"client_id": "another"}, {"invalid_client"}),
        ({"redirect_uri": f"{REDIRECT}/on"}, {"invalid_grant"}),
        ({"redirect_uri": ""}, {"invalid_request"}),
        ({"code": "dal:made-up"}, {"invalid_grant", "unauthorized_client"}),
    ],
)
def test_a_wrong_exchange_is_refused(desk: Desk, change: dict[str, str], exceptions: set[str]) -> None:
    answer = exchange(desk, query_of(asked(desk))["code"], **change)

    assert answer.status_code == 401
    assert answer.json()["oauth_exception"] in exceptions


@pytest.mark.parametrize(("verifier", "status"), [(VERIFIER, 200), (VERIFIER + "x", 401), ("", 401)])
def test_a_challenge_has_to_be_met(desk: Desk, verifier: str, status: int) -> None:
    code = query_of(asked(desk, code_challenge=CHALLENGE, code_challenge_method="S256"))["code"]

    assert exchange(desk, code, code_verifier=verifier).status_code == status


@pytest.mark.parametrize(
    ("change", "exception", "details"),
    [
        ({"client_id": "another"}, "unauthorized_client", "client_id_not_found"),
        ({"redirect_uri": "http://127.0.0.1:8766/callback"}, "unauthorized_client", "invalid_redirect_uri"),
        ({"redirect_uri": ""}, "unauthorized_client", "invalid_redirect_uri"),
        ({"response_type": "token"}, "unsupported_response_type", None),
        ({"code_challenge": "short"}, "invalid_request", None),
        ({"code_challenge": CHALLENGE, "code_challenge_method": "md5"}, "invalid_request", None),
    ],
)
def test_what_is_wrong_leads_to_the_error_page_and_never_back(
    desk: Desk, change: dict[str, str], exception: str, details: str | None
) -> None:
    there = asked(desk, **change)

    assert urlsplit(there).path == "/ooops"
    assert (exception, details) == (query_of(there)["oauth_exception"], query_of(there).get("exception_details"))


def test_who_is_no_administrator_can_t_consent(desks: Callable[..., Desk]) -> None:
    assert query_of(asked(desks(is_administrator=False)))["oauth_exception"] == "invalid_scope"


@pytest.mark.parametrize(("decision", "path"), [("allow", "/callback"), ("deny", "/ooops")])
def test_an_app_that_is_not_private_asks_first(desks: Callable[..., Desk], decision: str, path: str) -> None:
    desk = desks(asks_consent=True)
    form = {"response_type": "code", "client_id": desk.options.client_id, "redirect_uri": REDIRECT, "state": '"><b>'}

    page = requests.get(desk.url, params=form, timeout=5, allow_redirects=False)
    decided = requests.post(desk.url, data=form | {"decision": decision}, timeout=5, allow_redirects=False)

    assert page.status_code == 200
    assert "customers:own" in page.text
    assert "<b>" not in page.text
    assert urlsplit(decided.headers["Location"]).path == path


def test_the_fourth_time_within_half_a_minute_is_too_often(desk: Desk) -> None:
    there = [asked(desk) for _ in range(4)]

    assert ["/callback"] * 3 + ["/ooops"] == [urlsplit(one).path for one in there]
    assert query_of(there[-1])["exception_details"] == "too_many_redirects"


@pytest.mark.parametrize(
    ("uri", "registered", "fits"),
    [
        ("http://127.0.0.1:3000", "http://127.0.0.1:3000", True),
        ("http://127.0.0.1:3000/a/b", "http://127.0.0.1:3000/a", True),
        ("http://127.0.0.1:3000/a", "http://127.0.0.1:3000/a/b", False),
        ("http://127.0.0.1:3000/a/../", "http://127.0.0.1:3000/a", False),
        ("http://127.0.0.1:3000/a/%2e%2e/", "http://127.0.0.1:3000/a", False),
        ("http://localhost:3000", "http://127.0.0.1:3000", False),
        ("https://127.0.0.1:3000", "http://127.0.0.1:3000", False),
        ("http://127.0.0.1:3000/?a=b", "http://127.0.0.1:3000", False),
        ("http://127.0.0.1:3000/#a", "http://127.0.0.1:3000", False),
        ("", "http://127.0.0.1:3000", False),
    ],
)
def test_a_redirect_uri_fits_by_scheme_and_host_and_how_its_path_begins(uri: str, registered: str, fits: bool) -> None:
    assert fits == is_allowed(uri, registered)


def test_a_revoked_token_takes_its_refresh_token_with_it(desk: Desk) -> None:
    granted = exchange(desk, query_of(asked(desk))["code"]).json()
    headers = {"Authorization": f"Bearer {granted['access_token']}"}

    revoked = requests.delete(f"{desk.url}/v2/token", headers=headers, timeout=5)

    assert revoked.status_code == 200
    assert desk.refresh(refresh_token=granted["refresh_token"]).json()["oauth_exception"] == "invalid_grant"
    assert desk.refresh().status_code == 200
