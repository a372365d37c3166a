"""Everything on one machine: stand-ins, functions, store and secrets, wired to each other as a deployment would be."""

import json
import shutil
import tempfile
import threading
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from functions.handoff.errors import ConfigError
from functions.runtime.config import read_settings
from functions.runtime.sandbox_clock import is_obeyed
from infra.sandbox.clock import Clock
from infra.sandbox.cloud_tasks import CloudTasksStandIn
from infra.sandbox.crashes import Crashes
from infra.sandbox.deeds import Deeds
from infra.sandbox.processes import FUNCTIONS, FunctionProcess, free_port
from infra.sandbox.standins import PROJECT, StandIns
from infra.sandbox.story_player import Player

_LONGEST_REQUEST_S = 60.0


class ClockNotObeyed(Exception):
    """The functions would not go by the sandbox's clock: they keep their records, or call, elsewhere."""


class Sandbox:
    """A running deployment on loopback; use it as a context manager.

    `clock`: everybody's. `obeys_clock`: whether the functions go by it, too. `switched_on`: see `faults`.

    Args:
        settings: over the default ones, by the names the functions know.
        channel: where a conversation begins unless it is said otherwise; all channels are there.
        bot: which edition of Dialogflow answers.
        ports: function name → port; those not named get a free one.
        livechat_options: of that stand-in.
        more_secrets: beside those of the stand-ins, by name.
        own_bot: the variables of a bot that answers instead of Dialogflow's stand-in, which is not served then.
        sweep: whether to call `redeliver` every `sweep_every_s` seconds, as Cloud Scheduler does every minute.
        tasks: whether wake-ups go through the Cloud Tasks stand-in.
        queue: that stand-in, where it is not the usual one.
        store: of the setting STORE; "" = a SQLite file of its own.
    """

    def __init__(
        self,
        settings: Mapping[str, str] | None = None,
        *,
        channel: str = "business_messages",
        bot: str = "es",
        ports: Mapping[str, int] | None = None,
        livechat_options: Mapping[str, Any] | None = None,
        more_secrets: Mapping[str, str] | None = None,
        own_bot: Mapping[str, str] | None = None,
        sweep: bool = True,
        sweep_every_s: float = 2.0,
        tasks: bool = True,
        queue: CloudTasksStandIn | None = None,
        store: str = "",
    ) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="handoff-sandbox-"))
        self.clock = Clock()
        self._clock_path = self.folder / "clock"
        self.clock.on_advance(self._write_clock)  # before anybody is woken by it
        self.channel, self.bot = channel, bot
        self.own_bot = dict(own_bot or {})
        options = livechat_options or {}
        self._take_in(StandIns(self.clock, bot=bot, livechat_options=options, own_bot=self.own_bot, queue=queue))
        self.stories = Player(self)
        self.stage = threading.Lock()  # held while a story is played
        self.fault_deeds = Deeds(self.clock)  # what was switched by hand
        self._more_secrets = dict(more_secrets or {})
        self._use_tasks = tasks
        self._sweep_every_s = sweep_every_s if sweep else 0.0
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
        self.settings = {**self._wire(store), **(settings or {})}
        self.obeys_clock = _obeys_clock(self.settings)
        if self.obeys_clock:
            self.settings["SANDBOX_CLOCK"] = str(self._clock_path)
        self.functions = {name: self.new_process(name, port) for name, port in self._ports.items()}

    def _take_in(self, standins: StandIns) -> None:
        self.standins = standins
        self.livechat, self.messages, self.rcs = standins.livechat, standins.messages, standins.rcs
        self.dialogflow, self.tasks, self.google = standins.dialogflow, standins.tasks, standins.google
        self.channels = standins.channels
        self.partner_key, self.rcs_token = standins.partner_key, standins.rcs_token
        self.webhook_secret, self.dialogflow_token = standins.webhook_secret, standins.dialogflow_token

    # --- settings ----------------------------------------------------------------------------------------------------

    def _wire(self, store: str) -> dict[str, str]:
        settings = {
            "STORE": store or f"sqlite:{self.folder / 'store.sqlite'}",
            "SECRETS": f"file:{self.secrets_path}",
            **self.standins.serve(),
        }
        if self._use_tasks:
            settings["REDELIVER_URL"] = self.url_of("redeliver")
            settings["TASKS_QUEUE"] = f"projects/{PROJECT}/locations/europe-west1/queues/handoff"
        return settings

    def url_of(self, function: str) -> str:
        """Where a function answers."""
        return f"http://127.0.0.1:{self._ports[function]}"

    def _write_secrets(self) -> None:
        self.secrets_path.write_text(json.dumps(self.standins.secrets() | self._more_secrets))
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
        self.standins.point_at(self.url_of)
        if self._sweep_every_s:
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
        self.standins.stop()
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
