"""What tests of deploying share: a Google Cloud project on loopback, the bundle's files, gcloud and `make` for it."""

import fcntl
import io
import itertools
import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest
import requests

from infra.sandbox.google_cloud.environment import gcloud_environment, machine_environment
from infra.sandbox.google_cloud.server import Entry, GoogleCloudStandIn
from infra.sandbox.google_cloud.world import WorldOptions

JsonObject = dict[str, Any]
ROOT = Path(__file__).resolve().parents[1]
REGION = "europe-west1"
NEEDS_GCLOUD = pytest.mark.skipif(
    shutil.which("gcloud") is None, reason="gcloud is not installed: https://cloud.google.com/sdk/docs/install"
)
SETTINGS = {
    "DIALOGFLOW_AGENT": "projects/handoff-test/agent",
    "LIVECHAT_ORGANIZATION_ID": "00000000-0000-4000-8000-000000000001",
    "LIVECHAT_CLIENT_ID": "00000000000000000000000000000002",
    "LIVECHAT_GROUPS": '{"default": 3, "sales": 4}',
    "HANDOFF_KEYWORDS": "a person, please help",
    "ALERT_EMAIL": "alerts@example.com",
}
_TOKEN = {"Authorization": "Bearer some-token"}
_TIMEOUT_S = 1500.0


class Run(NamedTuple):
    """One run of a command: exit code, what it printed, and the requests it made."""

    code: int
    out: str
    err: str
    calls: list[Entry]

    @property
    def changes(self) -> list[Entry]:
        """The requests that were meant to change something."""
        return [entry for entry in self.calls if entry.mutates]

    @property
    def methods(self) -> list[str]:
        """What was changed, by the methods' short names: "queues.create"."""
        return [".".join(entry.method.split(".")[-2:]) for entry in self.changes]


