"""Cloud Functions v2, and the Cloud Run services that stand behind functions.

Source: cloudfunctions.v2, run.v1, run.v2. A failed build leaves a function in state FAILED, without a URI on its first
deployment. Not told by Google's documents: the texts; what a URI looks like within.
"""

import hashlib
import re
from typing import Any

from infra.sandbox.google_cloud.builds import build_failure, check_source, generate_upload_url
from infra.sandbox.google_cloud.functions_config import check_function, filled_in, runtimes
from infra.sandbox.google_cloud.masks import masked
from infra.sandbox.google_cloud.policies import get_policy, set_policy
from infra.sandbox.google_cloud.refusals import Refusal, require
from infra.sandbox.google_cloud.world import Answer, ApiCall, World, get_operation

JsonObject = dict[str, Any]
_FUNCTION_ID = re.compile(r"[a-z][a-z0-9-]{2,61}[a-z0-9]")
_GIVEN = ("name", "description", "buildConfig", "serviceConfig", "eventTrigger", "labels", "kmsKeyName")
_SET_BY_GOOGLE = ("service", "uri", "revision")


def _create(world: World, call: ApiCall) -> JsonObject:
    function_id = call.params.get("functionId", "")
    require(_FUNCTION_ID.fullmatch(function_id), f"Invalid function id {function_id!r}: 4-63 characters, /a-z-/.")
    name = f"{call.name}/functions/{function_id}"
    if name in world.things["functions"]:
        error = Refusal("ALREADY_EXISTS", f"Could not create Cloud Run function {function_id}: it already exists.")
        return world.start(_operation_name(world, name), target=name, error=error)
    wanted = {key: call.body[key] for key in _GIVEN if call.body.get(key)} | {"name": name}
    return _deploy(world, wanted, {"createTime": world.now()})


def _patch(world: World, call: ApiCall) -> JsonObject:
    old = world.get("functions", call.name)
    if world.is_busy(call.name):
        raise Refusal("ABORTED", "unable to queue the operation")
    changed = masked(old, call.body, call.params.get("updateMask", ""), call.api, "Function") | {"name": call.name}
    return _deploy(world, changed, {"createTime": old["createTime"]})


def _deploy(world: World, wanted: JsonObject, kept: JsonObject) -> JsonObject:
    """Check, build and start a function; what is wrong with it at once is refused, a failing build fails later."""
    name = wanted["name"]
    check_function(world, wanted)
    check_source(world, wanted["buildConfig"])
    failure = build_failure(world, name, wanted["buildConfig"])
    shown = filled_in(world, wanted) | kept | {"updateTime": world.now()}
    shown.pop("stateMessages", None)
    if failure:
        message = {"severity": "ERROR", "type": "CloudRunServiceNotFound", "message": str(failure)}
        shown |= {"state": "FAILED", "stateMessages": [message]}
    else:
        shown |= _running(world, shown)
    world.things["functions"][name] = shown
    _push_image(world, name)
    answer = {"@type": "type.googleapis.com/google.cloud.functions.v2.Function", **shown}
    return world.start(
        _operation_name(world, name),
        target=name,
        response=answer,
        metadata=_metadata(world, name),
        error=failure,
        takes_s=world.options.build_s,
    )


def _running(world: World, function: JsonObject) -> JsonObject:
    """What a deployment that went well adds: the service behind it, and its addresses."""
    region, _, function_id = function["name"].split("/")[-3:]
    service_name = f"{world.path}/locations/{region}/services/{function_id}"
    revision = f"{function_id}-{world.new_id(5)}-abc"
    uri = f"https://{function_id}-{hashlib.sha256(world.project.encode()).hexdigest()[:10]}-{_short(region)}.a.run.app"
    service = {**function["serviceConfig"], "service": service_name, "uri": uri, "revision": revision}
    world.things["services"][service_name] = {
        "name": service_name,
        "uri": uri,
        "ingress": "INGRESS_TRAFFIC_ALL",
        "labels": {"goog-managed-by": "cloudfunctions"},
        "template": {"serviceAccount": service["serviceAccountEmail"], "revision": revision},
    }
    build = f"projects/{world.number}/locations/{region}/builds/{world.new_id()}"
    source = function["buildConfig"]["source"]
    return {
        "state": "ACTIVE",
        "url": f"https://{region}-{world.project}.cloudfunctions.net/{function_id}",
        "serviceConfig": service,
        "buildConfig": {
            **function["buildConfig"],
            "build": build,
            "dockerRegistry": "ARTIFACT_REGISTRY",
            "dockerRepository": f"{world.path}/locations/{region}/repositories/gcf-artifacts",
            "sourceProvenance": {"resolvedStorageSource": source["storageSource"] | {"generation": "1"}},
        },
    }


