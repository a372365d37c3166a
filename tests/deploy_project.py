"""A project in memory, as the REST APIs show it: all there, as it should be. Tests take things away or bend them."""

import copy
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from infra.deploy.gcloud import Cloud, CloudRefused
from infra.deploy.run import Progress
from infra.deploy.settings_file import Deployment
from infra.deploy.site import Site

PROJECT, REGION = "shop-prod", "europe-west1"
URL = "https://redeliver-abc-ew.a.run.app"
DIGEST = "0123456789abcdef0123456789abcdef01234567"
DIALOGFLOW_URL = "https://dialogflow-webhook-abc-ew.a.run.app"
FUNCTIONS = ("redeliver", "livechat-webhook", "business-messages-webhook", "rcs-webhook", "dialogflow-webhook")
DRAINING = FUNCTIONS[:4]
HERE = f"projects/{PROJECT}/locations/{REGION}"
SETTINGS = {
    "DIALOGFLOW_AGENT": f"projects/{PROJECT}/agent",
    "GOOGLE_CLOUD_PROJECT": PROJECT,
    "LIVECHAT_CLIENT_ID": "client-1",
    "LIVECHAT_ORGANIZATION_ID": "organization-1",
}
IDENTITIES = {
    "DIALOGFLOW_IDENTITY_AUDIENCES": DIALOGFLOW_URL,
    "DIALOGFLOW_IDENTITY_EMAILS": "service-4711@gcp-sa-dialogflow.iam.gserviceaccount.com",
}
OWN = {  # what is each function's own: entry point, timeout, least instances
    "redeliver": ("redeliver", 120, 0),
    "livechat-webhook": ("livechat_webhook", 30, 0),
    "business-messages-webhook": ("business_messages_webhook", 60, 0),
    "rcs-webhook": ("rcs_webhook", 60, 0),
    "dialogflow-webhook": ("dialogflow_webhook", 15, 1),
}
READERS = {
    "livechat-oauth": DRAINING,
    "livechat-webhook-secret": ("livechat-webhook",),
    "business-messages-partner-key": ("business-messages-webhook",),
    "rcs-client-token": ("rcs-webhook",),
    "dialogflow-webhook-token": ("dialogflow-webhook",),
    "messaging-service-account": DRAINING,
}
COLLECTIONS = ("conversations", "mailbox", "chats", "sessions", "dead_letters", "tokens")
DENY_ALL = (
    "rules_version = '2';\nservice cloud.firestore { match /databases/{database}/documents {"
    " match /{document=**} { allow read, write: if false; } } }"
)
Things = dict[tuple[str, str], Any]


def email(account: str) -> str:
    return f"{account}@{PROJECT}.iam.gserviceaccount.com"


def member(account: str) -> str:
    return f"serviceAccount:{email(account)}"


def policy(**roles: tuple[str, ...]) -> dict[str, Any]:
    """Role (its dots as __) → members."""
    bindings = [{"role": f"roles/{role.replace('__', '.')}", "members": list(who)} for role, who in roles.items()]
    return {"version": 1, "etag": "BwX", "bindings": bindings}


def function(name: str) -> dict[str, Any]:
    """A function as the API answers it."""
    entry_point, timeout_s, least = OWN[name]
    return {
        "name": f"{HERE}/functions/{name}",
        "environment": "GEN_2",
        "state": "ACTIVE",
        "labels": {"app": "livechat-handoff", "source": DIGEST, "deployment-tool": "cli-gcloud"},
        "buildConfig": {
            "runtime": "python313",
            "entryPoint": entry_point,
            "serviceAccount": f"projects/{PROJECT}/serviceAccounts/{email('handoff-build')}",
        },
        "serviceConfig": {
            "service": f"{HERE}/services/{name}",
            "uri": URL if name == "redeliver" else f"https://{name}-abc-ew.a.run.app",
            "serviceAccountEmail": email(name),
            "availableMemory": "512Mi",
            "availableCpu": "1",
            "maxInstanceRequestConcurrency": 8,
            "timeoutSeconds": timeout_s,
            "maxInstanceCount": 20,
            **({"minInstanceCount": least} if least else {}),
            "ingressSettings": "ALLOW_ALL",
            "allTrafficOnLatestRevision": True,
            "environmentVariables": environment(name),
        },
    }


