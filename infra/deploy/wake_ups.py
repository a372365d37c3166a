"""What calls `redeliver`: a Cloud Tasks queue, to be prompt, and a Cloud Scheduler job each minute, to be certain."""

import base64

from functions.handoff.events import JsonObject
from infra.deploy.changes import Change
from infra.deploy.function_config import url_of
from infra.deploy.gcloud import CloudRefused
from infra.deploy.parts import FUNCTIONS, QUEUE, REDELIVER, SWEEP_JOB, WAKE_UPS_ACCOUNT, email_of
from infra.deploy.policies import has_binding, member_of
from infra.deploy.site import Site

_ENQUEUER = "roles/cloudtasks.enqueuer"

RATE_LIMITS: JsonObject = {
    "maxDispatchesPerSecond": 50,
    "maxConcurrentDispatches": 8,  # as many as one instance of redeliver serves at once: an outage starts no second one
}
RETRIES: JsonObject = {  # five tries within a quarter of a minute; what they miss is the next sweep's
    "maxAttempts": 5,
    "minBackoff": "1s",
    "maxBackoff": "10s",
    "maxDoublings": 4,
}
_FLAGS = {
    "maxDispatchesPerSecond": "--max-dispatches-per-second",
    "maxConcurrentDispatches": "--max-concurrent-dispatches",
    "maxAttempts": "--max-attempts",
    "minBackoff": "--min-backoff",
    "maxBackoff": "--max-backoff",
    "maxDoublings": "--max-doublings",
}


def look_at_queue(site: Site) -> list[Change]:
    """Make it, put its limits right, and start it again where somebody paused it."""
    found = find_queue(site)
    limits = [f"{_FLAGS[name]}={value}" for name, value in {**RATE_LIMITS, **RETRIES}.items()]
    arguments = (QUEUE, f"--location={site.region}", *limits)
    if found is None:
        return [Change(f"made {QUEUE}", ("tasks", "queues", "create", *arguments))]
    changes = []
    if not (_holds(found.get("rateLimits", {}), RATE_LIMITS) and _holds(found.get("retryConfig", {}), RETRIES)):
        changes.append(Change("limits put right", ("tasks", "queues", "update", *arguments)))
    if found.get("state") in {"PAUSED", "DISABLED"}:
        changes.append(Change("started again", ("tasks", "queues", "resume", QUEUE, f"--location={site.region}")))
    return changes


def find_queue(site: Site) -> JsonObject | None:
    """The queue as it is, or None."""
    return site.sight.find("cloudtasks", f"v2/{site.in_region('queues', QUEUE)}")


def _holds(found: JsonObject, wanted: JsonObject) -> bool:
    return all(found.get(name) == value for name, value in wanted.items())


def look_at_enqueuers(site: Site) -> list[Change]:
    """Let every function put tasks into this queue, and no other.

    Raises:
        CloudRefused: the queue is not there, though it was just made.
    """
    path = f"v2/{site.in_region('queues', QUEUE)}"
    if not site.is_shown_only and find_queue(site) is None:  # after a deletion Google may only seem to make it again
        raise CloudRefused(f"GET {path}", "Queue does not exist")
    policy = site.sight.ask("cloudtasks", f"{path}:getIamPolicy", {}) or {}
    command = ("tasks", "queues", "add-iam-policy-binding", QUEUE, f"--location={site.region}")
    changes = []
    for function in FUNCTIONS:
        member = member_of(function.service_account, site.project)
        if not has_binding(policy, member, _ENQUEUER):
            arguments = (*command, f"--member={member}", f"--role={_ENQUEUER}")
            changes.append(Change(f"{function.name} makes tasks", arguments))
    return changes


def look_at_sweep(site: Site) -> list[Change]:
    """Make the job, put it right, and start it again where somebody paused it."""
    url = url_of(site)
    found = site.sight.find("cloudscheduler", f"v1/{site.in_region('jobs', SWEEP_JOB)}")
    if found is None:
        return [Change(f"made {SWEEP_JOB}", ("scheduler", "jobs", "create", "http", *_job(site, url, "--headers")))]
    changes = []
    if not _is_as_wanted(found, site, url):
        changed = ("scheduler", "jobs", "update", "http", *_job(site, url, "--update-headers"))
        changes.append(Change("put right", changed))
    if found.get("state") in {"PAUSED", "DISABLED"}:
        changes.append(Change("started again", ("scheduler", "jobs", "resume", SWEEP_JOB, f"--location={site.region}")))
    return changes


SCHEDULE = "* * * * *"
_TIME_ZONE = "Etc/UTC"
_BODY = "{}"  # nothing in particular = everything that is due
_DEADLINE = f"{REDELIVER.timeout_s}s"


def _job(site: Site, url: str, headers_flag: str) -> tuple[str, ...]:
    return (
        SWEEP_JOB,
        f"--location={site.region}",
        f"--schedule={SCHEDULE}",
        f"--time-zone={_TIME_ZONE}",
        f"--uri={url}",
        "--http-method=post",
        f"{headers_flag}=Content-Type=application/json",
        f"--message-body={_BODY}",
        f"--attempt-deadline={_DEADLINE}",
        "--max-retry-attempts=0",  # the next minute is the retry
        f"--oidc-service-account-email={email_of(WAKE_UPS_ACCOUNT, site.project)}",
        f"--oidc-token-audience={url}",
        "--description=livechat-handoff: works each minute what is due",
    )


def _is_as_wanted(found: JsonObject, site: Site, url: str) -> bool:
    target = found.get("httpTarget", {})
    token = target.get("oidcToken", {})
    pairs = (
        (found.get("schedule"), SCHEDULE),
        (found.get("timeZone", _TIME_ZONE), _TIME_ZONE),
        (found.get("attemptDeadline"), _DEADLINE),
        (int(found.get("retryConfig", {}).get("retryCount", 0)), 0),
        (target.get("uri", "").rstrip("/"), url.rstrip("/")),  # Google may add the slash
        (target.get("httpMethod", "POST"), "POST"),
        (target.get("body"), base64.b64encode(_BODY.encode()).decode()),
        (target.get("headers", {}).get("Content-Type"), "application/json"),
        (token.get("serviceAccountEmail"), email_of(WAKE_UPS_ACCOUNT, site.project)),
        (token.get("audience", "").rstrip("/"), url.rstrip("/")),
    )
    return all(is_so == wanted for is_so, wanted in pairs)


def look_at_sweep_left(site: Site) -> list[Change]:
    """Delete the job."""
    if site.sight.find("cloudscheduler", f"v1/{site.in_region('jobs', SWEEP_JOB)}") is None:
        return []
    command = ("scheduler", "jobs", "delete", SWEEP_JOB, f"--location={site.region}")
    return [Change(SWEEP_JOB, command)]


def look_at_queue_left(site: Site) -> list[Change]:
    """Delete the queue, and the tasks in it."""
    if find_queue(site) is None:
        return []
    command = ("tasks", "queues", "delete", QUEUE, f"--location={site.region}")
    return [Change(f"{QUEUE} (its name can't be used again in {site.region} for up to 3 days)", command)]
