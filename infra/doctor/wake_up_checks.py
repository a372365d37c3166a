"""Checks of what calls `redeliver`: the queue, and the job that sweeps each minute."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from functions.handoff.events import JsonObject
from infra.deploy.function_config import find_url
from infra.deploy.parts import QUEUE, SWEEP_JOB
from infra.deploy.site import Site
from infra.deploy.wake_ups import look_at_queue, look_at_sweep
from infra.doctor.checks import Check, deploy_again, site_of
from infra.doctor.findings import Finding, failed, ok, skipped, warning
from infra.doctor.patient import Patient

_LATE = timedelta(minutes=5)  # the job runs each minute
_WRONG = {"create": "is not there", "update": "is otherwise than decided", "resume": "is paused or disabled"}


def look_at_queue_(patient: Patient) -> Iterator[Finding]:
    """Whether the queue is there, runs, and has our limits."""
    site = site_of(patient)
    wrong = [_WRONG[change.arguments[2]] for change in look_at_queue(site)]
    if wrong:
        yield failed("queue", f"the queue {QUEUE} {', '.join(wrong)}", deploy_again(site))
    else:
        yield ok("queue", f"the queue {QUEUE} runs with our limits")


def look_at_sweep_(patient: Patient) -> Iterator[Finding]:
    """Whether the job is there, enabled, as decided, and went well the last time."""
    site = site_of(patient)
    if not find_url(site):
        yield skipped("sweep", "could not be looked at: redeliver has no URL, see function.redeliver")
        return
    wrong = [_WRONG[change.arguments[2]] for change in look_at_sweep(site)]
    if wrong:
        yield failed("sweep", f"the scheduler job {SWEEP_JOB} {', '.join(wrong)}", deploy_again(site))
    else:
        yield _of_last_run(_job(site), site, patient.clock.now())


def _job(site: Site) -> JsonObject:
    return site.sight.find("cloudscheduler", f"v1/{site.in_region('jobs', SWEEP_JOB)}") or {}


def _of_last_run(job: JsonObject, site: Site, now: datetime) -> Finding:
    code = job.get("status", {}).get("code", 0)
    ran_at = _time(job.get("lastAttemptTime"))
    log = f"https://console.cloud.google.com/cloudscheduler?project={site.project}"
    if ran_at is None:
        return warning("sweep", f"the scheduler job {SWEEP_JOB} has not run yet", "look again in two minutes")
    if code:
        return failed("sweep", f"the last run of {SWEEP_JOB} failed (code {code})", f"see callers.redeliver, and {log}")
    if now - ran_at > _LATE:
        return failed("sweep", f"{SWEEP_JOB} last ran at {ran_at:%Y-%m-%d %H:%MZ}, and should each minute", log)
    return ok("sweep", f"{SWEEP_JOB} runs, and went well the last time")


def _time(said: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(said)).astimezone(UTC) if said else None
    except ValueError:
        return None


WAKE_UP_CHECKS = (Check(("queue",), look_at_queue_), Check(("sweep",), look_at_sweep_))
