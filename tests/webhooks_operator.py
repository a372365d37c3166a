"""An operator who runs `make webhooks` against a LiveChat stand-in, with secrets in a file; as fixtures.

A plugin that its users also import from: PYTEST_DONT_REWRITE, or pytest warns.
"""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from infra.sandbox.livechat.webhooks import Registration
from infra.sandbox.standin import Fault
from infra.webhooks.__main__ import main
from tests.sandbox_livechat_desk import Desk

URL = "https://livechat-webhook.shop.example"
SECRET = "current webhook secret, 30 of it"
CHANGING = ("register_webhook", "unregister_webhook", "enable_license_webhooks", "disable_license_webhooks")


class Outcome(NamedTuple):
    code: int
    out: str
    err: str


class Operator:
    """`run` in this process, `start` in one of its own; `secrets` is the file's content, `waits` what
    was waited for. No secret is ever shown."""

    def __init__(self, desk: Desk, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.desk = desk
        self._capsys = capsys
        self.waits: list[float] = []
        self._secrets_path = folder / "secrets.json"
        self.settings_path = folder / "settings.env"
        self.settings = {
            "LIVECHAT_CLIENT_ID": desk.options.client_id,
            "LIVECHAT_API_URL": desk.url,
            "LIVECHAT_ACCOUNTS_URL": desk.url,
            "SECRETS": f"file:{self._secrets_path}",
        }
        oauth = {"client_secret": desk.options.client_secret, "refresh_token": desk.options.refresh_token}
        self.store({"livechat-oauth": json.dumps(oauth), "livechat-webhook-secret": f"{SECRET}\nthe one before\n"})

    def store(self, changes: dict[str, str]) -> None:
        known = self.secrets if self._secrets_path.exists() else {}
        self._secrets_path.write_text(json.dumps(known | changes))

    @property
    def secrets(self) -> dict[str, str]:
        return dict(json.loads(self._secrets_path.read_text()))

    def environ(self, **more: str) -> dict[str, str]:
        lines = [f"{name}={value}" for name, value in self.settings.items()]
        self.settings_path.write_text("\n".join(lines))
        return {"SETTINGS": str(self.settings_path), **more}

    def run(self, *arguments: str, **environ: str) -> Outcome:
        self._capsys.readouterr()
        code = main([f"--url={URL}", *arguments], self.environ(**environ), self.waits.append)
        return self._shown(Outcome(code, *self._capsys.readouterr()))

    def start(self, *arguments: str, **environ: str) -> "subprocess.Popen[str]":
        line = [sys.executable, "-m", "infra.webhooks", f"--url={URL}", *arguments]
        pipe = subprocess.PIPE
        return subprocess.Popen(line, stdin=pipe, stdout=pipe, stderr=pipe, text=True, env=self.environ(**environ))

    def end(self, process: "subprocess.Popen[str]", stdin: str = "") -> Outcome:
        out, err = process.communicate(stdin, timeout=60)
        return self._shown(Outcome(process.returncode, out, err))

    def _shown(self, outcome: Outcome) -> Outcome:
        options = self.desk.options
        unspeakable = [SECRET, "the one before", options.client_secret, options.refresh_token, options.pat, "dal:"]
        assert not [one for one in unspeakable if one in outcome.out + outcome.err]
        assert "Traceback" not in outcome.err
        return outcome

    # --- what LiveChat has --------------------------------------------------------------------------------------------

    @property
    def registered(self) -> dict[str, Registration]:
        return self.desk.stand_in.licence.webhooks.registered

    def register(self, action: str, **changes: Any) -> str:
        """As somebody else would, or a run before."""
        body = {
            "action": action,
            "secret_key": "another secret",
            "url": "https://crm.example/hook",
            "owner_client_id": self.desk.options.client_id,
            "type": "license",
        }
        answer = self.desk.call("configuration", "register_webhook", self.desk.pat(), body | changes)
        return str(answer.json()["id"])

    def calls(self, *, keep: bool = False) -> list[str]:
        """Methods that were called since this was asked for last, in order; `keep`: count them the next time, too."""
        paths = [call.path for call in self.desk.stand_in.calls]
        if not keep:
            self.desk.stand_in.calls.clear()
        return [path.rpartition("/")[2] for path in paths]

    def fault(self, **fields: Any) -> None:
        self.desk.stand_in.faults = [Fault(**fields)]


@pytest.fixture
def operators(
    desks: Callable[..., Desk], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Operator]:
    """Makes an operator whose LiveChat has these options."""

    def make(**options: Any) -> Operator:
        operator = Operator(desks(**options), tmp_path, capsys)
        operator.calls()
        return operator

    return make


@pytest.fixture
def operator(operators: Callable[..., Operator]) -> Operator:
    return operators()
