"""What the stand-in of Google Cloud refuses and remembers, API by API."""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.sandbox.google_cloud.secrets import crc32c
from tests.deploy_world import REGION, Project, error_of, google_cloud
from tests.test_sandbox_google_cloud import enable

ACCOUNTS, SECRETS, QUEUES = "iam/v1/P/serviceAccounts", "secretmanager/v1/P/secrets", "cloudtasks/v2/P/R/queues"
JOBS, DATABASES, ALERTS = "cloudscheduler/v1/P/R/jobs", "firestore/v1/P/databases", "monitoring/v3/P/alertPolicies"


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """A project with all that a deployment calls enabled."""
    with google_cloud(tmp_path) as found:
        enable(found, "iam", "secretmanager", "cloudtasks", "cloudscheduler", "firestore", "firebaserules")
        yield found


def status_of(project: Project, method: str, path: str, body: Any = None) -> str:
    """The refusal's status."""
    return str(error_of(project.call(method, path, body))["status"])


def make_account(project: Project, name: str) -> str:
    """A service account; answers its address."""
    return str(project.done("POST", ACCOUNTS, {"accountId": name})["email"])


def make_secret(project: Project, name: str) -> None:
    """A secret without a value."""
    project.done("POST", f"{SECRETS}?secretId={name}", {"replication": {"automatic": {}}})


def grant(project: Project, path: str, role: str, *members: str, **policy: Any) -> Any:
    """Set a policy of one binding."""
    body = {"policy": {"bindings": [{"role": role, "members": list(members)}], **policy}}
    return project.call("POST", f"{path}:setIamPolicy", body)


# --- service accounts and policies -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["short", "1redeliver", "redeliver-", "Redeliver", "x" * 31, ""])
def test_an_account_s_id_has_6_to_30_characters_of_the_right_kind(project: Project, name: str) -> None:
    assert "INVALID_ARGUMENT" == status_of(project, "POST", ACCOUNTS, {"accountId": name})


def test_an_account_is_made_once(project: Project) -> None:
    make_account(project, "redeliver")

    assert "ALREADY_EXISTS" == status_of(project, "POST", ACCOUNTS, {"accountId": "redeliver"})


def test_a_policy_names_no_account_that_is_not_there(project: Project) -> None:
    make_secret(project, "one")

    answer = grant(project, f"{SECRETS}/one", "roles/secretmanager.secretAccessor", project.member("nobody"))

    assert "Service account nobody@handoff-test.iam.gserviceaccount.com does not exist." in error_of(answer)["message"]


def test_an_account_just_made_may_not_be_known_to_policies_yet(project: Project) -> None:
    project.standin.change(account_lag=1)
    make_account(project, "redeliver")
    make_secret(project, "one")

    statuses = [
        grant(project, f"{SECRETS}/one", "roles/secretmanager.secretAccessor", project.member("redeliver")).status_code
        for _ in range(2)
    ]

    assert [400, 200] == statuses


def test_a_deleted_account_s_grants_are_no_good_to_its_successor(project: Project) -> None:
    email = make_account(project, "redeliver")
    make_secret(project, "one")
    grant(project, f"{SECRETS}/one", "roles/secretmanager.secretAccessor", project.member("redeliver"))

    project.done("DELETE", f"{ACCOUNTS}/{email}")
    make_account(project, "redeliver")

    (binding,) = project.done("GET", f"{SECRETS}/one:getIamPolicy")["bindings"]
    assert binding["members"][0].startswith(f"deleted:serviceAccount:{email}?uid=")


def test_a_policy_read_before_another_change_is_not_written(project: Project) -> None:
    make_secret(project, "one")
    role, user = "roles/secretmanager.secretAccessor", "user:a@example.com"
    etag = project.done("GET", f"{SECRETS}/one:getIamPolicy")["etag"]
    assert 200 == grant(project, f"{SECRETS}/one", role, user, etag=etag).status_code

    answer = grant(project, f"{SECRETS}/one", role, user, etag=etag)

    assert error_of(answer)["status"] == "ABORTED"


def test_an_etag_may_come_in_the_other_alphabet(project: Project) -> None:
    make_secret(project, "one")
    role = "roles/secretmanager.secretAccessor"
    etags = (grant(project, f"{SECRETS}/one", role, f"user:a{n}@example.com").json()["etag"] for n in range(200))
    etag = next(one for one in etags if "/" in one or "+" in one)

    answer = grant(project, f"{SECRETS}/one", role, etag=etag.replace("/", "_").replace("+", "-"))

    assert 200 == answer.status_code


