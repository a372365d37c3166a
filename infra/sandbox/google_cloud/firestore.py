"""Firestore's admin side (databases, fields) and the security rules of Firebase.

Source: firestore.v1, firebaserules.v1. Documents are not kept: only the names of the collections in a database, which a
test puts there. Not told: the texts; that a ruleset must name the service and have as many closing as opening braces.
"""

import re
from typing import Any

from infra.sandbox.google_cloud.masks import masked
from infra.sandbox.google_cloud.refusals import Refusal, not_found, require
from infra.sandbox.google_cloud.world import REGIONS, Answer, ApiCall, World, get_operation

JsonObject = dict[str, Any]
_DATABASE_ID = re.compile(r"[a-z][a-z0-9-]{2,61}[a-z0-9]|\(default\)")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LOCATIONS = ("eur3", "nam5", "nam7", *REGIONS)
_LISTABLE = ("indexConfig.usesAncestorConfig:false", "ttlConfig:*")
_FIELD = "GoogleFirestoreAdminV1Field"


def _create_database(world: World, call: ApiCall) -> JsonObject:
    database_id = call.params.get("databaseId", "")
    require(_DATABASE_ID.fullmatch(database_id) and not _UUID.fullmatch(database_id), "Invalid database id.")
    require(call.body.get("locationId") in _LOCATIONS, f"Invalid location: {call.body.get('locationId')}.")
    require(call.body.get("type") in ("FIRESTORE_NATIVE", "DATASTORE_MODE"), "Database.type is required.")
    name = f"{call.name}/databases/{database_id}"
    if name in world.things["databases"]:
        raise Refusal("ALREADY_EXISTS", "Database already exists. Please use another database_id")
    database = {
        "databaseEdition": "STANDARD",
        "concurrencyMode": "PESSIMISTIC",
        "deleteProtectionState": "DELETE_PROTECTION_DISABLED",
        **{key: value for key, value in call.body.items() if value not in ({}, None)},
        "name": name,
        "uid": world.new_id(),
        "createTime": world.now(),
        "etag": "IA==",
    }
    world.things["databases"][name] = database
    response, takes_s = _typed("Database", database), world.options.database_s
    return world.start(f"{name}/operations/{world.new_id()}", target=name, response=response, takes_s=takes_s)


def _get_database(world: World, call: ApiCall) -> JsonObject:
    return world.things["databases"][_check_database(world, call.name)]


def _delete_database(world: World, call: ApiCall) -> JsonObject:
    database = world.get("databases", call.name)
    if database.get("deleteProtectionState") == "DELETE_PROTECTION_ENABLED":
        raise Refusal("FAILED_PRECONDITION", f"Database {call.name} has delete protection enabled.")
    del world.things["databases"][call.name]
    for kind in ("fields", "collections"):
        for name in [one for one in world.things[kind] if one.startswith(f"{call.name}/")]:
            del world.things[kind][name]
    return world.start(f"{call.name}/operations/{world.new_id()}", response=_typed("Database", database))


def _list_databases(world: World, _call: ApiCall) -> JsonObject:
    return {"databases": [one for name, one in sorted(world.things["databases"].items()) if not world.is_busy(name)]}


def _patch_database(world: World, call: ApiCall) -> JsonObject:
    old = world.get("databases", call.name)
    mask = call.params.get("updateMask", "")
    changed = masked(old, call.body, mask, call.api, "GoogleFirestoreAdminV1Database") | {"name": call.name}
    world.things["databases"][call.name] = changed
    return world.start(f"{call.name}/operations/{world.new_id()}", response=_typed("Database", changed))


def _get_field(world: World, call: ApiCall) -> JsonObject:
    _check_database(world, call.name)
    return world.things["fields"].get(call.name) or _inheriting(call.name)


def _patch_field(world: World, call: ApiCall) -> JsonObject:
    database = _check_database(world, call.name)
    mask = call.params.get("updateMask", "")
    require(mask, "update_mask is required.")
    old = world.things["fields"].get(call.name) or _inheriting(call.name)
    new = masked(old, call.body, mask, call.api, _FIELD) | {"name": call.name}
    if "indexConfig" in mask:
        indexes = (call.body.get("indexConfig") or {}).get("indexes")
        is_own = call.body.get("indexConfig") is not None
        new["indexConfig"] = (
            {"indexes": indexes} if indexes else {} if is_own else _inheriting(call.name)["indexConfig"]
        )
    if new.get("ttlConfig") is not None:
        new["ttlConfig"] = {**new["ttlConfig"], "state": "ACTIVE"}
    world.things["fields"][call.name] = new
    return world.start(f"{database}/operations/{world.new_id()}", response=_typed("Field", new))


def _list_fields(world: World, call: ApiCall) -> JsonObject:
    database = _check_database(world, call.name)
    wanted = call.params.get("filter", "")
    require(any(one in wanted for one in _LISTABLE), f"filter must include {' or '.join(_LISTABLE)}.")
    group = call.name.rpartition("/")[2]
    below = f"{database}/collectionGroups/" + ("" if group == "-" else f"{group}/")
    found = [
        one
        for name, one in sorted(world.things["fields"].items())
        if name.startswith(below)
        and (
            (_LISTABLE[0] in wanted and not one["indexConfig"].get("usesAncestorConfig"))
            or (_LISTABLE[1] in wanted and "ttlConfig" in one)
        )
    ]
    return world.page_of(found, call, "fields")


