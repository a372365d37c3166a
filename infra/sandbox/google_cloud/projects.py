"""The project itself: resource manager, enabled services, billing, default build account, registry, service accounts.

Source: cloudresourcemanager.v1, serviceusage.v1, cloudbilling.v1, cloudbuild.v1, artifactregistry.v1, iam.v1. As
operators report: refusals for want of billing, enabling what is enabled answers `noop`.
"""

import re
from typing import Any

from infra.sandbox.google_cloud.masks import masked
from infra.sandbox.google_cloud.policies import bury, get_policy, set_policy
from infra.sandbox.google_cloud.refusals import Refusal, no_billing, permission_denied, require
from infra.sandbox.google_cloud.world import Answer, ApiCall, World, get_operation

JsonObject = dict[str, Any]
_ACCOUNT_ID = re.compile(r"[a-z][a-z0-9-]{4,28}[a-z0-9]")
_SERVICE = re.compile(r"[a-z][a-z0-9-]*\.googleapis\.com")
_FREE = re.compile(r"(cloudapis|cloudresourcemanager|iam|iamcredentials|logging|monitoring|serviceusage)\..*")


def _project(world: World, _call: ApiCall) -> JsonObject:
    return {
        "projectId": world.project,
        "projectNumber": world.number,
        "name": world.project,
        "lifecycleState": "ACTIVE",
        "createTime": "2026-01-01T00:00:00.000Z",
    }


def _billing(world: World, _call: ApiCall) -> JsonObject:
    account = "billingAccounts/000000-000000-000000" if world.options.billing else ""
    known = {"name": f"{world.path}/billingInfo", "projectId": world.project}
    return {**known, "billingAccountName": account, "billingEnabled": True} if account else known


def _service(world: World, name: str) -> JsonObject:
    return {
        "name": f"projects/{world.number}/services/{name}",
        "parent": f"projects/{world.number}",
        "config": {"name": name, "title": name},
        "state": "ENABLED" if name in world.services else "DISABLED",
    }


def _get_service(world: World, call: ApiCall) -> JsonObject:
    return _service(world, call.name.rpartition("/")[2])


def _list_services(world: World, call: ApiCall) -> JsonObject:
    require(call.params.get("filter", "") in ("state:ENABLED", ""), "Invalid filter: only state:ENABLED is known here.")
    return world.page_of([_service(world, name) for name in sorted(world.services)], call, "services")


def _batch_enable(world: World, call: ApiCall) -> JsonObject:
    return _enabled(world, call.body.get("serviceIds") or [], "BatchEnableServicesResponse", "services")


def _enable(world: World, call: ApiCall) -> JsonObject:
    return _enabled(world, [call.name.rpartition("/")[2]], "EnableServiceResponse", "service")


def _enabled(world: World, names: list[str], answer: str, field: str) -> JsonObject:
    require(0 < len(names) <= 20, "A single request can enable a maximum of 20 services at a time.")
    for name in names:
        if not _SERVICE.fullmatch(name):
            raise permission_denied("serviceusage.services.enable", f"services/{name}")
    costly = [name for name in names if not _FREE.match(name)]
    if costly and not world.options.billing:
        raise no_billing(world.number, costly)
    new = [name for name in names if name not in world.services]
    world.services |= dict.fromkeys(names)
    world.lags |= dict.fromkeys((f"service {name}" for name in new), world.options.service_lag)
    shown = [_service(world, name) for name in names]
    response = {"@type": f"type.googleapis.com/google.api.serviceusage.v1.{answer}"}
    if not new:
        return {"name": "operations/noop.DONE_OPERATION", "done": True, "response": response}
    return world.start(
        f"operations/acf.{world.new_id()}", response={**response, field: shown if field[-1] == "s" else shown[0]}
    )


def _default_account(world: World, call: ApiCall) -> JsonObject:
    email = f"{world.number}-compute@developer.gserviceaccount.com"
    return {"name": call.name, "serviceAccountEmail": f"{world.path}/serviceAccounts/{email}"}


def _full_name(world: World, name: str) -> str:
    """Of a service account: "-" stands for its project, its unique id for its address."""
    last = name.rpartition("/")[2]
    for email, account in world.things["accounts"].items():
        if last == account["uniqueId"]:
            return email
    return f"{world.path}/serviceAccounts/{last}"


