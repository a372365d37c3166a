"""How each function is to be deployed, as a gcloud command, and whether one that is there is deployed so."""

import json
from typing import Any

from functions.handoff.events import JsonObject
from functions.runtime.config import VARIABLES
from infra.deploy.changes import GivenFile
from infra.deploy.identities import find_service_agent
from infra.deploy.parts import (
    BUILD_ACCOUNT,
    DIALOGFLOW_WEBHOOK,
    LABEL,
    REDELIVER,
    RUNTIME,
    WAKE_UPS_ACCOUNT,
    Function,
    email_of,
    queue_path,
)
from infra.deploy.site import Refused, Site

UNKNOWN_URL = "https://redeliver.invalid"
"""Stands for the URL of `redeliver` where commands are only shown and it is not known yet."""

UNKNOWN_AUDIENCE = "https://dialogflow-webhook.invalid"
"""The same for that of `dialogflow-webhook`."""

SOURCE_LABEL = "source"

_IDENTITIES = ("DIALOGFLOW_IDENTITY_AUDIENCES", "DIALOGFLOW_IDENTITY_EMAILS")
_INGRESS = ("all", "ALLOW_ALL")  # the senders are outside; redeliver is kept by IAM, and operators call it, too
_KNOWN_NAMES = {variable.name for variable in VARIABLES} | {"THREADS", "LOG_EXECUTION_ID"}
_UNITS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}


def url_of(site: Site) -> str:
    """Where `redeliver` is.

    Raises:
        Refused: it is not deployed, or not yet whole.
    """
    url = find_url(site)
    if not url and not site.is_shown_only:
        raise Refused("redeliver has no URL yet", "run make deploy again; if it stays so, look at it in the console")
    return url or UNKNOWN_URL


def find_url(site: Site) -> str:
    """Where `redeliver` is, or "" before its first deployment came to an end."""
    return _uri(REDELIVER, site)


def _uri(function: Function, site: Site) -> str:
    found = site.find_function(function) or {}
    return str(found.get("serviceConfig", {}).get("uri", ""))


def environment_of(function: Function, site: Site, redeliver_url: str) -> dict[str, str]:
    """Every variable of a function; without the URL it has no wake-ups but the sweep."""
    given = site.deployment.environment
    environment = {
        **given,
        **(identities(site, find_audience(site)) if function is DIALOGFLOW_WEBHOOK else {}),
        "GOOGLE_CLOUD_PROJECT": site.project,
        # The web server's threads: fewer than the requests let in would make them wait, more would be idle.
        "THREADS": str(function.concurrency),
        # On, the framework would parse each of our lines again and cut tracebacks into one entry a line, which Error
        # Reporting can't read; our lines carry the trace already. Google switches it on unless it is said.
        "LOG_EXECUTION_ID": "false",
    }
    if redeliver_url:
        environment |= {
            "REDELIVER_URL": redeliver_url,
            "TASKS_QUEUE": queue_path(site.project, site.region),
            "TASKS_SERVICE_ACCOUNT": email_of(WAKE_UPS_ACCOUNT, site.project),
        }
    return dict(sorted(environment.items()))


def find_audience(site: Site) -> str:
    """Where `dialogflow-webhook` is, for which Dialogflow makes its identity tokens; "" as with `find_url`."""
    return _uri(DIALOGFLOW_WEBHOOK, site)


def identities(site: Site, url: str) -> dict[str, str]:
    """Whose identity tokens `dialogflow-webhook` takes, and for which URL, its own; nothing before that is known.

    What the settings file says goes before: both settings are its own then, as one alone would be refused.
    """
    if set(_IDENTITIES) & set(site.deployment.environment):
        return {}
    agent = find_service_agent(site) if url else ""
    return dict(zip(_IDENTITIES, (url, agent), strict=True)) if agent else {}