def environment(name: str = "") -> dict[str, str]:
    """Of a function; that of Dialogflow knows whose identity tokens it takes."""
    return {
        **SETTINGS,
        **(IDENTITIES if name == "dialogflow-webhook" else {}),
        "REDELIVER_URL": URL,
        "TASKS_QUEUE": f"{HERE}/queues/handoff",
        "TASKS_SERVICE_ACCOUNT": email("handoff-wake-ups"),
        "THREADS": "8",
        "LOG_EXECUTION_ID": "false",
    }


def whole_project() -> Things:
    """Everything, (API, path without its query) → what GET, or a question by POST, answers. Copied for each test."""
    return copy.deepcopy({**_project(), **_database(), **_secrets(), **_calling(), **_functions(), **_watching()})


def _project() -> Things:
    accounts = (*FUNCTIONS, "handoff-wake-ups", "handoff-build")
    apis = ["artifactregistry", "cloudbuild", "cloudfunctions", "cloudresourcemanager", "cloudscheduler", "cloudtasks"]
    apis += ["dialogflow", "firebaserules", "firestore", "iam", "logging", "monitoring", "run", "secretmanager"]
    return {
        ("cloudresourcemanager", f"v1/projects/{PROJECT}"): {
            "projectId": PROJECT,
            "projectNumber": "4711",
            "lifecycleState": "ACTIVE",
        },
        ("cloudbilling", f"v1/projects/{PROJECT}/billingInfo"): {"billingEnabled": True},
        ("serviceusage", f"v1/projects/{PROJECT}/services"): {
            "services": [{"config": {"name": f"{api}.googleapis.com"}} for api in apis]
        },
        ("cloudfunctions", f"v2/projects/{PROJECT}/locations"): {
            "locations": [{"locationId": "europe-west1"}, {"locationId": "us-central1"}]
        },
        **{("iam", f"v1/projects/{PROJECT}/serviceAccounts/{email(one)}"): {"email": email(one)} for one in accounts},
        ("cloudresourcemanager", f"v1/projects/{PROJECT}:getIamPolicy"): policy(
            datastore__user=tuple(map(member, FUNCTIONS)),
            dialogflow__client=tuple(map(member, DRAINING)),
            storage__objectViewer=(member("handoff-build"),),
            artifactregistry__writer=(member("handoff-build"),),
            logging__logWriter=(member("handoff-build"),),
            owner=("user:owner@example.com",),
        ),
        ("iam", f"v1/projects/{PROJECT}/serviceAccounts/{email('handoff-wake-ups')}:getIamPolicy"): policy(
            iam__serviceAccountUser=tuple(map(member, FUNCTIONS))
        ),
    }


def field_name(collection: str, field: str) -> str:
    return f"projects/{PROJECT}/databases/(default)/collectionGroups/{collection}/fields/{field}"


def _database() -> Things:
    database = f"v1/projects/{PROJECT}/databases/(default)"
    expiring = [{"name": field_name(one, "expire_at"), "ttlConfig": {"state": "ACTIVE"}} for one in COLLECTIONS[:-1]]
    exempt = [{"name": field_name(one, "body"), "indexConfig": {}} for one in COLLECTIONS]
    ruleset = f"projects/{PROJECT}/rulesets/r-1"
    return {
        ("firestore", database): {"type": "FIRESTORE_NATIVE", "locationId": REGION, "databaseEdition": "STANDARD"},
        ("firestore", f"{database}/collectionGroups/-/fields?ttlConfig:*"): {"fields": expiring},
        ("firestore", f"{database}/collectionGroups/-/fields?indexConfig.usesAncestorConfig:false"): {"fields": exempt},
        ("firestore", f"{database}/documents:listCollectionIds"): {"collectionIds": ["conversations", "tokens"]},
        ("firebaserules", f"v1/projects/{PROJECT}/releases/cloud.firestore"): {"rulesetName": ruleset},
        ("firebaserules", f"v1/{ruleset}"): {"source": {"files": [{"name": "firestore.rules", "content": DENY_ALL}]}},
    }