@pytest.mark.parametrize(
    ("role", "member"),
    [
        ("roles/run.invoker", "user:a@example.com"),  # not on a secret
        ("secretmanager.secretAccessor", "user:a@example.com"),
        ("roles/secretmanager.secretAccessor", "a@example.com"),
        ("roles/secretmanager.secretReader", "user:a@example.com"),
    ],
)
def test_a_role_or_member_that_does_not_exist_there_is_refused(project: Project, role: str, member: str) -> None:
    make_secret(project, "one")

    assert "INVALID_ARGUMENT" == error_of(grant(project, f"{SECRETS}/one", role, member))["status"]


def test_an_organisation_may_keep_the_public_out(project: Project) -> None:
    project.standin.change(public=False)
    make_secret(project, "one")

    answer = grant(project, f"{SECRETS}/one", "roles/secretmanager.secretAccessor", "allUsers")

    assert error_of(answer)["status"] == "FAILED_PRECONDITION"
    assert "do not belong to a permitted customer" in error_of(answer)["message"]


def test_conditions_need_version_3(project: Project) -> None:
    binding = {"role": "roles/viewer", "members": ["user:a@example.com"], "condition": {"expression": "true"}}
    path = f"cloudresourcemanager/v1/projects/{project.id}:setIamPolicy"

    statuses = [
        project.call("POST", path, {"policy": {"version": version, "bindings": [binding]}}).status_code
        for version in (1, 3)
    ]

    assert [400, 200] == statuses


# --- secrets ---------------------------------------------------------------------------------------------------------


def test_a_secret_s_latest_version_is_the_last_one(project: Project) -> None:
    make_secret(project, "one")
    for text in (b"first", b"second"):
        project.done("POST", f"{SECRETS}/one:addVersion", {"payload": {"data": base64.b64encode(text).decode()}})

    found = project.done("GET", f"{SECRETS}/one/versions/latest:access")

    assert b"second" == base64.b64decode(found["payload"]["data"])
    assert f"projects/{project.standin.world.number}/secrets/one/versions/2" == found["name"]


def test_a_payload_that_got_damaged_is_refused(project: Project) -> None:
    make_secret(project, "one")
    payload = {"data": base64.b64encode(b"text").decode(), "dataCrc32c": str(crc32c(b"test"))}

    assert "INVALID_ARGUMENT" == status_of(project, "POST", f"{SECRETS}/one:addVersion", {"payload": payload})


def test_the_checksum_is_castagnoli_s() -> None:
    assert 0xE3069283 == crc32c(b"123456789")  # RFC 3720, appendix B.4 names the polynomial


def test_a_disabled_version_can_t_be_read(project: Project) -> None:
    make_secret(project, "one")
    project.done("POST", f"{SECRETS}/one:addVersion", {"payload": {"data": "eA=="}})
    project.done("POST", f"{SECRETS}/one/versions/1:disable", {})

    assert "FAILED_PRECONDITION" == status_of(project, "GET", f"{SECRETS}/one/versions/latest:access")


def test_a_secret_without_a_version_has_no_latest(project: Project) -> None:
    make_secret(project, "one")

    assert "NOT_FOUND" == status_of(project, "GET", f"{SECRETS}/one/versions/latest:access")


@pytest.mark.parametrize("query", ["", "?secretId=a.b", "?secretId=" + "x" * 256])
def test_a_secret_needs_a_right_id(project: Project, query: str) -> None:
    assert "INVALID_ARGUMENT" == status_of(project, "POST", SECRETS + query, {"replication": {"automatic": {}}})


# --- Firestore -------------------------------------------------------------------------------------------------------


def make_database(project: Project, name: str = "(default)") -> None:
    """A native database."""
    project.done("POST", f"{DATABASES}?databaseId={name}", {"type": "FIRESTORE_NATIVE", "locationId": REGION})


