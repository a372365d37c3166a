"""The HTTP server: accounts, the three APIs, files, and the controls.

Beside what every stand-in answers:

- ``GET /_agent`` – the people at the desks; ``POST /_agent/<what>`` – what they do, see `people`
- ``POST /_tokens/expire`` – ``{"kind": "customer"|"agent", "owner_id"?}``: tokens stop being valid now
- ``POST /_delivery`` – `deliveries.Mischief` fields: webhooks doubled, late, dropped or delayed
"""

import uuid
from typing import Any, Literal

import msgspec
from flask import Response, jsonify, request

from infra.sandbox.clock import Clock
from infra.sandbox.deeds import Deeds
from infra.sandbox.livechat import (
    accounts,
    accounts_consent,
    agent_api,
    configuration_api,
    customer_api,
    people,
    people_writing,
    uploads,
)
from infra.sandbox.livechat.deliveries import Mischief
from infra.sandbox.livechat.errors import AccountsError, ApiError, parse, status_of
from infra.sandbox.livechat.licence import Licence
from infra.sandbox.livechat.model import AGENT_APP, Cause, JsonObject
from infra.sandbox.livechat.options import Options
from infra.sandbox.livechat.tokens import agent_caller, customer_caller
from infra.sandbox.livechat.views import agent_state, chat_state
from infra.sandbox.livechat.webhooks import CHAT_ACTIONS, FILTERS_OF, Filters, Registration
from infra.sandbox.standin import StandIn
from infra.webhooks.wanted import FILTERS

VERSION = "3.6"
_CONFIGURATION = {"configuration": configuration_api.METHODS}
_DEEDS = {**people.DEEDS, **people_writing.DEEDS}


