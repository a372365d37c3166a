"""The check of LiveChat's webhooks: what `make webhooks` would do about them."""

from collections.abc import Iterator
from typing import NamedTuple

from functions.handoff.errors import ConfigError
from functions.runtime.http_client import HttpClient
from infra.deploy.site import Site
from infra.doctor.findings import Finding, failed, ok, skipped, warning
from infra.doctor.livechat_token import Given
from infra.doctor.patient import Patient
from infra.webhooks.access import Access
from infra.webhooks.addresses import LIVECHAT_FUNCTION
from infra.webhooks.configuration import ConfigurationApi, LiveChatRefused
from infra.webhooks.plan import Share, make_plan
from infra.webhooks.secret_store import WEBHOOK_SECRET, client_secret, current_line
from infra.webhooks.wanted import Wanted, fingerprint_key, wanted_webhooks

_NAME = "livechat.webhooks"


class _Looked(NamedTuple):
    """A secret store that only looks."""

    patient: Patient

    def get(self, name: str) -> str:
        """The value, as `SecretStore` gives it."""
        look = self.patient.secrets.look(name)
        if not (look.value or "").strip():
            raise ConfigError(f"{look.unread or 'it is not there'}, see secret.{name}")
        return str(look.value).strip()

    def put(self, name: str, value: str) -> None:
        """Not here."""
        raise NotImplementedError

    def unknown_for_s(self, name: str) -> float:
        """Not here."""
        raise NotImplementedError


def look_at_webhooks(http: HttpClient, given: Given, patient: Patient) -> Iterator[Finding]:
    """Whether LiveChat calls the function for all that it needs, and only once."""
    if patient.site is None:
        yield skipped(_NAME, "could not be looked at: on this machine the address of livechat_webhook is not known")
        return
    url = _address(patient.site)
    if not url:
        yield skipped(_NAME, f"could not be looked at: no URL, see function.{LIVECHAT_FUNCTION}")
        return
    try:
        wanted = _wanted(url, patient)
    except ConfigError as e:
        yield skipped(_NAME, f"could not be looked at: {e}")
        return
    yield _compared(http, given, patient, wanted)


def _address(site: Site) -> str:
    path = f"v2/{site.in_region('functions', LIVECHAT_FUNCTION)}"
    found = site.sight.find("cloudfunctions", path) or {}
    return str(found.get("serviceConfig", {}).get("uri", ""))


def _wanted(url: str, patient: Patient) -> list[Wanted]:
    store = _Looked(patient)
    key = fingerprint_key(current_line(store, WEBHOOK_SECRET), client_secret(store))
    return wanted_webhooks(url, patient.sane_settings.livechat_client_id, key)


def _compared(http: HttpClient, given: Given, patient: Patient, wanted: list[Wanted]) -> Finding:
    settings = patient.sane_settings
    access = Access(f"Bearer {given.token}", "see livechat.token", "see livechat.scopes")
    api = ConfigurationApi(http, settings.livechat_api_url, settings.livechat_client_id, access)
    try:
        plan, is_on = make_plan(wanted, api.list_webhooks(), api.client_id), api.is_enabled()
    except LiveChatRefused as e:
        return skipped(_NAME, f"could not be looked at: {e}")
    missing = [share.action for share in plan if share.wanted and share.in_place is None]
    if missing or not is_on:
        said = [f"not registered as they should be: {', '.join(missing)}"] if missing else []
        said += [] if is_on else ["the licence's webhooks are off"]
        return failed(_NAME, "; ".join(said), "make webhooks")
    spare = [share.action for share in plan if share.doubles or share.outdated or _is_twice(share, wanted)]
    if spare:
        return warning(_NAME, f"more than are needed: {', '.join(spare)}", "make webhooks shows them")
    return ok(_NAME, "all are registered, and switched on")


def _is_twice(share: Share, wanted: list[Wanted]) -> bool:
    """Whether one that is not ours calls the same address: then every event comes twice."""
    return any(one.url == wanted[0].url for one in share.foreign)