def _secrets() -> Things:
    found: Things = {}
    for name, readers in READERS.items():
        path = f"v1/projects/{PROJECT}/secrets/{name}"
        writers = {"secretmanager__secretVersionAdder": tuple(map(member, DRAINING))}
        more = writers if name == "livechat-oauth" else {}
        found["secretmanager", path] = {"name": path.removeprefix("v1/")}
        found["secretmanager", f"{path}:getIamPolicy"] = policy(
            secretmanager__secretAccessor=tuple(map(member, readers)), **more
        )
    return found


def _calling() -> Things:
    queue = f"v2/{HERE}/queues/handoff"
    return {
        ("cloudtasks", queue): {
            "state": "RUNNING",
            "rateLimits": {"maxDispatchesPerSecond": 50, "maxBurstSize": 10, "maxConcurrentDispatches": 8},
            "retryConfig": {"maxAttempts": 5, "minBackoff": "1s", "maxBackoff": "10s", "maxDoublings": 4},
        },
        ("cloudtasks", f"{queue}:getIamPolicy"): policy(cloudtasks__enqueuer=tuple(map(member, FUNCTIONS))),
        ("cloudscheduler", f"v1/{HERE}/jobs/handoff-sweep"): {
            "state": "ENABLED",
            "schedule": "* * * * *",
            "timeZone": "Etc/UTC",
            "attemptDeadline": "120s",
            "retryConfig": {"maxBackoffDuration": "3600s"},
            "httpTarget": {
                "uri": f"{URL}/",
                "httpMethod": "POST",
                "body": "e30=",
                "headers": {"Content-Type": "application/json", "User-Agent": "Google-Cloud-Scheduler"},
                "oidcToken": {"serviceAccountEmail": email("handoff-wake-ups"), "audience": URL},
            },
        },
    }


def _functions() -> Things:
    invokers = dict.fromkeys(FUNCTIONS[1:], ("allUsers",)) | {"redeliver": (member("handoff-wake-ups"),)}
    return {
        **{("cloudfunctions", f"v2/{HERE}/functions/{name}"): function(name) for name in FUNCTIONS},
        **{
            ("run", f"v1/{HERE}/services/{name}:getIamPolicy"): policy(run__invoker=who)
            for name, who in invokers.items()
        },
    }


def _watching() -> Things:
    metrics = ("handoff_outcomes", "handoff_duration_ms", "handoff_lag_ms", "handoff_oldest_due_s")
    alerts = ("dead-letters", "errors", "overdue", "sweep-missing", "rejected", "retries", "latency")
    ours = {"app": "livechat-handoff"}
    return {
        **{("logging", f"v2/projects/{PROJECT}/metrics/{name}"): {"name": name} for name in metrics},
        ("monitoring", f"v1/projects/{PROJECT}/dashboards"): {
            "dashboards": [
                {
                    "name": "projects/1/dashboards/d-1",
                    "displayName": "Handoff: bot, agents, bot",
                    "labels": {"livechat-handoff": ""},
                }
            ]
        },
        ("monitoring", f"v3/projects/{PROJECT}/notificationChannels"): {
            "notificationChannels": [
                {
                    "name": f"projects/{PROJECT}/notificationChannels/1",
                    "type": "email",
                    "labels": {"email_address": "on…@example.com"},
                    # the first 16 digits of the address's SHA-256
                    "userLabels": {**ours, "address": "d876c66bad34ef8c"},
                },
                {"name": f"projects/{PROJECT}/notificationChannels/2", "type": "email"},
            ]
        },
        ("monitoring", f"v3/projects/{PROJECT}/alertPolicies"): {
            "alertPolicies": [
                {
                    "name": f"projects/{PROJECT}/alertPolicies/{number}",
                    "displayName": f"Handoff: {alert}",
                    "userLabels": {**ours, "alert": alert},
                    "notificationChannels": [f"projects/{PROJECT}/notificationChannels/1"],
                }
                for number, alert in enumerate(alerts)
            ]
        },
    }