class Project(NamedTuple):
    """A project on loopback: its stand-in, where it answers, and a folder for configuration and the bundle's files."""

    standin: GoogleCloudStandIn
    url: str
    folder: Path

    @property
    def id(self) -> str:
        """The project's id."""
        return self.standin.world.project

    @property
    def things(self) -> dict[str, dict[str, JsonObject]]:
        """What is in it: kind → full name → resource."""
        return self.standin.world.things

    @property
    def source(self) -> Path:
        """The folder to deploy from."""
        return self.folder / "bundle"

    def name(self, kind: str, name: str) -> str:
        """The full name of a thing in the region."""
        return f"projects/{self.id}/locations/{REGION}/{kind}/{name}"

    def function(self, name: str) -> JsonObject:
        """A function as it stands."""
        return self.things["functions"][self.name("functions", name)]

    def members(self, resource: str, role: str) -> set[str]:
        """Who has a role on a resource; service accounts of the project by the part before their @."""
        bindings = self.standin.world.policies.get(resource, {}).get("bindings", [])
        found = {member for one in bindings if one["role"] == f"roles/{role}" for member in one["members"]}
        own = f"@{self.id}.iam.gserviceaccount.com"
        return {member.removeprefix("serviceAccount:").removesuffix(own) for member in found}

    def member(self, account: str) -> str:
        """A service account of the project, as policies name it."""
        return f"serviceAccount:{account}@{self.id}.iam.gserviceaccount.com"

    def environment(self) -> dict[str, str]:
        """The machine's environment, with gcloud turned to the stand-in."""
        return machine_environment() | gcloud_environment(self.url, self.folder, self.id)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> requests.Response:
        """One REST call with a token; P and R in the path stand for the project's and the region's names."""
        path = path.replace("/P/", f"/projects/{self.id}/").replace("/R/", f"/locations/{REGION}/")
        return requests.request(method, f"{self.url}/{path}", json=body, headers=_TOKEN | headers, timeout=30)

    def done(self, method: str, path: str, body: Any = None) -> JsonObject:
        """Like `call`, for what must succeed: the answer's JSON."""
        answer = self.call(method, path, body)
        assert answer.status_code == 200, answer.text
        found: JsonObject = answer.json()
        return found

    def gcloud(self, *arguments: str, stdin: str | None = None) -> Run:
        """Run the real gcloud."""
        return self._run(["gcloud", *arguments, "--quiet"], self.environment(), stdin)

    def make(self, command: str, stdin: str = "", **environ: str) -> Run:
        """Run `make deploy` or `make destroy` from the bundle's folder."""
        return self._run([sys.executable, "-m", "infra.deploy", command], self.operator() | environ, stdin)

    def start(self, command: str) -> "subprocess.Popen[str]":
        """Start it, in a process group of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "infra.deploy", command],
            env=self.operator(),
            cwd=self.source,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def operator(self) -> dict[str, str]:
        """The environment of an operator who deploys."""
        return self.environment() | {"PROJECT": self.id, "REGION": REGION, "PYTHONDONTWRITEBYTECODE": "1"}

    def _run(self, line: list[str], environ: dict[str, str], stdin: str | None) -> Run:
        before = len(self.standin.journal)
        done = subprocess.run(
            line,
            env=environ,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_S,
            cwd=self.source if self.source.is_dir() else self.folder,
            check=False,
        )
        return Run(done.returncode, done.stdout, done.stderr, self.standin.journal[before:])


@contextmanager
def google_cloud(folder: Path, **options: Any) -> Iterator[Project]:
    """A new project for the time of the block."""
    standin = GoogleCloudStandIn(options=WorldOptions(**options))
    url = standin.serve()
    try:
        yield Project(standin, url, folder)
    finally:
        standin.stop()


class Deployed(NamedTuple):
    """A project into which everything was deployed, beside things of others; `first` is the run that did it."""

    project: Project
    first: Run


@contextmanager
def deployed_project(tmp_path_factory: pytest.TempPathFactory, name: str) -> Iterator[Deployed]:
    """Such a project. Deploying takes a minute, so it is done once for all test processes."""
    shared = tmp_path_factory.getbasetemp()
    shared = shared.parent if shared.name.startswith("popen-") else shared  # a process of pytest-xdist's
    memory, run = shared / "deployed.memory", shared / "deployed.json"
    with google_cloud(tmp_path_factory.mktemp(name)) as project:
        copy_bundle(project.source)
        with (shared / "deployed.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not memory.exists():
                put_others(project)
                first = project.make("deploy")
                assert first.code == 0, first.out + first.err
                run.write_bytes(msgspec.json.encode(first))
                memory.write_bytes(project.standin.world.memory())
        project.standin.world.remember(memory.read_bytes())
        yield Deployed(project, msgspec.json.decode(run.read_bytes(), type=Run))


@contextmanager
def afterwards_as_before(project: Project) -> Iterator[Project]:
    """Whatever is done to the project in the block is undone after it."""
    memory, options = project.standin.world.memory(), project.standin.world.options
    try:
        yield project
    finally:
        project.standin.world.remember(memory)
        project.standin.world.options, project.standin.trouble = options, None
        project.standin.watchers.clear()


def copy_bundle(folder: Path) -> None:
    """A clone with what is in one after some work: settings, caches, notes, tests, editors' leftovers."""
    unwanted = shutil.ignore_patterns("__pycache__", "sandbox", "bench", "chaos", "outage")
    for name in ("functions", "infra"):
        shutil.copytree(ROOT / name, folder / name, ignore=unwanted)
    for name in ("main.py", "requirements.txt", ".gcloudignore", "README.md", "pyproject.toml"):
        shutil.copy2(ROOT / name, folder / name)
    (folder / "settings.env").write_text("".join(f"{name}='{value}'\n" for name, value in SETTINGS.items()))
    for name in LEFTOVERS:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("left over\n")


LEFTOVERS = (
    ".env",
    ".git/config",
    ".venv/lib/python3.11/site-packages/thing.py",
    "__pycache__/main.cpython-311.pyc",
    "functions/__pycache__/redeliver.cpython-311.pyc",
    "functions/handoff/__pycache__/mailbox.cpython-311.pyc",
    "functions/old.pyc",
    "livechat-oauth.txt",
    "main.pyc",
    "tests/main.py",
    "tests/functions/test_redeliver.py",
    "tmp/functions/extra.py",
)


