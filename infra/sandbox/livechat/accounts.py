"""accounts.livechat.com: agent tokens by code or refresh token, customer tokens by agent token.

Source: OAuth authorization, customer authorization and the Customer Accounts API v2.
"""

import uuid
from typing import Annotated, Any

import msgspec
from flask import Request
from msgspec import Meta

from infra.sandbox.livechat.accounts_codes import check_verifier
from infra.sandbox.livechat.errors import AccountsError
from infra.sandbox.livechat.licence import Licence
from infra.sandbox.livechat.model import Customer, JsonObject
from infra.sandbox.livechat.tokens import AGENT, CUSTOMER, AccessToken

_NEEDED = {
    "authorization_code": ("client_id", "client_secret", "code", "redirect_uri"),
    "refresh_token": ("client_id", "client_secret", "refresh_token"),
}


class CustomerTokenRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Body of `/v2/customer/token`; `response_type` is documented as required."""

    grant_type: str
    client_id: str
    response_type: str
    entity_id: str | None = None
    organization_id: str | None = None
    expires_in: Annotated[int, Meta(ge=1)] | None = None


def token(licence: Licence, request: Request) -> JsonObject:
    """A new agent access token for a code or a refresh token (form-encoded), with the refresh token to use next.

    Raises:
        AccountsError: another grant, wrong client, wrong or used code, wrong refresh token, or not a form.
    """
    form = request.form
    grant_type = form.get("grant_type", "")
    if not grant_type:
        raise AccountsError("invalid_request", "missing form field grant_type")
    if grant_type not in _NEEDED:
        raise AccountsError("unsupported_grant_type", grant_type)
    for name in _NEEDED[grant_type]:
        if not form.get(name):
            raise AccountsError("invalid_request", f"missing form field {name}")
    options = licence.options
    if (form["client_id"], form["client_secret"]) != (options.client_id, options.client_secret):
        raise AccountsError("invalid_client", "unknown client id or wrong secret")
    refresh_token = _by_code(licence, request) if grant_type == "authorization_code" else _by_token(licence, request)
    granted = licence.tokens.mint(AGENT, options.token_agent, options.expires_in, options.client_id, refresh_token)
    return {
        "access_token": granted.value,
        "account_id": options.account_id,
        "expires_in": granted.lifetime_s,
        "organization_id": options.organization_id,
        "refresh_token": refresh_token,
        "scope": ",".join(granted.scopes),
        "token_type": "Bearer",
    }


def _by_code(licence: Licence, request: Request) -> str:
    form = request.form
    wanted = licence.codes.take(form["code"])
    if wanted is None:  # the documentation names both for it
        exception = licence.dice.choice(("invalid_grant", "unauthorized_client"))
        raise AccountsError(exception, "the code is invalid, expired or was used")
    if form["redirect_uri"] != wanted.redirect_uri:
        raise AccountsError("invalid_grant", "redirect_uri is not the one of the authorization request")
    check_verifier(wanted, form.get("code_verifier", ""))
    return licence.tokens.add_refresh_token()


def _by_token(licence: Licence, request: Request) -> str:
    if request.form["refresh_token"] not in licence.tokens.refresh_tokens:
        raise AccountsError("invalid_grant", "refresh token is invalid or expired")
    return licence.tokens.rotate(request.form["refresh_token"])


def info(licence: Licence, request: Request) -> JsonObject:
    """What an agent token is.

    Raises:
        AccountsError: it is not valid.
    """
    token = _agent_token(licence, request)
    return {
        "access_token": token.value,
        "account_id": licence.options.account_id,
        "client_id": token.client_id,
        "expires_in": int(licence.tokens.left_s(token)),
        "organization_id": licence.options.organization_id,
        "scope": ",".join(token.scopes),
        "token_type": "Bearer",
    }


def revoke(licence: Licence, request: Request) -> JsonObject:
    """Take an agent token back, and the refresh token that came with it.

    Raises:
        AccountsError: it is not valid.
    """
    licence.tokens.revoke(_agent_token(licence, request))
    return {}


def customer_token(licence: Licence, request: Request) -> JsonObject:
    """A token for a new customer, or for the existing one named by `entity_id`.

    Raises:
        AccountsError: no agent token with `customers:own` (a personal access token won't do), another grant, wrong
            client, an entity that doesn't exist.
    """
    agent = _agent_token(licence, request)
    if "customers:own" not in agent.scopes:
        raise AccountsError("forbidden", "scope customers:own is missing")
    wanted = _read(request)
    if wanted.grant_type != "agent_token":
        raise AccountsError("unsupported_grant_type", wanted.grant_type)
    if wanted.client_id != licence.options.client_id:
        raise AccountsError("invalid_client", "unknown client id")
    if wanted.response_type != "token":
        raise AccountsError("invalid_request", "response_type must be token")
    customer = _customer(licence, wanted)
    lifetime_s = min(wanted.expires_in or licence.options.customer_expires_in, licence.options.customer_expires_in)
    token = licence.tokens.mint(CUSTOMER, customer.id, lifetime_s, wanted.client_id)
    return {
        "access_token": token.value,
        "client_id": wanted.client_id,
        "entity_id": customer.id,
        "expires_in": lifetime_s,
        "organization_id": licence.options.organization_id,
        "token_type": "Bearer",
    }


def _customer(licence: Licence, wanted: CustomerTokenRequest) -> Customer:
    if wanted.entity_id is None:
        entity_id = str(uuid.uuid4())
        licence.customers[entity_id] = Customer(entity_id, licence.now(), wanted.client_id)
        return licence.customers[entity_id]
    if wanted.entity_id not in licence.customers:
        raise AccountsError("resource_not_found", "no such entity_id")
    return licence.customers[wanted.entity_id]


def _read(request: Request) -> CustomerTokenRequest:
    body: Any = request.get_json(silent=True)
    if body is None:
        raise AccountsError("invalid_request", "body must be JSON")
    try:
        return msgspec.convert(body, CustomerTokenRequest)
    except msgspec.ValidationError as e:
        raise AccountsError("invalid_request", str(e)) from e


def _agent_token(licence: Licence, request: Request) -> AccessToken:
    token = licence.tokens.find(request.headers.get("Authorization", ""), AGENT)
    if token is None:
        raise AccountsError("access_denied", "an agent's Bearer access token is needed")
    return token
