"""Checks of LiveChat: its token and scopes, the groups that chats go to, and the webhooks."""

from collections.abc import Iterator

from functions.handoff.errors import ProviderRefused, ProviderUnavailable
from functions.handoff.interfaces import LIVECHAT
from functions.livechat.api import post
from functions.livechat.errors import AUTHENTICATION
from functions.livechat.oauth import make_customer_token
from functions.runtime.config import Settings
from functions.runtime.http_client import HttpClient
from infra.credentials.scopes import missing_scopes
from infra.doctor.checks import Check
from infra.doctor.findings import Finding, failed, ok, skipped, warning
from infra.doctor.livechat_token import Given, MayNotRenew, RefreshTokenLost, get_token, words_for
from infra.doctor.patient import Patient
from infra.doctor.webhook_check import look_at_webhooks

NAMES = TOKEN, SCOPES, APP, GROUPS, WEBHOOKS = (
    "livechat.token",
    "livechat.scopes",
    "livechat.app",
    "livechat.groups",
    "livechat.webhooks",
)
_FUNCTIONS_NEED = {"customers:own", "chats--all:ro"}
_GIVE_SCOPES = "give the app the scopes in the Developer Console, then make login; the token that is shared lasts 8 h"
_NO_TOKEN = "could not be looked at: there is no token, see livechat.token"
_TIMEOUT_S = 20.0


def look_at_livechat(patient: Patient) -> Iterator[Finding]:
    """One after the other: all of it rests on the token."""
    http = HttpClient()
    try:
        given = get_token(http, patient)
    except ProviderRefused as e:
        yield from _without_token(failed(TOKEN, words_for(e), "make login"))
    except ProviderUnavailable as e:
        yield from _without_token(_no_answer(e))
    except MayNotRenew as e:
        said = f"no good token is shared at the moment, and it was not renewed: {e}"
        yield from _without_token(skipped(TOKEN, said, "the functions renew it when they need it"))
    else:
        yield _of_token(given)
        yield _of_scopes(given)
        yield _of_app(given, patient)
        yield from look_at_groups(http, given, patient)
        yield from look_at_webhooks(http, given, patient)


def _no_answer(error: ProviderUnavailable) -> Finding:
    if isinstance(error.__cause__, RefreshTokenLost):
        said = f"LiveChat changed the refresh token, and the new one could not be stored ({error.__cause__})"
        return failed(TOKEN, said, "mend that, then make login, or the functions lose LiveChat within hours")
    if error.error_type == AUTHENTICATION:
        said = "LiveChat does not take a token that it gave less than a minute ago"
        return failed(TOKEN, said, "try again in a minute; if it stays so: make login")
    said = f"no token, because something did not answer ({error.error_type})"
    return failed(TOKEN, said, "is LiveChat up, and reached from here? Try again")


def _without_token(finding: Finding) -> Iterator[Finding]:
    yield finding
    yield from (skipped(name, _NO_TOKEN) for name in NAMES if name != finding.name)


def _of_token(given: Given) -> Finding:
    if given.until is None:
        return ok(TOKEN, "no good one was shared: it was renewed, as the functions do it")
    return ok(TOKEN, f"LiveChat takes the one that is shared, until {given.until:%Y-%m-%d %H:%MZ}")


def _of_scopes(given: Given) -> Finding:
    missing = missing_scopes(given.info.scopes)
    if not missing:
        return ok(SCOPES, "all that are needed")
    if _FUNCTIONS_NEED & set(missing):
        return failed(SCOPES, f"missing: {', '.join(missing)}", _GIVE_SCOPES)
    return warning(SCOPES, f"missing, though the functions do without: {', '.join(missing)}", _GIVE_SCOPES)


def _of_app(given: Given, patient: Patient) -> Finding:
    info, settings = given.info, patient.sane_settings
    if info.organization_id and info.organization_id != settings.livechat_organization_id:
        said = f"the licence is of organization {info.organization_id}, LIVECHAT_ORGANIZATION_ID names another"
        return failed(APP, said, f"set LIVECHAT_ORGANIZATION_ID={info.organization_id}, then make deploy")
    if info.client_id and info.client_id != settings.livechat_client_id:
        said = f"the token is of the app {info.client_id}, LIVECHAT_CLIENT_ID names another"
        return failed(APP, said, "correct LIVECHAT_CLIENT_ID, make deploy; or make login for that app")
    return ok(APP, "organization and app are those of the settings")


