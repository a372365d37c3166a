"""The sandbox as a production would run: several instances of each function, each function behind one address."""

import subprocess
import sys
import time
from collections import deque
from collections.abc import Mapping
from typing import Any

from infra.sandbox.processes import ROOT, FunctionProcess, PortInUse, free_port, refuse_if_taken
from infra.sandbox.sandbox import Sandbox

INSTANCES = 2
_START_TIMEOUT_S = 10.0


class Deployment(Sandbox):
    """A sandbox with `INSTANCES` processes of each function behind a balancer.

    `functions`: the processes by function and number ("redeliver 2"). The stand-ins keep every call and every delivery,
    however many: they are the evidence.

    Args:
        settings, livechat_options, channel, bot, store, sweep_every_s: as the sandbox's.
    """

    def __init__(
        self,
        settings: Mapping[str, str],
        *,
        livechat_options: Mapping[str, Any],
        channel: str = "business_messages",
        bot: str = "es",
        store: str = "",
        sweep_every_s: float = 60.0,
    ) -> None:
        super().__init__(
            settings,
            channel=channel,
            bot=bot,
            livechat_options=livechat_options,
            store=store,
            sweep_every_s=sweep_every_s,
        )
        self._balancer: subprocess.Popen[bytes] | None = None
        self._instances = {name: [free_port() for _ in range(INSTANCES)] for name in self._ports}
        self.functions = {
            f"{name} {number}": self.new_process(name, port)
            for name, ports in self._instances.items()
            for number, port in enumerate(ports, 1)
        }
        for standin in (self.livechat, self.dialogflow, self.tasks, *self.channels.values()):
            standin.calls = deque()
        self.livechat.licence.webhooks.deliveries.log = deque()

    def start(self) -> "Deployment":
        """As the sandbox's, the balancer too."""
        self._start_balancer()
        super().start()
        return self

    def stop(self) -> None:
        """As the sandbox's, the balancer too."""
        if self._balancer:
            self._balancer.kill()
            self._balancer.communicate()
        super().stop()

    def __enter__(self) -> "Deployment":
        return self.start()

    def _start_balancer(self) -> None:
        behind = [f"{self._ports[name]}={','.join(map(str, ports))}" for name, ports in self._instances.items()]
        self._balancer = subprocess.Popen(
            [sys.executable, "-m", "infra.sandbox.lifeline", "infra.chaos.balancer", *behind],
            cwd=ROOT,
            stdin=subprocess.PIPE,  # the lifeline: it ends when this process does
            start_new_session=True,
        )
        deadline = time.monotonic() + _START_TIMEOUT_S
        while not all(_is_taken(port) for port in self._ports.values()):
            if time.monotonic() > deadline:
                raise RuntimeError("the balancer did not start")
            time.sleep(0.05)


def crash(process: FunctionProcess) -> None:
    """Kill an instance as a crash would, and start it again at once; returns when it answers.

    Raises:
        RuntimeError: it did not come up again.
    """
    process.kill()
    while _is_taken(process.port):
        time.sleep(0.02)
    process.start()
    process.wait_ready()


def _is_taken(port: int) -> bool:
    try:
        refuse_if_taken(port)
    except PortInUse:
        return True
    return False
