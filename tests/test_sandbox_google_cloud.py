"""The stand-in of Google Cloud as a whole: who may call, what is a request, what it remembers, how it fails."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from infra.sandbox.google_cloud.discovery import api
from infra.sandbox.google_cloud.server import ANSWERS, Entry, Trouble
from tests.deploy_world import Project, error_of, google_cloud

QUEUES = "cloudtasks/v2/P/R/queues"


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """A project with the APIs of these tests enabled."""
    with google_cloud(tmp_path) as found:
        enable(found, "cloudtasks", "iam", "secretmanager")
        yield found


def enable(project: Project, *names: str) -> None:
    """Enable APIs by their short names."""
    body = {"serviceIds": [f"{name}.googleapis.com" for name in names]}
    project.done("POST", "serviceusage/v1/P/services:batchEnable", body)


def queue(project: Project, name: str) -> dict[str, str]:
    """A request for a queue."""
    return {"name": f"projects/{project.id}/locations/europe-west1/queues/{name}"}


def test_a_call_without_a_token_is_refused(project: Project) -> None:
    answer = requests.get(f"{project.url}/iam/v1/projects/{project.id}/serviceAccounts", timeout=30)

    assert error_of(answer)["status"] == "UNAUTHENTICATED"


@pytest.mark.parametrize("path", ["iam/v1/P/serviceAccount", "iam/v9/P/serviceAccounts", "nothing/v1/P/x"])
def test_a_path_that_no_api_has_is_not_found(project: Project, path: str) -> None:
    answer = project.call("GET", path)

    assert error_of(answer)["status"] == "NOT_FOUND"
    assert project.standin.journal[-1].method == ""


def test_an_unknown_field_is_refused_by_name(project: Project) -> None:
    answer = project.call("POST", QUEUES, queue(project, "one") | {"retryConfig": {"tries": 3}})

    assert error_of(answer)["status"] == "INVALID_ARGUMENT"
    assert "Unknown name \"tries\" at 'retryConfig': Cannot find field." in error_of(answer)["message"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"rateLimits": {"maxDispatchesPerSecond": "fast"}},
        {"rateLimits": {"maxConcurrentDispatches": 1.5}},
        {"rateLimits": []},
        {"retryConfig": {"minBackoff": "1 second"}},
        {"retryConfig": {"maxAttempts": True}},
        {"state": "SLEEPING"},
    ],
)
def test_a_value_of_the_wrong_type_is_refused(project: Project, wrong: dict[str, object]) -> None:
    answer = project.call("POST", QUEUES, queue(project, "one") | wrong)

    assert error_of(answer)["status"] == "INVALID_ARGUMENT"
    assert not project.things["queues"]


def test_a_body_that_is_no_json_object_is_refused(project: Project) -> None:
    answer = project.call("POST", QUEUES, ["queue"])

    assert error_of(answer)["status"] == "INVALID_ARGUMENT"


def test_an_unknown_query_parameter_is_refused(project: Project) -> None:
    answer = project.call("GET", f"{QUEUES}?size=3")

    assert "Cannot bind query parameter" in error_of(answer)["message"]


def test_another_project_can_t_be_told_from_one_that_is_not_there(project: Project) -> None:
    answer = project.call("GET", "cloudresourcemanager/v1/projects/another-project")

    assert error_of(answer)["status"] == "PERMISSION_DENIED"


def test_the_project_s_number_is_as_good_as_its_id(project: Project) -> None:
    found = project.done("GET", f"cloudresourcemanager/v1/projects/{project.standin.world.number}")

    assert project.id == found["projectId"]


def test_a_region_that_is_not_there_is_refused(project: Project) -> None:
    answer = project.call("GET", "cloudtasks/v2/P/locations/europe-nowhere1/queues")

    assert "locations/europe-nowhere1" in error_of(answer)["message"]


def test_an_api_that_is_not_enabled_is_refused_with_the_way_to_enable_it(project: Project) -> None:
    answer = project.call("GET", "run/v2/P/R/services")

    error = error_of(answer)
    assert error["status"] == "PERMISSION_DENIED"
    assert error["details"][0]["reason"] == "SERVICE_DISABLED"
    assert error["details"][0]["metadata"]["service"] == "run.googleapis.com"


def test_an_api_just_enabled_may_take_its_time(project: Project) -> None:
    project.standin.change(service_lag=2)
    enable(project, "run")

    statuses = [project.call("GET", "run/v2/P/R/services").status_code for _ in range(3)]

    assert [403, 403, 200] == statuses


def test_billing_somebody_needs_the_api_enabled_too(project: Project) -> None:
    path = f"cloudresourcemanager/v1/projects/{project.id}"

    answer = project.call("GET", path, **{"X-Goog-User-Project": project.id})

    assert error_of(answer)["details"][0]["reason"] == "SERVICE_DISABLED"


def test_apis_that_cost_money_need_billing(project: Project) -> None:
    project.standin.change(billing=False)

    answer = project.call("POST", "serviceusage/v1/P/services/run.googleapis.com:enable", {})

    assert error_of(answer)["status"] == "FAILED_PRECONDITION"
    assert error_of(answer)["details"][1]["reason"] == "UREQ_PROJECT_BILLING_NOT_FOUND"
    assert "billingEnabled" not in project.done("GET", "cloudbilling/v1/P/billingInfo")


def test_enabling_what_is_enabled_is_done_at_once(project: Project) -> None:
    answer = project.done("POST", "serviceusage/v1/P/services/iam.googleapis.com:enable", {})

    assert answer["done"]


def test_a_list_comes_in_pages(project: Project) -> None:
    project.standin.change(page_size=2)
    for name in "abc":
        project.done("POST", QUEUES, queue(project, name))

    first = project.done("GET", f"{QUEUES}?pageSize=500")
    second = project.done("GET", f"{QUEUES}?pageToken={first['nextPageToken']}")

    assert ["a", "b"] == [one["name"][-1] for one in first["queues"]]
    assert ["c"] == [one["name"][-1] for one in second["queues"]]
    assert "nextPageToken" not in second


def test_fields_that_are_zero_are_left_out_as_google_does(project: Project) -> None:
    made = project.done("POST", QUEUES, queue(project, "one") | {"retryConfig": {"maxDoublings": 0}})

    assert "maxDoublings" not in made["retryConfig"]


def test_what_the_caller_may_not_do_names_the_permission(project: Project) -> None:
    project.standin.change(denied=("queues.create",))

    answer = project.call("POST", QUEUES, queue(project, "one"))

    assert "'cloudtasks.queues.create'" in error_of(answer)["message"]
    assert 200 == project.call("GET", QUEUES).status_code


def test_the_journal_tells_looking_from_changing(project: Project) -> None:
    before = len(project.standin.journal)

    project.done("GET", QUEUES)
    project.done("POST", f"cloudresourcemanager/v1/projects/{project.id}:getIamPolicy", {})
    project.done("POST", QUEUES, queue(project, "one"))

    assert ["cloudtasks.projects.locations.queues.create"] == [
        entry.method for entry in project.standin.mutations(before)
    ]
    assert 3 == len(project.standin.journal) - before


def test_the_journal_keeps_what_was_refused(project: Project) -> None:
    project.call("POST", QUEUES, queue(project, "one") | {"unknown": 1})

    assert 400 == project.standin.journal[-1].status
    assert 1 == project.standin.journal[-1].body["unknown"]


def test_the_nth_change_fails_before_it_takes_effect(project: Project) -> None:
    project.standin.trouble = Trouble(at=2)

    statuses = [project.call("POST", QUEUES, queue(project, name)).status_code for name in "abc"]

    assert [200, 400, 200] == statuses
    assert ["a", "c"] == [name[-1] for name in project.things["queues"]]


def test_the_nth_change_fails_after_it_took_effect(project: Project) -> None:
    project.standin.trouble = Trouble(at=1, after=True)

    answer = project.call("POST", QUEUES, queue(project, "a"))

    assert 400 == answer.status_code
    assert ["a"] == [name[-1] for name in project.things["queues"]]


def test_watchers_hear_of_each_change_once_it_is_made(project: Project) -> None:
    heard: list[tuple[Entry, int]] = []
    project.standin.watchers.append(lambda entry: heard.append((entry, len(project.things["queues"]))))

    project.done("GET", QUEUES)
    project.done("POST", QUEUES, queue(project, "a"))

    assert [(200, 1)] == [(entry.status, queues) for entry, queues in heard]


def test_a_method_it_does_not_answer_is_named(project: Project) -> None:
    answer = project.call("GET", "cloudtasks/v2/P/R/queues/one/tasks")

    assert error_of(answer)["status"] == "UNIMPLEMENTED"
    assert "cloudtasks.projects.locations.queues.tasks.list" in error_of(answer)["message"]


def test_every_method_it_answers_is_one_of_google_s(project: Project) -> None:
    known = {
        method.id
        for name, version in {(one.partition(".")[0], v) for one in ANSWERS for v in ("v1", "v2", "v3")}
        if (described := api(name, version))
        for method in described.methods
    }

    assert set() == set(ANSWERS) - known


def test_a_project_to_practise_on_says_what_to_put_into_a_shell() -> None:
    line = [sys.executable, "-u", "-m", "infra.sandbox.google_cloud"]
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        exported: dict[str, str] = {}
        for text in process.stdout:
            if text.startswith("# project "):
                break
            name, _, value = text.removeprefix("export ").strip().partition("=")
            exported[name] = value

        path = f"v1/projects/{exported['CLOUDSDK_CORE_PROJECT']}"
        url = exported["CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDRESOURCEMANAGER"]
        answer = requests.get(f"{url}{path}", headers={"Authorization": "Bearer x"}, timeout=30)
        seen = process.stdout.readline()
        process.send_signal(signal.SIGINT)

    assert 200 == answer.status_code
    assert f"# 200 GET /cloudresourcemanager/{path}" == seen.strip()
    assert 0 == process.returncode
