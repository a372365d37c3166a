"""What the stand-in of Google Cloud makes of functions: what it refuses, what it fills in, how builds fail."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.deploy_world import REGION, Project, error_of, google_cloud, zipped
from tests.test_sandbox_google_cloud import enable

FUNCTIONS = "cloudfunctions/v2/P/R/functions"
MAIN = "def redeliver(request):\n    return 'fine'\n"


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """A project where functions can be deployed."""
    with google_cloud(tmp_path) as found:
        enable(found, "cloudfunctions", "run", "iam")
        yield found


def upload(project: Project, data: bytes = zipped(main_py=MAIN, requirements_txt=""), **headers: str) -> dict[str, Any]:
    """Put an archive where the API says; answers the place as a function's source."""
    place = project.done("POST", f"{FUNCTIONS}:generateUploadUrl", {})
    answer = requests.put(place["uploadUrl"], data, headers={"Content-Type": "application/zip"} | headers, timeout=30)
    answer.raise_for_status()
    return {"storageSource": place["storageSource"]}


def function(source: dict[str, Any], build: dict[str, Any] | None = None, **service: Any) -> dict[str, Any]:
    """A function to deploy."""
    built = {"runtime": "python313", "entryPoint": "redeliver", "source": source} | (build or {})
    return {"buildConfig": built, "serviceConfig": service}


def deploy(project: Project, wanted: dict[str, Any], name: str = "redeliver") -> dict[str, Any]:
    """Create it; answers the finished operation."""
    started = project.done("POST", f"{FUNCTIONS}?functionId={name}", wanted)
    return project.done("GET", f"cloudfunctions/v2/{started['name']}")


def test_a_function_runs_with_what_it_was_given_and_what_google_fills_in(project: Project) -> None:
    wanted = function(upload(project), environmentVariables={"A": "b"}, minInstanceCount=0, timeoutSeconds=30)

    found = deploy(project, wanted)["response"]

    assert "ACTIVE" == found["state"]
    assert {"A": "b", "LOG_EXECUTION_ID": "true"} == found["serviceConfig"]["environmentVariables"]
    assert ("256M", 100, "ALLOW_ALL") == tuple(
        found["serviceConfig"][key] for key in ("availableMemory", "maxInstanceCount", "ingressSettings")
    )
    assert f"projects/{project.id}/locations/{REGION}/services/redeliver" == found["serviceConfig"]["service"]
    assert 200 == project.call("GET", f"run/v2/{found['serviceConfig']['service']}").status_code


def test_no_instances_at_rest_is_not_shown(project: Project) -> None:
    deploy(project, function(upload(project), minInstanceCount=0))

    assert "minInstanceCount" not in project.done("GET", f"{FUNCTIONS}/redeliver")["serviceConfig"]


@pytest.mark.parametrize(
    "service",
    [
        {"maxInstanceRequestConcurrency": 8},
        {"maxInstanceRequestConcurrency": 8, "availableMemory": "512Mi"},
        {"availableCpu": "1.5"},
        {"availableCpu": "2", "availableMemory": "64Mi"},
        {"availableMemory": "512MB"},
        {"timeoutSeconds": 3601},
        {"minInstanceCount": 3, "maxInstanceCount": 2},
        {"environmentVariables": {"K_SERVICE": "x"}},
        {"environmentVariables": {"X_GOOGLE_THING": "x"}},
        {"environmentVariables": {"a-b": "x"}},
        {"serviceAccountEmail": "nobody@handoff-test.iam.gserviceaccount.com"},
    ],
)
def test_what_can_t_run_is_refused_at_once(project: Project, service: dict[str, Any]) -> None:
    answer = project.call("POST", f"{FUNCTIONS}?functionId=redeliver", function(upload(project), **service))

    assert answer.status_code in (400, 404)
    assert not project.things["functions"]


def test_concurrency_needs_a_whole_cpu(project: Project) -> None:
    wanted = function(upload(project), availableCpu="1", availableMemory="512Mi", maxInstanceRequestConcurrency=8)

    assert "response" in deploy(project, wanted)


@pytest.mark.parametrize("runtime", ["python39", "python3", ""])
def test_a_runtime_that_is_not_on_offer_is_refused(project: Project, runtime: str) -> None:
    wanted = function(upload(project), {"runtime": runtime})

    answer = project.call("POST", f"{FUNCTIONS}?functionId=redeliver", wanted)

    assert error_of(answer)["status"] == "INVALID_ARGUMENT"


@pytest.mark.parametrize("name", ["abc", "Redeliver", "re_deliver", "x" * 64, "1redeliver"])
def test_a_function_s_id_has_4_to_63_characters_of_the_right_kind(project: Project, name: str) -> None:
    answer = project.call("POST", f"{FUNCTIONS}?functionId={name}", function(upload(project)))

    assert error_of(answer)["status"] == "INVALID_ARGUMENT"


