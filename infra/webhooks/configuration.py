"""LiveChat's Configuration API, as far as webhooks go. Every refusal becomes a sentence with what to do.

Source: LiveChat Configuration API 3.6: register_webhook, list_webhooks, unregister_webhook, enable_license_webhooks,
get_license_webhooks_state; error types from its page "Errors". HTTP statuses are not documented.
"""

from typing import Any

import msgspec

from functions.handoff.errors import ProviderUnavailable
from functions.handoff.events import JsonObject
from functions.handoff.interfaces import LIVECHAT
from functions.livechat.errors import Fault, find_fault
from functions.runtime.http_client import HttpClient
from infra.webhooks.access import Access
from infra.webhooks.plan import MOST, Registered
from infra.webhooks.wanted import ADDITIONAL_DATA, API_VERSION, KIND, Wanted

_TIMEOUT_S = 20.0  # LiveChat itself gives up after 15: what it began is over when we do
_SHOWN = 200  # characters of LiveChat's own words
_CONFIGURE, _STATE = "webhooks.configuration:rw", "webhooks.state:rw"
_SCOPES = {"enable_license_webhooks": _STATE, "get_license_webhooks_state": _STATE}
_OWNER = "LIVECHAT_CLIENT_ID must be an app of this organization"

_SENTENCES = {
    "authentication": "LiveChat does not accept the access token ({method}). {if_refused}",
    "authorization": "LiveChat does not allow {method}: the scope {scope} is missing, or {client_id} is not an app of "
    "this organization (LIVECHAT_CLIENT_ID). {if_scope_missing}",
    "ownership_transfer": f"LiveChat does not allow {{method}}: {_OWNER}, and its ownership is being transferred.",
    "not_found": f"LiveChat does not know the app {{client_id}} ({{method}}): {_OWNER}.",
    "validation": f"LiveChat calls {{method}} invalid: {{said}}. {_OWNER}, the address one that LiveChat can reach.",
    "license_expired": "The LiveChat licence has expired: renew it, then run this again.",
    "limit_reached": f"LiveChat has {MOST} webhooks of {{action}} for this app already: run this again, it looks "
    "first; remove one in the Developer Console if that does not help.",
}
_LATER = "LiveChat takes no calls now ({method}: {type}). Run this again, it goes on from here."
_OTHER = "LiveChat refused {method}: {type}: {said}"
_LATER_TYPES = {"too_many_requests", "internal", "service_unavailable", "request_timeout", "http_429"}


class LiveChatRefused(Exception):
    """LiveChat did not do it; the message is for the operator. `type`: LiveChat's own name of the refusal."""

    def __init__(self, error_type: str, sentence: str) -> None:
        super().__init__(sentence)
        self.type = error_type


class ConfigurationApi:
    """The webhooks of one app.

    Args:
        http: makes the calls.
        base_url: of LiveChat's APIs.
        client_id: of the app.
        access: whom the calls are made as.
    """

    def __init__(self, http: HttpClient, base_url: str, client_id: str, access: Access) -> None:
        self._http = http
        self._base_url = base_url
        self._access = access
        self.client_id = client_id

    def list_webhooks(self) -> list[Registered]:
        """All webhooks of the app, ours or not.

        Raises:
            LiveChatRefused: it did not list them in a form that can be judged.
        """
        listed = self._call("list_webhooks", {})
        try:
            return [msgspec.convert(_said(one), Registered) for one in msgspec.convert(listed, list[JsonObject])]
        except msgspec.ValidationError as e:
            raise LiveChatRefused("unreadable", f"LiveChat lists webhooks in an unknown form ({e}).") from None

    def register(self, wanted: Wanted, secret_key: str) -> str:
        """Register a webhook; answers its id.

        Raises:
            LiveChatRefused: it did not, or whether it did is not known.
        """
        body = {
            "action": wanted.action,
            "secret_key": secret_key,
            "url": wanted.url,
            "description": wanted.description,
            "type": KIND,
            "filters": wanted.filters,
            "additional_data": list(ADDITIONAL_DATA),
        }
        answer = self._call("register_webhook", body, action=wanted.action, unspoken=secret_key)
        found = answer.get("id") if isinstance(answer, dict) else None
        return found if isinstance(found, str) else ""

    def unregister(self, webhook_id: str) -> None:
        """See to it that a webhook is not there.

        Raises:
            LiveChatRefused: it may still be there.
        """
        try:
            self._call("unregister_webhook", {"id": webhook_id})
        except LiveChatRefused as e:
            if e.type != "not_found":
                raise

    def is_enabled(self) -> bool:
        """Whether the licence's webhooks are sent.

        Raises:
            LiveChatRefused: it did not say.
        """
        answer = self._call("get_license_webhooks_state", {})
        state = answer.get("license_webhooks_enabled") if isinstance(answer, dict) else None
        if not isinstance(state, bool):
            raise LiveChatRefused("unreadable", "LiveChat does not say whether the licence's webhooks are on.")
        return state

    def enable(self) -> None:
        """Have the licence's webhooks sent.

        Raises:
            LiveChatRefused: it did not do it.
        """
        self._call("enable_license_webhooks", {})

    def _call(self, method: str, body: JsonObject, *, action: str = "", unspoken: str = "") -> Any:
        url = f"{self._base_url}/v{API_VERSION}/configuration/action/{method}"
        headers = {"Authorization": self._access.authorization}
        sent = {**body, "owner_client_id": self.client_id}
        try:
            answer = self._http.request(LIVECHAT, "POST", url, timeout_s=_TIMEOUT_S, headers=headers, json_body=sent)
        except ProviderUnavailable as e:
            raise LiveChatRefused(e.error_type, _LATER.format(method=method, type=e.error_type)) from e
        fault = find_fault(answer)
        if fault:
            raise LiveChatRefused(fault.type, self._sentence(fault, method, action, unspoken))
        return answer.body

    def _sentence(self, fault: Fault, method: str, action: str, unspoken: str) -> str:
        is_passing = fault.type in _LATER_TYPES or fault.status >= 500
        sentence = _LATER if is_passing else _SENTENCES.get(fault.type, _OTHER)
        return sentence.format(
            method=method,
            type=fault.type,
            said=_shown(fault.message, unspoken),
            action=action or "an action",
            scope=_SCOPES.get(method, _CONFIGURE),
            client_id=self.client_id,
            if_refused=self._access.if_refused,
            if_scope_missing=self._access.if_scope_missing,
        )


def _said(entry: JsonObject) -> JsonObject:
    """What an entry says; null is as good as left out."""
    return {name: value for name, value in entry.items() if value is not None}


def _shown(said: str, unspoken: str) -> str:
    """LiveChat's words on one line, without the secret should they repeat it."""
    hidden = said.replace(unspoken, "…") if unspoken else said
    return " ".join(hidden.split())[:_SHOWN] or "no reason given"
