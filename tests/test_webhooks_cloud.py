"""`make webhooks` in the cloud: the real gcloud gives the token, a loopback server is Secret Manager and Functions."""

import base64
import json
import shutil
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from infra.webhooks.__main__ import main
from infra.webhooks.wanted import FILTERS
from tests.webhooks_operator import SECRET, Operator

pytest_plugins = ("tests.sandbox_livechat_desk", "tests.webhooks_operator")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not shutil.which("gcloud"), reason="gcloud is not installed"),
]

PROJECT, REGION = "shop-project", "europe-west1"
TOKEN = "an-operators-access-token"
DEPLOYED = {"livechat-webhook": "https://lc.example", "dialogflow-webhook": "https://df.example"}


class Google:
    """Secrets with their versions, and deployed functions. `may`: the permissions on secrets."""

    def __init__(self) -> None:
        self.secrets: dict[str, list[str]] = {}
        self.functions = dict(DEPLOYED)
        self.may = ["secretmanager.versions.add"]
        self.made_at = datetime.now(UTC) - timedelta(days=1)
        self.asked: list[str] = []
        self.additions_to_fail = 0

    def answer(self, method: str, path: str, body: Any) -> Any:
        self.asked.append(f"{method} {path}")
        parts = path.split("/")
        if "/functions/" in path:
            url = self.functions.get(parts[-1])
            return {"name": path, "environment": "GEN_2", "serviceConfig": {"uri": url}} if url is not None else None
        name, _, verb = parts[5].partition(":")
        if name not in self.secrets:
            return None
        if verb == "testIamPermissions":
            return {"permissions": [one for one in self.may if one in body["permissions"]]}
        if verb == "addVersion":
            self.additions_to_fail -= 1
            if self.additions_to_fail >= 0:
                return None
            self.secrets[name].append(base64.b64decode(body["payload"]["data"]).decode())
        shown: dict[str, Any] = {"name": f"projects/1/secrets/{name}/versions/1", "createTime": stamp(self.made_at)}
        if parts[-1] == "latest:access":
            shown["payload"] = {"data": base64.b64encode(self.secrets[name][-1].encode()).decode()}
        return shown


def stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@pytest.fixture
def google(operator: Operator) -> Iterator[Google]:
    google = Google()
    google.secrets = {name: [value] for name, value in operator.secrets.items()}
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"google": google}))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    operator.settings |= {"SECRETS": "secret-manager", "API": f"http://127.0.0.1:{server.server_port}/"}
    yield google
    server.shutdown()
    server.server_close()