def test_a_database_is_there_only_when_it_has_been_made(project: Project) -> None:
    project.standin.change(database_s=60.0)
    make_database(project)
    field = f"{DATABASES}/(default)/collectionGroups/chats/fields/expire_at?updateMask=ttlConfig"

    before = project.call("GET", f"{DATABASES}/(default)").status_code
    refused = project.call("PATCH", field, {"ttlConfig": {}}).status_code
    project.standin.world.clock.advance(61)
    after = project.call("GET", f"{DATABASES}/(default)").status_code

    assert [404, 404, 200] == [before, refused, after]


def test_a_database_is_made_once(project: Project) -> None:
    make_database(project)

    body = {"type": "FIRESTORE_NATIVE", "locationId": REGION}
    assert "ALREADY_EXISTS" == status_of(project, "POST", f"{DATABASES}?databaseId=(default)", body)


def test_fields_are_listed_where_somebody_decided_something(project: Project) -> None:
    make_database(project)
    group = f"{DATABASES}/(default)/collectionGroups"
    project.done("PATCH", f"{group}/chats/fields/expire_at?updateMask=ttlConfig", {"ttlConfig": {}})
    project.done("PATCH", f"{group}/chats/fields/body?updateMask=indexConfig", {"indexConfig": {}})

    expiring = project.done("GET", f"{group}/-/fields?filter=ttlConfig:*")["fields"]
    exempt = project.done("GET", f"{group}/-/fields?filter=indexConfig.usesAncestorConfig:false")["fields"]

    assert ["expire_at"] == [one["name"].rpartition("/")[2] for one in expiring]
    assert "ACTIVE" == expiring[0]["ttlConfig"]["state"]
    assert [("body", {})] == [(one["name"].rpartition("/")[2], one["indexConfig"]) for one in exempt]
    assert "INVALID_ARGUMENT" == status_of(project, "GET", f"{group}/-/fields")


def test_a_protected_database_is_not_deleted(project: Project) -> None:
    make_database(project)
    protected = {"deleteProtectionState": "DELETE_PROTECTION_ENABLED"}
    project.done("PATCH", f"{DATABASES}/(default)?updateMask=deleteProtectionState", protected)

    assert "FAILED_PRECONDITION" == status_of(project, "DELETE", f"{DATABASES}/(default)")


def test_rules_must_be_whole_and_a_release_must_name_some(project: Project) -> None:
    rules = "rules_version = '2'; service cloud.firestore { match /databases/{d}/documents { } }"
    whole, broken = ({"source": {"files": [{"name": "a", "content": text}]}} for text in (rules, rules[:-1]))
    name = f"projects/{project.id}/releases/cloud.firestore"
    release: dict[str, Any] = {"name": name, "rulesetName": "projects/p/rulesets/none"}

    assert "INVALID_ARGUMENT" == status_of(project, "POST", "firebaserules/v1/P/rulesets", broken)
    assert "NOT_FOUND" == status_of(project, "POST", "firebaserules/v1/P/releases", release)
    release["rulesetName"] = project.done("POST", "firebaserules/v1/P/rulesets", whole)["name"]
    project.done("POST", "firebaserules/v1/P/releases", release)
    assert "FAILED_PRECONDITION" == status_of(project, "DELETE", f"firebaserules/v1/{release['rulesetName']}")


# --- queues and jobs -------------------------------------------------------------------------------------------------


def test_a_deleted_queue_may_only_seem_to_come_back(project: Project) -> None:
    project.standin.change(queue_tombstones=True)
    queue = {"name": f"projects/{project.id}/locations/{REGION}/queues/handoff"}
    project.done("POST", QUEUES, queue)
    project.done("DELETE", f"{QUEUES}/handoff")

    project.done("POST", QUEUES, queue)

    assert "NOT_FOUND" == status_of(project, "GET", f"{QUEUES}/handoff")


def test_a_queue_s_update_leaves_what_its_mask_does_not_name(project: Project) -> None:
    queue = {"name": f"projects/{project.id}/locations/{REGION}/queues/handoff", "retryConfig": {"maxAttempts": 5}}
    project.done("POST", QUEUES, queue)

    wanted = {"rateLimits": {"maxConcurrentDispatches": 8}, "retryConfig": {"maxAttempts": 9}}
    found = project.done("PATCH", f"{QUEUES}/handoff?updateMask=rate_limits.max_concurrent_dispatches", wanted)

    assert 8 == found["rateLimits"]["maxConcurrentDispatches"]
    assert 5 == found["retryConfig"]["maxAttempts"]


