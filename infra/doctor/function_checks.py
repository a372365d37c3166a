"""Checks of each function: deployed as decided, callable by whom it should be, and answering."""

import json
from collections.abc import Iterator
from functools import partial

from functions.handoff.errors import ConfigError
from functions.handoff.events import JsonObject
from infra.deploy.function_config import differences, environment_of, find_url
from infra.deploy.functions import check_is_ours
from infra.deploy.gcloud import CloudRefused
from infra.deploy.invokers import look_at_invokers
from infra.deploy.parts import FUNCTIONS, REDELIVER, Function
from infra.deploy.site import Site
from infra.deploy.upload import digest_of
from infra.doctor.checks import Check, deploy_again, site_of
from infra.doctor.findings import Finding, failed, ok, skipped, warning
from infra.doctor.patient import Patient, Visit

_BEARABLE = {  # it works so, though another deployment would change it
    "source",
    "runtime",
    "build account",
    "memory",
    "cpu",
    "concurrency",
    "timeout",
    "min instances",
    "max instances",
}
_WORDS = {"source": "the source (this folder holds another one)"}


# --- deployed --------------------------------------------------------------------------------------------------------


def look_at_function(function: Function, patient: Patient) -> Iterator[Finding]:
    """Whether it is deployed, and as settings and tables say."""
    site, name = site_of(patient), f"function.{function.name}"
    found = site.find_function(function)
    if found is None:
        yield failed(name, "is not deployed", deploy_again(site))
        return
    check_is_ours(found, function, site)
    if found.get("state") == "DEPLOYING":
        yield skipped(name, "is being deployed at this moment")
        return
    environment = environment_of(function, site, find_url(site))
    digest = _digest(patient, found)
    different = differences(found, function, site, environment, digest)
    if patient.complaint:
        different = [one for one in different if one not in environment]
    if not different:
        yield ok(name, "is deployed as decided")
        return
    finding = warning if set(different) <= _BEARABLE else failed
    yield finding(name, f"is otherwise than decided: {', '.join(map(_shown, different))}", deploy_again(site))


def _shown(difference: str) -> str:
    return _WORDS.get(difference, difference)


def _digest(patient: Patient, found: JsonObject) -> str:
    """Of this folder's source; where that can't be told, the function's own, so that it counts as the same."""
    own = str(found.get("labels", {}).get("source", ""))
    try:
        return digest_of(patient.folder, patient.uploaded())
    except (CloudRefused, OSError):
        return own


# --- who may call it -------------------------------------------------------------------------------------------------


def look_at_callers(function: Function, patient: Patient) -> Iterator[Finding]:
    """Whether the right ones may call it, and `redeliver` nobody in particular."""
    site, name = site_of(patient), f"callers.{function.name}"
    if site.find_function(function) is None:
        yield skipped(name, "could not be looked at: there is no such function")
        return
    wrong = _wrong_callers(function, site)
    if wrong:
        yield failed(name, f"should be so, and is not: {wrong}", deploy_again(site))
    else:
        yield ok(name, "is open to everybody" if function.public else "is open to the wake-ups, and not to everybody")


def _wrong_callers(function: Function, site: Site) -> str:
    found = (change.done for change in look_at_invokers(site))
    return ", ".join(done for done in found if done.startswith(f"{function.name} "))


# --- whether it answers ----------------------------------------------------------------------------------------------


def look_at_health(function: Function, patient: Patient) -> Iterator[Finding]:
    """Whether GET /health answers as this function does."""
    name, url = f"health.{function.name}", _url(function, patient)
    if not url:
        yield skipped(name, "could not be looked at: its address is not known")
        return
    headers = {}
    if not function.public and patient.site:
        try:
            headers = {"Authorization": f"Bearer {patient.identity_token(url)}"}
        except ConfigError as e:
            yield skipped(name, f"could not be looked at: {e}", "gcloud auth login")
            return
    yield _judged(name, function, patient.visit(f"{url.rstrip('/')}/health", headers), patient)


def _url(function: Function, patient: Patient) -> str:
    if patient.site is None:
        return patient.sane_settings.redeliver_url if function is REDELIVER else ""
    found = patient.site.find_function(function) or {}
    return str(found.get("serviceConfig", {}).get("uri", ""))


def _judged(name: str, function: Function, visit: Visit, patient: Patient) -> Finding:
    if visit.status == 200 and _names_itself(function, visit.said):
        return ok(name, "answers")
    if visit.status in {401, 403} and patient.site:
        return _not_let_in(name, function, visit, patient.site)
    if not visit.status:
        return failed(name, f"GET /health did not answer ({visit.said})", "is it reached from here? Its log says more")
    said = "as something else" if visit.status == 200 else str(visit.status)
    return failed(name, f"GET /health answered {said}", "its log says why; make deploy, if it never answered")


def _not_let_in(name: str, function: Function, visit: Visit, site: Site) -> Finding:
    if not function.public:
        remedy = f"to look at it as yourself: roles/run.invoker on {function.name}"
        return skipped(name, f"could not be looked at: you may not call it ({visit.status})", remedy)
    if _wrong_callers(function, site):
        return skipped(name, f"could not be looked at: see callers.{function.name}")
    remedy = "an organisation policy or a perimeter (VPC Service Controls) keeps outsiders away: have it let them in"
    return failed(name, f"Google lets nobody in ({visit.status}), though it is open to everybody", remedy)


def _names_itself(function: Function, said: str) -> bool:
    try:
        return bool(json.loads(said).get("function") == function.entry_point)
    except (ValueError, AttributeError):
        return False


FUNCTION_CHECKS = (
    *(Check((f"function.{one.name}",), partial(look_at_function, one)) for one in FUNCTIONS),
    *(Check((f"callers.{one.name}",), partial(look_at_callers, one)) for one in FUNCTIONS),
    *(Check((f"health.{one.name}",), partial(look_at_health, one), in_cloud=False) for one in FUNCTIONS),
)
