"""Google's own Firestore emulator, for the tests that need it: found where the Google Cloud SDK keeps it."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

_MAIN_CLASS = "com.google.cloud.datastore.emulator.firestore.CloudFirestore"
_JAR = Path("platform", "cloud-firestore-emulator", "cloud-firestore-emulator.jar")
_START_TIMEOUT_S = 30.0

# The shell lives as long as its standard input stays open: when the tests end, however they end, so does the emulator.
_LEASH = '"$@" </dev/null & emulator=$!; read -r _; kill "$emulator"; wait "$emulator"'


@contextmanager
def running_emulator() -> Iterator[str]:
    """Run an emulator on a free loopback port; yields "host:port". Skips the test, saying why, where there is none."""
    command = _command()
    host = f"127.0.0.1:{_free_port()}"
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            ["sh", "-c", _LEASH, "sh", *command, "--host=127.0.0.1", f"--port={host.rpartition(':')[2]}"],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            if not _answers(host, process):
                output.seek(0)
                raise RuntimeError(f"the Firestore emulator did not start: {output.read()[-2000:]!r}")
            yield host
        finally:
            _stop(process)


def _command() -> list[str]:
    jar = next((path for path in _candidates() if path.is_file()), None)
    java = shutil.which("java")
    if jar is None:
        pytest.skip("no Firestore emulator: install the Google Cloud SDK's cloud-firestore-emulator")
    if java is None:
        pytest.skip("no Java, which the Firestore emulator needs")
    return [java, "-Duser.language=en", "-Xmx512m", "-cp", str(jar), _MAIN_CLASS, "start"]


def _candidates() -> Iterator[Path]:
    gcloud = shutil.which("gcloud")
    if gcloud:
        yield Path(gcloud).resolve().parent.parent / _JAR
    yield Path("/usr/lib/google-cloud-sdk") / _JAR


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(host: str, process: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + _START_TIMEOUT_S
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(urllib.error.URLError, OSError), urllib.request.urlopen(f"http://{host}/", timeout=1):
            return True
        time.sleep(0.05)
    return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    with suppress(OSError):
        process.stdin.close()  # type: ignore[union-attr]
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=5)
