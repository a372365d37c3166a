"""Configuration API 3.6, as far as webhooks go.

Source: Configuration API 3.6, webhooks.
"""

from typing import Any

import msgspec

from infra.sandbox.livechat.errors import ApiError
from infra.sandbox.livechat.licence import Licence
from infra.sandbox.livechat.methods import Method
from infra.sandbox.livechat.model import Cause, JsonObject
from infra.sandbox.livechat.webhooks import ACTIONS, Registration, described

_CONFIGURE = frozenset({"webhooks.configuration:rw"})
_STATE = frozenset({"webhooks.state:rw"})
_READ_STATE = frozenset({"webhooks.state:rw", "webhooks.state:ro"})


class Owner(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose webhooks."""

    owner_client_id: str


class UnregisterWebhook(Owner, frozen=True, kw_only=True):
    id: str


class StateOwner(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose webhooks' state; required with a personal access token, which belongs to no app."""

    owner_client_id: str | None = None


class ListNames(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    version: str | None = None


def _check_owner(licence: Licence, client_id: str) -> None:
    """Only apps of the organization own webhooks; how LiveChat refuses others is not documented."""
    if client_id != licence.options.client_id:
        error_type = licence.dice.choice(("authorization", "validation", "not_found"))
        raise ApiError(error_type, "owner_client_id: not owned by the organization")


def _check_state_owner(licence: Licence, caller: Cause, body: StateOwner) -> None:
    """With an app's token, an `owner_client_id` that is given wins over the app's own."""
    owner = body.owner_client_id or caller.client_id
    if owner is None:
        raise ApiError("validation", "owner_client_id: required with a personal access token")
    _check_owner(licence, owner)


def _register(licence: Licence, caller: Cause, body: Registration) -> JsonObject:
    if caller.client_id not in (None, body.owner_client_id):
        raise ApiError("authorization", "owner_client_id: not the client of the access token")
    _check_owner(licence, body.owner_client_id)
    return {"id": licence.webhooks.register(body)}


def _list(licence: Licence, _caller: Cause, body: Owner) -> list[JsonObject]:
    owner = body.owner_client_id
    _check_owner(licence, owner)
    registered = licence.webhooks.registered.items()
    return [_listed(described(webhook_id, one)) for webhook_id, one in registered if one.owner_client_id == owner]


def _listed(webhook: JsonObject) -> JsonObject:
    """LiveChat lists neither the secret nor the additional data."""
    return {name: value for name, value in webhook.items() if name != "additional_data"}


def _unregister(licence: Licence, _caller: Cause, body: UnregisterWebhook) -> JsonObject:
    _check_owner(licence, body.owner_client_id)
    registration = licence.webhooks.registered.get(body.id)
    if registration is None or registration.owner_client_id != body.owner_client_id:
        raise ApiError("not_found", "id: no such webhook")
    del licence.webhooks.registered[body.id]
    return {}


def _enable(licence: Licence, caller: Cause, body: StateOwner) -> JsonObject:
    _check_state_owner(licence, caller, body)
    licence.webhooks.enabled = True
    return {}


def _disable(licence: Licence, caller: Cause, body: StateOwner) -> JsonObject:
    _check_state_owner(licence, caller, body)
    licence.webhooks.enabled = False
    return {}


def _state(licence: Licence, caller: Cause, body: StateOwner) -> JsonObject:
    _check_state_owner(licence, caller, body)
    return {"license_webhooks_enabled": licence.webhooks.enabled}


def _names(_licence: Licence, _caller: Any, _body: ListNames) -> list[JsonObject]:
    return [{"action": action} for action in ACTIONS]


METHODS: dict[str, Method] = {
    "register_webhook": Method(_register, Registration, _CONFIGURE),
    "list_webhooks": Method(_list, Owner, _CONFIGURE),
    "unregister_webhook": Method(_unregister, UnregisterWebhook, _CONFIGURE),
    "enable_license_webhooks": Method(_enable, StateOwner, _STATE),
    "disable_license_webhooks": Method(_disable, StateOwner, _STATE),
    "get_license_webhooks_state": Method(_state, StateOwner, _READ_STATE),
    "list_webhook_names": Method(_names, ListNames),
}
