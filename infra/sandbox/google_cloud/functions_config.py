"""What a function may be deployed with, and what Google fills in.

Source: cloudfunctions.v2 (BuildConfig, ServiceConfig); "Concurrency" in the Cloud Run functions guide. As operators
report: `LOG_EXECUTION_ID` is put into every function's environment. Not told: the texts; the smallest memory for a CPU
is Cloud Run's.
"""

import re
from typing import Any

from infra.sandbox.google_cloud.refusals import Refusal, require
from infra.sandbox.google_cloud.world import World

JsonObject = dict[str, Any]
RUNTIMES = ("python310", "python311", "python312", "python313", "python314", "nodejs22", "go124")
_OLD_RUNTIMES = ("python37", "python38", "python39")
_UNITS = {"k": 1e3, "M": 1e6, "G": 1e9, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "": 1}
_CPU_BY_MEMORY = ((128e6, "0.0833"), (256e6, "0.1666"), (512e6, "0.3333"), (1e9, "0.5833"), (2e9, "1"))
_MEMORY_BY_CPU = ((1.0, 0), (2.0, 128 * 2**20), (4.0, 2 * 2**30), (8.0, 4 * 2**30))
_RESERVED = {"FUNCTION_TARGET", "FUNCTION_SIGNATURE_TYPE", "PORT", "K_SERVICE", "K_REVISION", "K_CONFIGURATION"}
_SLACK = 1.05  # 128Mi counts as 128M


def runtimes() -> list[JsonObject]:
    """As `runtimes.list` shows them."""
    shown = [{"name": name, "environment": "GEN_2", "stage": "GA", "displayName": name} for name in RUNTIMES]
    return shown + [{"name": name, "environment": "GEN_1", "stage": "DEPRECATED"} for name in _OLD_RUNTIMES]


def check_function(world: World, function: JsonObject) -> None:
    """Raises `Refusal` where a function can't be deployed as it is described."""
    build, service = function.get("buildConfig", {}), function.get("serviceConfig", {})
    require(build.get("runtime") in RUNTIMES, f"Runtime {build.get('runtime')} is not supported on GCF 2nd gen.")
    for email in (build.get("serviceAccount", "").rpartition("/")[2], service.get("serviceAccountEmail", "")):
        _check_account(world, email)
    for name, value in service.get("environmentVariables", {}).items():
        require(re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name), f"Environment variable name {name!r} is not valid.")
        require(name not in _RESERVED and not name.startswith("X_GOOGLE_"), f"Environment variable {name} is reserved.")
        require(len(value) <= 32768, f"Environment variable {name} is too long.")
    _check_sizes(service)
    for label, value in function.get("labels", {}).items():
        require(re.fullmatch(r"[a-z][a-z0-9_-]{0,62}", label), f"Label key {label!r} is not valid.")
        require(re.fullmatch(r"[a-z0-9_-]{0,63}", value), f"Label value {value!r} is not valid.")


def filled_in(world: World, function: JsonObject) -> JsonObject:
    """A function as it is shown once deployed, with Google's defaults."""
    service = {
        "timeoutSeconds": 60,
        "maxInstanceCount": 100,
        "maxInstanceRequestConcurrency": 1,
        "ingressSettings": "ALLOW_ALL",
        "availableMemory": "256M",
        "serviceAccountEmail": f"{world.number}-compute@developer.gserviceaccount.com",
        "allTrafficOnLatestRevision": True,
        **function.get("serviceConfig", {}),
    }
    service.setdefault("availableCpu", _default_cpu(service["availableMemory"]))
    service["environmentVariables"] = {"LOG_EXECUTION_ID": "true"} | service.get("environmentVariables", {})
    return {**function, "environment": "GEN_2", "serviceConfig": service}


def _check_account(world: World, email: str) -> None:
    if not email.endswith(f"@{world.project}.iam.gserviceaccount.com"):
        return
    account = world.things["accounts"].get(f"{world.path}/serviceAccounts/{email}")
    if account is None or account.get("disabled"):
        raise Refusal("NOT_FOUND", f"Service account {email} was not found or is disabled.")


def _check_sizes(service: JsonObject) -> None:
    memory, cpu = _bytes(service.get("availableMemory", "256M")), _cpu(service)
    low, high = int(service.get("minInstanceCount") or 0), int(service.get("maxInstanceCount") or 100)
    require(1 <= int(service.get("timeoutSeconds") or 60) <= 3600, "timeout_seconds must be in [1, 3600].")
    require(0 <= low <= high <= 1000, "min_instance_count must not be over max_instance_count, which is at most 1000.")
    concurrency = int(service.get("maxInstanceRequestConcurrency") or 1)
    require(1 <= concurrency <= 1000, "max_instance_request_concurrency must be in [1, 1000].")
    require(
        concurrency == 1 or cpu >= 1,
        "spec.template.spec.containers.resources.limits.cpu: Invalid value specified for cpu. Total cpu < 1 is not "
        "supported with concurrency > 1.",
    )
    require(cpu in (1, 2, 4, 6, 8) or 0.08 <= cpu < 1, f"Invalid value specified for cpu: {cpu:g}.")
    require(128e6 <= memory <= 32 * 2**30, "available_memory must be in [128Mi, 32Gi].")
    least = next((need for most, need in _MEMORY_BY_CPU if cpu <= most), 4 * 2**30)
    require(memory >= least, f"{cpu:g} CPU need at least {least} bytes of memory.")


def _cpu(service: JsonObject) -> float:
    given = service.get("availableCpu") or _default_cpu(service.get("availableMemory", "256M"))
    found = re.fullmatch(r"(\d*\.?\d+)(m?)", given)
    require(found, f"Invalid value specified for cpu: {given!r}.")
    assert found
    return float(found[1]) / (1000 if found[2] else 1)


def _default_cpu(memory: str) -> str:
    wanted = _bytes(memory)
    return next((cpu for most, cpu in _CPU_BY_MEMORY if wanted <= most * _SLACK), "2")


def _bytes(memory: str) -> float:
    found = re.fullmatch(r"(\d+)([kMG]|[KMG]i|)", memory)
    require(found, f"Invalid value specified for memory: {memory!r}.")
    assert found
    return int(found[1]) * float(_UNITS[found[2]])
