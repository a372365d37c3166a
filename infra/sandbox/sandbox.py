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
from urllib.parse import urlsplit

from functions.handoff.errors import ConfigError
from functions.runtime.config import read_settings
from functions.runtime.sandbox_clock import is_obeyed
from infra.sandbox.business_messages import BusinessMessagesStandIn
from infra.sandbox.business_messages_phone import BusinessMessagesOptions
from infra.sandbox.clock import Clock
from infra.sandbox.cloud_tasks import CloudTasksStandIn
from infra.sandbox.crashes import Crashes
from infra.sandbox.deeds import Deeds
from infra.sandbox.dialogflow_es import DialogflowOptions, DialogflowStandIn
from infra.sandbox.livechat import LiveChatStandIn
from infra.sandbox.processes import FUNCTIONS, FunctionProcess, free_port
from infra.sandbox.story_player import Player

PROJECT = "sandbox-project"
_LONGEST_REQUEST_S = 60.0


class ClockNotObeyed(Exception):
    """The functions would not go by the sandbox's clock: they keep their records, or call, elsewhere."""


class Sandbox:
    """A running deployment on loopback; use it as a context manager.

    `clock`: everybody's. `obeys_clock`: whether the functions go by it, too. `switched_on`: see `faults`.

    Args:
        settings: over the default ones, by the names the functions know.
        ports: function name → port; those not named get a free one.
        livechat_options: of that stand-in.
        own_bot: the variables of a bot that answers instead of Dialogflow's stand-in, which is not served then.
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
        own_bot: Mapping[str, str] | None = None,
        sweep: bool = True,
        sweep_every_s: float = 2.0,
        tasks: bool = True,
        store: str = "",
    ) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="handoff-sandbox-"))
        self.clock = Clock()
        self._clock_path = self.folder / "clock"
        self.clock.on_advance(self._write_clock)  # before anybody is woken by it
        self.livechat = LiveChatStandIn(clock=self.clock, **(livechat_options or {}))
        self.partner_key = secrets.token_urlsafe(16)
        self.webhook_secret = secrets.token_urlsafe(16)
        self.dialogflow_token = secrets.token_urlsafe(16)
        self.messages = BusinessMessagesStandIn(BusinessMessagesOptions(partner_key=self.partner_key), self.clock)
        self.dialogflow = DialogflowStandIn(DialogflowOptions(), self.clock)
        self.tasks = CloudTasksStandIn(clock=self.clock)
        self.own_bot = dict(own_bot or {})
        self.stories = Player(self)
        self.stage = threading.Lock()  # held while a story is played
        self.fault_deeds = Deeds(self.clock)  # what was switched by hand
        self._use_tasks = tasks
        self._sweep = sweep
        self._sweep_every_s = sweep_every_s
        self._stopping = threading.Event()
        self._sweep_due = threading.Event()
        self.clock.on_advance(self._sweep_due.set)
        self.crashes = Crashes()
        self.switching = threading.Lock()
        self.switched_on: set[str] = set()
        self.log_path = self.folder / "functions.log"
        self._log = self.log_path.open("ab")
        self._ports = {name: (ports or {}).get(name) or free_port() for name in FUNCTIONS}
        self.secrets_path = self.folder / "secrets.json"
        self.settings = {**self._serve_standins(store), **(settings or {})}
        self.obeys_clock = _obeys_clock(self.settings)
        if self.obeys_clock:
            self.settings["SANDBOX_CLOCK"] = str(self._clock_path)
        self.functions = {name: self.new_process(name, port) for name, port in self._ports.items()}

    # --- settings ----------------------------------------------------------------------------------------------------

    def _serve_standins(self, store: str) -> dict[str, str]:
        livechat, messages = self.livechat.serve(), self.messages.serve()
        settings = {
            "GOOGLE_CLOUD_PROJECT": PROJECT,
            "STORE": store or f"sqlite:{self.folder / 'store.sqlite'}",
            "SECRETS": f"file:{self.secrets_path}",
            "BOT_NAME": "Hello World Agent",
            "LIVECHAT_ORGANIZATION_ID": self.livechat.options.organization_id,
            "LIVECHAT_CLIENT_ID": self.livechat.options.client_id,
            "LIVECHAT_API_URL": livechat,
            "LIVECHAT_ACCOUNTS_URL": livechat,
            "BUSINESS_MESSAGES_API_URL": messages,
            "RCS_API_URL": messages,  # nobody calls it yet; what all APIs being here allows, it must not prevent
            "ATTACHMENT_HOSTS": urlsplit(messages).netloc,
            "TASKS_API_URL": self.tasks.serve(),
            **(self.own_bot or self._serve_bot()),
        }
        if self._use_tasks:
            settings["REDELIVER_URL"] = self.url_of("redeliver")
            settings["TASKS_QUEUE"] = f"projects/{PROJECT}/locations/europe-west1/queues/handoff"
        return settings

    def _serve_bot(self) -> dict[str, str]:
        return {"DIALOGFLOW_AGENT": f"projects/{PROJECT}/agent", "DIALOGFLOW_API_URL": self.dialogflow.serve()}

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
        while not self._stopping.is_set():
            if self._sweep_due.wait(self._sweep_every_s):
                self._sweep_due.clear()
            if not self._stopping.is_set():
                self.sweep()

    def sweep(self) -> None:
        """Call `redeliver` once for everything that is due, as Cloud Scheduler does."""
        request = urllib.request.Request(self.url_of("redeliver"), data=b"{}", method="POST")
        try:
            with self.clock.traffic.request():
                urllib.request.urlopen(request, timeout=_LONGEST_REQUEST_S).close()
        except OSError:
            return  # not up at the moment; the next sweep comes

    def move_on(self, seconds: float) -> None:
        """Let so much time go by at once, for the functions and all others, and wake what is due then.

        Raises:
            ClockNotObeyed: the functions would not notice.
            NeverQuiet: a function was at work all the time.
        """
        if not self.obeys_clock:
            raise ClockNotObeyed
        with self.clock.traffic.stopped(_LONGEST_REQUEST_S):
            self.clock.advance(seconds)

    def _write_clock(self) -> None:
        new = self._clock_path.with_suffix(".new")
        new.write_text(str(self.clock.ahead_s))
        new.replace(self._clock_path)

    def stop(self) -> None:
        """Stop everything and remove its files."""
        self._stopping.set()
        self._sweep_due.set()
        self.crashes.stop()
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


def _obeys_clock(settings: Mapping[str, str]) -> bool:
    """Whether functions with these settings would go by SANDBOX_CLOCK."""
    deciding = {name: value for name, value in settings.items() if name == "STORE" or name.endswith("_URL")}
    try:
        return is_obeyed(read_settings({**deciding, "SANDBOX_CLOCK": "set"}))
    except ConfigError:
        return False  # the functions say themselves what is wrong
