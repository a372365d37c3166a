"""The real gcloud understands the stand-in: what it sends is taken, what it is answered makes sense to it."""

import json
from collections.abc import Iterator

import pytest

from tests.deploy_world import NEEDS_GCLOUD, REGION, Project, Run, google_cloud
from tests.test_sandbox_google_cloud import enable

pytestmark = [pytest.mark.slow, NEEDS_GCLOUD, pytest.mark.timeout(600)]

MAIN = "def redeliver(request):\n    return 'fine'\n"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A project with a program to deploy in its folder."""
    with google_cloud(tmp_path_factory.mktemp("gcloud")) as found:
        (found.folder / "main.py").write_text(MAIN)
        (found.folder / "requirements.txt").write_text("")
        (found.folder / ".gcloudignore").write_text("gcloud\ntoken\n")
        enable(
            found, "cloudfunctions", "run", "cloudbuild", "artifactregistry", "secretmanager", "cloudscheduler", "iam"
        )
        yield found


def fine(run: Run) -> str:
    """What a command printed that went well, and called nothing that the stand-in does not know."""
    assert run.code == 0, run.err
    assert [] == [entry for entry in run.calls if not entry.method or entry.status >= 500]
    return run.out


def test_a_function_is_deployed_called_public_and_deleted(project: Project) -> None:
    flags = ["--gen2", f"--region={REGION}", "--quiet"]
    deployed = ["functions", "deploy", "redeliver", *flags, "--runtime=python313", "--source=.", "--trigger-http"]
    grant = ["run", "services", "add-iam-policy-binding", "redeliver", f"--region={REGION}"]

    fine(project.gcloud(*deployed, "--memory=512Mi", "--cpu=1", "--concurrency=8", "--set-env-vars=A=b"))
    fine(project.gcloud(*grant, "--member=allUsers", "--role=roles/run.invoker"))
    shown = json.loads(fine(project.gcloud("functions", "describe", "redeliver", *flags, "--format=json")))
    public = project.members(project.name("services", "redeliver"), "run.invoker")
    fine(project.gcloud("functions", "delete", "redeliver", *flags))

    assert ("ACTIVE", "512Mi", "1") == (
        shown["state"],
        shown["serviceConfig"]["availableMemory"],
        shown["serviceConfig"]["availableCpu"],
    )
    assert {"A": "b", "LOG_EXECUTION_ID": "true"} == shown["serviceConfig"]["environmentVariables"]
    assert "cli-gcloud" == shown["labels"]["deployment-tool"]
    assert {"allUsers"} == public
    assert not project.things["functions"]


def test_a_refused_function_is_refused_by_gcloud_with_google_s_words(project: Project) -> None:
    flags = ["--gen2", f"--region={REGION}", "--runtime=python313", "--source=.", "--trigger-http"]

    run = project.gcloud("functions", "deploy", "redeliver", *flags, "--memory=512Mi", "--concurrency=8")

    assert 1 == run.code
    assert "Total cpu < 1 is not supported with concurrency > 1" in run.err


def test_a_secret_s_value_comes_back_as_it_went(project: Project) -> None:
    value = "two words, a line\nand ümlauts"
    fine(project.gcloud("secrets", "create", "one", "--replication-policy=automatic"))
    fine(project.gcloud("secrets", "versions", "add", "one", "--data-file=-", stdin=value))

    assert value == fine(project.gcloud("secrets", "versions", "access", "latest", "--secret=one"))


def test_an_api_that_is_off_is_told_by_gcloud(project: Project) -> None:
    run = project.gcloud("tasks", "queues", "list", f"--location={REGION}")

    assert 1 == run.code
    assert "SERVICE_DISABLED" in run.err
    assert "cloudtasks.googleapis.com" in run.err


def test_two_grants_one_after_the_other_are_both_there(project: Project) -> None:
    for role in ("viewer", "browser"):
        grant = ["projects", "add-iam-policy-binding", project.id, f"--role=roles/{role}", "--condition=None"]
        fine(project.gcloud(*grant, "--member=user:someone@example.com"))

    roles = [role for role in ("viewer", "browser") if project.members(f"projects/{project.id}", role)]
    assert ["viewer", "browser"] == roles


def test_a_job_is_made_changed_and_shown(project: Project) -> None:
    job = ["scheduler", "jobs"]
    place = ["sweep", f"--location={REGION}"]
    fine(project.gcloud(*job, "create", "http", *place, "--schedule=* * * * *", "--uri=https://redeliver.example"))
    fine(project.gcloud(*job, "update", "http", *place, "--schedule=*/5 * * * *"))

    shown = json.loads(fine(project.gcloud(*job, "describe", *place, "--format=json")))
    assert ("*/5 * * * *", "https://redeliver.example") == (shown["schedule"], shown["httpTarget"]["uri"])
