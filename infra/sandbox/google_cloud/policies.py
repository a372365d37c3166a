"""IAM policies on resources: etags, members that must exist, the organisation's policy, deleted accounts.

Not told by Google's documents: the texts of refusals; which roles a kind of resource takes is a table of those whose
use there is documented.
"""

import base64
import hashlib
import json
import re
from collections.abc import Callable
from typing import Any

from infra.sandbox.google_cloud.refusals import Refusal, not_permitted, require
from infra.sandbox.google_cloud.world import ApiCall, World

JsonObject = dict[str, Any]
_MEMBER = re.compile(r"allUsers|allAuthenticatedUsers|(deleted:)?(user|serviceAccount|group|domain|principal\w*):\S+")
_PROJECT_ROLES = """
owner editor viewer browser artifactregistry.writer cloudbuild.builds.builder cloudfunctions.developer
cloudfunctions.invoker cloudtasks.enqueuer cloudtasks.viewer datastore.user datastore.viewer dialogflow.client
dialogflow.reader
iam.serviceAccountTokenCreator iam.serviceAccountUser logging.logWriter monitoring.metricWriter run.admin run.builder
run.invoker secretmanager.secretAccessor secretmanager.secretVersionAdder storage.objectAdmin storage.objectViewer
"""
_ROLES = {
    "projects": _PROJECT_ROLES.split(),
    "accounts": ["iam.serviceAccountUser", "iam.serviceAccountTokenCreator", "iam.workloadIdentityUser"],
    "secrets": ["secretmanager.secretAccessor", "secretmanager.secretVersionAdder", "secretmanager.viewer"],
    "queues": ["cloudtasks.enqueuer", "cloudtasks.viewer", "cloudtasks.taskRunner", "cloudtasks.queueAdmin"],
    "services": ["run.invoker", "run.viewer", "run.developer", "run.admin"],
    "functions": ["cloudfunctions.invoker", "cloudfunctions.viewer", "cloudfunctions.developer"],
}


def get_policy(kind: str) -> Callable[[World, ApiCall], JsonObject]:
    """The answer of a `getIamPolicy` on resources of a kind."""

    def answer(world: World, call: ApiCall) -> JsonObject:
        name = _existing(world, kind, call.name)
        return world.policies.get(name) or {"version": 1, "etag": "ACAB"}

    return answer


def set_policy(kind: str) -> Callable[[World, ApiCall], JsonObject]:
    """The answer of a `setIamPolicy` on resources of a kind."""

    def answer(world: World, call: ApiCall) -> JsonObject:
        name = _existing(world, kind, call.name)
        wanted = call.body.get("policy") or {}
        current = world.policies.get(name, {"etag": "ACAB"})
        if wanted.get("etag") and _plain(wanted["etag"]) != _plain(current["etag"]):
            raise Refusal(
                "ABORTED",
                "There were concurrent policy changes. Please retry the whole read-modify-write with exponential "
                "backoff.",
            )
        bindings = _merged(wanted.get("bindings") or [])
        for binding in bindings:
            _check(world, kind, name, binding, current)
        require(
            wanted.get("version", 1) == 3 or not any("condition" in one for one in bindings),
            "Policies with conditions need version 3.",
        )
        world.policies[name] = _with_etag(bindings, wanted.get("version", 1), current["etag"])
        return world.policies[name]

    return answer


def bury(world: World, email: str, uid: str) -> None:
    """A service account is gone: wherever it was named, its grants now name what was deleted."""
    old, new = f"serviceAccount:{email}", f"deleted:serviceAccount:{email}?uid={uid}"
    for name, policy in list(world.policies.items()):
        bindings = policy.get("bindings", [])
        if any(old in one["members"] for one in bindings):
            changed = [one | {"members": [new if m == old else m for m in one["members"]]} for one in bindings]
            world.policies[name] = _with_etag(changed, policy["version"], policy["etag"])


def members(world: World, name: str, role: str) -> list[str]:
    """Who has a role on a resource."""
    bindings = world.policies.get(name, {}).get("bindings", [])
    return [member for one in bindings if one["role"] == role for member in one["members"]]


def _existing(world: World, kind: str, name: str) -> str:
    if kind == "projects":
        return world.path
    world.get(kind, name)
    return name


def _merged(bindings: list[JsonObject]) -> list[JsonObject]:
    """One binding per role and condition, without empty ones."""
    found: dict[str, JsonObject] = {}
    for one in bindings:
        condition = {"condition": one["condition"]} if one.get("condition") else {}
        key = json.dumps([one.get("role"), condition], sort_keys=True)
        held = found.setdefault(key, {"role": one.get("role", ""), "members": [], **condition})
        held["members"] += [member for member in one.get("members") or [] if member not in held["members"]]
    return sorted((one for one in found.values() if one["members"]), key=lambda one: str(one["role"]))


def _check(world: World, kind: str, name: str, binding: JsonObject, current: JsonObject) -> None:
    role = binding["role"]
    known = {member for one in current.get("bindings", []) if one["role"] == role for member in one["members"]}
    if role.removeprefix("roles/") not in _ROLES[kind] or not role.startswith("roles/"):
        raise Refusal("INVALID_ARGUMENT", f"Role {role} is not supported for this resource.")
    for member in binding["members"]:
        require(_MEMBER.fullmatch(member), f"Invalid member: {member}")
        if member in ("allUsers", "allAuthenticatedUsers"):
            require(kind != "projects", f"Member {member} is of an unknown type.")
            if not world.options.public:
                raise not_permitted(member, name)
        if member not in known and member.startswith("serviceAccount:"):
            _check_account(world, member.removeprefix("serviceAccount:"))


def _check_account(world: World, email: str) -> None:
    if not email.endswith(f"@{world.project}.iam.gserviceaccount.com"):
        return
    is_there = f"{world.path}/serviceAccounts/{email}" in world.things["accounts"]
    require(is_there and world.is_known_yet(f"account {email}"), f"Service account {email} does not exist.")


def _plain(etag: str) -> str:
    """One spelling: bytes in JSON may come in either alphabet of base64."""
    return etag.translate(str.maketrans("-_", "+/")).rstrip("=")


def _with_etag(bindings: list[JsonObject], version: int, before: str) -> JsonObject:
    seed = before + json.dumps(bindings, sort_keys=True)
    etag = base64.b64encode(hashlib.sha256(seed.encode()).digest()[:9]).decode()
    return {"version": version, "etag": etag, **({"bindings": bindings} if bindings else {})}