def test_a_mask_that_names_nothing_is_refused(project: Project) -> None:
    project.done("POST", QUEUES, {"name": f"projects/{project.id}/locations/{REGION}/queues/handoff"})

    assert "INVALID_ARGUMENT" == status_of(project, "PATCH", f"{QUEUES}/handoff?updateMask=rates", {})


@pytest.mark.parametrize(
    "wrong",
    [
        {"schedule": "every minute"},
        {"httpTarget": {"uri": "redeliver"}},
        {"attemptDeadline": "5s"},
        {"httpTarget": {"uri": "https://x.example", "oidcToken": {"serviceAccountEmail": "nobody@example.com"}}},
    ],
)
def test_a_job_that_can_t_run_is_refused(project: Project, wrong: dict[str, Any]) -> None:
    name = f"projects/{project.id}/locations/{REGION}/jobs/sweep"
    job = {"name": name, "schedule": "* * * * *", "httpTarget": {"uri": "https://x.example"}}

    assert project.call("POST", JOBS, job | wrong).status_code in (400, 404)
    assert 200 == project.call("POST", JOBS, job).status_code


# --- metrics, alerts, dashboards -------------------------------------------------------------------------------------


def alert(**condition: Any) -> dict[str, Any]:
    """An alert policy of one condition."""
    return {"displayName": "x", "combiner": "OR", "conditions": [{"displayName": "x", **condition}]}


def on_metric(name: str) -> dict[str, Any]:
    """An alert policy on a log-based metric."""
    wanted = f'metric.type="logging.googleapis.com/user/{name}" AND resource.type="cloud_run_revision"'
    return alert(conditionThreshold={"filter": wanted, "comparison": "COMPARISON_GT", "duration": "0s"})


def test_an_alert_waits_until_its_metric_is_known(project: Project) -> None:
    project.standin.change(metric_lag=1)
    project.done("POST", "logging/v2/P/metrics", {"name": "letters", "filter": "x"})

    statuses = [project.call("POST", ALERTS, on_metric("letters")).status_code for _ in range(2)]

    assert [404, 200] == statuses
    assert "NOT_FOUND" == status_of(project, "POST", ALERTS, on_metric("others"))


@pytest.mark.parametrize(
    "wrong",
    [
        alert(),
        alert(conditionThreshold={"filter": 'metric.type="x"'}),
        alert(conditionMatchedLog={"filter": "x"}),  # needs a notification rate limit
        alert(conditionMatchedLog={"filter": "x"}, conditionAbsent={"filter": "x"}),
        {"displayName": "x", "combiner": "OR"},
    ],
)
def test_an_alert_that_monitoring_would_not_take_is_refused(project: Project, wrong: dict[str, Any]) -> None:
    assert "INVALID_ARGUMENT" == status_of(project, "POST", ALERTS, wrong)


def test_a_channel_in_use_is_not_deleted_without_force(project: Project) -> None:
    project.done("POST", "logging/v2/P/metrics", {"name": "letters", "filter": "x"})
    email = {"type": "email", "labels": {"email_address": "alerts@example.com"}}
    channel = project.done("POST", "monitoring/v3/P/notificationChannels", email)["name"]
    project.done("POST", ALERTS, on_metric("letters") | {"notificationChannels": [channel]})

    assert "FAILED_PRECONDITION" == status_of(project, "DELETE", f"monitoring/v3/{channel}")
    project.done("DELETE", f"monitoring/v3/{channel}?force=true")


def test_a_metric_s_labels_and_extractors_belong_together(project: Project) -> None:
    described = {"metricKind": "DELTA", "valueType": "INT64", "labels": [{"key": "function"}]}
    metric = {"name": "letters", "filter": "x", "metricDescriptor": described}

    assert "INVALID_ARGUMENT" == status_of(project, "POST", "logging/v2/P/metrics", metric)
    project.done("POST", "logging/v2/P/metrics", metric | {"labelExtractors": {"function": "EXTRACT(x)"}})


def test_a_dashboard_changed_meanwhile_is_not_overwritten(project: Project) -> None:
    dashboards = "monitoring/v1/P/dashboards"
    made = project.done("POST", dashboards, {"displayName": "x", "mosaicLayout": {"columns": 12}})
    project.done("PATCH", f"monitoring/v1/{made['name']}", made)

    assert "ABORTED" == status_of(project, "PATCH", f"monitoring/v1/{made['name']}", made)
