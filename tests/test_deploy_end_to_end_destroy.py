"""`make destroy` with the real gcloud: it asks, takes what is the bundle's and nothing else, data only on demand."""

from collections.abc import Iterator

import pytest

from infra.sandbox.google_cloud.server import Trouble
from infra.sandbox.standin import Fault
from tests.deploy_world import (
    NEEDS_GCLOUD,
    Project,
    afterwards_as_before,
    deployed_project,
    lasting,
    of_others,
)

pytestmark = [pytest.mark.slow, NEEDS_GCLOUD, pytest.mark.timeout(1800)]

OTHERS = ("user:boss@example.com", "serviceAccount:billing-export@handoff-test.iam.gserviceaccount.com")
DESTROYED_FIRST = (
    *("functions", "services", "jobs", "queues", "accounts"),
    *("metrics", "alertPolicies", "notificationChannels", "dashboards"),
)
DATA = ("databases", "fields", "rulesets", "releases", "secrets", "versions")


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A project into which everything was deployed, with a secret's value in it."""
    with deployed_project(tmp_path_factory, "destroy") as found:
        secret = f"secretmanager/v1/projects/{found.project.id}/secrets/livechat-oauth:addVersion"
        found.project.done("POST", secret, {"payload": {"data": "e30="}})
        yield found.project


@pytest.fixture
def project(deployed: Project) -> Iterator[Project]:
    """The same, put back afterwards."""
    with afterwards_as_before(deployed):
        yield deployed


def ours(project: Project, *kinds: str) -> list[str]:
    """What is left of the bundle, of these kinds or of all."""
    others = of_others(project)["things"]
    return [
        name
        for kind, things in project.things.items()
        for name in things
        if name not in others and kind in (kinds or project.things)
    ]


def put_documents(project: Project, *collections: str) -> None:
    """Some documents in these collections."""
    for name in collections:
        path = f"projects/{project.id}/databases/(default)/collections/{name}"
        project.things["collections"][path] = {"name": path}


def take(project: Project, *kinds: str) -> None:
    """Take what is the bundle's away, of these kinds."""
    for kind in kinds:
        for name in ours(project, kind):
            del project.things[kind][name]
            project.standin.world.policies.pop(name, None)
    for policy in project.standin.world.policies.values():
        for one in policy.get("bindings", []):
            one["members"] = [member for member in one["members"] if member in OTHERS]


@pytest.mark.parametrize("typed", ["", "y\n", "yes\n", "another-project\n", "HANDOFF-TEST\n"])
def test_it_asks_and_takes_nothing_but_the_project_s_id_for_a_yes(project: Project, typed: str) -> None:
    run = project.make("destroy", stdin=typed)

    assert 2 == run.code, run.out + run.err
    assert [] == run.changes
    assert "Nothing was removed" in run.err
    assert all(name in run.out for name in ("livechat-webhook", "handoff-sweep", "handoff-build", "stays"))


def test_a_wrong_yes_given_before_is_no_yes(project: Project) -> None:
    run = project.make("destroy", YES="another-project")

    assert (2, []) == (run.code, run.changes)


def test_what_would_go_can_be_shown_without_doing_it(project: Project) -> None:
    run = project.make("destroy", DRY_RUN="1", YES=project.id)

    shown = [line for line in run.out.splitlines() if line.startswith(("gcloud ", "curl "))]
    assert (0, []) == (run.code, run.changes)
    assert 5 == sum(line.startswith("gcloud functions delete ") for line in shown)
    assert not any("firestore databases delete" in line or "gcloud secrets delete" in line for line in shown)


def test_it_takes_what_is_the_bundle_s_and_leaves_data_and_others_alone(project: Project) -> None:
    others, data = of_others(project), {kind: dict(project.things[kind]) for kind in DATA}
    apis = list(project.standin.world.services)

    run = project.make("destroy", stdin=f"{project.id}\n")
    again = project.make("destroy", YES=project.id)

    assert 0 == run.code, run.out + run.err
    assert [] == ours(project, *(set(project.things) - {*DATA, "repositories"}))
    assert data == {kind: project.things[kind] for kind in DATA}
    assert others == of_others(project)
    assert apis == list(project.standin.world.services)
    policies = project.standin.world.policies
    assert not [name for name, one in policies.items() if "handoff" in str(one.get("bindings")).replace(project.id, "")]
    assert not [name for name, one in policies.items() if "deleted:" in str(one)]
    assert (0, []) == (again.code, again.methods), again.out + again.err
    assert "Nothing to remove" in again.out


def test_somebody_else_s_function_under_one_of_its_names_stays(project: Project) -> None:
    project.function("redeliver")["labels"] = {"app": "parcels"}

    run = project.make("destroy", DRY_RUN="1")

    assert 4 == run.out.count("gcloud functions delete ")
    assert "gcloud functions delete redeliver " not in run.out


def test_data_goes_when_it_is_asked_for(project: Project) -> None:
    others = of_others(project)
    put_documents(project, "conversations", "chats")
    take(project, *DESTROYED_FIRST)

    run = project.make("destroy", DATA="1", YES=project.id)

    assert 0 == run.code, run.out + run.err
    assert [] == ours(project, *(set(project.things) - {"repositories", "rulesets", "releases"}))
    assert others == of_others(project)


def test_a_database_that_others_use_too_stays_with_their_documents(project: Project) -> None:
    put_documents(project, "conversations", "chats", "invoices")

    shown = project.make("destroy", DATA="1", DRY_RUN="1")

    lines = [line for line in shown.out.splitlines() if line.startswith("gcloud firestore ")]
    assert 0 == shown.code
    assert 1 == len(lines)
    assert "bulk-delete" in lines[0]
    assert "invoices" not in lines[0]


def test_a_database_that_can_t_be_looked_into_stays(project: Project) -> None:
    put_documents(project, "invoices")
    project.standin.faults = [Fault("listCollectionIds", status=404, body={"error": {"status": "NOT_FOUND"}})]

    shown = project.make("destroy", DATA="1", DRY_RUN="1")
    project.standin.faults = []

    assert "firestore databases delete" not in shown.out


def test_a_protected_database_is_not_taken_and_the_remedy_named(project: Project) -> None:
    (database,) = project.things["databases"].values()
    database["deleteProtectionState"] = "DELETE_PROTECTION_ENABLED"
    take(project, *DESTROYED_FIRST)

    run = project.make("destroy", DATA="1", YES=project.id)

    assert 1 == run.code
    assert "--no-delete-protection" in run.err
    assert ours(project, "databases")


def test_destroying_goes_on_where_it_was_broken_off(project: Project) -> None:
    project.standin.trouble = Trouble(at=3, message="told to fail")
    failed = project.make("destroy", YES=project.id)
    left = lasting(project)

    shown = project.make("destroy", DRY_RUN="1", YES=project.id)

    assert 1 == failed.code
    assert "told to fail" in failed.err
    assert "stopped at: functions" in failed.err
    assert left == lasting(project)
    assert 2 == len(failed.methods) - 1
    assert 4 == shown.out.count("gcloud functions delete ")
