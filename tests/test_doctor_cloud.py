"""The doctor at what the real gcloud deployed into a stand-in of Google Cloud: well, and with one thing broken."""

import base64
import copy
import json
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from functions.livechat.oauth import AgentToken
from functions.livechat.token_record import TokenRecord
from infra.deploy.deploy import deploy
from infra.deploy.gcloud import Cloud
from infra.deploy.parts import FUNCTIONS
from infra.deploy.run import Progress
from infra.deploy.settings_file import read_deployment
from infra.deploy.site import CloudSight, Site
from infra.deploy.upload import files_for_upload
from infra.doctor.examine import examine
from infra.doctor.findings import FAILED, OK, SKIPPED, WARNING, Finding, Report, as_json
from infra.doctor.patient import Patient, Visit, open_patient
from infra.sandbox.dialogflow_es import DialogflowOptions, DialogflowStandIn
from infra.sandbox.livechat import LiveChatStandIn
from infra.sandbox.livechat.webhooks import Filters, Registration
from infra.webhooks.wanted import fingerprint_key, wanted_webhooks
from tests.deploy_world import NEEDS_GCLOUD, REGION, Project, google_cloud
from tests.doctor_world import WORDS, FakeRecords

pytestmark = [pytest.mark.slow, NEEDS_GCLOUD, pytest.mark.timeout(900)]
Thing = dict[str, Any]


class Deployed(NamedTuple):
    """A deployment, with a LiveChat licence and a bot on loopback that it is used with."""

    project: Project
    environ: Mapping[str, str]
    livechat: LiveChatStandIn
    providers: Mapping[str, str]
    records: FakeRecords
    uploaded: list[str]

    def patient(self) -> Patient:
        """As the command opens it; only the providers are led to loopback."""
        patient = open_patient(self.environ)
        settings = msgspec.structs.replace(patient.sane_settings, **self.providers)
        return patient._replace(
            settings=settings, records=self.records, visit=self.visit, identity_token=lambda _url: "token"
        )

    def quick_patient(self) -> Patient:
        """The same, without starting gcloud: its token and list of files are those of the first run."""
        patient = self.patient()
        assert patient.site
        patient.site.cloud.access_token = lambda: "token-of-the-stand-in"  # type: ignore[method-assign]
        return patient._replace(uploaded=lambda: self.uploaded)

    def visit(self, url: str, _headers: Mapping[str, str]) -> Visit:
        """As each function answers."""
        functions = self.project.things["functions"].values()
        entry_points = {one["serviceConfig"]["uri"]: one["buildConfig"]["entryPoint"] for one in functions}
        return Visit(200, json.dumps({"status": "ok", "function": entry_points[url.removesuffix("/health")]}))

    def looked_at(self) -> Report:
        return examine(self.quick_patient())

    def one(self, kind: str, name: str) -> Thing:
        """A thing in the project, by the end of its name."""
        (found,) = [thing for full, thing in self.project.things[kind].items() if full.endswith(f"/{name}")]
        return found


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """Deployed once, secrets stored, webhooks registered, swept once."""
    folder = tmp_path_factory.mktemp("doctor")
    livechat, bot = LiveChatStandIn(), DialogflowStandIn(DialogflowOptions())
    desk = livechat.serve()
    providers = {
        "livechat_api_url": desk,
        "livechat_accounts_url": desk,
        "dialogflow_api_url": bot.serve(),
        "dialogflow_agent": "projects/sandbox-project/agent",  # the stand-in's own
    }
    with google_cloud(folder) as project:
        path = folder / "settings.env"
        path.write_text(_settings(project, livechat))
        environ = {**project.environment(), "SETTINGS": str(path)}
        _deploy(environ)
        files = files_for_upload(Cloud(project.id, environ), Path())
        made = Deployed(project, environ, livechat, providers, FakeRecords(), files)
        _use(made)
        yield made
    livechat.stop()
    bot.stop()


