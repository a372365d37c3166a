"""Which place credentials go to, and the file of one machine."""

import json
import threading
from pathlib import Path

import pytest

from functions.handoff.errors import ConfigError
from functions.runtime.secrets import open_secrets
from infra.credentials.keepers import FileKeeper, open_keeper
from tests.credentials_runs import run

NAME, VALUE = "business-messages-partner-key", "Zx4-first_value.0123"


def settings_file(tmp_path: Path, text: str = "") -> dict[str, str]:
    path = tmp_path / "settings.env"
    path.write_text(text)
    return {"SETTINGS": str(path)}


def wrong(environ: dict[str, str]) -> str:
    with pytest.raises(ConfigError) as caught:
        open_keeper(environ)
    return str(caught.value)


# --- which place ---


@pytest.mark.parametrize(
    ("text", "shell", "where"),
    [
        ("GOOGLE_CLOUD_PROJECT=my-project-123\n", {}, "Secret Manager of my-project-123"),
        ("", {"PROJECT": "my-project-123"}, "Secret Manager of my-project-123"),
        ("GOOGLE_CLOUD_PROJECT=my-project-123\n", {"PROJECT": "my-project-123"}, "Secret Manager of my-project-123"),
        ("GOOGLE_CLOUD_PROJECT=mine-1\n", {"GOOGLE_CLOUD_PROJECT": "other-1"}, "Secret Manager of mine-1"),
        ("SECRETS=file:/a/b.json\n", {}, "the file /a/b.json"),
        ("", {"SECRETS": "file:b.json"}, "the file b.json"),
        (
            "SECRETS=file:/a/b.json\nGOOGLE_CLOUD_PROJECT=mine-1\n",
            {"SECRETS": "secret-manager"},
            "Secret Manager of mine-1",
        ),
    ],
)
def test_settings_say_where_credentials_go(tmp_path: Path, text: str, shell: dict[str, str], where: str) -> None:
    assert where == open_keeper({**settings_file(tmp_path, text), **shell}).where


@pytest.mark.parametrize(
    ("text", "shell", "words"),
    [
        ("", {}, "which project?"),
        ("", {"GOOGLE_CLOUD_PROJECT": "a-shell-s-own"}, "which project?"),
        ("GOOGLE_CLOUD_PROJECT=mine-1\n", {"PROJECT": "other-1"}, "which one?"),
        ("SECRETS=vault\n", {}, "SECRETS must be"),
        ("SECRET=file:x\n", {}, "did you mean SECRETS?"),
    ],
)
def test_a_place_that_is_not_clear_is_asked_about(tmp_path: Path, text: str, shell: dict[str, str], words: str) -> None:
    assert words in wrong({**settings_file(tmp_path, text), **shell})


# --- the file of one machine ---


def test_a_file_that_is_not_there_yet_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"

    done = run(["secrets", f"--name={NAME}"], {**settings_file(tmp_path), "SECRETS": f"file:{path}"}, f"{VALUE}\n")

    assert done.code == 0
    assert path.stat().st_mode & 0o777 == 0o600
    assert json.loads(path.read_text()) == {NAME: VALUE}
    assert open_secrets(f"file:{path}", "").get(NAME) == VALUE


def test_looking_makes_no_file(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"

    assert FileKeeper(path).state(NAME).newest == ""
    assert not path.exists()


def test_the_same_value_again_leaves_the_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    environ = {**settings_file(tmp_path), "SECRETS": f"file:{path}"}
    run(["secrets", f"--name={NAME}"], environ, VALUE)
    before = path.stat().st_ino

    done = run(["secrets", f"--name={NAME}"], environ, VALUE)

    assert "unchanged" in done.out
    assert before == path.stat().st_ino


def test_several_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    writers = [threading.Thread(target=FileKeeper(path).add, args=(f"n{i}", str(i))) for i in range(12)]

    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(10)

    assert json.loads(path.read_text()) == {f"n{i}": str(i) for i in range(12)}


@pytest.mark.parametrize("content", ["", "hunter2", '["hunter2"]', '{"a": {"b": "hunter2"}}'])
def test_a_file_that_is_something_else_is_left_alone(tmp_path: Path, content: str) -> None:
    path = tmp_path / "secrets.json"
    path.write_text(content)

    done = run(["secrets", f"--name={NAME}"], {**settings_file(tmp_path), "SECRETS": f"file:{path}"}, VALUE)

    assert (2, content) == (done.code, path.read_text())
    assert str(path) in done.err
    assert "hunter2" not in done.out + done.err


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    environ = {**settings_file(tmp_path), "SECRETS": f"file:{tmp_path / 'none' / 's.json'}"}

    done = run(["secrets", f"--name={NAME}"], environ, VALUE)

    assert done.code == 1
    assert "can't be written: No such file or directory" in done.out
    assert VALUE not in done.out + done.err
