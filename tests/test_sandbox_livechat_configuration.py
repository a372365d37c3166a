"""The stand-in's Configuration API: whose webhooks, what is listed of them, their state; driven by LiveChat's SDK."""

from collections.abc import Callable
from typing import Any

import pytest
from livechat.configuration.base import ConfigurationApi

from tests.sandbox_livechat_desk import SECRET, Desk, Json, Receiver, actions

pytest_plugins = ("tests.sandbox_livechat_desk",)

LISTED = {"id", "url", "description", "action", "filters", "owner_client_id", "type"}


def sdk(desk: Desk, token: str) -> Any:
    host = desk.url.removeprefix("http://")
    client = ConfigurationApi.get_client(token=token, version="3.6", base_url=host, disable_logging=True)
    client.api_url = client.api_url.replace("https://", "http://")  # it knows no other scheme
    assert client.api_url.startswith(desk.url)
    return client


def webhook(desk: Desk, url: str = "https://shop.example/hook", **changes: Any) -> Json:
    wanted = {
        "action": "incoming_chat",
        "secret_key": SECRET,
        "url": url,
        "description": "one of ours",
        "owner_client_id": desk.options.client_id,
        "type": "license",
        "filters": {"only_my_chats": True},
        "additional_data": ["chat_properties"],
    }
    return wanted | changes


@pytest.mark.parametrize("as_app", [True, False])
def test_a_list_tells_neither_secret_nor_additional_data(desk: Desk, as_app: bool) -> None:
    client = sdk(desk, f"Bearer {desk.agent_token}" if as_app else desk.pat())
    webhook_id = client.register_webhook(**webhook(desk)).json()["id"]

    (listed,) = client.list_webhooks(owner_client_id=desk.options.client_id).json()

    assert LISTED == set(listed)
    assert (webhook_id, "one of ours", {"only_my_chats": True}) == (
        listed["id"],
        listed["description"],
        listed["filters"],
    )


def test_a_webhook_is_sent_with_what_it_was_registered_with_until_it_is_unregistered(
    desk: Desk, receiver: Receiver
) -> None:
    client = sdk(desk, desk.pat())
    webhook_id = client.register_webhook(**webhook(desk, receiver.url)).json()["id"]
    desk.started()
    assert desk.stand_in.wait_idle()

    gone = client.unregister_webhook(id=webhook_id, owner_client_id=desk.options.client_id)
    desk.started()

    assert desk.stand_in.wait_idle()
    assert (200, {}, ["incoming_chat"]) == (gone.status_code, gone.json(), actions(receiver))
    assert (webhook_id, SECRET, {"chat_properties"}) == (
        receiver.got[0]["webhook_id"],
        receiver.got[0]["secret_key"],
        set(receiver.got[0]["additional_data"]),
    )
    again = client.unregister_webhook(id=webhook_id, owner_client_id=desk.options.client_id)
    assert "not_found" == again.json()["error"]["type"]


def test_the_state_is_told_and_changed(desk: Desk) -> None:
    client = sdk(desk, f"Bearer {desk.agent_token}")

    client.disable_license_webhooks()
    off = client.get_license_webhooks_state().json()
    client.enable_license_webhooks(owner_client_id=desk.options.client_id)

    assert {"license_webhooks_enabled": False} == off
    assert {"license_webhooks_enabled": True} == client.get_license_webhooks_state().json()


def test_a_personal_token_has_no_app_of_its_own(desk: Desk) -> None:
    refused = desk.refused(desk.pat(), "get_license_webhooks_state", {}, "configuration")

    assert ("validation", True) == (refused["type"], "owner_client_id" in refused["message"])


@pytest.mark.parametrize("method", ["list_webhooks", "unregister_webhook", "register_webhook"])
def test_whose_webhooks_must_be_said_even_with_the_app_s_token(desk: Desk, method: str) -> None:
    body = {"register_webhook": webhook(desk), "unregister_webhook": {"id": "w1"}}.get(method, {})
    body = {name: value for name, value in body.items() if name != "owner_client_id"}

    refused = desk.refused(desk.agent_token, method, body, "configuration")

    assert ("validation", True) == (refused["type"], "owner_client_id" in refused["message"])


@pytest.mark.parametrize(
    "method", ["list_webhooks", "unregister_webhook", "register_webhook", "enable_license_webhooks"]
)
def test_an_app_of_another_organization_is_refused_in_one_of_several_ways(
    desks: Callable[..., Desk], method: str
) -> None:
    types = set()
    for seed in range(8):
        desk = desks(seed=seed)
        body = {"register_webhook": webhook(desk), "unregister_webhook": {"id": "w1"}}.get(method, {})
        refused = desk.refused(desk.pat(), method, {**body, "owner_client_id": "not-ours"}, "configuration")
        types.add(refused["type"])

    assert types <= {"authorization", "validation", "not_found"}
    assert len(types) > 1


@pytest.mark.parametrize(
    ("scope", "method", "allowed"),
    [
        ("webhooks.configuration:rw", "list_webhooks", True),
        ("webhooks.configuration:rw", "get_license_webhooks_state", False),
        ("webhooks.state:ro", "get_license_webhooks_state", True),
        ("webhooks.state:ro", "enable_license_webhooks", False),
        ("webhooks.state:rw", "enable_license_webhooks", True),
        ("webhooks.state:rw", "list_webhooks", False),
    ],
)
def test_each_method_has_its_scope(desks: Callable[..., Desk], scope: str, method: str, allowed: bool) -> None:
    desk = desks(scopes=(scope,))

    answer = desk.call("configuration", method, desk.agent_token, {"owner_client_id": desk.options.client_id})

    assert allowed == (answer.status_code == 200)
    assert allowed or answer.json()["error"]["type"] == "authorization"