def arguments_of(function: Function, site: Site, digest: str) -> tuple[str, ...]:
    """The gcloud command; its environment goes with it as a file.

    Nothing about who may call the function: on an update gcloud then leaves that as it is, at no moment is a public
    function closed or the private one open. See `invokers`.
    """
    return (
        *("functions", "deploy", function.name, "--gen2", f"--runtime={RUNTIME}", f"--region={site.region}"),
        *("--source=.", f"--entry-point={function.entry_point}", "--trigger-http"),
        f"--service-account={email_of(function.service_account, site.project)}",
        f"--build-service-account={build_account(site)}",
        *(f"--memory={function.memory_mib}Mi", f"--cpu={function.cpu}", f"--concurrency={function.concurrency}"),
        *(f"--timeout={function.timeout_s}s", f"--min-instances={function.min_instances}"),
        *(f"--max-instances={max_instances(function, site)}", f"--ingress-settings={_INGRESS[0]}"),
        "--serve-all-traffic-latest-revision",
        f"--update-labels={LABEL[0]}={LABEL[1]},{SOURCE_LABEL}={digest}",
    )


def environment_file(environment: dict[str, str]) -> GivenFile:
    """The environment as gcloud reads it: no other variable stays."""
    content = json.dumps(environment, indent=2, ensure_ascii=False) + "\n"
    return GivenFile("--env-vars-file", "environment.json", content)


def build_account(site: Site) -> str:
    """The full name of the account that builds."""
    return f"projects/{site.project}/serviceAccounts/{email_of(BUILD_ACCOUNT, site.project)}"


def max_instances(function: Function, site: Site) -> int:
    """The settings file's bound, else the function's own."""
    return site.deployment.max_instances or function.max_instances


def differences(
    found: JsonObject, function: Function, site: Site, environment: dict[str, str], digest: str
) -> list[str]:
    """What is otherwise than it should be, in words. What Google or somebody else added is none of it."""
    build, service, labels = (found.get(name, {}) for name in ("buildConfig", "serviceConfig", "labels"))
    there = {name: value for name, value in service.get("environmentVariables", {}).items() if name in _KNOWN_NAMES}
    pairs: dict[str, tuple[Any, Any]] = {
        "last deployment failed": (found.get("state", "ACTIVE"), "ACTIVE"),
        "source": (labels.get(SOURCE_LABEL), digest),
        "runtime": (build.get("runtime"), RUNTIME),
        "entry point": (build.get("entryPoint"), function.entry_point),
        "build account": (_last(build.get("serviceAccount")), _last(build_account(site))),
        "service account": (service.get("serviceAccountEmail"), email_of(function.service_account, site.project)),
        "memory": (_bytes(service.get("availableMemory", "")), _bytes(f"{function.memory_mib}Mi")),
        "cpu": (str(service.get("availableCpu", "")), str(function.cpu)),
        "concurrency": (int(service.get("maxInstanceRequestConcurrency", 1)), function.concurrency),
        "timeout": (int(service.get("timeoutSeconds", 0)), function.timeout_s),
        "min instances": (int(service.get("minInstanceCount", 0)), function.min_instances),
        "max instances": (int(service.get("maxInstanceCount", 0)), max_instances(function, site)),
        "ingress": (service.get("ingressSettings", _INGRESS[1]), _INGRESS[1]),
        "traffic on an older revision": (service.get("allTrafficOnLatestRevision", True), True),
    }
    wrong = [what for what, (is_so, wanted) in pairs.items() if is_so != wanted]
    names = sorted(name for name in {*there, *environment} if there.get(name) != environment.get(name))
    return wrong + names


def _last(name: object) -> str:
    return str(name or "").rpartition("/")[2]


def _bytes(memory: str) -> int:
    """Google may answer 512Mi as it was given or in another unit."""
    digits = memory.rstrip("".join(_UNITS))
    unit = memory[len(digits) :]
    return int(digits) * _UNITS[unit] if digits.isdigit() and unit in _UNITS else 0
