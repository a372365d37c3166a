"""A Dialogflow agent of one's own in the sandbox: asked with Google's credentials, and all else stays local."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from flask import Flask, Response, jsonify
from werkzeug.serving import make_server

from functions.runtime.google_auth import GoogleAuth
from infra.sandbox.dialogflow_es import DialogflowStandIn
from infra.sandbox.own_bot import NoBot, check_credentials, read_own_bot
from infra.sandbox.sandbox import Sandbox
from infra.sandbox.story_errors import StoryError
from infra.sandbox.wire import Exchange
from tests.certificates import Authority
from tests.play import wait_for
from tests.test_sandbox_run import ROOT, read_until_up

AGENT = "projects/shop-prod/agent"
TOKEN = "a-token-from-google"


# --- which bot -------------------------------------------------------------------------------------------------------


def test_without_an_agent_in_the_environment_the_stand_in_answers() -> None:
    assert {} == read_own_bot({"DIALOGFLOW_AGENT": " ", "DIALOGFLOW_API_URL": "https://bots.example"})


def test_what_the_bot_needs_is_passed_on_and_nothing_else() -> None:
    given = {
        "DIALOGFLOW_AGENT": AGENT,
        "HANDOFF_ACTIONS": "person",
        "GOOGLE_APPLICATION_CREDENTIALS": "/keys/bot.json",
        "LIVECHAT_API_URL": "https://api.livechatinc.com",
        "STORE": "firestore",
    }

    bot = read_own_bot(given)

    kept = ("DIALOGFLOW_AGENT", "HANDOFF_ACTIONS", "GOOGLE_APPLICATION_CREDENTIALS")
    assert {name: given[name] for name in kept} | {"DIALOGFLOW_API_URL": "https://dialogflow.googleapis.com"} == bot


def test_an_agent_that_can_t_answer_is_refused_at_once() -> None:
    with pytest.raises(NoBot, match="DIALOGFLOW_AGENT"):
        read_own_bot({"DIALOGFLOW_AGENT": "shop-bot"})


def test_an_agent_of_dialogflow_cx_may_answer_too() -> None:
    agent = "projects/p/locations/europe-west1/agents/a"

    assert agent == read_own_bot({"DIALOGFLOW_AGENT": agent})["DIALOGFLOW_AGENT"]


def test_a_bot_on_this_machine_needs_no_credentials() -> None:
    check_credentials({"DIALOGFLOW_API_URL": "http://127.0.0.1:9"})


# --- with a Google of our own ----------------------------------------------------------------------------------------


class Google(NamedTuple):
    """A bot behind https that wants a token, where tokens are had, and what an operator has in the environment.

    `asked`: the Authorization headers the bot got. `bot`: with its turns.
    """

    bot: DialogflowStandIn
    asked: list[str]
    environ: dict[str, str]


@pytest.fixture
def google(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Google]:
    authority, bot, asked = Authority(tmp_path), DialogflowStandIn(), []

    def see(exchange: Exchange) -> None:
        if exchange.ended_at:
            asked.append(exchange.headers.get("Authorization", ""))

    bot.wire.listeners.append(see)
    tokens = Flask("tokens")
    tokens.add_url_rule("/token", view_func=give_token, methods=["POST"])
    https = make_server("127.0.0.1", 0, bot.app, threaded=True, ssl_context=authority.serves("localhost"))
    http = make_server("127.0.0.1", 0, tokens, threaded=True)
    for server in (https, http):
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    key = tmp_path / "key.json"
    key.write_text(json.dumps(service_account(f"http://127.0.0.1:{http.server_port}/token")))
    environ = {
        "DIALOGFLOW_AGENT": AGENT,
        "DIALOGFLOW_API_URL": f"https://localhost:{https.server_port}",
        "GOOGLE_APPLICATION_CREDENTIALS": str(key),
        "REQUESTS_CA_BUNDLE": authority.file,
    }
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(key))
    yield Google(bot, asked, environ)
    for server in (https, http):
        server.shutdown()
        server.server_close()


def give_token() -> Response:
    return jsonify({"access_token": TOKEN, "expires_in": 3600, "token_type": "Bearer"})


def service_account(token_uri: str) -> dict[str, str]:
    private = rsa.generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return {
        "type": "service_account",
        "client_email": "bot@shop-prod.iam.gserviceaccount.com",
        "private_key": private.decode(),
        "private_key_id": "1",
        "token_uri": token_uri,
    }


@pytest.mark.scenario
def test_one_s_own_bot_is_asked_with_a_token_and_nobody_else_is_shown_it(google: Google) -> None:
    own_bot = read_own_bot(google.environ)
    check_credentials(own_bot)

    with Sandbox(own_bot=own_bot) as sandbox:
        elsewhere: list[str] = []
        for standin in (sandbox.messages, sandbox.livechat, sandbox.tasks):
            standin.wire.listeners.append(lambda one: elsewhere.append(one.headers.get("Authorization", "")))
        conversation = sandbox.messages.phone.open(name="Michael")
        sandbox.messages.phone.say(conversation, "I would like to talk to a person")
        wait_for(lambda: "joined" in str(sandbox.messages.transcript(conversation)).lower(), "an agent")
        with pytest.raises(StoryError, match="your own answers"):
            sandbox.stories.start("seed")

    assert {f"Bearer {TOKEN}"} == set(google.asked)
    (session,) = google.bot.turns
    assert session.startswith(f"{AGENT}/sessions/")
    assert ["I would like to talk to a person"] == [turn["text"] for turn in google.bot.turns[session]]
    assert elsewhere
    assert TOKEN not in str(elsewhere)
    assert ("", []) == (sandbox.dialogflow.base_url, list(sandbox.dialogflow.calls))


@pytest.mark.parametrize("quota_project", ["", "shop-prod"])
def test_a_person_s_credentials_name_the_project_whose_quota_is_used(
    google: Google, monkeypatch: pytest.MonkeyPatch, quota_project: str
) -> None:
    monkeypatch.setenv("GOOGLE_CLOUD_QUOTA_PROJECT", quota_project)

    headers = GoogleAuth(["scope"]).headers("https://localhost", "dialogflow")

    named = {"x-goog-user-project": quota_project} if quota_project else {}
    assert {"Authorization": f"Bearer {TOKEN}", **named} == headers


@pytest.mark.scenario
def test_credentials_that_google_takes_no_more_are_said_before_anything_starts(google: Google, tmp_path: Path) -> None:
    revoked = tmp_path / "revoked.json"
    revoked.write_text(json.dumps(service_account("http://127.0.0.1:9/token")))

    done = run_once_up({**google.environ, "GOOGLE_APPLICATION_CREDENTIALS": str(revoked)})

    assert (1, "") == (done.returncode, done.stdout)
    assert "gives no token" in done.stderr
    assert 1 == done.stderr.count("\n")


# --- `make run` ------------------------------------------------------------------------------------------------------


def run_once_up(environ: dict[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    """`make run` with this environment, which it is not to survive."""
    return subprocess.run(
        [sys.executable, "-m", "infra.sandbox", "--port", "0", "--functions-port", "0", *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "NO_GCE_CHECK": "true", **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.scenario
def test_missing_credentials_are_said_in_one_line_and_nothing_is_started(tmp_path: Path) -> None:
    done = run_once_up({"HOME": str(tmp_path), "TMPDIR": str(tmp_path), "DIALOGFLOW_AGENT": AGENT})

    assert (1, "") == (done.returncode, done.stdout)
    assert 1 == done.stderr.count("\n")
    for word in ("gcloud auth application-default login", "GOOGLE_APPLICATION_CREDENTIALS", "unset DIALOGFLOW_AGENT"):
        assert word in done.stderr
    assert [] == list(tmp_path.iterdir())


@pytest.mark.scenario
def test_a_story_can_t_be_asked_for_with_one_s_own_bot(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path), "DIALOGFLOW_AGENT": AGENT, "DIALOGFLOW_API_URL": "http://127.0.0.1:9"}

    done = run_once_up(environ, "--once")

    assert (1, "") == (done.returncode, done.stdout)
    assert "unset DIALOGFLOW_AGENT" in done.stderr


@pytest.mark.scenario
def test_with_one_s_own_bot_no_story_is_played_and_the_stand_in_is_not_there(tmp_path: Path) -> None:
    bot = DialogflowStandIn()
    environ = {"HOME": str(tmp_path), "DIALOGFLOW_AGENT": AGENT, "DIALOGFLOW_API_URL": bot.serve()}
    process = subprocess.Popen(
        [sys.executable, "-m", "infra.sandbox", "--port", "0", "--functions-port", "0"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environ},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        ports = read_until_up(process)
    finally:
        process.terminate()
        process.wait(30)
        bot.stop()

    assert 10 == len(ports)  # the page, five functions, four stand-ins
    assert {} == bot.turns
