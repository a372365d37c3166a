"""Secret Manager v1: secrets, their versions, who may read them.

Source: secretmanager.v1. Names are answered with the project's number, as Google does. Not told: the texts.
"""

import base64
import binascii
import re
from typing import Any

from infra.sandbox.google_cloud.masks import masked
from infra.sandbox.google_cloud.policies import get_policy, set_policy
from infra.sandbox.google_cloud.refusals import Refusal, not_found, require
from infra.sandbox.google_cloud.world import Answer, ApiCall, World

JsonObject = dict[str, Any]
_SECRET_ID = re.compile(r"[A-Za-z0-9_-]{1,255}")
_MAX_BYTES = 65536


def _create(world: World, call: ApiCall) -> JsonObject:
    secret_id = call.params.get("secretId", "")
    require(_SECRET_ID.fullmatch(secret_id), f"Secret id {secret_id!r} must match [a-zA-Z0-9_-]{{1,255}}.")
    replication = call.body.get("replication") or {}
    require(len(replication) == 1, "Secret.replication is required: automatic or userManaged.")
    name = f"{call.name}/secrets/{secret_id}"
    world.refuse_taken("secrets", name)
    given = {key: call.body[key] for key in ("labels", "annotations") if call.body.get(key)}
    secret = {"name": name, "replication": replication, "createTime": world.now(), "etag": '"1"', **given}
    world.things["secrets"][name] = secret
    return _shown(world, secret)


def _get(world: World, call: ApiCall) -> JsonObject:
    return _shown(world, world.get("secrets", call.name))


def _list(world: World, call: ApiCall) -> JsonObject:
    return world.page("secrets", call, "secrets", lambda one: _shown(world, one))


def _patch(world: World, call: ApiCall) -> JsonObject:
    require(call.params.get("updateMask"), "update_mask is required.")
    old = world.get("secrets", call.name)
    changed = masked(old, call.body, call.params["updateMask"], call.api, "Secret") | {"name": call.name}
    world.things["secrets"][call.name] = changed
    return _shown(world, changed)


def _delete(world: World, call: ApiCall) -> JsonObject:
    world.get("secrets", call.name)
    del world.things["secrets"][call.name]
    world.policies.pop(call.name, None)
    for version in _versions(world, call.name):
        del world.things["versions"][version["name"]]
    return {}


def _add_version(world: World, call: ApiCall) -> JsonObject:
    world.get("secrets", call.name)
    data = (call.body.get("payload") or {}).get("data", "")
    try:
        size = len(base64.b64decode(data, validate=True))
    except binascii.Error:
        raise Refusal("INVALID_ARGUMENT", "Invalid value at 'payload.data' (TYPE_BYTES)") from None
    require(0 < size <= _MAX_BYTES, f"The payload must have 1 to {_MAX_BYTES} bytes.")
    number = len(_versions(world, call.name)) + 1
    version: JsonObject = {"name": f"{call.name}/versions/{number}", "createTime": world.now(), "state": "ENABLED"}
    version["clientSpecifiedPayloadChecksum"] = _is_checked(base64.b64decode(data), call.body["payload"])
    world.things["versions"][version["name"]] = {**version, "data": data}
    return _shown(world, version)


def _is_checked(data: bytes, payload: JsonObject) -> bool:
    """Whether the sender gave a checksum; one that does not fit is refused."""
    given = payload.get("dataCrc32c")
    require(given is None or int(given) == crc32c(data), "The payload does not have the checksum data_crc32c.")
    return given is not None


def crc32c(data: bytes) -> int:
    """Castagnoli's checksum, with which payloads are checked."""
    found = 0xFFFFFFFF
    for byte in data:
        found ^= byte
        for _ in range(8):
            found = found >> 1 ^ (0x82F63B78 if found & 1 else 0)
    return found ^ 0xFFFFFFFF


def _version(world: World, call: ApiCall) -> JsonObject:
    return _shown(world, _found_version(world, call.name))


def _access(world: World, call: ApiCall) -> JsonObject:
    version = _found_version(world, call.name)
    if version["state"] != "ENABLED":
        raise Refusal("FAILED_PRECONDITION", f"Secret Version [{version['name']}] is in {version['state']} state.")
    checksum = str(crc32c(base64.b64decode(version["data"])))
    return {"name": _shown(world, version)["name"], "payload": {"data": version["data"], "dataCrc32c": checksum}}


def _list_versions(world: World, call: ApiCall) -> JsonObject:
    world.get("secrets", call.name)
    newest_first = list(reversed(_versions(world, call.name)))
    return world.page_of(newest_first, call, "versions", lambda one: _shown(world, one))


def _set_state(state: str) -> Answer:
    def answer(world: World, call: ApiCall) -> JsonObject:
        version = _found_version(world, call.name)
        version["state"] = state
        return _shown(world, version)

    return answer


def _versions(world: World, secret: str) -> list[JsonObject]:
    found = [one for name, one in world.things["versions"].items() if name.startswith(f"{secret}/versions/")]
    return sorted(found, key=lambda one: int(one["name"].rpartition("/")[2]))


def _found_version(world: World, name: str) -> JsonObject:
    secret, _, number = name.rpartition("/versions/")
    versions = _versions(world, secret)
    if number == "latest" and versions:
        return versions[-1]
    if name not in world.things["versions"]:
        raise not_found(name)
    return world.things["versions"][name]


def _shown(world: World, thing: JsonObject) -> JsonObject:
    name = thing["name"].replace(world.path, f"projects/{world.number}", 1)
    return {key: value for key, value in thing.items() if key != "data"} | {"name": name}


_SECRETS = "secretmanager.projects.secrets"
SECRETS: dict[str, Answer] = {
    f"{_SECRETS}.create": _create,
    f"{_SECRETS}.get": _get,
    f"{_SECRETS}.list": _list,
    f"{_SECRETS}.patch": _patch,
    f"{_SECRETS}.delete": _delete,
    f"{_SECRETS}.getIamPolicy": get_policy("secrets"),
    f"{_SECRETS}.setIamPolicy": set_policy("secrets"),
    f"{_SECRETS}.addVersion": _add_version,
    f"{_SECRETS}.versions.get": _version,
    f"{_SECRETS}.versions.list": _list_versions,
    f"{_SECRETS}.versions.access": _access,
    f"{_SECRETS}.versions.enable": _set_state("ENABLED"),
    f"{_SECRETS}.versions.disable": _set_state("DISABLED"),
    f"{_SECRETS}.versions.destroy": _set_state("DESTROYED"),
}
