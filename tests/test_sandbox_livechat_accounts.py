"""Who gets a token from the LiveChat stand-in."""

from collections.abc import Callable

import pytest
import requests

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
