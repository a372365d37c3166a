"""The source as it was uploaded: what is in it, and that a machine with it and its requirements alone works."""

import os
import subprocess
import sys
import venv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import pytest
import requests

from infra.sandbox import lifeline
from infra.sandbox.processes import FUNCTIONS, FunctionProcess
from infra.sandbox.standins import DOORS
from tests.deploy_world import NEEDS_GCLOUD, ROOT, Deployed, deployed_project, zip_of
from tests.play import JANE, Scene, WatchedSandbox, said_by, said_by_bot, wait_for
from tests.play_log import Log

pytestmark = [pytest.mark.slow, NEEDS_GCLOUD, pytest.mark.timeout(1800)]
HELLO = "Hello! What can I do for you?"
ON_LOOPBACK = ("_API_URL", "_ACCOUNTS_URL")


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """Deployed with the real gcloud."""
    with deployed_project(tmp_path_factory, "source") as found:
        yield found


def test_the_upload_holds_what_runs_and_nothing_else(deployed: Deployed) -> None:
    uploaded = zip_of(deployed.project, "redeliver")

    wanted = {path.relative_to(ROOT).as_posix() for path in (ROOT / "functions").rglob("*.py")}
    files = {name for name in uploaded if not name.endswith("/")}
    folders = {name for name in uploaded if name.endswith("/")}
    assert wanted | {"main.py", "requirements.txt"} == files
    assert {f"{parent}/" for name in wanted for parent in Path(name).parents if parent.name} == folders


def test_the_upload_is_the_source_byte_by_byte(deployed: Deployed) -> None:
    uploaded = zip_of(deployed.project, "redeliver")

    source = deployed.project.source
    assert {name: (source / name).read_bytes() for name in uploaded if not name.endswith("/")} == {
        name: content for name, content in uploaded.items() if not name.endswith("/")
    }


def test_every_function_gets_the_same_upload(deployed: Deployed) -> None:
    names = [name.replace("_", "-") for name in FUNCTIONS]

    uploads = [zip_of(deployed.project, name) for name in names]

    assert [uploads[0]] * len(FUNCTIONS) == uploads


# --- a clean machine -------------------------------------------------------------------------------------------------


