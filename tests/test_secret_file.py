"""A file as the place of secrets: read again when changed, and never half written."""

import json
import os
import threading
from pathlib import Path

import pytest

from functions.handoff.errors import ConfigError
from functions.runtime.secrets import open_secrets

_NAME = "livechat-webhook-secret"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "secrets.json"
    path.write_text(json.dumps({_NAME: "current\nprevious"}))
    return path


def test_the_file_holds_values_by_name(file: Path) -> None:
    secrets = open_secrets(f"file:{file}", "")

    assert secrets.accepted(_NAME) == ("current", "previous")
    assert secrets.find("rcs-client-token") is None


def test_a_changed_file_counts_at_once(file: Path) -> None:
    secrets = open_secrets(f"file:{file}", "")
    secrets.get(_NAME)

    file.write_text(json.dumps({_NAME: "another value"}))

    assert secrets.get(_NAME) == "another value"


def test_a_stored_value_joins_the_others_and_only_the_owner_can_read_it(file: Path) -> None:
    secrets = open_secrets(f"file:{file}", "")

    secrets.add_version("livechat-oauth", '{"refresh_token": "r-2"}')

    assert json.loads(file.read_text()) == {_NAME: "current\nprevious", "livechat-oauth": '{"refresh_token": "r-2"}'}
    assert file.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in file.parent.iterdir()) == ["secrets.json", "secrets.json.lock"]


def test_writers_do_not_lose_each_others_values(file: Path) -> None:
    writers = [
        threading.Thread(target=open_secrets(f"file:{file}", "").add_version, args=(f"n{i}", str(i))) for i in range(12)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(5)

    assert {f"n{i}" for i in range(12)} <= json.loads(file.read_text()).keys()


def test_a_write_that_fails_leaves_the_file_as_it_was(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = file.read_text()
    secrets = open_secrets(f"file:{file}", "")

    def fail(_: int) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        secrets.add_version("a", "b")

    assert file.read_text() == before
    assert sorted(path.name for path in file.parent.iterdir()) == ["secrets.json", "secrets.json.lock"]


@pytest.mark.parametrize("content", ["", "hunter2", '["hunter2"]', '{"a": {"password": "hunter2"}}'])
def test_a_malformed_file_is_refused_without_showing_it(file: Path, content: str) -> None:
    file.write_text(content)

    with pytest.raises(ConfigError, match=r"secrets\.json") as caught:
        open_secrets(f"file:{file}", "").get("a")
    assert "hunter2" not in str(caught.value)


def test_a_missing_file_is_refused_by_path(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.json"):
        open_secrets(f"file:{tmp_path / 'nowhere.json'}", "").get("a")
