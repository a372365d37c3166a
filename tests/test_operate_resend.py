"""Asking for a dead letter to be sent again: where, as whom, and what the operator reads of it."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from functions.handoff.errors import ConfigError
from infra.operate.__main__ import main
from infra.operate.calling import gcloud_token
from infra.operate.resend import resend
from tests.scripted_server import Answer, ScriptedServer, scripted_server

LETTER = "0c7c7d6e-5f6b-5c1e-8f2a-111111111111"
URL = "https://redeliver-example.a.run.app"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings file of whoever runs this."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def redeliver() -> Iterator[ScriptedServer]:
    """The function, as it would answer."""
    with scripted_server() as server:
        yield server


def no_token(_url: str) -> str:
    raise AssertionError("no token is needed here")


def put_gcloud(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A gcloud that does this, before any other."""
    gcloud = folder / "gcloud"
    gcloud.write_text(f"#!/bin/sh\n{script}\n")
    gcloud.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


@pytest.mark.parametrize(
    ("answer", "code", "words"),
    [
        (Answer(200, {"outcome": "handled"}), 0, "it is delivered"),
        (Answer(200, {"outcome": "queued"}), 0, "as soon as it can"),
        (Answer(200, {"outcome": "duplicate"}), 0, "nothing was done now"),
        (Answer(200, {"outcome": "dead_letter", "reason": "customer_banned"}), 1, "given up again: customer_banned"),
        (Answer(200, {"outcome": "ignored", "message": "It is {gone}."}), 1, "Not sent again: It is {gone}."),
        (Answer(200, {"outcome": "of another version"}), 1, "answered 200"),
        (Answer(200, ["no object"]), 1, "answered 200"),
        (Answer(302, None, {"Location": "https://elsewhere.example"}), 1, "answered 302"),
        (Answer(400, {"error": "resend must be a dead letter's id"}), 1, "resend must be a dead letter's id"),
        (Answer(403, None), 1, "roles/run.invoker"),
        (Answer(503, {"error": "try again later"}), 1, "Try again"),
    ],
    ids=lambda value: str(value.body or value.status) if isinstance(value, Answer) else "",
)
def test_what_became_of_it_is_said_in_words_and_by_the_exit_code(
    redeliver: ScriptedServer, capsys: pytest.CaptureFixture[str], answer: Answer, code: int, words: str
) -> None:
    redeliver.on("/", answer)

    done = main(["resend", LETTER, "--url", f"{redeliver.url}/"], {})

    assert code == done
    assert words in capsys.readouterr().out
    assert [{"resend": LETTER}] == [asked.body for asked in redeliver.asked]


def test_on_this_machine_nobody_proves_who_they_are(redeliver: ScriptedServer) -> None:
    redeliver.on("/", Answer(200, {"outcome": "handled"}))

    resend(f"{redeliver.url}/", LETTER, no_token)

    assert "authorization" not in redeliver.asked[0].headers


def test_a_deployment_is_shown_an_identity_token_of_gcloud_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sent: list[tuple[str, dict[str, Any]]] = []

    def post(url: str, **given: Any) -> requests.Response:
        sent.append((url, given))
        raise requests.ConnectionError

    put_gcloud(tmp_path, 'echo "token of: $@"', monkeypatch)
    monkeypatch.setattr(requests, "post", post)

    code = main(["resend", LETTER], {"REDELIVER_URL": URL})

    assert (1, URL) == (code, sent[0][0])
    assert {"Authorization": "Bearer token of: auth print-identity-token"} == sent[0][1]["headers"]
    assert not sent[0][1]["allow_redirects"]
    out = capsys.readouterr().out
    assert "ask again, it is safe" in out
    assert "token of" not in out


def test_a_service_account_s_token_names_the_url_as_its_audience(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_gcloud(tmp_path, 'echo "$@"', monkeypatch)

    asked = gcloud_token(URL, "wake@shop.example")

    assert f"auth print-identity-token --impersonate-service-account=wake@shop.example --audiences={URL}" == asked


def test_a_token_stays_out_of_gcloud_s_log_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_gcloud(tmp_path, 'echo "$CLOUDSDK_CORE_DISABLE_FILE_LOGGING"', monkeypatch)

    assert "1" == gcloud_token(URL)


@pytest.mark.parametrize(
    "url", ["http://redeliver.shop.example", "ftp://localhost", "redeliver.shop.example", "https://"]
)
def test_a_token_is_not_sent_where_it_could_be_read(url: str) -> None:
    with pytest.raises(ConfigError, match="must be https"):
        resend(url, LETTER, no_token)


def test_a_gcloud_that_is_signed_out_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    put_gcloud(tmp_path, "exit 1", monkeypatch)

    assert 2 == main(["resend", LETTER, "--url", URL], {})
    assert "gcloud auth login" in capsys.readouterr().err


def test_without_gcloud_it_is_said_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(ConfigError, match="gcloud is not installed"):
        gcloud_token(URL)


def test_without_a_url_it_is_said_where_to_set_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert 2 == main(["resend", LETTER], {})
    assert "REDELIVER_URL" in capsys.readouterr().err


def test_nothing_to_do_is_an_error_of_use() -> None:
    with pytest.raises(SystemExit):
        main([], {})


def test_gcloud_knows_the_command_that_is_asked_of_it(tmp_path: Path) -> None:
    environ = {**os.environ, "CLOUDSDK_CONFIG": str(tmp_path), "CLOUDSDK_CORE_DISABLE_PROMPTS": "1"}
    command = ["gcloud", "auth", "print-identity-token", "--help"]
    try:
        told = subprocess.run(command, capture_output=True, text=True, check=True, env=environ, timeout=60).stdout
    except FileNotFoundError:
        pytest.skip("gcloud is not installed")

    assert "--audiences" in told
    assert "--impersonate-service-account" in told