# --- groups ----------------------------------------------------------------------------------------------------------


def look_at_groups(http: HttpClient, given: Given, patient: Patient) -> Iterator[Finding]:
    """Whether the groups that chats are sent to exist, and those whose names are set.

    Read from the list where the scopes allow. Otherwise they are asked for as a customer would ask; that takes an
    identity, which is made, never writes, and is seen by nobody.
    """
    settings = patient.sane_settings
    goals = _goals(settings)
    named = _named(settings) | goals
    wanted = sorted(named)
    try:
        missing, offline = _listed(http, given, patient, wanted) or _asked_as_customer(http, given, patient, wanted)
    except (ProviderRefused, ProviderUnavailable) as e:
        yield skipped(GROUPS, f"could not be looked at: LiveChat answered {e.error_type}")
        return
    if missing:
        said = ", ".join(f"{group} ({named[group]})" for group in missing)
        remedy = "correct LIVECHAT_GROUPS, ROUTING_FILE or BRANDS_FILE, then make deploy"
        yield failed(GROUPS, f"the settings name groups that LiveChat does not have: {said}", remedy)
    elif settings.offline_policy == "decline" and (offline := [group for group in offline if group in goals]):
        said = ", ".join(f"{group} ({goals[group]})" for group in offline)
        remedy = "agents come online, or OFFLINE_POLICY=queue lets them answer later"
        yield warning(GROUPS, f"nobody is online in {said}: users are told so, and stay with the bot", remedy)
    else:
        yield ok(GROUPS, "LiveChat has every group that the settings name")


def _named(settings: Settings) -> dict[int, str]:
    """The groups that are only spoken of, or a brand's, and one name for each."""
    of_brands = {
        group: f"{words} of {name}"
        for name, brand in settings.brands.items()
        for group, words in (_named(brand.settings) | _goals(brand.settings)).items()
    }
    return of_brands | {group: f"names of group {group}" for group in settings.routing.names}


def _goals(settings: Settings) -> dict[int, str]:
    """The groups that chats are sent to, and one name for each: of a department, or of the first rule."""
    rules = reversed(list(enumerate(settings.routing.rules, start=1)))
    by_rules = {rule.group: f"rule {number}" for number, rule in rules if rule.group is not None}
    return by_rules | {group: department for department, group in settings.livechat_groups.items()}


_Groups = tuple[list[int], list[int]]
"""Group ids: those that are missing, those with nobody online as far as that is known."""


def _listed(http: HttpClient, given: Given, patient: Patient, wanted: list[int]) -> _Groups | None:
    if not {"groups--all:ro", "groups--all:rw"} & set(given.info.scopes):
        return None
    url = f"{patient.address.api_url.rstrip('/')}/v3.6/configuration/action/list_groups"
    headers = {"Authorization": f"Bearer {given.token}"}
    answer = http.request(LIVECHAT, "POST", url, timeout_s=_TIMEOUT_S, headers=headers, json_body={})
    if answer.status // 100 != 2 or not isinstance(answer.body, list):
        return None
    there = {one.get("id") for one in answer.body if isinstance(one, dict)} | {0}  # 0 = everyone
    return [group for group in wanted if group not in there], []


def _asked_as_customer(http: HttpClient, given: Given, patient: Patient, wanted: list[int]) -> _Groups:
    identity = make_customer_token(
        http, patient.address, patient.clock, agent_token=given.token, customer_id="", timeout_s=_TIMEOUT_S
    )
    answer = post(
        http,
        patient.address.customer_action("list_group_statuses"),
        {"group_ids": wanted},
        token=identity.access_token,
        timeout_s=_TIMEOUT_S,
        params={"organization_id": patient.address.organization_id},
    )
    statuses = answer.get("groups_status")
    known = statuses if isinstance(statuses, dict) else {}
    missing = [group for group in wanted if str(group) not in known]
    return missing, [group for group in wanted if known.get(str(group)) == "offline"]


LIVECHAT_CHECKS = (Check(NAMES, look_at_livechat, in_cloud=False),)
