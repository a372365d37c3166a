"""Google's own Firestore emulator, where the Google Cloud SDK is installed with it."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from infra.sandbox.processes import free_port

_MAIN_CLASS = "com.google.cloud.datastore.emulator.firestore.CloudFirestore"
_JAR = Path("platform", "cloud-firestore-emulator", "cloud-firestore-emulator.jar")
_START_TIMEOUT_S = 30.0
NO_EMULATOR = "no Firestore emulator here: install the Google Cloud SDK's cloud-firestore-emulator, and Java"

# The shell lives as long as its standard input stays open: however this process ends, so does the emulator.
_LEASH = '"$@" </dev/null & emulator=$!; read -r _; kill "$emulator"; wait "$emulator"'


def find_emulator() -> list[str] | None:
    """The command that starts the emulator, or None where there is none, or no Java."""
    gcloud, java = shutil.which("gcloud"), shutil.which("java")
    homes = [Path(gcloud).resolve().parent.parent] if gcloud else []
    homes.append(Path("/usr/lib/google-cloud-sdk"))
    jar = next((home / _JAR for home in homes if (home / _JAR).is_file()), None)
    if jar is None or java is None:
        return None
    return [java, "-Duser.language=en", "-Xmx512m", "-cp", str(jar), _MAIN_CLASS, "start"]


@contextmanager
def running_emulator() -> Iterator[int]:
    """Run the emulator; yields its loopback port.

    Raises:
        RuntimeError: there is none on this machine, or it did not start.
    """
    command = find_emulator()
    if command is None:
        raise RuntimeError(NO_EMULATOR)
    port = free_port()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            ["sh", "-c", _LEASH, "sh", *command, "--host=127.0.0.1", f"--port={port}"],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            if not _answers(port, process):
                output.seek(0)
                raise RuntimeError(f"the Firestore emulator did not start: {output.read()[-2000:]!r}")
            yield port
        finally:
            _stop(process)


def _answers(port: int, process: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + _START_TIMEOUT_S
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(urllib.error.URLError, OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=1):
            return True
        time.sleep(0.05)
    return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.stdin:
        with suppress(OSError):
            process.stdin.close()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=5)
