"""The functions as processes: each its own functions-framework server, as in production, stopped for sure."""

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[2]
FUNCTIONS = ("dialogflow_webhook", "business_messages_webhook", "rcs_webhook", "livechat_webhook", "redeliver")
_START_TIMEOUT_S = 40.0
_PORTS = (20_000, 32_000)  # of Linux, macOS and Windows none gives these away by itself


class PortInUse(Exception):
    """Somebody else answers on a port that is needed. The message names it."""


class FunctionProcess:
    """One Cloud Function in a functions-framework process of its own, which ends when this process does.

    Args:
        name: entry point in main.py.
        environ: the settings, as gcloud would set them; the rest of this process's environment is not passed on.
        log: where its output goes.
    """

    def __init__(self, name: str, port: int, environ: Mapping[str, str], log: IO[bytes]) -> None:
        self.name = name
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self._environ = {
            "PATH": os.environ.get("PATH", ""),
            "HOME": os.environ.get("HOME", "/"),
            "PYTHONUNBUFFERED": "1",
            "THREADS": "8",
            **environ,
        }
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process; `wait_ready` says when it answers.

        Raises:
            PortInUse: its port is taken.
        """
        refuse_if_taken(self.port)
        command = [sys.executable, "-m", "infra.sandbox.lifeline", "functions_framework", "--source=main.py"]
        command += [f"--target={self.name}", "--host=127.0.0.1", f"--port={self.port}"]
        self._process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=self._environ,
            stdin=subprocess.PIPE,  # the lifeline: ends there when it is closed here
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )

    def wait_ready(self) -> None:
        """Wait until it answers.

        Raises:
            RuntimeError: it ended, or did not answer in time; its log says why.
        """
        deadline = time.monotonic() + _START_TIMEOUT_S
        while time.monotonic() < deadline:
            if self._process is None or self._process.poll() is not None:
                raise RuntimeError(f"{self.name} ended at its start")
            if _answers(f"{self.url}/health"):
                return
            time.sleep(0.05)
        raise RuntimeError(f"{self.name} did not answer within {_START_TIMEOUT_S:.0f} s")

    @property
    def pid(self) -> int | None:
        """Of the process group's leader, while it runs."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def kill(self) -> None:
        """End it at once with everything it started, as a crash would."""
        if self.pid is not None:
            os.killpg(self.pid, signal.SIGKILL)
        self._bury()

    def stop(self) -> None:
        """End it, kindly first."""
        self.ask_to_end()
        if self._process is None:
            return
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self.kill()
        self._bury()

    def ask_to_end(self) -> None:
        """Tell it to end, without waiting for that."""
        if self.pid is not None:
            os.killpg(self.pid, signal.SIGTERM)

    def _bury(self) -> None:
        if self._process is None:
            return
        self._process.wait()
        if self._process.stdin:
            self._process.stdin.close()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return bool(response.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def refuse_if_taken(port: int) -> None:
    """Check that nobody listens on a loopback port.

    Raises:
        PortInUse: somebody does.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as e:
            raise PortInUse(f"port {port} is in use: stop what listens there, or choose another") from e


def free_port() -> int:
    """A loopback port nobody listens on, as of now, and none of those that systems give to whoever calls."""
    while True:
        port = random.randrange(*_PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
