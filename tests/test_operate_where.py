"""Which deployment an operator's commands act on: the settings file, PROJECT, and where gcloud says redeliver is."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from functions.handoff.errors import ConfigError
from infra.deploy.settings_file import is_on
from infra.operate.__main__ import main
from infra.operate.where import find_redeliver, operator_settings
from tests.scripted_server import Answer, ScriptedServer, scripted_server

URL = "https://redeliver-example.a.run.app"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings file of whoever runs this."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def redeliver() -> Iterator[ScriptedServer]:
    with scripted_server() as server:
        yield server


def gcloud_saying(folder: Path, script: str) -> dict[str, str]:
    """An environment whose gcloud does this, and writes down what it was asked."""
    gcloud = folder / "gcloud"
    gcloud.write_text(f'#!/bin/sh\necho "$@" >> {folder}/asked\n{script}\n')
    gcloud.chmod(0o755)
    return {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}


def test_settings_come_from_the_file_and_the_shell_goes_over_it(tmp_path: Path) -> None:
    (tmp_path / "settings.env").write_text("GOOGLE_CLOUD_PROJECT=my-project\nRETENTION_DAYS=40\nREGION=europe-west1\n")

    settings = operator_settings({"RETENTION_DAYS": "50"})

    assert ("my-project", 50) == (settings.google_cloud_project, settings.retention_days)


def test_project_names_the_project_where_nothing_else_does() -> None:
    assert "my-project" == operator_settings({"PROJECT": "my-project"}).google_cloud_project


def test_two_different_projects_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "settings.env").write_text("GOOGLE_CLOUD_PROJECT=my-project\n")

    code = main(["dead-letters"], {"PROJECT": "another-one"})

    assert 2 == code
    assert "PROJECT=another-one was asked for, but the settings file says my-project" in capsys.readouterr().err


def test_a_project_that_the_shell_happens_to_name_does_not_go_before_the_settings_file(tmp_path: Path) -> None:
    (tmp_path / "settings.env").write_text("GOOGLE_CLOUD_PROJECT=my-project\n")

    assert "my-project" == operator_settings({"GOOGLE_CLOUD_PROJECT": "another-one"}).google_cloud_project


def test_the_url_that_is_given_or_set_is_taken_as_it_is() -> None:
    assert "https://given.example" == find_redeliver({"REDELIVER_URL": URL}, "https://given.example")
    assert URL == find_redeliver({"REDELIVER_URL": URL})


def test_gcloud_is_asked_where_redeliver_is(tmp_path: Path) -> None:
    environ = gcloud_saying(tmp_path, f"""echo '{{"serviceConfig": {{"uri": "{URL}"}}}}'""")

    found = find_redeliver({**environ, "PROJECT": "my-project", "REGION": "europe-west1"})

    asked = (tmp_path / "asked").read_text()
    assert URL == found
    assert "functions describe redeliver --gen2 --region=europe-west1 --format=json --project=my-project" in asked


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo 'ResponseError: status=[404], code=[Not Found], resource not found' >&2; exit 1", "make deploy"),
        ("echo 'PERMISSION_DENIED: not you' >&2; exit 1", "PERMISSION_DENIED: not you"),
        ("echo '{}'", "make deploy"),
    ],
)
def test_a_redeliver_that_gcloud_does_not_find_is_said_to_be_none(tmp_path: Path, script: str, words: str) -> None:
    environ = gcloud_saying(tmp_path, script)

    with pytest.raises(ConfigError, match=words):
        find_redeliver({**environ, "PROJECT": "my-project", "REGION": "europe-west1"})


@pytest.mark.parametrize("environ", [{}, {"PROJECT": "my-project"}, {"REGION": "europe-west1"}])
def test_without_project_or_region_it_is_said_what_to_give(environ: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="where is redeliver"):
        find_redeliver(environ)


def test_a_settings_file_serves_every_command(
    tmp_path: Path, redeliver: ScriptedServer, capsys: pytest.CaptureFixture[str]
) -> None:
    redeliver.on("/", Answer(200, {"outcome": "handled"}))
    (tmp_path / "my.env").write_text("GOOGLE_CLOUD_PROJECT=my-project\nREGION=europe-west1\n")
    environ = gcloud_saying(tmp_path, f"""echo '{{"serviceConfig": {{"uri": "{redeliver.url}/"}}}}'""")

    code = main(["resend", "0c7c7d6e-5f6b-5c1e-8f2a-111111111111"], {**environ, "SETTINGS": str(tmp_path / "my.env")})

    assert (0, 1) == (code, len(redeliver.asked))
    assert "it is delivered" in capsys.readouterr().out


@pytest.mark.parametrize(("value", "is_so"), [("1", True), ("Yes", True), ("", False), ("0", False), (" off ", False)])
def test_a_switch_is_on_or_off(value: str, is_so: bool) -> None:
    assert is_so == is_on("FORCE", {"FORCE": value})
    assert not is_on("FORCE", {})


def test_a_switch_that_is_neither_is_not_guessed() -> None:
    with pytest.raises(ConfigError, match="FORCE must be 1 or 0"):
        is_on("FORCE", {"FORCE": "maybe"})
