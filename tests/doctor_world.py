"""What the doctor's tests share: a patient made of hand-written answers, in the cloud or on one machine."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from functions.handoff.events import JsonObject
from functions.handoff.interfaces import Store
from functions.runtime.config import read_settings
from infra.deploy.gcloud import Cloud, CloudRefused
from infra.deploy.settings_file import Deployment
from infra.deploy.site import Site
from infra.doctor.checks import Check, make
from infra.doctor.findings import Finding
from infra.doctor.patient import Patient
from infra.doctor.secret_looks import Look
from infra.webhooks.secret_store import FileSecrets
from tests.memory_store import MemoryStore

PROJECT, REGION = "my-project", "europe-west1"
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SETTINGS = {
    "GOOGLE_CLOUD_PROJECT": PROJECT,
    "DIALOGFLOW_AGENT": f"projects/{PROJECT}/agent",
    "LIVECHAT_ORGANIZATION_ID": "390e44e6-f1e6-4368-a6dd-74c14508c2e0",
    "LIVECHAT_CLIENT_ID": "sandbox-client-id",
}
OAUTH = json.dumps({"client_secret": "a-client-secret", "refresh_token": "dal:a-refresh-token"})
WORDS = {
    "livechat-oauth": OAUTH,
    "livechat-webhook-secret": "a-long-random-word-of-ours",
    "business-messages-partner-key": "the-partner-key-of-google",
    "dialogflow-webhook-token": "another-long-random-word",
}


class FakeSight:
    """Answers by the end of a path; what is not there is not there. A refusal is raised."""

    def __init__(self, answers: Mapping[str, JsonObject | CloudRefused] | None = None) -> None:
        self.answers = dict(answers or {})
        self.asked: list[str] = []

    def find(self, api: str, path: str) -> JsonObject | None:
        return self._answer(path)

    def ask(self, api: str, path: str, body: JsonObject) -> JsonObject:
        return self._answer(path) or {}

    def _answer(self, path: str) -> JsonObject | None:
        self.asked.append(path)
        found = next((answer for end, answer in self.answers.items() if path.partition("?")[0].endswith(end)), None)
        if isinstance(found, CloudRefused):
            raise found
        return found


class FakeLooks:
    """Secrets in a dict: a value, or a whole `Look`."""

    def __init__(self, values: Mapping[str, str | Look] | None = None) -> None:
        self.values = dict(WORDS if values is None else values)

    def look(self, name: str) -> Look:
        found = self.values.get(name, Look(is_there=False, wrong="does not exist"))
        return Look(found) if isinstance(found, str) else found


class FakeRecords:
    """A store in memory, and entries that were accepted."""

    def __init__(self, store: Store | None = None, entries: tuple[JsonObject, ...] = ()) -> None:
        self.store = store or MemoryStore()
        self.entries = entries

    def open(self) -> Store:
        return self.store

    def sample_entries(self) -> Iterator[JsonObject]:
        yield from self.entries


class FixedClock:
    def now(self) -> datetime:
        return NOW

    def sleep(self, seconds: float) -> None:
        raise AssertionError("nobody waits here")


def a_patient(**given: Any) -> Patient:
    """Well in the cloud, as far as nothing else is said. `set`: settings over the usual ones; `sight`: answers."""
    environment = SETTINGS | given.pop("set", {})
    sight = FakeSight(given.pop("sight", {}))
    cloud = Cloud(PROJECT, {})
    deployment = Deployment(
        project=PROJECT, region=REGION, environment=environment, database="(default)", firestore_location=REGION
    )
    usual: dict[str, Any] = {
        "settings": read_settings(environment),
        "complaint": "",
        "site": Site(cloud, sight, deployment),
        "secrets": FakeLooks(),
        "keeper": FileSecrets(Path("/nowhere")),
        "records": FakeRecords(),
        "clock": FixedClock(),
    }
    return Patient(**usual | given)


def found(checks: tuple[Check, ...], patient: Patient, name: str) -> Finding:
    """The one finding of that name."""
    (check,) = [check for check in checks if name in check.names]
    (finding,) = [finding for finding in make(check, patient) if finding.name == name]
    return finding
