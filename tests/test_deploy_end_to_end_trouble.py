"""`make deploy` where something is wrong, fails half-way, is killed, or runs twice at once."""

import os
import signal
from collections.abc import Iterator
from itertools import cycle, groupby
from pathlib import Path

import pytest

from infra.sandbox.google_cloud.server import Entry, Trouble
from tests.deploy_world import (
    NEEDS_GCLOUD,
    JsonObject,
    Project,
    Run,
    afterwards_as_before,
    copy_bundle,
    deployed_project,
    google_cloud,
    lasting,
    make_incomplete,
    of_others,
    take_account,
)

pytestmark = [pytest.mark.slow, NEEDS_GCLOUD, pytest.mark.timeout(1800)]
SAID = "told to fail"
NAMED_BY_GOOGLE = ("dashboards", "notificationChannels", "alertPolicies")


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A project into which everything was deployed."""
    with deployed_project(tmp_path_factory, "trouble") as found:
        yield found.project


@pytest.fixture
def project(deployed: Project) -> Iterator[Project]:
    """The same, put back afterwards."""
    with afterwards_as_before(deployed):
        yield deployed


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder to deploy from."""
    folder = tmp_path_factory.mktemp("empty")
    copy_bundle(folder / "bundle")
    return folder


@pytest.fixture
def empty(bundle: Path) -> Iterator[Project]:
    """A project in which there is nothing."""
    with google_cloud(bundle) as found:
        yield found


def assert_stopped(run: Run, *words: str, code: int = 1) -> None:
    """It ended with that code, and said these words in a few lines, without a traceback."""
    said = f"{run.out}{run.err}"
    assert code == run.code, said
    assert "Traceback" not in said
    assert [] == [word for word in words if word.lower() not in run.err.lower()], run.err
    assert len(run.err.strip().splitlines()) <= 8


# --- before anything is done -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"PROJECT": ""}, ["PROJECT"]),
        ({"PROJECT": "My Project"}, ["PROJECT", "my-project-123"]),
        ({"REGION": ""}, ["REGION"]),
        ({"REGION": "europe"}, ["REGION", "europe-west1"]),
        ({"SETTINGS": "nowhere.env"}, ["SETTINGS", "nowhere.env"]),
        ({"DRY_RUN": "perhaps"}, ["DRY_RUN"]),
    ],
)
def test_what_was_asked_for_wrongly_can_t_be_tried(empty: Project, environ: dict[str, str], words: list[str]) -> None:
    run = empty.make("deploy", **environ)

    assert_stopped(run, *words, code=2)
    assert [] == run.calls


def test_a_project_that_is_not_there_is_named(empty: Project) -> None:
    run = empty.make("deploy", PROJECT="another-project-1")

    assert_stopped(run, "another-project-1", "gcloud projects list")
    assert [] == run.changes


def test_a_region_that_is_not_there_is_named(empty: Project) -> None:
    run = empty.make("deploy", REGION="europe-west99")

    assert_stopped(run, "europe-west99", "region")
    assert set(run.methods) <= {"services.batchEnable"}


def test_a_project_without_billing_is_told_where_to_get_it(empty: Project) -> None:
    empty.standin.change(billing=False)

    run = empty.make("deploy")

    assert_stopped(run, "billing", "https://console.cloud.google.com/billing")
    assert not empty.things


def test_missing_rights_are_named(empty: Project) -> None:
    empty.standin.change(denied=("services.batchEnable",))

    run = empty.make("deploy")

    assert_stopped(run, "APIs", "serviceusage.services.batchEnable", "owner")
    assert not empty.things


def test_somebody_who_is_not_signed_in_is_told_to(empty: Project) -> None:
    run = empty.make("deploy", CLOUDSDK_AUTH_ACCESS_TOKEN_FILE="", CLOUDSDK_CORE_ACCOUNT="")

    assert_stopped(run, "gcloud auth login")
    assert [] == run.calls


# --- what is there can't be used, or may not be done -----------------------------------------------------------------


def test_a_database_in_another_mode_is_left_alone(project: Project) -> None:
    (database,) = project.things["databases"].values()
    database["type"] = "DATASTORE_MODE"

    run = project.make("deploy")

    assert_stopped(run, "Datastore mode", "STORE=firestore:")
    assert [] == run.changes


def test_somebody_else_s_function_is_not_overwritten(project: Project) -> None:
    project.function("redeliver")["labels"] = {"app": "parcels"}

    run = project.make("deploy")

    assert_stopped(run, "redeliver", "--update-labels=app=livechat-handoff")
    assert [] == run.changes


def test_an_organisation_that_keeps_the_public_out_is_named_with_the_remedy(project: Project) -> None:
    project.standin.change(public=False)
    for name in ("livechat-webhook", "business-messages-webhook", "rcs-webhook", "dialogflow-webhook"):
        del project.standin.world.policies[project.name("services", name)]

    run = project.make("deploy")

    assert_stopped(run, "invokers", "iam.allowedPolicyMemberDomains", "organisation policy")
    assert ["services.setIamPolicy"] == run.methods


