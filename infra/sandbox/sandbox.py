"""Everything on one machine: stand-ins, functions, store and secrets, wired to each other as a deployment would be."""

import json
import secrets
import shutil
import tempfile
import threading
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.sandbox.business_messages import BusinessMessagesStandIn
from infra.sandbox.business_messages_phone import BusinessMessagesOptions
from infra.sandbox.cloud_tasks import CloudTasksStandIn
from infra.sandbox.dialogflow_es import DialogflowOptions, DialogflowStandIn
from infra.sandbox.livechat import LiveChatStandIn
from infra.sandbox.processes import FUNCTIONS, FunctionProcess, free_port

PROJECT = "sandbox-project"


class Sandbox:
    """A running deployment on loopback; use it as a context manager.

    Args:
        settings: over the default ones, by the names the functions know.
        ports: function name → port; those not named get a free one.
        livechat_options, bot_options: of the stand-ins.
        sweep: whether to call `redeliver` every `sweep_every_s` seconds, as Cloud Scheduler does every minute.
        tasks: whether wake-ups go through the Cloud Tasks stand-in.
        store: of the setting STORE; "" = a SQLite file of its own.
    """

    def __init__(
        self,
        settings: Mapping[str, str] | None = None,
        *,
        ports: Mapping[str, int] | None = None,
        livechat_options: Mapping[str, Any] | None = None,
        sweep: bool = True,
        sweep_every_s: float = 2.0,
        tasks: bool = True,
        store: str = "",
    ) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="handoff-sandbox-"))
        self.livechat = LiveChatStandIn(**(livechat_options or {}))
        self.partner_key = secrets.token_urlsafe(16)
        self.webhook_secret = secrets.token_urlsafe(16)
        self.dialogflow_token = secrets.token_urlsafe(16)
        self.messages = BusinessMessagesStandIn(BusinessMessagesOptions(partner_key=self.partner_key))
        self.dialogflow = DialogflowStandIn(DialogflowOptions())
        self.tasks = CloudTasksStandIn()
        self._use_tasks = tasks
        self._sweep = sweep
        self._sweep_every_s = sweep_every_s
        self._stopping = threading.Event()
        self.log_path = self.folder / "functions.log"
        self._log = self.log_path.open("ab")
        self._ports = {name: (ports or {}).get(name) or free_port() for name in FUNCTIONS}
        self.secrets_path = self.folder / "secrets.json"
        self.settings = {**self._serve_standins(store), **(settings or {})}
        self.functions = {name: self.new_process(name, port) for name, port in self._ports.items()}

    # --- settings ----------------------------------------------------------------------------------------------------

    def _serve_standins(self, store: str) -> dict[str, str]:
        livechat = self.livechat.serve()
        settings = {
            "GOOGLE_CLOUD_PROJECT": PROJECT,
            "STORE": store or f"sqlite:{self.folder / 'store.sqlite'}",
            "SECRETS": f"file:{self.secrets_path}",
            "DIALOGFLOW_AGENT": f"projects/{PROJECT}/agent",
            "LIVECHAT_ORGANIZATION_ID": self.livechat.options.organization_id,
            "LIVECHAT_CLIENT_ID": self.livechat.options.client_id,
            "LIVECHAT_API_URL": livechat,
            "LIVECHAT_ACCOUNTS_URL": livechat,
            "BUSINESS_MESSAGES_API_URL": self.messages.serve(),
            "DIALOGFLOW_API_URL": self.dialogflow.serve(),
            "TASKS_API_URL": self.tasks.serve(),
            "BOT_NAME": "Hello World Agent",
        }
        if self._use_tasks:
            settings["REDELIVER_URL"] = self.url_of("redeliver")
            settings["TASKS_QUEUE"] = f"projects/{PROJECT}/locations/europe-west1/queues/handoff"
        return settings

    def url_of(self, function: str) -> str:
        """Where a function answers."""
        return f"http://127.0.0.1:{self._ports[function]}"

    def _write_secrets(self) -> None:
        oauth = {
            "client_secret": self.livechat.options.client_secret,
            "refresh_token": self.livechat.options.refresh_token,
        }
        values = {
            "livechat-oauth": json.dumps(oauth),
            "livechat-webhook-secret": self.webhook_secret,
            "business-messages-partner-key": self.partner_key,
            "dialogflow-webhook-token": self.dialogflow_token,
        }
        self.secrets_path.write_text(json.dumps(values))
        self.secrets_path.chmod(0o600)

    def new_process(self, name: str, port: int) -> FunctionProcess:
        """Another process of a function (not started), with this deployment's settings."""
        return FunctionProcess(name, port, self.settings, self._log)

    # --- life --------------------------------------------------------------------------------------------------------

    def start(self) -> "Sandbox":
        """Start the functions and point every stand-in's webhooks at them. Leaves nothing running when it fails.

        Raises:
            PortInUse: a port is taken.
            RuntimeError: a function did not start; the message ends in what was logged.
        """
        try:
            self._start()
        except RuntimeError as e:
            last_lines = "\n".join(self.log().splitlines()[-20:])
            self.stop()
            raise RuntimeError(f"{e}\n{last_lines}") from e
        except BaseException:
            self.stop()
            raise
        return self

    def _start(self) -> None:
        self._write_secrets()
        for process in self.functions.values():
            process.start()
        for process in self.functions.values():
            process.wait_ready()
        self.livechat.register(self.url_of("livechat_webhook"), self.webhook_secret)
        self.messages.change_options(sending={"url": self.url_of("business_messages_webhook")})
        webhook = {"url": self.url_of("dialogflow_webhook"), "auth": "header", "token": self.dialogflow_token}
        self.dialogflow.change_options(webhook=webhook)
        if self._sweep:
            threading.Thread(target=self._sweep_for_ever, name="scheduler", daemon=True).start()

    def _sweep_for_ever(self) -> None:
        while not self._stopping.wait(self._sweep_every_s):
            self.sweep()

    def sweep(self) -> None:
        """Call `redeliver` once for everything that is due, as Cloud Scheduler does."""
        request = urllib.request.Request(self.url_of("redeliver"), data=b"{}", method="POST")
        try:
            urllib.request.urlopen(request, timeout=60).close()
        except OSError:
            return  # not up at the moment; the next sweep comes

    def stop(self) -> None:
        """Stop everything and remove its files."""
        self._stopping.set()
        for process in self.functions.values():
            process.ask_to_end()
        for process in self.functions.values():
            process.stop()
        for standin in (self.livechat, self.messages, self.dialogflow, self.tasks):
            standin.stop()
        self._log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> "Sandbox":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def log(self) -> str:
        """What the functions wrote."""
        return self.log_path.read_text(errors="replace")