def _account(world: World, call: ApiCall) -> JsonObject:
    name = _full_name(world, call.name)
    if name not in world.things["accounts"]:
        raise Refusal("NOT_FOUND", f"Unknown service account: {name.rpartition('/')[2]}")
    return world.things["accounts"][name]


def _create_account(world: World, call: ApiCall) -> JsonObject:
    account_id = call.body.get("accountId", "")
    require(
        _ACCOUNT_ID.fullmatch(account_id),
        "The account ID does not have the expected format: 6-30 characters, [a-z]([-a-z0-9]*[a-z0-9]).",
    )
    email = f"{account_id}@{world.project}.iam.gserviceaccount.com"
    name = f"{world.path}/serviceAccounts/{email}"
    if name in world.things["accounts"]:
        message = f"Service account {account_id} already exists within project {world.path}."
        raise Refusal("ALREADY_EXISTS", message)
    uid = "1" + world.new_id(20)
    given = {key: value for key, value in call.body.get("serviceAccount", {}).items() if value}
    require(len(given.get("displayName", "")) <= 100, "display_name is over 100 characters.")
    require(len(given.get("description", "")) <= 256, "description is over 256 characters.")
    known = {"name": name, "projectId": world.project, "uniqueId": uid, "email": email, "oauth2ClientId": uid}
    world.things["accounts"][name] = {**known, "etag": "MDEwMjE5MjA=", **given}
    world.lags[f"account {email}"] = world.options.account_lag
    return world.things["accounts"][name]


def _patch_account(world: World, call: ApiCall) -> JsonObject:
    old = _account(world, call)
    mask = call.body.get("updateMask", "displayName,description")
    changed = masked(old, call.body.get("serviceAccount") or {}, mask, call.api, "ServiceAccount")
    world.things["accounts"][old["name"]] = changed
    return changed


def _set_disabled(*, to: bool) -> Answer:
    def answer(world: World, call: ApiCall) -> JsonObject:
        account = _account(world, call)
        account["disabled"] = to
        return {}

    return answer


def _delete_account(world: World, call: ApiCall) -> JsonObject:
    account = _account(world, call)
    del world.things["accounts"][account["name"]]
    world.policies.pop(account["name"], None)
    bury(world, account["email"], account["uniqueId"])
    return {}


def _account_policy(answer: Answer) -> Answer:
    return lambda world, call: answer(world, call._replace(params={"name": _account(world, call)["name"]}))


def _delete_repository(world: World, call: ApiCall) -> JsonObject:
    world.get("repositories", call.name)
    del world.things["repositories"][call.name]
    return world.start(f"{call.name.rpartition('/repositories/')[0]}/operations/{world.new_id()}")


_ACCOUNTS = "iam.projects.serviceAccounts"
_REPOSITORIES = "artifactregistry.projects.locations.repositories"
PROJECTS: dict[str, Answer] = {
    "cloudresourcemanager.projects.get": _project,
    "cloudresourcemanager.projects.getIamPolicy": get_policy("projects"),
    "cloudresourcemanager.projects.setIamPolicy": set_policy("projects"),
    "cloudbilling.projects.getBillingInfo": _billing,
    "serviceusage.services.get": _get_service,
    "serviceusage.services.list": _list_services,
    "serviceusage.services.enable": _enable,
    "serviceusage.services.batchEnable": _batch_enable,
    "serviceusage.operations.get": get_operation,
    "cloudbuild.projects.locations.getDefaultServiceAccount": _default_account,
    f"{_REPOSITORIES}.get": lambda world, call: world.get("repositories", call.name),
    f"{_REPOSITORIES}.list": lambda world, call: world.page("repositories", call, "repositories"),
    f"{_REPOSITORIES}.delete": _delete_repository,
    "artifactregistry.projects.locations.operations.get": get_operation,
    f"{_ACCOUNTS}.get": _account,
    f"{_ACCOUNTS}.list": lambda world, call: world.page("accounts", call, "accounts"),
    f"{_ACCOUNTS}.create": _create_account,
    f"{_ACCOUNTS}.patch": _patch_account,
    f"{_ACCOUNTS}.delete": _delete_account,
    f"{_ACCOUNTS}.enable": _set_disabled(to=False),
    f"{_ACCOUNTS}.disable": _set_disabled(to=True),
    f"{_ACCOUNTS}.getIamPolicy": _account_policy(get_policy("accounts")),
    f"{_ACCOUNTS}.setIamPolicy": _account_policy(set_policy("accounts")),
}