def _settings(project: Project, livechat: LiveChatStandIn) -> str:
    lines = {
        "GOOGLE_CLOUD_PROJECT": project.id,
        "REGION": REGION,
        "DIALOGFLOW_AGENT": f"projects/{project.id}/agent",
        "LIVECHAT_ORGANIZATION_ID": livechat.options.organization_id,
        "LIVECHAT_CLIENT_ID": livechat.options.client_id,
        "ALERT_EMAIL": "oncall@shop.example",
    }
    return "".join(f"{name}={value}\n" for name, value in lines.items())


def _deploy(environ: Mapping[str, str]) -> None:
    deployment = read_deployment(environ)
    cloud = Cloud(deployment.project, environ)
    deploy(Site(cloud, CloudSight(cloud), deployment), Progress(lambda _line: None, time.sleep))


def _use(made: Deployed) -> None:
    """What comes after deploying: make secrets, make login, make webhooks, a first sweep, a first chat."""
    for name, value in WORDS.items():
        payload = {"payload": {"data": base64.b64encode(value.encode()).decode()}}
        made.project.done("POST", f"secretmanager/v1/P/secrets/{name}:addVersion", payload)
    url = made.one("functions", "livechat-webhook")["serviceConfig"]["uri"]
    client_secret = json.loads(WORDS["livechat-oauth"])["client_secret"]
    for wanted in wanted_webhooks(
        url, made.livechat.options.client_id, fingerprint_key(WORDS["livechat-webhook-secret"], client_secret)
    ):
        made.livechat.licence.webhooks.register(
            Registration(
                action=wanted.action,
                secret_key="x",
                url=url,
                owner_client_id=made.livechat.options.client_id,
                type="license",
                description=wanted.description,
                filters=msgspec.convert(wanted.filters, Filters),
                additional_data=["chat_properties"],
            )
        )
    made.one("jobs", "handoff-sweep")["lastAttemptTime"] = datetime.now(UTC).isoformat()
    record = TokenRecord(made.records.open())
    token = made.livechat.licence.tokens.mint("agent", "ada@shop.example", 28800, made.livechat.options.client_id)
    now = datetime.now(UTC)
    record.put(record.read(), AgentToken(token.value, now, now + timedelta(hours=8)))


@pytest.fixture
def broken(deployed: Deployed) -> Iterator[Deployed]:
    """The same; what a test does to the project is undone."""
    world = deployed.project.standin.world
    before = copy.deepcopy((world.things, world.policies, world.services))
    yield deployed
    world.things, world.policies, world.services = before


def by_state(report: Report) -> dict[str, dict[str, Finding]]:
    states: dict[str, dict[str, Finding]] = {OK: {}, WARNING: {}, FAILED: {}, SKIPPED: {}}
    for one in report.findings:
        states[one.state][one.name] = one
    return states


def test_a_fresh_deployment_is_well_and_looking_changes_nothing(deployed: Deployed) -> None:
    began = len(deployed.project.standin.journal)
    before = deployed.project.standin.state()

    report = examine(deployed.patient())

    found = by_state(report)
    assert (0, {}, {}) == (report.exit_code, found[FAILED], found[WARNING])
    assert {"auto-response"} == set(found[SKIPPED])
    assert [] == deployed.project.standin.mutations(began)
    assert before == deployed.project.standin.state()
    assert not any(word in as_json(report) for word in WORDS.values())


# --- one thing broken ------------------------------------------------------------------------------------------------


def without_member(deployed: Deployed, resource: str, role: str) -> None:
    """Take everybody out of a role on a resource, named by its end."""
    world = deployed.project.standin.world
    (name,) = [name for name in world.policies if name.endswith(resource)]
    bindings = world.policies[name]["bindings"]
    assert any(one["role"] == role for one in bindings), (role, bindings)
    world.policies[name]["bindings"] = [one for one in bindings if one["role"] != role]