class CleanMachine:
    """A folder with the upload's files, and a Python that has what their requirements name, and nothing else."""

    def __init__(self, folder: Path, files: Mapping[str, bytes]) -> None:
        self.workspace = folder / "workspace"
        for name, content in files.items():
            path = self.workspace / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if not name.endswith("/"):
                path.write_bytes(content)
        venv.create(folder / "venv", with_pip=True)
        self.python = folder / "venv" / "bin" / "python"
        install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", "requirements.txt"]
        self.run(*install)

    def run(self, *arguments: str) -> str:
        """Run its Python there; answers what it prints."""
        environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        done = subprocess.run(
            [str(self.python), *arguments],
            cwd=self.workspace,
            env=environ,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


class DeployedProcess(FunctionProcess):
    """A function as its container runs it: from the upload, by the clean machine's functions-framework."""

    def __init__(self, machine: CleanMachine, name: str, port: int, environ: Mapping[str, str], log: IO[bytes]) -> None:
        super().__init__(name, port, environ, log)
        self._machine = machine

    def start(self) -> None:
        """Start it, to end when the tests do."""
        command = [str(self._machine.python), "-P", lifeline.__file__, "functions_framework", "--source=main.py"]
        self._process = subprocess.Popen(
            [*command, f"--target={self.name}", "--host=127.0.0.1", f"--port={self.port}"],
            cwd=self._machine.workspace,
            env=self._environ,
            stdin=subprocess.PIPE,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )


class DeployedSandbox(WatchedSandbox):
    """The deployed functions with the environment they were deployed with, but for where others are."""

    def __init__(self, deployed: Deployed, machine: CleanMachine) -> None:
        self._deployed = deployed
        self._machine = machine
        super().__init__({"LIVECHAT_GROUPS": '{"default": 0}'})

    def new_process(self, name: str, port: int) -> FunctionProcess:
        """As the sandbox does."""
        function = self._deployed.project.function(name.replace("_", "-"))
        environment = function["serviceConfig"]["environmentVariables"]
        own = {key: value for key, value in self.settings.items() if key.endswith(ON_LOOPBACK) or key in _ELSEWHERE}
        return DeployedProcess(self._machine, name, port, environment | own, self._log)


_ELSEWHERE = {
    *("STORE", "SECRETS", "REDELIVER_URL", "LIVECHAT_ORGANIZATION_ID", "LIVECHAT_CLIENT_ID", "LIVECHAT_GROUPS"),
    *("DIALOGFLOW_AGENT", "BOT_NAME", "GOOGLE_CLOUD_PROJECT", "TASKS_QUEUE", "RCS_AGENT_ID"),
}


@pytest.fixture(scope="module")
def machine(deployed: Deployed, tmp_path_factory: pytest.TempPathFactory) -> CleanMachine:
    """One on which the upload's requirements are installed."""
    return CleanMachine(tmp_path_factory.mktemp("machine"), zip_of(deployed.project, "redeliver"))


@pytest.fixture(scope="module")
def running(deployed: Deployed, machine: CleanMachine) -> Iterator[DeployedSandbox]:
    """Every function, started from the upload."""
    sandbox = DeployedSandbox(deployed, machine)
    with sandbox:
        yield sandbox


def test_the_clean_machine_has_nothing_of_ours_but_the_upload(machine: CleanMachine) -> None:
    code = "import importlib.util as u; print([n for n in ('infra', 'tests', 'pytest') if u.find_spec(n)])"

    assert "[]" == machine.run("-c", code).strip()
    assert f"{sys.version_info[0]}.{sys.version_info[1]}" in machine.run("--version")


def test_everything_uploaded_compiles_as_the_build_does_it(machine: CleanMachine) -> None:
    machine.run("-m", "compileall", "-q", "-f", ".")


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_function_answers_that_it_is_up(running: DeployedSandbox, function: str) -> None:
    answer = requests.get(f"{running.url_of(function)}/health", timeout=10)

    assert 200 == answer.status_code


@pytest.mark.parametrize(
    "function", ["business_messages_webhook", "rcs_webhook", "livechat_webhook", "dialogflow_webhook"]
)
def test_a_wrongly_signed_webhook_is_refused(running: DeployedSandbox, function: str) -> None:
    body: dict[str, Any] = {"secret_key": "wrong", "action": "incoming_event", "payload": {}, "organization_id": "x"}
    body["message"] = {"data": "e30="}
    headers = {"X-Goog-Signature": "wrong", "X-Webhook-Token": "wrong"}

    answer = requests.post(running.url_of(function), json=body, headers=headers, timeout=10)

    assert 401 == answer.status_code


@pytest.mark.parametrize("channel", DOORS)
def test_rightly_signed_webhooks_carry_a_conversation_there_and_back(running: DeployedSandbox, channel: str) -> None:
    log, scene = Log(running), Scene(running, channel)

    scene.user_says("Hello")
    scene.bot_answers(HELLO)
    scene.hand_off()
    scene.agent_replies("I have your order here.")
    scene.user_sees(said_by(JANE, "I have your order here."))
    scene.agent_closes()
    scene.settle()
    answered = scene.bot_calls_webhook(text="get me a person")
    wait_for(lambda: log.lines("redeliver"), "redeliver")
    scene.settle()
    running.livechat.play("timeout", chat_id=scene.chat.id)  # nobody is kept from the next one

    assert ["user: Hello", said_by_bot(HELLO)] == scene.screen()[:2]
    assert 200 == answered["http_status"]
    assert set(FUNCTIONS) - set(DOORS.values()) | {DOORS[channel]} <= {line["function"] for line in log.lines()}
    assert [] == [line for line in log.lines() if line["outcome"] in ("error", "rejected", "dead_letter")]
