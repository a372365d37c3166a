"""The project itself: there and active, with billing, with the APIs that are needed, in a region that has functions."""

import difflib

from functions.handoff.events import JsonObject
from infra.deploy.changes import Change
from infra.deploy.gcloud import CloudRefused
from infra.deploy.parts import APIS
from infra.deploy.site import Refused, Site


def look_at_project(site: Site) -> list[Change]:
    """No change is ever needed.

    Raises:
        Refused: the project is not there, not active, or has no billing.
    """
    project = _find_project(site)
    if project is None:
        return []
    state = project.get("lifecycleState", "ACTIVE")
    if state != "ACTIVE":
        raise Refused(
            f"project {site.project} is {state}",
            f"if it is to be used: gcloud projects undelete {site.project}, else give another PROJECT",
        )
    if _has_no_billing(site):
        raise Refused(f"project {site.project} has no billing account", billing_remedy(site.project))
    return []


def billing_remedy(project: str) -> str:
    """How to give a project a billing account."""
    return f"link one: https://console.cloud.google.com/billing/linkedaccount?project={project}"


def _find_project(site: Site) -> JsonObject | None:
    try:
        project = site.sight.find("cloudresourcemanager", f"v1/projects/{site.project}")
    except CloudRefused as e:
        if site.is_shown_only or "PERMISSION_DENIED" not in e.said:
            raise
        project = None
    if project is None and not site.is_shown_only:
        raise Refused(
            f"there is no project {site.project}, or you may not see it",
            "PROJECT must be its id, not its name (gcloud projects list); gcloud auth list shows whom you are signed "
            "in as, gcloud auth login changes it",
        )
    return project


def _has_no_billing(site: Site) -> bool:
    """Whether Google says so; who may not ask, or can't, finds out by the first refusal."""
    try:
        billing = site.sight.find("cloudbilling", f"v1/projects/{site.project}/billingInfo")
    except CloudRefused:
        return False
    return billing is not None and bool(billing) and not billing.get("billingEnabled")  # false may be left out


def look_at_apis(site: Site) -> list[Change]:
    """Enable those that are missing, all at once."""
    path = f"v1/projects/{site.project}/services"
    found = site.listed("serviceusage", path, "services", filter="state:ENABLED")
    on = {service.get("config", {}).get("name") or service["name"].rpartition("/")[2] for service in found}
    missing = [api for api in APIS if api not in on]
    if not missing:
        return []
    names = ", ".join(api.removesuffix(".googleapis.com") for api in missing)
    return [Change(f"enabled {names}", ("services", "enable", *missing))]


def look_at_region(site: Site) -> list[Change]:
    """No change is ever needed.

    Raises:
        Refused: Cloud Functions are not in that region; where Google does not tell, it passes.
    """
    try:
        listed = list(site.listed("cloudfunctions", f"v2/projects/{site.project}/locations", "locations"))
    except CloudRefused:
        return []
    regions = [one.get("locationId") or one.get("name", "").rpartition("/")[2] for one in listed]
    if not regions or site.region in regions:
        return []
    near = difflib.get_close_matches(site.region, regions, 1)
    raise Refused(
        f"REGION {site.region} has no Cloud Functions",
        f"take {near[0]}" if near else "gcloud functions regions list --gen2 shows those that have",
    )