class SeenProject:
    """A `Sight` of things in memory. `refusals`: (API, path) → what Google says instead, once each."""

    def __init__(self, things: Things, refusals: dict[tuple[str, str], list[str]]) -> None:
        self.things = things
        self.refusals = refusals
        self.looks: list[tuple[str, str]] = []

    def find(self, api: str, path: str) -> Any:
        parts = urlsplit(path)
        query = dict(parse_qsl(parts.query))
        plain = parts.path + (f"?{query['filter']}" if api == "firestore" and "filter" in query else "")
        self.looks.append((api, plain))
        if self.refusals.get((api, plain)):
            raise CloudRefused(f"GET {plain}", self.refusals[api, plain].pop(0))
        return copy.deepcopy(self.things.get((api, plain)))

    def ask(self, api: str, path: str, body: Any) -> Any:
        return self.find(api, path)


class FakeGcloud:
    """Runs as `subprocess.run` does, at the border of our process: keeps each line, answers by script.

    `refusals`: words that must all be in a line → what gcloud says, in turn; "" = it succeeds. `on_run` sees each line.
    """

    def __init__(self) -> None:
        self.lines: list[list[str]] = []
        self.files: list[str] = []
        self.refusals: dict[tuple[str, ...], list[str]] = {}
        self.answers: dict[tuple[str, ...], str] = {("print-access-token",): "token-1\n"}
        self.on_run: Callable[[list[str]], None] = lambda _line: None

    def __call__(self, line: list[str], **_more: Any) -> "subprocess.CompletedProcess[str]":
        self.lines.append(line)
        self.on_run(line)
        for word in line:
            flag, _, value = word.partition("=")
            if flag in {"--env-vars-file", "--config-from-file"}:
                self.files.append(Path(value).read_text("utf-8"))
        for words, said in self.refusals.items():
            if set(words) <= set(line) and said:
                first = said.pop(0)
                if first:
                    return subprocess.CompletedProcess(line, 1, "", first)
        found = [answer for words, answer in self.answers.items() if set(words) <= set(line)]
        return subprocess.CompletedProcess(line, 0, found[0] if found else "", "")

    @property
    def commands(self) -> list[str]:
        """The lines without gcloud, project and quiet."""
        return [" ".join(line[1:-2]) for line in self.lines]


def deployment(**changed: Any) -> Deployment:
    wanted: dict[str, Any] = {
        "project": PROJECT,
        "region": REGION,
        "environment": dict(SETTINGS),
        "database": "(default)",
        "firestore_location": REGION,
        "alert_email": "oncall@example.com",
        "path": "infra/settings.example.env",  # any file that is there
        **changed,
    }
    return Deployment(**wanted)


def site(things: Things | None = None, gcloud: FakeGcloud | None = None, **more: Any) -> Site:
    """A site of a project in memory; `more` goes to the deployment, or, by its name, to the site."""
    own = {name: more.pop(name) for name in ("is_shown_only", "with_data") if name in more}
    sight = SeenProject(whole_project() if things is None else things, more.pop("refusals", {}))
    return Site(Cloud(PROJECT, {}, run=gcloud or FakeGcloud()), sight, deployment(**more), **own)


class Told:
    """A `Progress` that keeps what was said and how long was slept."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.slept: list[float] = []

    @property
    def progress(self) -> Progress:
        return Progress(self.said.append, self.slept.append)

    @property
    def text(self) -> str:
        return "\n".join(self.said)