class _Handler(BaseHTTPRequestHandler):
    google: Google

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length) or b"null")
        found = self.google.answer(self.command, self.path.partition("?")[0], body)
        absent = {"error": {"code": 404, "status": "NOT_FOUND", "message": f"Resource '{self.path}' was not found"}}
        data = json.dumps(absent if found is None else found).encode()
        self.send_response(404 if found is None else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_POST = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        pass


class Shell:
    """The operator's shell: gcloud is signed in, and its APIs are on loopback."""

    def __init__(self, operator: Operator, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.operator = operator
        self.config = folder / "gcloud"
        self.config.mkdir()
        token = folder / "token"
        token.write_text(TOKEN)
        self._api = operator.settings.pop("API")
        self._capsys = capsys
        self._environ = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(folder),
            "CLOUDSDK_CONFIG": str(self.config),
            "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE": str(token),
            "CLOUDSDK_CORE_ACCOUNT": "operator@shop.example",
            "CLOUDSDK_API_ENDPOINT_OVERRIDES_SECRETMANAGER": self._api,
            "CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDFUNCTIONS": self._api,
            "PROJECT": PROJECT,
            "REGION": REGION,
        }

    def run(self, *arguments: str, **environ: str) -> tuple[int, str]:
        self._capsys.readouterr()
        code = main(arguments, self.operator.environ(**self._environ, **environ), lambda _seconds: None)
        shown = "".join(self._capsys.readouterr())
        assert SECRET not in shown
        return code, shown


@pytest.fixture
def shell(operator: Operator, google: Google, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(operator, tmp_path, capsys)


def test_gcloud_tells_secrets_and_addresses_and_keeps_no_secret(shell: Shell, google: Google) -> None:
    code, shown = shell.run()

    assert 0 == code
    assert {("https://lc.example", SECRET)} == {(one.url, one.secret_key) for one in shell.operator.registered.values()}
    assert "  URL          https://df.example" in shown
    assert "business-messages-webhook is not deployed yet: make deploy" in shown
    assert f"--secret=NAME --project={PROJECT}" in shown
    kept = b"".join(path.read_bytes() for path in shell.config.rglob("*") if path.is_file())
    hidden = [SECRET, TOKEN, base64.b64encode(SECRET.encode()).decode()[:30]]
    assert not [one for one in hidden if one.encode() in kept]
    assert not [one for one in google.asked if "addVersion" in one]


def test_a_changed_refresh_token_becomes_a_new_version(shell: Shell, google: Google) -> None:
    shell.operator.desk.stand_in.licence.tokens.rotate = lambda used: "the-next-one"  # type: ignore[method-assign]

    code, _ = shell.run("--url=https://lc.example")

    assert 0 == code
    assert "the-next-one" == json.loads(google.secrets["livechat-oauth"][-1])["refresh_token"]
    assert 2 == len(google.secrets["livechat-oauth"])


@pytest.mark.parametrize(("failures", "code", "versions"), [(2, 0, 2), (3, 1, 1)])
def test_storing_a_changed_refresh_token_is_tried_again_and_its_loss_is_said(
    shell: Shell, google: Google, failures: int, code: int, versions: int
) -> None:
    shell.operator.desk.stand_in.licence.tokens.rotate = lambda used: "the-next-one"  # type: ignore[method-assign]
    google.additions_to_fail = failures

    found, shown = shell.run("--url=https://lc.example")

    assert (code, versions) == (found, len(google.secrets["livechat-oauth"]))
    assert ("The functions may lose LiveChat within hours: make login" in shown) == (code == 1)
    assert "the-next-one" not in shown


def test_who_may_not_store_a_changed_refresh_token_does_not_trade_it(shell: Shell, google: Google) -> None:
    google.may = []

    code, shown = shell.run("--url=https://lc.example")

    assert (2, []) == (code, shell.operator.calls())
    assert "roles/secretmanager.secretVersionAdder, or take a personal access token" in shown


def test_a_secret_that_functions_may_not_know_yet_replaces_nothing(shell: Shell, google: Google) -> None:
    shell.run("--url=https://before.example")
    before = dict(shell.operator.registered)
    google.made_at = datetime.now(UTC) - timedelta(seconds=100)

    code, shown = shell.run()

    assert (1, before) == (code, shell.operator.registered)
    assert "younger than five minutes" in shown
    google.made_at -= timedelta(seconds=240)
    assert 0 == shell.run()[0]
    assert len(FILTERS) == len(shell.operator.registered)


def test_a_function_that_is_not_deployed_leads_to_make_deploy(shell: Shell, google: Google) -> None:
    del google.functions["livechat-webhook"]

    code, shown = shell.run()

    assert (2, []) == (code, shell.operator.calls())
    assert f"livechat-webhook is not deployed in {REGION} of {PROJECT}, or its deployment failed: make deploy" in shown


def test_a_secret_that_is_not_there_leads_to_who_stores_it(shell: Shell, google: Google) -> None:
    del google.secrets["livechat-webhook-secret"]

    code, shown = shell.run("--url=https://lc.example")

    assert (2, []) == (code, shell.operator.calls())
    assert "secret livechat-webhook-secret is missing or empty: make secrets stores it" in shown