def test_a_failing_build_is_told_and_mended_by_the_next_run(project: Project) -> None:
    whole = lasting(project)
    project.standin.change(broken_builds=("livechat-webhook",))
    project.function("livechat-webhook")["serviceConfig"]["timeoutSeconds"] = 31

    failed = project.make("deploy")
    project.standin.change(broken_builds=())
    mended = project.make("deploy")

    assert_stopped(failed, "livechat-webhook", "Build failed", "log")
    assert 0 == mended.code, mended.out + mended.err
    assert whole == lasting(project)


def test_a_first_build_that_failed_is_mended_by_the_next_run(project: Project) -> None:
    whole = lasting(project)
    for kind in ("functions", "services"):
        del project.things[kind][project.name(kind, "dialogflow-webhook")]
    project.standin.world.policies.pop(project.name("services", "dialogflow-webhook"))
    project.standin.change(broken_builds=("dialogflow-webhook",))

    failed = project.make("deploy")
    project.standin.change(broken_builds=())
    mended = project.make("deploy")

    assert_stopped(failed, "dialogflow-webhook", "Build failed")
    assert 0 == mended.code, mended.out + mended.err
    assert whole == lasting(project)


def test_what_google_needs_time_for_is_waited_for(project: Project) -> None:
    whole = lasting(project)
    project.standin.change(service_lag=1, metric_lag=1, account_lag=1)
    take_account(project, "dialogflow-webhook")
    del project.standin.world.services["cloudscheduler.googleapis.com"]
    del project.things["metrics"][f"projects/{project.id}/metrics/handoff_outcomes"]
    for name in [name for name, one in project.things["alertPolicies"].items() if "handoff_outcomes" in str(one)]:
        del project.things["alertPolicies"][name]

    run = project.make("deploy")

    assert 0 == run.code, run.out + run.err
    assert 3 == run.out.count("waiting")
    assert whole == lasting(project)


# --- broken off half-way ---------------------------------------------------------------------------------------------


def test_whatever_change_fails_or_is_cut_short_the_next_run_goes_on_from_there(project: Project) -> None:
    whole, others = lasting(project), of_others(project)
    make_incomplete(project)
    struck: list[str] = []

    for how, at in cycle((("before", 4), ("after", 3), ("killed", 5))):
        broken_off = break_off(project, how, at)
        if broken_off is None:
            break
        struck.append(broken_off)
        assert len(struck) < 30

    assert whole == lasting(project)
    assert others == of_others(project)
    assert len(set(struck)) >= 6


def break_off(project: Project, how: str, at: int) -> str | None:
    """One run whose `at`-th change goes wrong; answers which that was, None if the run came to its end."""
    if how == "killed":
        return killed(project, at)
    project.standin.trouble = Trouble(at=at, message=SAID, after=how == "after")
    run = project.make("deploy")
    if run.code == 0:
        return None
    assert_stopped(run, "stopped at:", "why:", SAID, "what to do:", "command:", "make deploy again")
    assert "" != run.err.partition("stopped at:")[2].splitlines()[0].strip()
    return run.methods[at - 1]


def killed(project: Project, at: int) -> str | None:
    """One run that is killed, with gcloud, once its `at`-th change has been made."""
    changes: list[Entry] = []
    process = project.start("deploy")

    def watch(entry: Entry) -> None:
        changes.append(entry)
        if len(changes) == at:
            os.killpg(process.pid, signal.SIGKILL)

    project.standin.watchers.append(watch)
    said, _ = process.communicate(timeout=600)
    project.standin.watchers.clear()
    if process.returncode == 0:
        return None
    assert -signal.SIGKILL == process.returncode, said
    return ".".join(changes[at - 1].method.split(".")[-2:])


# --- two at once -----------------------------------------------------------------------------------------------------


def test_two_who_deploy_at_once_don_t_break_one_another(project: Project) -> None:
    whole, others = lasting(project), of_others(project)
    make_incomplete(project)
    project.standin.change(build_s=2.0)

    processes = [project.start("deploy") for _ in range(2)]
    said = [process.communicate(timeout=900)[0] for process in processes]
    last = project.make("deploy")

    assert [0, 0] == [process.returncode for process in processes], "\n".join(said)
    assert 0 == last.code, last.out + last.err
    assert without_twins(whole) == without_twins(lasting(project))
    assert others == of_others(project)


def test_what_two_made_at_once_is_there_once_after_the_next_run(project: Project) -> None:
    whole = lasting(project)
    for kind in NAMED_BY_GOOGLE:
        own = [one for name, one in project.things[kind].items() if not name.endswith(("/1", "/billing"))]
        project.things[kind] |= {
            f"{one['name']}9".replace(project.standin.world.number, project.id): {**one, "name": f"{one['name']}9"}
            for one in own
        }

    run = project.make("deploy")

    assert 0 == run.code, run.out + run.err
    assert whole == lasting(project)


def without_twins(found: JsonObject) -> JsonObject:
    """What `lasting` answers, with one of each where two may have made the same under names of Google's."""
    return {**found, **{kind: [one for one, _ in groupby(found[kind])] for kind in NAMED_BY_GOOGLE}}


def test_a_page_at_a_time_is_enough_to_see_everything(project: Project) -> None:
    project.standin.change(page_size=2)

    run = project.make("deploy")

    assert (0, []) == (run.code, run.methods), run.out + run.err
    assert any(entry.query.get("pageToken") for entry in run.calls)