def put_others(project: Project) -> None:
    """What somebody else has in the same project: under every name and kind that a deployment touches, but not its."""
    world, email = project.standin.world, f"billing-export@{project.id}.iam.gserviceaccount.com"
    account = f"projects/{project.id}/serviceAccounts/{email}"
    place, path = f"projects/{project.id}/locations/{REGION}", f"projects/{project.id}"
    known: JsonObject = {"createTime": "2026-01-01T00:00:00Z", "updateTime": "2026-01-01T00:00:00Z"}
    service = {"service": f"{place}/services/billing-export", "uri": "https://billing-export-x-ew.a.run.app"}
    put: dict[str, dict[str, JsonObject]] = {
        "accounts": {account: {"name": account, "email": email, "uniqueId": "100", "projectId": project.id}},
        "functions": {
            f"{place}/functions/billing-export": known
            | {"state": "ACTIVE", "environment": "GEN_2", "labels": {"app": "billing"}, "serviceConfig": service}
        },
        "services": {f"{place}/services/billing-export": {"uri": service["uri"]}},
        "secrets": {f"{path}/secrets/billing-password": {"replication": {"automatic": {}}}},
        "versions": {f"{path}/secrets/billing-password/versions/1": {"data": "eA==", "state": "ENABLED"}},
        "queues": {f"{place}/queues/billing": {"state": "RUNNING"}},
        "jobs": {f"{place}/jobs/billing": {"state": "ENABLED", "schedule": "0 1 * * *"}},
        "metrics": {f"{path}/metrics/billing": {"filter": "x"}},
        "dashboards": {f"{path}/dashboards/billing": {"displayName": "Billing", "etag": "1"}},
        "alertPolicies": {f"{path}/alertPolicies/1": {"displayName": "Billing", "userLabels": {"app": "billing"}}},
        "notificationChannels": {f"{path}/notificationChannels/1": {"type": "email", "labels": {}}},
        "releases": {f"{path}/releases/firebase.storage": {"rulesetName": f"{path}/rulesets/1"}},
        "rulesets": {f"{path}/rulesets/1": {}},
    }
    for kind, things in put.items():
        world.things[kind] |= {name: {"name": name, **thing} for name, thing in things.items()}
    world.things["metrics"][f"{path}/metrics/billing"]["name"] = "billing"
    binding = {"role": "roles/datastore.user", "members": [project.member("billing-export"), "user:boss@example.com"]}
    world.policies[path] = {"version": 1, "etag": "AAAA", "bindings": [binding]}
    world.services |= dict.fromkeys(("run.googleapis.com", "pubsub.googleapis.com"))


_OF_OTHERS = ("/alertPolicies/1", "/notificationChannels/1", "/rulesets/1", "/releases/firebase.storage")


def of_others(project: Project) -> JsonObject:
    """What is not the deployment's: each thing and policy that `put_others` put there, as it stands now."""
    held = project.standin.world
    things = {
        name: thing
        for of_kind in held.things.values()
        for name, thing in of_kind.items()
        if "billing" in name or name.endswith(_OF_OTHERS)
    }
    policy = held.policies.get(held.path, {}).get("bindings", [])
    binding = [one for one in policy if project.member("billing-export") in one["members"]]
    others = ("user:boss@example.com", project.member("billing-export"))
    return {
        "things": things,
        "roles": {one["role"]: sorted(set(one["members"]) & set(others)) for one in binding},
        "policies": {name: one for name, one in held.policies.items() if "billing" in name},
        "services": sorted({"run.googleapis.com", "pubsub.googleapis.com"} & set(held.services)),
    }


def lasting(project: Project) -> JsonObject:
    """What the project holds, without what no two deployments have in common: times, numbers, generated names."""
    held = project.standin.state()
    found: JsonObject = {"services": held["services"]}
    for kind, things in held["things"].items():
        found[kind] = sorted((_lasting_thing(kind, one) for one in things.values()), key=_in_order)
    found["rulesets"] = [one for one, _ in itertools.groupby(found["rulesets"])]  # one without a release does no harm
    members = {name: _lasting_members(policy) for name, policy in held["policies"].items()}
    return {**found, "policies": {name: one for name, one in members.items() if one}}