class ExpireTokens(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Body of `/_tokens/expire`."""

    kind: Literal["customer", "agent"] = "customer"
    owner_id: str | None = None


class LiveChatStandIn(StandIn):
    """LiveChat on loopback; `options` are the fields of `Options`. `deeds`: what was played at the desks."""

    def __init__(self, clock: Clock | None = None, **options: Any) -> None:
        super().__init__("livechat", clock)
        self.options = Options(**options)
        self.licence = Licence(self.options, self.clock)
        self.deeds = Deeds(self.clock)
        add = self.app.add_url_rule
        add("/", "authorize", self._authorize, methods=["GET", "POST"])
        add("/ooops", "ooops", lambda: accounts_consent.ooops(request))
        add("/v2/token", "token", lambda: self._account(accounts.token), methods=["POST"])
        add("/v2/token", "revoke", lambda: self._account(accounts.revoke), methods=["DELETE"])
        add("/v2/info", "info", lambda: self._account(accounts.info))
        add("/v2/customer/token", "mint", lambda: self._account(accounts.customer_token), methods=["POST"])
        add("/v<version>/<api>/action/<action>", view_func=self._call, methods=["GET", "POST"])
        add("/api/file/<path:_path>", view_func=self._file)
        add("/_agent", view_func=self._people)
        add("/_agent/<deed>", view_func=self._play, methods=["POST"])
        add("/_tokens/expire", view_func=self._expire, methods=["POST"])
        add("/_delivery", view_func=self._mischief, methods=["POST"])
        self.app.register_error_handler(ApiError, self._refuse)
        self.app.register_error_handler(AccountsError, _refuse_token)

    # --- for callers in Python -------------------------------------------------------------------------------------

    def register(self, url: str, secret: str) -> None:
        """Register every webhook of chats for `url`; those that our app's set-up registers with its filters."""
        for action in CHAT_ACTIONS:
            usual = {"only_my_chats": True} if "only_my_chats" in FILTERS_OF[action] else {}
            filters = msgspec.convert(FILTERS.get(action, usual), Filters)
            wanted = Registration(
                action=action,
                secret_key=secret,
                url=url,
                owner_client_id=self.options.client_id,
                type="license",
                additional_data=["chat_properties"],
                filters=filters,
            )
            with self.lock:
                self.licence.webhooks.register(wanted)

    def play(self, deed: str, **body: Any) -> JsonObject:
        """Do what `POST /_agent/<deed>` does.

        Raises:
            ApiError: LiveChat would not allow it.
        """
        if deed not in _DEEDS:
            raise ApiError("validation", f"unknown: {deed}")
        given = {"base_url": self.base_url, **body} if deed == "file" else body
        with self.lock:
            moment = self.deeds.begin()
            done: JsonObject = _DEEDS[deed].run(self.licence, parse(given, _DEEDS[deed].shape))
            self.deeds.note(moment, deed, str(body.get("chat_id", "")), body, done)
            return done

    def expire_tokens(self, kind: str, owner_id: str | None = None) -> int:
        """Let access tokens ("customer" or "agent") expire now; answers how many."""
        with self.lock:
            return self.licence.tokens.expire(kind, owner_id)

    def misbehave(self, **mischief: float) -> None:
        """Set how webhooks go astray (`Mischief` fields); no fields: not at all."""
        self.licence.webhooks.deliveries.mischief = parse(mischief, Mischief)

    def wait_idle(self, timeout_s: float = 5.0) -> bool:
        """Wait until no webhook is on its way."""
        return self.licence.webhooks.deliveries.wait_idle(timeout_s)

    def reset(self) -> None:
        """Forget everything, webhook registrations too."""
        self.licence.webhooks.deliveries.cancel()
        self.licence = Licence(self.options, self.clock)

    def stop(self) -> None:
        """Send and answer nothing more."""
        self.licence.webhooks.deliveries.stop()
        super().stop()

    def state(self) -> JsonObject:
        """Chats → threads → events, customers, agents, token counts, webhooks."""
        with self.lock:
            licence = self.licence
            return {
                "chats": [chat_state(licence, chat) for chat in licence.chats.values()],
                "customers": [msgspec.to_builtins(customer) for customer in licence.customers.values()],
                "agents": [agent_state(licence, agent) for agent in licence.agents.values()],
                "tokens": licence.tokens.state(),
                "webhooks": licence.webhooks.state(),
            }

    def chat_state(self, chat_id: str) -> JsonObject:
        """One chat as in `state`.

        Raises:
            ApiError: there is none.
        """
        with self.lock:
            return chat_state(self.licence, self.licence.chat(chat_id))

    # --- HTTP ------------------------------------------------------------------------------------------------------

    def _authorize(self) -> Response:
        with self.lock:
            return accounts_consent.authorize(self.licence, request)

    def _account(self, work: Any) -> Response:
        with self.lock:
            return jsonify(work(self.licence, request))

    def _call(self, version: str, api: str, action: str) -> Response:
        if version != VERSION:
            raise ApiError("unsupported_version", f"version {version} is not supported")
        if api == "customer":
            return jsonify(self._call_as_customer(action))
        if api == "agent":
            return jsonify(self._call_as_agent(agent_api.METHODS, action, AGENT_APP))
        return jsonify(self._call_as_agent(_CONFIGURATION.get(api, {}), action, None))

    def _call_as_customer(self, action: str) -> Any:
        with self.lock:
            _check_organization(self.options)
            token = customer_caller(self.licence.tokens, request.headers.get("Authorization", ""))
            caller = Cause(token.owner_id, token.client_id)
            if action == "upload_file" and request.method == "POST":
                return uploads.upload_file(self.licence, request.files, request.form, _base_url())
            method = _method(customer_api.METHODS, action)
            return method.run(self.licence, caller, parse(_json(), method.shape))

    def _call_as_agent(self, methods: dict[str, Any], action: str, default_app: str | None) -> Any:
        method = _method(methods, action)
        with self.lock:
            if not method.scopes:
                return method.run(self.licence, Cause(""), parse(_json(), method.shape))
            token = agent_caller(self.licence.tokens, request.headers.get("Authorization", ""), method.scopes)
            caller = Cause(token.owner_id, token.client_id or default_app)
            return method.run(self.licence, caller, parse(_json(), method.shape))

    def _file(self, _path: str) -> Response:
        return uploads.serve(self.licence, _base_url() + request.path)

    def _people(self) -> Response:
        with self.lock:
            return jsonify([agent_state(self.licence, agent) for agent in self.licence.agents.values()])

    def _play(self, deed: str) -> Response:
        body = _json()
        if not isinstance(body, dict):
            raise ApiError("validation", "body: must be a JSON object")
        return jsonify(self.play(deed, **body))

    def _expire(self) -> Response:
        wanted = parse(_json(), ExpireTokens)
        return jsonify({"expired": self.expire_tokens(wanted.kind, wanted.owner_id)})

    def _mischief(self) -> Response:
        self.licence.webhooks.deliveries.mischief = parse(_json(), Mischief)
        return jsonify({})

    def _refuse(self, error: ApiError) -> Response:
        response = jsonify({"error": {"type": error.error_type, "message": error.message}})
        response.status_code = status_of(error, self.licence.dice)
        response.headers["x-debug-id"] = uuid.uuid4().hex
        return response


def _refuse_token(error: AccountsError) -> Response:
    response = jsonify({"oauth_exception": error.exception, "exception_description": error.description})
    response.status_code = 401
    return response


def _check_organization(options: Options) -> None:
    organization_id = request.args.get("organization_id")
    if not organization_id:
        raise ApiError("validation", "organization_id: required in the query string")
    if organization_id != options.organization_id:
        raise ApiError("license_not_found", "organization_id: unknown")


def _method(methods: dict[str, Any], action: str) -> Any:
    if action not in methods or request.method != "POST":
        raise ApiError("validation", f"unknown method {request.method} {action}")
    return methods[action]


def _json() -> Any:
    if not request.is_json:
        raise ApiError("validation", "body: Content-Type must be application/json")
    try:
        return msgspec.json.decode(request.get_data())
    except (msgspec.MsgspecError, ValueError, RecursionError) as e:
        raise ApiError("validation", f"body: not JSON: {e}") from e


def _base_url() -> str:
    return request.host_url.rstrip("/")
