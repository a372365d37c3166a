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
    """Whose webhooks; required with a personal access token, which belongs to no app."""

    owner_client_id: str | None = None


class UnregisterWebhook(Owner, frozen=True, kw_only=True):
    id: str


class ListNames(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    version: str | None = None


def _owner(caller: Cause, body: Owner) -> str:
    owner = caller.client_id or body.owner_client_id
    if owner is None:
        raise ApiError("validation", "owner_client_id: required with a personal access token")
    return owner


def _register(licence: Licence, caller: Cause, body: Registration) -> JsonObject:
    if caller.client_id not in (None, body.owner_client_id):
        raise ApiError("authorization", "owner_client_id: not the client of the access token")
    return {"id": licence.webhooks.register(body)}


def _list(licence: Licence, caller: Cause, body: Owner) -> list[JsonObject]:
    owner = _owner(caller, body)
    registered = licence.webhooks.registered.items()
    return [described(webhook_id, one) for webhook_id, one in registered if one.owner_client_id == owner]


def _unregister(licence: Licence, caller: Cause, body: UnregisterWebhook) -> JsonObject:
    owner = _owner(caller, body)
    registration = licence.webhooks.registered.get(body.id)
    if registration is None or registration.owner_client_id != owner:
        raise ApiError("not_found", "id: no such webhook")
    del licence.webhooks.registered[body.id]
    return {}


def _enable(licence: Licence, caller: Cause, body: Owner) -> JsonObject:
    _owner(caller, body)
    licence.webhooks.enabled = True
    return {}


def _disable(licence: Licence, caller: Cause, body: Owner) -> JsonObject:
    _owner(caller, body)
    licence.webhooks.enabled = False
    return {}


def _state(licence: Licence, caller: Cause, body: Owner) -> JsonObject:
    _owner(caller, body)
    return {"license_webhooks_enabled": licence.webhooks.enabled}


def _names(_licence: Licence, _caller: Any, _body: ListNames) -> list[JsonObject]:
    return [{"action": action} for action in ACTIONS]


METHODS: dict[str, Method] = {
    "register_webhook": Method(_register, Registration, _CONFIGURE),
    "list_webhooks": Method(_list, Owner, _CONFIGURE),
    "unregister_webhook": Method(_unregister, UnregisterWebhook, _CONFIGURE),
    "enable_license_webhooks": Method(_enable, Owner, _STATE),
    "disable_license_webhooks": Method(_disable, Owner, _STATE),
    "get_license_webhooks_state": Method(_state, Owner, _READ_STATE),
    "list_webhook_names": Method(_names, ListNames),
}
