"""What Google's refusals mean, what to do about them, and which of them pass by themselves. One table."""

import re
from typing import NamedTuple

from infra.deploy.site import Site

_SHOWN = 600
_ERROR = re.compile(r"^ERROR: .*", re.MULTILINE | re.DOTALL)
_WHO = re.compile(r"\s*This command is authenticated as .*? property\b\.?", re.DOTALL)  # gcloud adds it to many errors

_QUEUE_NAME = (
    "a queue's name can't be used again for up to 3 days after its deletion: wait, or deploy in another REGION"
)


class Remedy(NamedTuple):
    """`pattern` is looked for in what Google said; `words` can name its groups, and the project.

    `patience_s`: so long it is worth trying again: Google needs time to notice what was done before.
    """

    pattern: str
    words: str
    patience_s: float = 0.0


REMEDIES = (
    # passing by themselves
    Remedy(
        r"Cannot find metric\(s\) that match|metric referenced by the provided filter is unknown",
        "Google takes up to ten minutes to know new log-based metrics, all else is in place",
        600,
    ),
    Remedy(
        r"You must grant Storage Object Viewer permission|artifactregistry\.repositories\.(up|down)loadArtifacts",
        "Google takes some minutes to notice a new role; if it stays so: does handoff-build still have its roles?",
        300,
    ),
    Remedy(
        r"[Ss]ervice account \S+ does not exist|Unknown service account|Invalid service account|"
        r"Service Account .{0,200} was not found",
        "Google takes a minute to know a new service account",
        180,
    ),
    Remedy(r"database is still being made", "Firestore takes a minute or two to make a database", 300),
    Remedy(
        r"Database ID .{0,200} is not available.{0,100}[Rr]etry in",
        "a database's name can be used again some minutes after its deletion",
        420,
    ),
    Remedy(
        r"(?i)queue with this name existed (too )?recently|queue no longer exists",
        _QUEUE_NAME,
    ),
    Remedy(
        r"SERVICE_DISABLED|has not been used in project|it is disabled",
        "Google takes some minutes to notice that an API was enabled; if it stays so, enable it in the console",
        240,
    ),
    Remedy(
        r"ABORTED|unable to queue the operation|concurrent policy changes|(?i:etag)|HTTPError 409|ALREADY_EXISTS|"
        r"already exists|is being (deleted|modified)",
        "somebody else is changing the same thing, perhaps another make deploy: wait until it is done",
        300,
    ),
    Remedy(r"UNAVAILABLE|HTTPError 50[234]|HTTP 50[234]|\bINTERNAL\b|DEADLINE_EXCEEDED", "Google had a fault", 60),
    Remedy(r"Queue does not exist", _QUEUE_NAME, 60),
    # not passing by themselves
    Remedy(r"unrecognized arguments|Invalid choice", "your gcloud is too old: gcloud components update"),
    Remedy(
        r"(?i)not currently have an active account|reauthentication|invalid_grant|UNAUTHENTICATED|HTTP 401|"
        r"invalid authentication credentials",
        "sign in: gcloud auth login",
    ),
    Remedy(
        r"(?i)BILLING_|billing account|billing must be enabled|billing to be enabled|billing is disabled",
        "give the project a billing account: https://console.cloud.google.com/billing/linkedaccount?project={project}",
    ),
    Remedy(
        r"do not belong to a permitted customer|allowedPolicyMemberDomains",
        "an organisation policy (iam.allowedPolicyMemberDomains, domain restricted sharing) refuses public access. "
        "Webhooks come from outside, so the functions must be public; they check signatures themselves. Have an "
        "organisation policy administrator allow all domains for this project: "
        "https://console.cloud.google.com/iam-admin/orgpolicies/iam-allowedPolicyMemberDomains?project={project}",
    ),
    Remedy(
        r"allowedIngress",
        "an organisation policy (run.allowedIngress or cloudfunctions.allowedIngressSettings) refuses requests from "
        "outside, where webhooks come from. Have an organisation policy administrator allow all for this project",
    ),
    Remedy(
        r"resourceLocations|(?i:violates constraint .{0,100}location)",
        "an organisation policy (gcp.resourceLocations) refuses this place: take a REGION, or a FIRESTORE_LOCATION, "
        "that it allows. Secrets, which are replicated automatically, can be made by hand where it allows: gcloud "
        "secrets create NAME --replication-policy=user-managed --locations=REGION",
    ),
    Remedy(
        r"disableServiceAccountCreation",
        "an organisation policy (iam.disableServiceAccountCreation) refuses service accounts. Have an organisation "
        "policy administrator allow them for this project",
    ),
    Remedy(
        r"constraints/(?P<name>[\w.-]+)",
        "the organisation policy {name} refuses it. Have an organisation policy administrator make an exception for "
        "this project: https://console.cloud.google.com/iam-admin/orgpolicies?project={project}",
    ),
    Remedy(
        r"(?i)serviceaccounts?\.actAs",
        "you may not act as the service accounts: have an owner give you roles/iam.serviceAccountUser in {project}",
        60,  # of an account just made it is said, too
    ),
    Remedy(
        r"(?i)(?:quota project|required permission to use project|serviceusage\.services\.use)",
        "have an owner give you roles/serviceusage.serviceUsageConsumer in {project}",
    ),
    Remedy(
        r"(?=.*[Pp]ermission).*?['\"\[](?!\w+\.googleapis)(?P<name>[a-z]+\.[A-Za-z]+\.[A-Za-z]+)['\"\]]",
        "you lack the permission {name}: have an owner of {project} give you a role that has it; roles/owner has all",
    ),
    Remedy(
        r"PERMISSION_DENIED|(?i:does not have permission)|HTTP 403|FORBIDDEN",
        "your account (gcloud auth list) lacks a permission: have an owner of {project} give you the role; roles/owner "
        "has all",
    ),
    Remedy(
        r"(?i)max.?instances.{0,200}(quota|exceed)|quota.{0,200}instances",
        "the region's quota of instances is too small: set MAX_INSTANCES in the settings file lower",
    ),
    Remedy(
        r"RESOURCE_EXHAUSTED|(?i:quota)",
        "a quota is used up: wait, or ask for more: https://console.cloud.google.com/iam-admin/quotas?project={project}",
    ),
    Remedy(
        r"(?i)delete protection",
        "take it off first: gcloud firestore databases update --database=NAME --no-delete-protection",
    ),
    Remedy(
        r"(?i)container healthcheck failed|failed to start and listen|user code failed to load",
        "the program does not start: the function's log says why, https://console.cloud.google.com/logs?project={project}",
    ),
    Remedy(r"(?i)build failed|build error", "the build's log says why; the link to it is in what Google said"),
    Remedy(
        r"(?i)location .{0,100}(not found|not supported|invalid|unsupported|is not valid|does not exist)|"
        r"(invalid|unsupported|unknown) (location|region)|is not a valid location",
        "take another REGION, or for the database another FIRESTORE_LOCATION (gcloud firestore locations list)",
    ),
    Remedy(r"NOT_FOUND|not found|does not exist", "what was made or removed just now is not known everywhere yet", 60),
    Remedy(
        r"ConnectionError|Timeout|SSLError|(?i:unable to find the server|network is unreachable|no end after|"
        r"name resolution)",
        "is this machine connected? Try again",
    ),
)
UNKNOWN = Remedy("", "mend what Google complains of; if it is not clear, docs/deploy.md has the steps one by one")


def remedy_for(said: str, site: Site) -> Remedy:
    """What to do about a refusal; the first row that fits."""
    for remedy in REMEDIES:
        found = re.search(remedy.pattern, _WHO.sub("", said), re.DOTALL)
        if found:
            return remedy._replace(words=remedy.words.format(project=site.project, **found.groupdict()))
    return UNKNOWN


def in_short(said: str) -> str:
    """What Google said, without gcloud's report of progress, on one line."""
    error = _ERROR.search(said)
    words = " ".join(_WHO.sub("", error[0] if error else said).split())
    return words if len(words) <= _SHOWN else f"{words[:_SHOWN]} …"