def _in_order(thing: JsonObject) -> str:
    return json.dumps(thing, sort_keys=True)


_PASSING = {"createTime", "updateTime", "userUpdateTime", "etag", "uid", "uniqueId", "oauth2ClientId", "revision"}
_PASSING |= {"build", "source", "sourceProvenance", "rulesetName"}
_NUMBERED = {"alertPolicies", "notificationChannels", "dashboards", "rulesets"}


def _lasting_thing(kind: str, thing: Any) -> Any:
    if isinstance(thing, list):
        return [_lasting_thing(kind, one) for one in thing]
    if not isinstance(thing, dict):
        return thing
    passing = _PASSING - ({"source"} if kind == "rulesets" else set()) | ({"name"} if kind in _NUMBERED else set())
    kept = {name: _lasting_thing(kind, one) for name, one in thing.items() if name not in passing}
    if "notificationChannels" in kept:
        kept["notificationChannels"] = len(kept["notificationChannels"])
    return kept


def _lasting_members(policy: JsonObject) -> list[str]:
    return sorted(f"{one['role']} {member}" for one in policy.get("bindings", []) for member in one["members"])


def error_of(answer: requests.Response) -> JsonObject:
    """The error that an API answered."""
    found: JsonObject = answer.json()["error"]
    assert found["code"] == answer.status_code
    return found


def zip_of(project: Project, function: str) -> dict[str, bytes]:
    """The source that a function was built from: file name → content; a folder's name ends in a slash."""
    source = project.function(function)["buildConfig"]["source"]["storageSource"]
    with zipfile.ZipFile(io.BytesIO(project.standin.world.uploads[f"{source['bucket']}/{source['object']}"])) as found:
        return {info.filename: found.read(info) for info in found.infolist()}


def zipped(**files: str) -> bytes:
    """An archive; "main_py" stands for "main.py"."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(name.replace("_", "."), text)
    return buffer.getvalue()


def make_incomplete(project: Project) -> None:
    """Take one thing of every kind away from a deployed project, as if deploying had been broken off early."""
    world, path = project.standin.world, f"projects/{project.id}"
    wake_ups = f"{path}/serviceAccounts/handoff-wake-ups@{project.id}.iam.gserviceaccount.com"
    gone = {
        "metrics": f"{path}/metrics/handoff_outcomes",
        "fields": f"{path}/databases/(default)/collectionGroups/chats/fields/expire_at",
        "releases": f"{path}/releases/cloud.firestore",
        "secrets": f"{path}/secrets/dialogflow-webhook-token",
        "queues": project.name("queues", "handoff"),
        "functions": project.name("functions", "dialogflow-webhook"),
        "services": project.name("services", "dialogflow-webhook"),
        "jobs": project.name("jobs", "handoff-sweep"),
    }
    for kind, name in gone.items():
        del world.things[kind][name]
        world.policies.pop(name, None)
    world.things["rulesets"] = {name: one for name, one in world.things["rulesets"].items() if name.endswith("/1")}
    for kind in ("alertPolicies", "notificationChannels", "dashboards"):
        others = {name: one for name, one in world.things[kind].items() if name.endswith(("/1", "/billing"))}
        world.things[kind] = others
    world.policies.pop(wake_ups, None)
    take_account(project, "dialogflow-webhook")
    del world.services["cloudscheduler.googleapis.com"]


def take_account(project: Project, account: str) -> None:
    """Take a service account away, and all that it was granted."""
    world, member = project.standin.world, project.member(account)
    del world.things["accounts"][f"projects/{project.id}/serviceAccounts/{member.removeprefix('serviceAccount:')}"]
    for policy in world.policies.values():
        for binding in policy.get("bindings", []):
            binding["members"] = [one for one in binding["members"] if one != member]