def _push_image(world: World, name: str) -> None:
    """Building makes the registry that functions share."""
    repository = f"{name.rpartition('/functions/')[0]}/repositories/gcf-artifacts"
    world.things["repositories"].setdefault(
        repository, {"name": repository, "format": "DOCKER", "labels": {"goog-managed-by": "cloudfunctions"}}
    )


def _get(world: World, call: ApiCall) -> JsonObject:
    return _shown(world, world.get("functions", call.name))


def _list(world: World, call: ApiCall) -> JsonObject:
    return world.page("functions", call, "functions", lambda one: _shown(world, one))


def _shown(world: World, function: JsonObject) -> JsonObject:
    return {**function, "state": "DEPLOYING"} if world.is_busy(function["name"]) else function


def _delete(world: World, call: ApiCall) -> JsonObject:
    function = world.get("functions", call.name)
    if world.is_busy(call.name):
        raise Refusal("ABORTED", "unable to queue the operation")
    service = function["serviceConfig"].get("service", "")
    del world.things["functions"][call.name]
    world.things["services"].pop(service, None)
    world.policies.pop(service, None)
    return world.start(_operation_name(world, call.name), target=call.name, metadata=_metadata(world, call.name))


def _operation_name(world: World, function: str) -> str:
    return f"{function.rpartition('/functions/')[0]}/operations/operation-{world.new_id()}"


def _metadata(world: World, name: str) -> JsonObject:
    stages = [{"name": stage, "state": "COMPLETE"} for stage in ("BUILD", "SERVICE")]
    kind = "type.googleapis.com/google.cloud.functions.v2.OperationMetadata"
    return {"@type": kind, "target": name, "createTime": world.now(), "apiVersion": "v2", "stages": stages}


def _locations(world: World, call: ApiCall) -> JsonObject:
    found = [
        {
            "name": f"{world.path}/locations/{region}",
            "locationId": region,
            "displayName": region,
            "metadata": {
                "@type": "type.googleapis.com/google.cloud.functions.v2.LocationMetadata",
                "environments": ["GEN_2", "GEN_1"],
            },
        }
        for region in world.options.regions
    ]
    return world.page_of(found, call, "locations")


def _short(region: str) -> str:
    return "".join(part[0] for part in region.split("-"))


FUNCTIONS: dict[str, Answer] = {
    "cloudfunctions.projects.locations.list": _locations,
    "cloudfunctions.projects.locations.runtimes.list": lambda _world, _call: {"runtimes": runtimes()},
    "cloudfunctions.projects.locations.operations.get": get_operation,
    "cloudfunctions.projects.locations.functions.get": _get,
    "cloudfunctions.projects.locations.functions.list": _list,
    "cloudfunctions.projects.locations.functions.create": _create,
    "cloudfunctions.projects.locations.functions.patch": _patch,
    "cloudfunctions.projects.locations.functions.delete": _delete,
    "cloudfunctions.projects.locations.functions.generateUploadUrl": generate_upload_url,
    "cloudfunctions.projects.locations.functions.getIamPolicy": get_policy("functions"),
    "cloudfunctions.projects.locations.functions.setIamPolicy": set_policy("functions"),
    "run.projects.locations.services.get": lambda world, call: world.get("services", call.name),
    "run.projects.locations.services.list": lambda world, call: world.page("services", call, "services"),
    "run.projects.locations.services.getIamPolicy": get_policy("services"),
    "run.projects.locations.services.setIamPolicy": set_policy("services"),
}
