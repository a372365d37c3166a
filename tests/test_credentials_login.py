"""`make login` against the accounts stand-in: consent becomes a stored refresh token, or a sentence that helps."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from functions.livechat.api import DeskAddress
from functions.livechat.refresh import Refresher
from functions.runtime.http_client import HttpClient
from functions.runtime.wiring import SystemClock
from infra.credentials.scopes import NEEDED
from infra.deploy.parts import WRITTEN_SECRET
from infra.sandbox.livechat import LiveChatStandIn
from infra.sandbox.processes import free_port
from tests.credentials_runs import COMMAND, PROJECT, ROOT, Home, ScriptedGcloud, Terminal, Watch, run

pytestmark = pytest.mark.scenario
CLIENT_SECRET = "test_d7MEp1YYo3-of-the-app"


class Process:
    """`login` with pipes instead of a terminal; `said` is what it printed so far."""

    def __init__(self, environ: dict[str, str], *options: str) -> None:
        self._process = subprocess.Popen(
            [*COMMAND, "login", *options],
            cwd=ROOT,
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.said = ""

    def enter(self, line: str) -> None:
        assert self._process.stdin
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def url(self) -> str:
        """The address to open, as soon as it is printed."""
        assert self._process.stdout
        for line in self._process.stdout:
            self.said += line
            if "response_type=code" in line:
                return line.strip()
        raise AssertionError(f"it never said what to open:\n{self.said}")

    def interrupt(self) -> None:
        self._process.send_signal(signal.SIGINT)

    def end(self) -> int:
        said, _ = self._process.communicate(timeout=60)
        self.said += said
        return self._process.returncode


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def livechat(port: int) -> Iterator[Callable[..., LiveChatStandIn]]:
    made: list[LiveChatStandIn] = []

    def make(**options: Any) -> LiveChatStandIn:
        addresses = (f"http://127.0.0.1:{port}/callback",)
        made.append(LiveChatStandIn(**{"client_secret": CLIENT_SECRET, "redirect_uris": addresses, **options}))
        return made[-1]

    yield make
    for one in made:
        one.stop()


@pytest.fixture
def log_in(tmp_path: Path, port: int) -> Callable[..., Process]:
    """Starts a login at a stand-in, with secrets in a file (`held`: what is in it)."""

    def start(stand_in: LiveChatStandIn, *options: str, held: dict[str, str] | None = None, **environ: str) -> Process:
        url = stand_in.serve()
        home = Home(tmp_path, LIVECHAT_ACCOUNTS_URL=url, LIVECHAT_CLIENT_ID=stand_in.options.client_id)
        if held is not None:
            (home.folder / "secrets.json").write_text(json.dumps(held))
        secrets = {"SECRETS": f"file:{home.folder / 'secrets.json'}"}
        return Process({**home.environ, **secrets, **environ}, f"--port={port}", *options)

    return start


def stored(tmp_path: Path) -> dict[str, str]:
    path = tmp_path / "home" / "secrets.json"
    if not path.exists():
        return {}
    found: dict[str, str] = json.loads(json.loads(path.read_text()).get(WRITTEN_SECRET, "{}"))
    return found


def browse(url: str) -> str:
    """Follows an address to the end; answers where that is."""
    return requests.get(url, timeout=10).url


def back_from(url: str) -> str:
    """Where the consent page leads, without going there."""
    return requests.get(url, timeout=10, allow_redirects=False).headers["Location"]


def code_in(address: str) -> str:
    return dict(parse_qsl(urlsplit(address).query))["code"]


def tokens_of(stand_in: LiveChatStandIn) -> list[str]:
    """Every token that is good there."""
    tokens = stand_in.licence.tokens
    return [*tokens.refresh_tokens[1:], *(value for value in tokens._by_value)]


# --- it works ---


def test_a_browser_s_consent_becomes_the_secret_that_the_functions_live_on(
    livechat: Callable[..., LiveChatStandIn], log_in: Callable[..., Process], tmp_path: Path
) -> None:
    stand_in = livechat()
    process = log_in(stand_in)

    process.enter(CLIENT_SECRET)
    ended_at = browse(process.url())
    code = process.end()

    secret = stored(tmp_path)
    assert (0, f"Organization id: {stand_in.options.organization_id}") == (code, process.said.splitlines()[-4])
    assert set(secret) == {"client_secret", "refresh_token"}
    assert secret["client_secret"] == CLIENT_SECRET
    assert secret["refresh_token"] == stand_in.licence.tokens.refresh_tokens[-1]
    assert f"LIVECHAT_ORGANIZATION_ID={stand_in.options.organization_id}" in process.said
    assert all(scope in process.said for scope in NEEDED)
    assert "8765" not in process.said  # another port was asked for
    assert urlsplit(ended_at).path == "/callback"
    text = json.dumps(secret)
    url = f"http://127.0.0.1:{stand_in._server.server_port}"  # type: ignore[union-attr]
    address = DeskAddress(organization_id="", client_id=stand_in.options.client_id, accounts_url=url)
    assert (
        Refresher(HttpClient(), SystemClock(), address, lambda: text, lambda _: None).renew(5).value.startswith("dal:")
    )


def test_neither_codes_nor_tokens_nor_the_client_secret_are_seen_anywhere_else(
    livechat: Callable[..., LiveChatStandIn], log_in: Callable[..., Process], tmp_path: Path
) -> None:
    stand_in = livechat()
    with Watch(CLIENT_SECRET) as watch:
        process = log_in(stand_in)
        process.enter(CLIENT_SECRET)
        back = back_from(process.url())
        browse(back)
        process.end()

    secret_file = tmp_path / "home" / "secrets.json"
    held = secret_file.read_text()
    words = [CLIENT_SECRET, code_in(back), *tokens_of(stand_in)]
    secret_file.unlink()
    files = [path.read_text(errors="replace") for path in (tmp_path / "home").rglob("*") if path.is_file()]
    assert len(words) == 4
    assert [word for word in words if word in process.said] == []
    assert [word for word in words if any(word in text for text in files)] == []
    assert code_in(back) not in held
    assert watch.seen == set()


def test_on_a_machine_without_a_browser_the_address_is_pasted(
    livechat: Callable[..., LiveChatStandIn], log_in: Callable[..., Process], tmp_path: Path
) -> None:
    process = log_in(livechat(), "--paste")

    process.enter(CLIENT_SECRET)
    process.enter(back_from(process.url()))

    assert process.end() == 0, process.said
    assert stored(tmp_path)["client_secret"] == CLIENT_SECRET


def test_the_code_alone_will_do_and_mistakes_are_forgiven(
    livechat: Callable[..., LiveChatStandIn], log_in: Callable[..., Process], tmp_path: Path
) -> None:
    process = log_in(livechat(), PASTE="1")

    process.enter(CLIENT_SECRET)
    back = back_from(process.url())
    process.enter("what?")
    process.enter(back.replace("state=", "state=x"))
    process.enter(code_in(back))

    assert process.end() == 0, process.said
    assert process.said.count("Not taken: ") == 2
    assert stored(tmp_path)


def test_the_stored_client_secret_need_not_be_entered_again(
    livechat: Callable[..., LiveChatStandIn], log_in: Callable[..., Process], tmp_path: Path
) -> None:
    stand_in = livechat()
    held = {"other": "kept", WRITTEN_SECRET: json.dumps({"client_secret": CLIENT_SECRET, "refresh_token": "old"})}
    process = log_in(stand_in, held=held)

    process.enter("")
    browse(process.url())

    assert process.end() == 0, process.said
    assert stored(tmp_path)["refresh_token"] == stand_in.licence.tokens.refresh_tokens[-1]
    assert json.loads((tmp_path / "home" / "secrets.json").read_text())["other"] == "kept"


def test_nothing_that_is_typed_or_pasted_is_shown_on_a_terminal(
    livechat: Callable[..., LiveChatStandIn], tmp_path: Path, port: int
) -> None:
    stand_in = livechat()
    url = stand_in.serve()
    home = Home(tmp_path, LIVECHAT_ACCOUNTS_URL=url, LIVECHAT_CLIENT_ID=stand_in.options.client_id)
    environ = {**home.environ, "SECRETS": f"file:{home.folder / 'secrets.json'}"}
    screen = Terminal([*COMMAND, "login", "--paste", f"--port={port}"], environ)

    screen.answer("not shown", CLIENT_SECRET)
    screen.expect(url)
    back = back_from(url + screen.expect("\n"))
    screen.answer("Address (not shown)", back)
    code = screen.end()

    assert code == 0, screen.shown
    assert [word for word in (CLIENT_SECRET, code_in(back), *tokens_of(stand_in)) if word in screen.shown] == []


def test_a_browser_is_opened_where_there_is_one(
    livechat: Callable[..., LiveChatStandIn], log_in: Callable[..., Process], tmp_path: Path
) -> None:
    script = tmp_path / "browser"
    script.write_text(f"#!{sys.executable}\nimport sys, urllib.request\nurllib.request.urlopen(sys.argv[1]).read()\n")
    script.chmod(0o755)
    process = log_in(livechat(), BROWSER=f"{script} %s")

    process.enter(CLIENT_SECRET)

    assert process.end() == 0, process.said
    assert stored(tmp_path)


def test_secret_manager_gets_it_through_stdin(
    livechat: Callable[..., LiveChatStandIn], log_in: Callable[..., Process], tmp_path: Path
) -> None:
    gcloud = ScriptedGcloud(tmp_path)
    gcloud.make(WRITTEN_SECRET)
    path = f"{gcloud.folder}:{os.environ['PATH']}"
    process = log_in(livechat(), PATH=path, SECRETS="secret-manager", PROJECT=PROJECT)

    process.enter(CLIENT_SECRET)
    browse(process.url())

    assert process.end() == 0, process.said
    [value] = gcloud.versions(WRITTEN_SECRET)
    assert json.loads(value)["client_secret"] == CLIENT_SECRET
    assert all(CLIENT_SECRET not in json.dumps(call) for call in gcloud.calls())


# --- it does not ---


def test_what_is_not_the_right_answer_is_waited_past(
    livechat: Callable[..., LiveChatStandIn], log_in: Callable[..., Process], tmp_path: Path, port: int
) -> None:
    process = log_in(livechat())
    process.enter(CLIENT_SECRET)
    url = process.url()
    here = f"http://127.0.0.1:{port}"

    forged = requests.get(f"{here}/callback?code=dal:of-somebody-else&state=guessed", timeout=10)
    icon = requests.get(f"{here}/favicon.ico", timeout=10)
    browse(url)

    assert (400, 404) == (forged.status_code, icon.status_code)
    assert process.end() == 0, process.said
    assert stored(tmp_path)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            {"redirect_uris": ("http://127.0.0.1:1/callback",)},
            "invalid_redirect_uri: the redirect address is not the app's",
        ),
        ({"redirect_uris": ()}, "redirect_uri_not_set"),
        ({"is_administrator": False}, "invalid_scope: one of the app's scopes can't be granted"),
    ],
)
def test_livechat_s_error_page_is_explained_when_pasted(
    livechat: Callable[..., LiveChatStandIn],
    log_in: Callable[..., Process],
    tmp_path: Path,
    options: dict[str, Any],
    words: str,
) -> None:
    stand_in = livechat(**options)
    process = log_in(stand_in, "--paste")

    process.enter(CLIENT_SECRET)
    process.enter("https://accounts.livechat.com" + back_from(process.url()))

    assert process.end() == 1
    assert words in process.said
    assert stored(tmp_path) == {}


def test_consent_that_is_refused_is_nothing_stored(
    livechat: Callable[..., LiveChatStandIn], log_in: Callable[..., Process], tmp_path: Path
) -> None:
    stand_in = livechat(asks_consent=True)
    process = log_in(stand_in, "--paste")
    process.enter(CLIENT_SECRET)
    parts = urlsplit(process.url())

    form = {**dict(parse_qsl(parts.query)), "decision": "deny"}
    denied = requests.post(f"http://{parts.netloc}/", data=form, timeout=10, allow_redirects=False)
    process.enter(f"http://{parts.netloc}{denied.headers['Location']}")

    assert process.end() == 1
    assert "missing_grant: consent was refused" in process.said
    assert stored(tmp_path) == {}


@pytest.mark.parametrize(
    ("options", "entered", "words"),
    [
        ({}, "another-secret-altogether", "invalid_client: client id and client secret don't belong together"),
        ({"code_lifetime_s": 0.0}, CLIENT_SECRET, "too old"),
        ({}, "two words of it", "white space inside"),
        ({}, "", "the client secret is needed"),
    ],
)
def test_what_livechat_refuses_is_nothing_stored(
    livechat: Callable[..., LiveChatStandIn],
    log_in: Callable[..., Process],
    tmp_path: Path,
    options: dict[str, Any],
    entered: str,
    words: str,
) -> None:
    process = log_in(livechat(**options))

    process.enter(entered)
    if len(entered.split()) == 1:
        browse(process.url())

    assert process.end() == 1
    assert words in process.said
    assert stored(tmp_path) == {}
    assert "Traceback" not in process.said


def test_missing_scopes_are_named_and_the_grant_is_given_back(
    livechat: Callable[..., LiveChatStandIn], log_in: Callable[..., Process], tmp_path: Path
) -> None:
    stand_in = livechat(scopes=("customers:own", "chats--all:rw", "webhooks.state:ro"))
    process = log_in(stand_in)

    process.enter(CLIENT_SECRET)
    browse(process.url())

    assert process.end() == 1
    missing = [
        line.split()[1] for line in process.said.splitlines() if line.startswith("  scope ") and "missing" in line
    ]
    assert missing == ["agents--all:ro", "webhooks.configuration:rw", "webhooks.state:rw"]
    assert stored(tmp_path) == {}
    assert tokens_of(stand_in) == []


@pytest.mark.parametrize(("wanted", "code"), [("390e44e6-f1e6-4368-a6dd-74c14508c2e0", 0), ("another-one", 1)])
def test_another_organization_than_the_settings_is_not_stored(
    livechat: Callable[..., LiveChatStandIn], log_in: Callable[..., Process], tmp_path: Path, wanted: str, code: int
) -> None:
    process = log_in(livechat(), LIVECHAT_ORGANIZATION_ID=wanted)

    process.enter(CLIENT_SECRET)
    browse(process.url())

    assert (code, code == 0) == (process.end(), bool(stored(tmp_path)))
    assert ("LIVECHAT_ORGANIZATION_ID is another one, another-one" in process.said) == (code == 1)
    assert "Put it into the settings file" not in process.said


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"cut": True}, "LiveChat did not answer (connection)"),
        ({"status": 500, "body": "<html>"}, "LiveChat answered 500"),
        ({"status": 200, "body": {"access_token": "dal:x", "scope": "a"}}, "the app must be a server-side app"),
        ({"status": 200, "body": ["dal:x"]}, "LiveChat answered 200"),
        ({"status": 401, "body": {"oauth_exception": "new_one"}}, "LiveChat says new_one"),
        ({"status": 503, "body": {"oauth_exception": "temporarily_unavailable"}}, "away for the moment"),
    ],
)
def test_an_answer_that_makes_no_sense_is_nothing_stored(
    livechat: Callable[..., LiveChatStandIn],
    log_in: Callable[..., Process],
    tmp_path: Path,
    fault: dict[str, Any],
    words: str,
) -> None:
    stand_in = livechat()
    process = log_in(stand_in)
    process.enter(CLIENT_SECRET)
    url = process.url()
    requests.post(f"http://{urlsplit(url).netloc}/_faults", json=[{"path": "/v2/token", **fault}], timeout=10)

    browse(url)

    assert process.end() == 1
    assert words in process.said
    assert stored(tmp_path) == {}


@pytest.mark.parametrize(
    ("environ", "code", "words"),
    [
        ({"LIVECHAT_CLIENT_ID": ""}, 2, "LIVECHAT_CLIENT_ID (client id of our LiveChat app)"),
        ({"LIVECHAT_ACCOUNTS_URL": "http://example.com"}, 2, "LIVECHAT_ACCOUNTS_URL must use https"),
        ({"SECRETS": "secret-manager"}, 2, "which project?"),
        ({"SECRETS": "secret-manager", "PROJECT": PROJECT}, 1, "make deploy makes it"),
    ],
)
def test_what_stands_in_the_way_is_said_before_anything_is_asked(
    tmp_path: Path, environ: dict[str, str], code: int, words: str
) -> None:
    gcloud = ScriptedGcloud(tmp_path)
    home = Home(tmp_path, gcloud.folder, LIVECHAT_CLIENT_ID="client-1", SECRETS=f"file:{tmp_path / 's.json'}")

    done = run(["login"], {**home.environ, **environ}, f"{CLIENT_SECRET}\n")

    assert code == done.code
    assert words in done.err
    assert "client secret" not in done.out


def test_a_port_that_is_taken_is_said_before_anything_is_asked(tmp_path: Path, port: int) -> None:
    home = Home(tmp_path, LIVECHAT_CLIENT_ID="client-1", SECRETS=f"file:{tmp_path / 's.json'}")
    with socket.create_server(("127.0.0.1", port)):
        done = run(["login"], {**home.environ, "LOGIN_PORT": str(port)}, "")

    assert done.code == 2
    assert f"port {port} of this machine can't be used" in done.err


def test_nobody_coming_back_ends_with_what_may_have_happened(
    livechat: Callable[..., LiveChatStandIn], log_in: Callable[..., Process]
) -> None:
    process = log_in(livechat(), "--wait-s=0.1")

    process.enter(CLIENT_SECRET)

    assert process.end() == 1
    assert "nobody came back" in process.said
    assert "PASTE=1" in process.said


def test_it_can_be_stopped_while_it_waits(
    livechat: Callable[..., LiveChatStandIn], log_in: Callable[..., Process], tmp_path: Path
) -> None:
    process = log_in(livechat())
    process.enter(CLIENT_SECRET)
    process.url()

    process.interrupt()

    assert process.end() == 1
    assert "Stopped." in process.said
    assert "Traceback" not in process.said
    assert stored(tmp_path) == {}