def no_version(deployed: Deployed) -> None:
    for name in [name for name in deployed.project.things["versions"] if "/livechat-webhook-secret/" in name]:
        del deployed.project.things["versions"][name]


def disabled_version(deployed: Deployed) -> None:
    (name,) = [name for name in deployed.project.things["versions"] if "/business-messages-partner-key/" in name]
    deployed.project.things["versions"][name]["state"] = "DISABLED"


def api_off(deployed: Deployed) -> None:
    del deployed.project.standin.world.services["cloudtasks.googleapis.com"]


def no_function(deployed: Deployed) -> None:
    (name,) = [name for name in deployed.project.things["functions"] if name.endswith("/dialogflow-webhook")]
    del deployed.project.things["functions"][name]


def environment_wrong(deployed: Deployed) -> None:
    service = deployed.one("functions", "livechat-webhook")["serviceConfig"]
    service["environmentVariables"]["TASKS_QUEUE"] = "projects/other/locations/europe-west1/queues/handoff"


def timeout_changed(deployed: Deployed) -> None:
    deployed.one("functions", "livechat-webhook")["serviceConfig"]["timeoutSeconds"] = 31


def failed_function(deployed: Deployed) -> None:
    deployed.one("functions", "business-messages-webhook")["state"] = "FAILED"


def queue_paused(deployed: Deployed) -> None:
    deployed.one("queues", "handoff")["state"] = "PAUSED"


def queue_slow(deployed: Deployed) -> None:
    deployed.one("queues", "handoff")["rateLimits"]["maxDispatchesPerSecond"] = 1.0


def job_paused(deployed: Deployed) -> None:
    deployed.one("jobs", "handoff-sweep")["state"] = "PAUSED"


def job_failing(deployed: Deployed) -> None:
    deployed.one("jobs", "handoff-sweep")["status"] = {"code": 7}


def redeliver_public(deployed: Deployed) -> None:
    policies = deployed.project.standin.world.policies
    (name,) = [name for name in policies if name.endswith("/services/redeliver")]
    policies[name]["bindings"].append({"role": "roles/run.invoker", "members": ["allUsers"]})


def account_disabled(deployed: Deployed) -> None:
    (account,) = [
        one for one in deployed.project.things["accounts"].values() if one["email"].startswith("handoff-wake-ups@")
    ]
    account["disabled"] = True


def no_expiry(deployed: Deployed) -> None:
    del deployed.one("fields", "collectionGroups/mailbox/fields/expire_at")["ttlConfig"]


def indexed(deployed: Deployed) -> None:
    deployed.one("fields", "collectionGroups/conversations/fields/body")["indexConfig"] = {"usesAncestorConfig": True}


def rules_open(deployed: Deployed) -> None:
    (ruleset,) = deployed.project.things["rulesets"].values()
    content = ruleset["source"]["files"][0]["content"]
    ruleset["source"]["files"][0]["content"] = content.replace("if false", "if true")


def datastore_mode(deployed: Deployed) -> None:
    deployed.one("databases", "(default)")["type"] = "DATASTORE_MODE"


def no_alert(deployed: Deployed) -> None:
    deployed.project.things["alertPolicies"].clear()


