"""Google's own Firestore emulator, where the Google Cloud SDK is installed with it."""

import os
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from functions.handoff.interfaces import Create, Record
from functions.storage.firestore import connect
from infra.sandbox.processes import free_port

_MAIN_CLASS = "com.google.cloud.datastore.emulator.firestore.CloudFirestore"
_JAR = Path("platform", "cloud-firestore-emulator", "cloud-firestore-emulator.jar")
_START_TIMEOUT_S = 30.0
_TRIPS, _PAUSE_S = 30, 0.08

# The shell lives as long as its standard input stays open: when the bench ends, however it ends, so does the emulator.
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
def running_emulator(command: list[str]) -> Iterator[int]:
    """Run the emulator; yields its loopback port.

    Raises:
        RuntimeError: it did not start.
    """
    port = free_port()
    process = subprocess.Popen(
        ["sh", "-c", _LEASH, "sh", *command, "--host=127.0.0.1", f"--port={port}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        if not _answers(port, process):
            raise RuntimeError("the Firestore emulator did not start")
        yield port
    finally:
        _stop(process)


def trip_seconds(host: str) -> list[float]:
    """What single commits of the functions' own store to `host` take, with pauses as between messages."""
    os.environ["FIRESTORE_EMULATOR_HOST"] = host
    try:
        store = connect(f"bench-{uuid.uuid4().hex[:12]}")
    finally:
        del os.environ["FIRESTORE_EMULATOR_HOST"]
    seconds: list[float] = []
    for number in range(_TRIPS):
        started = time.perf_counter()
        store.commit(Create(f"trips/{number}", Record(body={"text": "x" * 5000})))
        seconds.append(time.perf_counter() - started)
        time.sleep(_PAUSE_S)
    return seconds


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
