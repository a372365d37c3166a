"""Cloud Tasks queues and Cloud Scheduler jobs.

Source: cloudtasks.v2 (also for the grave of a deleted queue: its creation answers well, but the queue is not there),
cloudscheduler.v1. Defaults as the documents name them. Not told: the texts.
"""

import re
from typing import Any

from infra.sandbox.google_cloud.masks import masked
from infra.sandbox.google_cloud.policies import get_policy, set_policy
from infra.sandbox.google_cloud.refusals import Refusal, require
from infra.sandbox.google_cloud.world import Answer, ApiCall, World

JsonObject = dict[str, Any]
_QUEUE_ID = re.compile(r"[A-Za-z0-9-]{1,100}")
_JOB_ID = re.compile(r"[A-Za-z0-9_-]{1,500}")
_CRON_PART = re.compile(r"[0-9A-Za-z*/,-]+")
_RATES = {"maxDispatchesPerSecond": 500.0, "maxConcurrentDispatches": 1000}
_RETRIES = {"maxAttempts": 100, "minBackoff": "0.100s", "maxBackoff": "3600s", "maxDoublings": 16}
_JOB_RETRIES = {"maxRetryDuration": "0s", "minBackoffDuration": "5s", "maxBackoffDuration": "3600s", "maxDoublings": 5}
_DEADLINE_S = (15.0, 1800.0)


def _create_queue(world: World, call: ApiCall) -> JsonObject:
    name = call.body.get("name", "")
    in_place = name.startswith(f"{call.name}/queues/") and _QUEUE_ID.fullmatch(name.rpartition("/")[2])
    require(in_place, f"Queue.name must be {call.name}/queues/QUEUE_ID.")
    if name in world.things["queues"]:
        raise Refusal("ALREADY_EXISTS", "Queue already exists")
    queue = _queue(name, call.body)
    if name not in world.graves:
        world.things["queues"][name] = queue
    return queue


def _patch_queue(world: World, call: ApiCall) -> JsonObject:
    old = world.things["queues"].get(call.name) or _queue(call.name, {})
    changed = masked(old, call.body, call.params.get("updateMask", ""), call.api, "Queue")
    world.things["queues"][call.name] = _queue(call.name, changed) | {"state": old["state"]}
    return world.things["queues"][call.name]


def _queue(name: str, given: JsonObject) -> JsonObject:
    rates = {**_RATES, **(given.get("rateLimits") or {})}
    require(0 < float(rates["maxDispatchesPerSecond"]) <= 500, "max_dispatches_per_second must be in (0, 500].")
    require(1 <= int(rates["maxConcurrentDispatches"]) <= 5000, "max_concurrent_dispatches must be in [1, 5000].")
    retries = {**_RETRIES, **(given.get("retryConfig") or {})}
    require(_seconds(retries["minBackoff"]) <= _seconds(retries["maxBackoff"]), "min_backoff is over max_backoff.")
    burst = max(10, int(float(rates["maxDispatchesPerSecond"]) / 5))
    return {"name": name, "rateLimits": {**rates, "maxBurstSize": burst}, "retryConfig": retries, "state": "RUNNING"}


def _delete_queue(world: World, call: ApiCall) -> JsonObject:
    world.get("queues", call.name)
    del world.things["queues"][call.name]
    world.policies.pop(call.name, None)
    if world.options.queue_tombstones:
        world.graves.add(call.name)
    return {}


def _set_state(kind: str, state: str) -> Answer:
    def answer(world: World, call: ApiCall) -> JsonObject:
        world.get(kind, call.name)["state"] = state
        return world.get(kind, call.name)

    return answer


def _create_job(world: World, call: ApiCall) -> JsonObject:
    name = call.body.get("name", "")
    in_place = name.startswith(f"{call.name}/jobs/") and _JOB_ID.fullmatch(name.rpartition("/")[2])
    require(in_place, f"Job.name must be {call.name}/jobs/JOB_ID.")
    if name in world.things["jobs"]:
        raise Refusal("ALREADY_EXISTS", f"Job {name} already exists.")
    world.things["jobs"][name] = _job(world, call.body) | {"state": "ENABLED"}
    return world.things["jobs"][name]