FAILURES: dict[str, tuple[Callable[[Deployed], None], str, str]] = {
    # what is done → the one finding, and a word of its sentence
    "secret without a version": (no_version, "secret.livechat-webhook-secret", "has no version"),
    "secret disabled": (disabled_version, "secret.business-messages-partner-key", "disabled"),
    "API off": (api_off, "apis", "cloudtasks"),
    "function gone": (no_function, "function.dialogflow-webhook", "is not deployed"),
    "function's environment": (environment_wrong, "function.livechat-webhook", "TASKS_QUEUE"),
    "function failed": (failed_function, "function.business-messages-webhook", "last deployment failed"),
    "queue paused": (queue_paused, "queue", "paused"),
    "queue's limits": (queue_slow, "queue", "otherwise than decided"),
    "job paused": (job_paused, "sweep", "paused"),
    "job failing": (job_failing, "sweep", "code 7"),
    "redeliver public": (redeliver_public, "callers.redeliver", "closed to allUsers"),
    "account disabled": (account_disabled, "accounts", "handoff-wake-ups"),
    "no expiry": (no_expiry, "database.expiry", "mailbox"),
    "payload indexed": (indexed, "database.indexes", "conversations"),
    "rules open": (rules_open, "database.rules", "may let clients in"),
    "Datastore mode": (datastore_mode, "database", "Datastore mode"),
    "webhook closed": (
        lambda one: without_member(one, "/services/livechat-webhook", "roles/run.invoker"),
        "callers.livechat-webhook",
        "open to everybody",
    ),
    "project role gone": (
        lambda one: without_member(one, f"projects/{one.project.id}", "roles/datastore.user"),
        "roles",
        "redeliver has roles/datastore.user",
    ),
    "actAs gone": (
        lambda one: without_member(one, "handoff-wake-ups@handoff-test.iam.gserviceaccount.com", _ACT_AS),
        "act-as",
        "may act as handoff-wake-ups",
    ),
    "secret closed": (
        lambda one: without_member(one, "/secrets/livechat-webhook-secret", "roles/secretmanager.secretAccessor"),
        "secret-access",
        "livechat-webhook reads livechat-webhook-secret",
    ),
    "queue closed": (
        lambda one: without_member(one, "/queues/handoff", "roles/cloudtasks.enqueuer"),
        "queue.access",
        "makes tasks",
    ),
}
_ACT_AS = "roles/iam.serviceAccountUser"


@pytest.mark.parametrize("case", FAILURES)
def test_what_is_broken_is_the_one_thing_that_fails_and_has_a_remedy(broken: Deployed, case: str) -> None:
    break_it, name, word = FAILURES[case]
    break_it(broken)

    report = broken.looked_at()

    found = by_state(report)
    assert (1, {name}, {}) == (report.exit_code, set(found[FAILED]), found[WARNING])
    assert (True, True) == (word in found[FAILED][name].sentence, bool(found[FAILED][name].remedy))


@pytest.mark.parametrize(
    ("break_it", "name"), [(no_alert, "monitoring"), (timeout_changed, "function.livechat-webhook")]
)
def test_what_is_only_not_as_decided_is_a_warning(
    broken: Deployed, break_it: Callable[[Deployed], None], name: str
) -> None:
    break_it(broken)

    report = broken.looked_at()

    found = by_state(report)
    assert (0, {}, {name}) == (report.exit_code, found[FAILED], set(found[WARNING]))


def test_what_the_operator_may_not_look_at_is_skipped_with_the_permission_it_takes(broken: Deployed) -> None:
    options = broken.project.standin.world.options
    broken.project.standin.change(denied=("queues.get", "versions.access"))
    try:
        report = broken.looked_at()
    finally:
        broken.project.standin.world.options = options

    found = by_state(report)
    assert (0, {}) == (report.exit_code, found[FAILED])
    assert "cloudtasks.queues.get" in found[SKIPPED]["queue"].remedy
    assert "may not read it" in found[SKIPPED]["secret.livechat-oauth"].sentence
    assert "livechat.webhooks" in found[SKIPPED]


def test_a_project_that_is_not_there_could_not_be_tried(broken: Deployed, tmp_path: Path) -> None:
    path = tmp_path / "settings.env"
    path.write_text(Path(broken.environ["SETTINGS"]).read_text().replace("handoff-test", "another-project"))

    report = examine(open_patient({**broken.environ, "SETTINGS": str(path)}))

    assert (2, "project") == (report.exit_code, report.findings[0].name)
    assert "there is no project another-project" in report.findings[0].sentence
    assert len(FUNCTIONS) * 3 <= len(by_state(report)[SKIPPED])
