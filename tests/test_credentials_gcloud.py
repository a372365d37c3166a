"""Secrets through the real gcloud, against a stand-in of Secret Manager: nothing of a value stays on this machine."""

import base64
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.credentials.keepers import Refused, SecretManagerKeeper, State
from infra.sandbox.google_cloud.environment import gcloud_environment, machine_environment
from infra.sandbox.google_cloud.server import GoogleCloudStandIn
from tests.credentials_runs import COMMAND, PROJECT, Home, Terminal, Watch, run

pytestmark = [
    pytest.mark.slow,
    pytest.mark.scenario,
    pytest.mark.skipif(shutil.which("gcloud") is None, reason="gcloud is not installed"),
]
NAME = "business-messages-partner-key"
OLD, NEW = "Zx4-first_value.0123", "Zx4-second_value.9876"


@pytest.fixture
def google() -> Iterator[GoogleCloudStandIn]:
    stand_in = GoogleCloudStandIn(PROJECT)
    stand_in.world.services["secretmanager.googleapis.com"] = None
    yield stand_in
    stand_in.stop()


@pytest.fixture
def home(tmp_path: Path, google: GoogleCloudStandIn) -> Home:
    """A user whose gcloud talks to the stand-in, and would write down all it can."""
    home = Home(tmp_path, GOOGLE_CLOUD_PROJECT=PROJECT)
    home.environ |= gcloud_environment(google.serve(), home.folder, PROJECT)
    del home.environ["CLOUDSDK_CORE_DISABLE_FILE_LOGGING"]
    home.environ |= {"CLOUDSDK_CORE_LOG_HTTP": "true", "CLOUDSDK_CORE_VERBOSITY": "debug"}
    return home


@pytest.fixture
def keeper(home: Home) -> SecretManagerKeeper:
    return SecretManagerKeeper(PROJECT, {**machine_environment(), **home.environ})


def make(google: GoogleCloudStandIn, *values: str) -> None:
    path = f"projects/{PROJECT}/secrets/{NAME}"
    google.world.things["secrets"][path] = {
        "name": path,
        "replication": {"automatic": {}},
        "createTime": google.world.now(),
    }
    for number, value in enumerate(values, 1):
        google.world.things["versions"][f"{path}/versions/{number}"] = {
            "name": f"{path}/versions/{number}",
            "state": "ENABLED",
            "createTime": google.world.now(),
            "data": base64.b64encode(value.encode()).decode(),
        }


def kept(google: GoogleCloudStandIn) -> list[str]:
    versions = google.world.things["versions"].values()
    return [base64.b64decode(version["data"]).decode() for version in versions]


def test_a_typed_value_goes_to_secret_manager_and_stays_nowhere_here(google: GoogleCloudStandIn, home: Home) -> None:
    make(google, OLD)
    with Watch(OLD, NEW) as watch:
        screen = Terminal([*COMMAND, "secrets", f"--name={NAME}"], home.environ)
        screen.answer("value (", NEW)
        screen.answer("[y/N]", "y")
        code = screen.end()

    assert code == 0, screen.shown
    assert kept(google) == [OLD, f"{NEW}\n{OLD}"]
    assert [word for word in (OLD, NEW) if word in screen.shown] == []
    assert home.leaks(OLD, NEW) == []
    assert watch.seen == set()
    assert watch.looks > 0


def test_a_second_run_changes_nothing(google: GoogleCloudStandIn, home: Home) -> None:
    make(google, f"{NEW}\n")

    done = run(["secrets", f"--name={NAME}"], {**machine_environment(), **home.environ}, NEW)

    assert done.code == 0
    assert "unchanged" in done.out
    assert google.mutations() == []


def test_what_is_stored_comes_back_as_it_is(google: GoogleCloudStandIn, keeper: SecretManagerKeeper) -> None:
    make(google)
    value = '{"a": "\\n", "b":\n  "c"}'

    keeper.add(NAME, value)

    assert value == keeper.read(NAME)
    assert kept(google) == [value]


def test_what_is_there_can_be_told_apart(google: GoogleCloudStandIn, keeper: SecretManagerKeeper) -> None:
    absent = keeper.state(NAME)
    make(google)
    empty = keeper.state(NAME)
    make(google, OLD, NEW)
    enabled = keeper.state(NAME)
    google.world.things["versions"][f"projects/{PROJECT}/secrets/{NAME}/versions/2"]["state"] = "DISABLED"
    disabled = keeper.state(NAME)

    today = google.world.now()[:10]
    assert (absent, empty) == (State(can_be_stored=False), State(can_be_stored=True))
    assert enabled == State(can_be_stored=True, newest=f"version 2 of {today}, enabled", is_readable=True)
    assert disabled == State(can_be_stored=True, newest=f"version 2 of {today}, disabled")


@pytest.mark.parametrize(
    ("denied", "enabled", "words"),
    [
        (("secrets.addVersion",), True, "roles/secretmanager.admin"),
        ((), False, "not enabled in that project yet: make deploy"),
    ],
)
def test_a_refusal_shows_what_google_said_and_nothing_of_the_value(
    google: GoogleCloudStandIn,
    keeper: SecretManagerKeeper,
    home: Home,
    denied: tuple[str, ...],
    enabled: bool,
    words: str,
) -> None:
    make(google)
    google.change(denied=denied)
    if not enabled:
        del google.world.services["secretmanager.googleapis.com"]

    with pytest.raises(Refused, match=words) as caught:
        keeper.add(NAME, NEW)

    assert NEW not in str(caught.value)
    assert base64.b64encode(NEW.encode()).decode()[:-4] not in str(caught.value)
    assert home.leaks(NEW) == []
