"""A check: what it can find, how it looks, and what becomes of one that can't be made."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from google.api_core.exceptions import GoogleAPIError
from google.auth.exceptions import GoogleAuthError

from functions.handoff.errors import ConfigError, HandoffError
from infra.deploy.gcloud import CloudRefused
from infra.deploy.remedies import in_short, remedy_for
from infra.deploy.site import Refused, Site
from infra.doctor.findings import Finding, failed, skipped
from infra.doctor.patient import Patient


class Check(NamedTuple):
    """One check. `names`: all findings it may come to, of which each run has one at least. `in_cloud`: only there."""

    names: tuple[str, ...]
    examine: Callable[[Patient], Iterator[Finding]]
    in_cloud: bool = True


def make(check: Check, patient: Patient) -> list[Finding]:
    """Make it; what it could not come to is said to be skipped, and why. Never raises."""
    if check.in_cloud and patient.site is None:
        return [skipped(name, "everything is on this machine, nothing in the cloud") for name in check.names]
    found: list[Finding] = []
    try:
        for one in check.examine(patient):
            found.append(one)
    except Exception as e:  # one check that fails must not hide the others
        missing = [name for name in check.names if name not in {one.name for one in found}]
        found += [_unmade(name, e, patient.site) for name in missing]
    return found


def _unmade(name: str, error: Exception, site: Site | None) -> Finding:
    if isinstance(error, Refused):
        return failed(name, str(error), error.remedy)
    if isinstance(error, CloudRefused) and site:
        return _not_told(name, error, site)
    if isinstance(error, GoogleAPIError | GoogleAuthError):  # without its text, which may name a document
        remedy = "it takes roles/datastore.user in the project, and the database"
        return skipped(name, f"could not be looked at: Firestore answered {type(error).__name__}", remedy)
    if isinstance(error, ConfigError | HandoffError):
        return skipped(name, f"could not be looked at: {error}")
    return skipped(name, f"could not be looked at: {type(error).__name__}", "please report this")


def _not_told(name: str, refusal: CloudRefused, site: Site) -> Finding:
    if refusal.is_about_a_disabled_api:
        return skipped(name, "could not be looked at: its API is off, see apis")
    return skipped(name, f"could not be looked at: {in_short(refusal.said)}", remedy_for(refusal.said, site).words)


def deploy_again(site: Site) -> str:
    """The command that puts right what was found wrong with the project."""
    return f"make deploy PROJECT={site.project} REGION={site.region}"


def site_of(patient: Patient) -> Site:
    """The project; only for checks that are made in the cloud alone."""
    if patient.site is None:
        raise LookupError("everything is on this machine")
    return patient.site