def test_a_source_that_was_never_uploaded_is_refused(project: Project) -> None:
    place = project.done("POST", f"{FUNCTIONS}:generateUploadUrl", {})["storageSource"]

    answer = project.call("POST", f"{FUNCTIONS}?functionId=redeliver", function({"storageSource": place}))

    assert error_of(answer)["status"] == "NOT_FOUND"


@pytest.mark.parametrize(("data", "kind"), [(b"no zip", "application/zip"), (zipped(main_py=MAIN), "text/plain")])
def test_only_a_zip_can_be_uploaded(project: Project, data: bytes, kind: str) -> None:
    with pytest.raises(requests.HTTPError):
        upload(project, data, **{"Content-Type": kind})


@pytest.mark.parametrize(
    ("archive", "build", "cause"),
    [
        (zipped(main_py=MAIN), {}, "missing requirements.txt"),
        (zipped(requirements_txt=""), {}, "missing main.py"),
        (zipped(main_py=MAIN, requirements_txt="", extra_py="def"), {}, "extra.py does not compile"),
        (zipped(main_py=MAIN, requirements_txt=""), {"entryPoint": "hook"}, "Container Healthcheck failed"),
    ],
)
def test_a_build_fails_and_leaves_a_function_that_failed(
    project: Project, archive: bytes, build: dict[str, Any], cause: str
) -> None:
    operation = deploy(project, function(upload(project, archive), build))

    left = project.done("GET", f"{FUNCTIONS}/redeliver")
    assert cause in operation["error"]["message"]
    assert "FAILED" == left["state"]
    assert "uri" not in left["serviceConfig"]


def test_a_build_account_needs_its_roles(project: Project) -> None:
    email = project.done("POST", "iam/v1/P/serviceAccounts", {"accountId": "handoff-build"})["email"]
    build = {"serviceAccount": f"projects/{project.id}/serviceAccounts/{email}"}

    refused = deploy(project, function(upload(project), build))
    roles = ("logging.logWriter", "artifactregistry.writer", "storage.objectViewer")
    bindings = [{"role": f"roles/{role}", "members": [f"serviceAccount:{email}"]} for role in roles]
    path = f"cloudresourcemanager/v1/projects/{project.id}:setIamPolicy"
    project.done("POST", path, {"policy": {"bindings": bindings}})
    taken = deploy(project, function(upload(project), build), "redeliver-too")

    assert "lacks roles" in refused["error"]["message"]
    assert "response" in taken


def test_an_update_changes_what_its_mask_names(project: Project) -> None:
    deploy(project, function(upload(project), timeoutSeconds=30, environmentVariables={"A": "b", "C": "d"}))

    wanted = function({}, timeoutSeconds=40, environmentVariables={"A": "x"}) | {"labels": {"app": "x"}}
    mask = "service_config.environment_variables,labels"
    project.done("PATCH", f"{FUNCTIONS}/redeliver?updateMask={mask}", wanted)

    found = project.done("GET", f"{FUNCTIONS}/redeliver")
    assert 30 == found["serviceConfig"]["timeoutSeconds"]
    assert {"A": "x", "LOG_EXECUTION_ID": "true"} == found["serviceConfig"]["environmentVariables"]
    assert {"app": "x"} == found["labels"]


def test_a_function_being_deployed_is_not_deployed_by_somebody_else(project: Project) -> None:
    project.standin.change(build_s=60.0)
    deploy(project, function(upload(project)))

    refused = project.call("PATCH", f"{FUNCTIONS}/redeliver?updateMask=labels", {"labels": {"a": "b"}})
    shown = project.done("GET", f"{FUNCTIONS}/redeliver")["state"]
    project.standin.world.clock.advance(61)
    taken = project.call("PATCH", f"{FUNCTIONS}/redeliver?updateMask=labels", {"labels": {"a": "b"}})

    assert (409, "unable to queue the operation") == (refused.status_code, error_of(refused)["message"])
    assert "DEPLOYING" == shown
    assert 200 == taken.status_code


def test_a_second_function_of_that_name_fails(project: Project) -> None:
    deploy(project, function(upload(project)))

    operation = deploy(project, function(upload(project)))

    assert 6 == operation["error"]["code"]  # ALREADY_EXISTS


def test_deleting_a_function_takes_its_service_and_its_grants(project: Project) -> None:
    service = deploy(project, function(upload(project)))["response"]["serviceConfig"]["service"]
    public = {"policy": {"bindings": [{"role": "roles/run.invoker", "members": ["allUsers"]}]}}
    project.done("POST", f"run/v2/{service}:setIamPolicy", public)

    project.done("DELETE", f"{FUNCTIONS}/redeliver")

    assert not project.things["functions"]
    assert 404 == project.call("GET", f"run/v2/{service}").status_code
    assert service not in project.standin.world.policies
