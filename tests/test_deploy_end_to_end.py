"""`make deploy` with the real gcloud against a project on loopback: what is there afterwards, field by field."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.deploy_world import (
    NEEDS_GCLOUD,
    REGION,
    SETTINGS,
    Deployed,
    Project,
    afterwards_as_before,
    deployed_project,
    google_cloud,
    of_others,
    put_others,
)

pytestmark = [pytest.mark.slow, NEEDS_GCLOUD, pytest.mark.timeout(1800)]

FUNCTIONS = ("redeliver", "livechat-webhook", "business-messages-webhook", "rcs-webhook", "dialogflow-webhook")
DRAINING = set(FUNCTIONS[:4])
LIMITS = {  # timeout, instances at rest
    "redeliver": (120, 0),
    "livechat-webhook": (30, 0),
    "business-messages-webhook": (60, 0),
    "rcs-webhook": (60, 0),
    "dialogflow-webhook": (15, 1),
}
READERS = {
    "livechat-oauth": DRAINING,
    "livechat-webhook-secret": {"livechat-webhook"},
    "business-messages-partner-key": {"business-messages-webhook"},
    "rcs-client-token": {"rcs-webhook"},
    "dialogflow-webhook-token": {"dialogflow-webhook"},
    "messaging-service-account": DRAINING,
}
EXPIRING = {"conversations", "mailbox", "chats", "sessions", "dead_letters"}


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """Deployed once for all that only look."""
    with deployed_project(tmp_path_factory, "deployed") as found:
        yield found


@pytest.fixture(scope="module")
def project(deployed: Deployed) -> Project:
    """The project it was deployed into."""
    return deployed.project


# --- the calls -------------------------------------------------------------------------------------------------------


def test_every_call_is_one_that_google_knows_and_takes(deployed: Deployed) -> None:
    wrong = [entry for entry in deployed.first.calls if not entry.method or entry.status not in (200, 404)]

    assert [] == wrong
    assert [] == [entry for entry in deployed.first.changes if entry.status != 200]


def test_nothing_is_changed_twice_and_nothing_is_deleted(deployed: Deployed) -> None:
    made = [entry for entry in deployed.first.changes if entry.method.endswith((".create", ".addVersion"))]
    targets = [(entry.method, entry.path, str(entry.query), str(entry.body)) for entry in made]

    assert len(set(targets)) == len(targets)
    assert not {entry.http for entry in deployed.first.changes} & {"DELETE"}


def test_every_policy_is_written_with_the_etag_it_was_read_with(deployed: Deployed) -> None:
    written = [entry for entry in deployed.first.changes if entry.method.endswith(".setIamPolicy")]

    assert written
    assert all(entry.body["policy"]["etag"] for entry in written)


def test_the_first_run_says_what_it_made_and_what_comes_next(deployed: Deployed) -> None:
    said = deployed.first.out

    assert all(name in said for name in (*FUNCTIONS, *READERS, "handoff-sweep", "handoff-wake-ups"))
    assert all(f"make {verb}" in said for verb in ("secrets", "login", "webhooks", "doctor"))
    assert all(deployed.project.function(name)["serviceConfig"]["uri"] in said for name in FUNCTIONS)
    assert "" == deployed.first.err


def test_what_belongs_to_others_is_as_it_was(project: Project, tmp_path_factory: pytest.TempPathFactory) -> None:
    with google_cloud(tmp_path_factory.mktemp("untouched")) as untouched:
        put_others(untouched)

        assert of_others(untouched) == of_others(project)


# --- functions -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_is_deployed_with_its_limits(project: Project, name: str) -> None:
    timeout_s, at_rest = LIMITS[name]

    service = project.function(name)["serviceConfig"]

    wanted = {
        "availableMemory": "512Mi",
        "availableCpu": "1",
        "maxInstanceRequestConcurrency": 8,
        "timeoutSeconds": timeout_s,
        "minInstanceCount": at_rest,
        "maxInstanceCount": 20,
        "ingressSettings": "ALLOW_ALL",
        "allTrafficOnLatestRevision": True,
        "serviceAccountEmail": f"{name}@{project.id}.iam.gserviceaccount.com",
    }
    assert wanted == {key: service.get(key) for key in wanted}
    assert not {"secretEnvironmentVariables", "secretVolumes", "vpcConnector"} & {
        key for key in service if service[key]
    }


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_is_built_from_its_entry_point_by_the_build_account(project: Project, name: str) -> None:
    function = project.function(name)

    build = function["buildConfig"]
    assert ("python313", name.replace("-", "_")) == (build["runtime"], build["entryPoint"])
    email = f"handoff-build@{project.id}.iam.gserviceaccount.com"
    assert f"projects/{project.id}/serviceAccounts/{email}" == build["serviceAccount"]
    assert ("ACTIVE", "GEN_2") == (function["state"], function["environment"])
    assert "eventTrigger" not in function
    assert {"app", "deployment-tool", "source"} == set(function["labels"])
    assert "livechat-handoff" == function["labels"]["app"]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_gets_the_settings_and_where_to_wake(project: Project, name: str) -> None:
    environment = project.function(name)["serviceConfig"]["environmentVariables"]

    own = {setting: value for setting, value in SETTINGS.items() if setting != "ALERT_EMAIL"}
    wake_up = {
        "REDELIVER_URL": project.function("redeliver")["serviceConfig"]["uri"],
        "TASKS_QUEUE": project.name("queues", "handoff"),
        "TASKS_SERVICE_ACCOUNT": f"handoff-wake-ups@{project.id}.iam.gserviceaccount.com",
    }
    against_google_s = {"LOG_EXECUTION_ID": "false"}  # else it would wrap our log lines
    threads = {"THREADS": "8", "GOOGLE_CLOUD_PROJECT": project.id}
    assert own | wake_up | threads | against_google_s | identities(project, name) == environment


def identities(project: Project, name: str) -> dict[str, str]:
    """Of the function that Dialogflow calls: whose identity tokens it takes, made for which address."""
    if name != "dialogflow-webhook":
        return {}
    url, number = project.function(name)["serviceConfig"]["uri"], project.standin.world.number
    email = f"service-{number}@gcp-sa-dialogflow.iam.gserviceaccount.com"
    return {"DIALOGFLOW_IDENTITY_AUDIENCES": url, "DIALOGFLOW_IDENTITY_EMAILS": email}


def test_all_functions_come_from_the_same_source(project: Project) -> None:
    assert 1 == len({project.function(name)["labels"]["source"] for name in FUNCTIONS})


def test_only_the_doors_are_public(project: Project) -> None:
    invokers = {name: project.members(project.name("services", name), "run.invoker") for name in FUNCTIONS}

    assert {"redeliver": {"handoff-wake-ups"}} | {name: {"allUsers"} for name in FUNCTIONS[1:]} == invokers


# --- identities and secrets ------------------------------------------------------------------------------------------


def test_every_function_has_an_identity_of_its_own_with_no_more_than_it_needs(project: Project) -> None:
    emails = {one["email"].partition("@")[0] for one in project.things["accounts"].values()}
    path = f"projects/{project.id}"
    roles = {one["role"] for one in project.standin.world.policies[path]["bindings"]}
    granted = {role: project.members(path, role.removeprefix("roles/")) for role in roles}

    assert {*FUNCTIONS, "handoff-wake-ups", "handoff-build", "billing-export"} == emails
    assert {
        "roles/datastore.user": {*FUNCTIONS, "billing-export", "user:boss@example.com"},
        "roles/dialogflow.client": DRAINING,
        "roles/artifactregistry.writer": {"handoff-build"},
        "roles/logging.logWriter": {"handoff-build"},
        "roles/storage.objectViewer": {"handoff-build"},
    } == granted


def test_functions_may_have_tasks_call_as_the_wake_up_account(project: Project) -> None:
    account = f"projects/{project.id}/serviceAccounts/handoff-wake-ups@{project.id}.iam.gserviceaccount.com"

    policies = project.standin.world.policies
    assert set(FUNCTIONS) == project.members(account, "iam.serviceAccountUser")
    assert [account] == [name for name in policies if "/serviceAccounts/" in name]


@pytest.mark.parametrize("secret", READERS)
def test_a_secret_is_empty_and_read_by_whom_it_concerns(project: Project, secret: str) -> None:
    name = f"projects/{project.id}/secrets/{secret}"

    assert {"automatic": {}} == project.things["secrets"][name]["replication"]
    assert [] == [one for one in project.things["versions"] if one.startswith(f"{name}/")]
    assert READERS[secret] == project.members(name, "secretmanager.secretAccessor")
    writers = DRAINING if secret == "livechat-oauth" else set()
    assert writers == project.members(name, "secretmanager.secretVersionAdder")


# --- Firestore, queue, job -------------------------------------------------------------------------------------------


def test_the_database_is_native_and_in_the_region(project: Project) -> None:
    (database,) = project.things["databases"].values()

    assert f"projects/{project.id}/databases/(default)" == database["name"]
    assert ("FIRESTORE_NATIVE", REGION) == (database["type"], database["locationId"])


def test_documents_expire_and_payloads_are_not_indexed(project: Project) -> None:
    fields = {tuple(name.split("/")[-3::2]): one for name, one in project.things["fields"].items()}
    expiring = {group for (group, field), one in fields.items() if field == "expire_at" and "ttlConfig" in one}
    exempt = {group for (group, field), one in fields.items() if field == "body" and one["indexConfig"] == {}}

    assert EXPIRING == expiring
    assert EXPIRING | {"tokens"} == exempt
    assert len(expiring) + len(exempt) == len(fields)


def test_clients_are_shut_out_of_the_database(project: Project) -> None:
    release = project.things["releases"][f"projects/{project.id}/releases/cloud.firestore"]

    (file,) = project.things["rulesets"][release["rulesetName"]]["source"]["files"]
    words = re.sub(r"\s+", " ", re.sub(r"//.*", "", file["content"]))
    assert "match /{document=**} { allow read, write: if false; }" in words
    assert 1 == words.count("allow")


def test_the_queue_is_bounded_and_only_functions_fill_it(project: Project) -> None:
    queue = project.things["queues"][project.name("queues", "handoff")]

    assert {"maxDispatchesPerSecond": 50.0, "maxConcurrentDispatches": 8, "maxBurstSize": 10} == queue["rateLimits"]
    assert {"maxAttempts": 5, "minBackoff": "1s", "maxBackoff": "10s", "maxDoublings": 4} == queue["retryConfig"]
    assert "RUNNING" == queue["state"]
    assert set(FUNCTIONS) == project.members(queue["name"], "cloudtasks.enqueuer")


def test_the_job_sweeps_every_minute_as_the_wake_up_account(project: Project) -> None:
    job = project.things["jobs"][project.name("jobs", "handoff-sweep")]
    url = project.function("redeliver")["serviceConfig"]["uri"]

    target = job["httpTarget"]
    email = f"handoff-wake-ups@{project.id}.iam.gserviceaccount.com"
    assert ("* * * * *", "Etc/UTC", "ENABLED") == (job["schedule"], job["timeZone"], job["state"])
    assert (url, "POST", "e30=") == (target["uri"], target["httpMethod"], target["body"])  # {}
    assert {"serviceAccountEmail": email, "audience": url} == target["oidcToken"]
    assert "application/json" == target["headers"]["Content-Type"]
    assert ("120s", 0) == (job["attemptDeadline"], job["retryConfig"].get("retryCount", 0))


# --- watching --------------------------------------------------------------------------------------------------------


def ours(project: Project, kind: str) -> list[dict[str, Any]]:
    """Alerts or channels that bear our mark."""
    marked = ("livechat-handoff",)
    return [one for one in project.things[kind].values() if one.get("userLabels", {}).get("app") in marked]


def test_whoever_asked_for_it_is_told_of_trouble(project: Project) -> None:
    (channel,) = ours(project, "notificationChannels")

    assert {"email_address": "alerts@example.com"} == channel["labels"]
    alerts = ours(project, "alertPolicies")
    assert {"dead-letters", "overdue", "rejected", "latency"} <= {one["userLabels"]["alert"] for one in alerts}
    assert [[channel["name"]]] * len(alerts) == [one["notificationChannels"] for one in alerts]


def test_alerts_and_dashboard_show_metrics_that_exist(project: Project) -> None:
    made = {name.rpartition("/")[2] for name in project.things["metrics"]}
    (dashboard,) = (one for one in project.things["dashboards"].values() if one["displayName"] != "Billing")

    shown = set(re.findall(r"logging\.googleapis\.com/user/(\w+)", str([dashboard, ours(project, "alertPolicies")])))
    assert shown
    assert shown <= made
    assert made - {"billing"} <= shown


# --- again, and only for show ----------------------------------------------------------------------------------------


def test_a_second_run_changes_nothing_and_says_so(project: Project) -> None:
    with afterwards_as_before(project):
        before = project.standin.state()

        run = project.make("deploy")

        assert (0, "") == (run.code, run.err)
        assert [] == run.changes
        assert before == project.standin.state()
        assert "Nothing to change." in run.out


def test_what_would_be_done_can_be_shown_without_doing_it(tmp_path_factory: pytest.TempPathFactory) -> None:
    with deployed_project(tmp_path_factory, "shown") as found:
        found.project.standin.world.clear()
        put_others(found.project)

        run = found.project.make("deploy", DRY_RUN="1")

        shown = [line for line in run.out.splitlines() if line.startswith(("gcloud ", "curl "))]
        done = [one for one in found.first.methods if one not in ("functions.generateUploadUrl", "storage.upload")]
        assert (0, "") == (run.code, run.err)
        assert [] == run.changes
        assert len(done) == len(shown)
        twice = 2  # redeliver and dialogflow-webhook are told their own URL
        assert len(FUNCTIONS) + twice == sum(line.startswith("gcloud functions deploy ") for line in shown)


def test_what_somebody_changed_by_hand_is_put_right_and_nothing_else(project: Project) -> None:
    with afterwards_as_before(project):
        world = project.standin.world
        project.function("livechat-webhook")["serviceConfig"]["timeoutSeconds"] = 300
        project.function("dialogflow-webhook")["serviceConfig"]["environmentVariables"]["THREADS"] = "1"
        project.things["queues"][project.name("queues", "handoff")]["state"] = "PAUSED"
        project.things["jobs"][project.name("jobs", "handoff-sweep")]["state"] = "PAUSED"
        opened = [{"role": "roles/run.invoker", "members": ["allUsers", project.member("handoff-wake-ups")]}]
        world.policies[project.name("services", "redeliver")] |= {"bindings": opened}
        del world.policies[f"projects/{project.id}/secrets/dialogflow-webhook-token"]

        run = project.make("deploy")

        assert 0 == run.code, run.out + run.err
        repaired = ["jobs.resume", "queues.resume", "secrets.setIamPolicy", "services.setIamPolicy"]
        deployed_again = ["functions.generateUploadUrl", "functions.patch", "storage.upload"] * 2
        assert sorted(repaired + deployed_again) == sorted(run.methods)
        assert {"handoff-wake-ups"} == project.members(project.name("services", "redeliver"), "run.invoker")
        assert 30 == project.function("livechat-webhook")["serviceConfig"]["timeoutSeconds"]