def _patch_job(world: World, call: ApiCall) -> JsonObject:
    old = world.get("jobs", call.name)
    changed = masked(old, call.body, call.params.get("updateMask", ""), call.api, "Job") | {"name": call.name}
    world.things["jobs"][call.name] = _job(world, changed) | {"state": old["state"]}
    return world.things["jobs"][call.name]


def _job(world: World, given: JsonObject) -> JsonObject:
    parts = given.get("schedule", "").split()
    require(len(parts) == 5 and all(_CRON_PART.fullmatch(part) for part in parts), "Schedule or time zone is invalid.")
    target = given.get("httpTarget") or {}
    require(re.match(r"https?://", target.get("uri", "")), "HttpTarget.url is required and must be valid.")
    deadline = given.get("attemptDeadline") or "180s"
    require(_DEADLINE_S[0] <= _seconds(deadline) <= _DEADLINE_S[1], "attempt_deadline must be in [15s, 1800s].")
    token = target.get("oidcToken") or {}
    email = token.get("serviceAccountEmail", "")
    account = f"{world.path}/serviceAccounts/{email}"
    if token and account not in world.things["accounts"]:
        raise Refusal("NOT_FOUND", f"Service account {email} does not exist or can't be acted as.")
    shown = {
        "httpMethod": "POST",
        **target,
        "headers": {"User-Agent": "Google-Cloud-Scheduler"} | target.get("headers", {}),
    }
    if token:
        shown["oidcToken"] = {"audience": target["uri"], **token}
    known = {"timeZone": "Etc/UTC", "userUpdateTime": world.now(), **given, "attemptDeadline": deadline}
    retries = {**_JOB_RETRIES, **(given.get("retryConfig") or {})}
    return {**known, "httpTarget": shown, "retryConfig": retries}


def _delete_job(world: World, call: ApiCall) -> JsonObject:
    world.get("jobs", call.name)
    del world.things["jobs"][call.name]
    return {}


def _seconds(duration: str) -> float:
    return float(duration.removesuffix("s"))


def _locations(world: World, call: ApiCall) -> JsonObject:
    found = [{"name": f"{world.path}/locations/{one}", "locationId": one} for one in world.options.regions]
    return world.page_of(found, call, "locations")


def _location(_world: World, call: ApiCall) -> JsonObject:
    return {"name": call.name, "locationId": call.name.rpartition("/")[2]}


_QUEUES = "cloudtasks.projects.locations.queues"
_JOBS = "cloudscheduler.projects.locations.jobs"
QUEUES: dict[str, Answer] = {
    "cloudtasks.projects.locations.list": _locations,
    "cloudtasks.projects.locations.get": _location,
    f"{_QUEUES}.create": _create_queue,
    f"{_QUEUES}.get": lambda world, call: world.get("queues", call.name),
    f"{_QUEUES}.list": lambda world, call: world.page("queues", call, "queues"),
    f"{_QUEUES}.patch": _patch_queue,
    f"{_QUEUES}.delete": _delete_queue,
    f"{_QUEUES}.pause": _set_state("queues", "PAUSED"),
    f"{_QUEUES}.resume": _set_state("queues", "RUNNING"),
    f"{_QUEUES}.getIamPolicy": get_policy("queues"),
    f"{_QUEUES}.setIamPolicy": set_policy("queues"),
    "cloudscheduler.projects.locations.list": _locations,
    "cloudscheduler.projects.locations.get": _location,
    f"{_JOBS}.create": _create_job,
    f"{_JOBS}.get": lambda world, call: world.get("jobs", call.name),
    f"{_JOBS}.list": lambda world, call: world.page("jobs", call, "jobs"),
    f"{_JOBS}.patch": _patch_job,
    f"{_JOBS}.delete": _delete_job,
    f"{_JOBS}.pause": _set_state("jobs", "PAUSED"),
    f"{_JOBS}.resume": _set_state("jobs", "ENABLED"),
}