def _inheriting(name: str) -> JsonObject:
    """A field as it is where nobody decided anything about it."""
    ancestor = f"{name.partition('/collectionGroups/')[0]}/collectionGroups/__default__/fields/*"
    return {"name": name, "indexConfig": {"usesAncestorConfig": True, "ancestorField": ancestor}}


def _check_database(world: World, name: str) -> str:
    database = "/".join(name.split("/")[:4])
    if database not in world.things["databases"] or world.is_busy(database):
        raise Refusal(
            "NOT_FOUND", f"The database {database.rpartition('/')[2]} does not exist for project {world.project}."
        )
    return database


def _collection_ids(world: World, call: ApiCall) -> JsonObject:
    database = _check_database(world, call.name)
    found = [
        {"id": name.rpartition("/")[2]} for name in sorted(world.things["collections"]) if name.startswith(database)
    ]
    page = world.page_of(found, call._replace(params={**call.params, **_as_text(call.body)}), "collectionIds")
    return {**page, "collectionIds": [one["id"] for one in page["collectionIds"]]} if page else {}


def _as_text(body: JsonObject) -> dict[str, str]:
    return {key: str(value) for key, value in body.items()}


def _bulk_delete(world: World, call: ApiCall) -> JsonObject:
    database = _check_database(world, call.name)
    for collection in call.body.get("collectionIds") or []:
        world.things["collections"].pop(f"{database}/collections/{collection}", None)
    return world.start(f"{database}/operations/{world.new_id()}")


def _create_ruleset(world: World, call: ApiCall) -> JsonObject:
    files = (call.body.get("source") or {}).get("files") or []
    require(files, "Ruleset.source.files is required.")
    for file in files:
        content = file.get("content", "")
        is_whole = "service cloud.firestore" in content and content.count("{") == content.count("}")
        require(is_whole, f"{file.get('name')}: compilation failed: not a ruleset for cloud.firestore.")
    name = f"{call.name}/rulesets/{world.new_id(32)}"
    shown = {"name": name, "source": call.body["source"], "createTime": world.now()}
    world.things["rulesets"][name] = shown
    return shown


def _list_rulesets(world: World, call: ApiCall) -> JsonObject:
    return world.page("rulesets", call, "rulesets", lambda one: {key: one[key] for key in ("name", "createTime")})


def _delete_ruleset(world: World, call: ApiCall) -> JsonObject:
    world.get("rulesets", call.name)
    if any(one["rulesetName"] == call.name for one in world.things["releases"].values()):
        raise Refusal("FAILED_PRECONDITION", f"Ruleset {call.name} is referenced by a release.")
    del world.things["rulesets"][call.name]
    return {}


def _create_release(world: World, call: ApiCall) -> JsonObject:
    name = call.body.get("name", "")
    require(name.startswith(f"{call.name}/releases/"), "Release.name must be projects/{project_id}/releases/….")
    world.refuse_taken("releases", name)
    return _released(world, name, call.body.get("rulesetName", ""), {"createTime": world.now()})


def _patch_release(world: World, call: ApiCall) -> JsonObject:
    release = world.get("releases", call.name)
    wanted = call.body.get("release") or {}
    require(wanted.get("name") == call.name, "Release.name must be that of the path.")
    return _released(world, call.name, wanted.get("rulesetName", ""), {"createTime": release["createTime"]})


def _released(world: World, name: str, ruleset: str, kept: JsonObject) -> JsonObject:
    if ruleset not in world.things["rulesets"]:
        raise not_found(ruleset)
    world.things["releases"][name] = {"name": name, "rulesetName": ruleset, **kept, "updateTime": world.now()}
    return world.things["releases"][name]


def _delete_release(world: World, call: ApiCall) -> JsonObject:
    world.get("releases", call.name)
    del world.things["releases"][call.name]
    return {}


def _typed(kind: str, thing: JsonObject) -> JsonObject:
    return {"@type": f"type.googleapis.com/google.firestore.admin.v1.{kind}", **thing}


_DATABASES = "firestore.projects.databases"
_FIELDS = f"{_DATABASES}.collectionGroups.fields"
_RULES = "firebaserules.projects"
FIRESTORE: dict[str, Answer] = {
    f"{_DATABASES}.create": _create_database,
    f"{_DATABASES}.get": _get_database,
    f"{_DATABASES}.list": _list_databases,
    f"{_DATABASES}.patch": _patch_database,
    f"{_DATABASES}.delete": _delete_database,
    f"{_DATABASES}.bulkDeleteDocuments": _bulk_delete,
    f"{_DATABASES}.operations.get": get_operation,
    f"{_DATABASES}.documents.listCollectionIds": _collection_ids,
    f"{_FIELDS}.get": _get_field,
    f"{_FIELDS}.list": _list_fields,
    f"{_FIELDS}.patch": _patch_field,
    f"{_RULES}.rulesets.create": _create_ruleset,
    f"{_RULES}.rulesets.get": lambda world, call: world.get("rulesets", call.name),
    f"{_RULES}.rulesets.list": _list_rulesets,
    f"{_RULES}.rulesets.delete": _delete_ruleset,
    f"{_RULES}.releases.create": _create_release,
    f"{_RULES}.releases.get": lambda world, call: world.get("releases", call.name),
    f"{_RULES}.releases.list": lambda world, call: world.page("releases", call, "releases"),
    f"{_RULES}.releases.patch": _patch_release,
    f"{_RULES}.releases.delete": _delete_release,
}
