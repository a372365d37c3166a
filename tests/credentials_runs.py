"""Runs `python -m infra.credentials` as a person would: on a terminal of its own, with a gcloud that is a small script.

What was entered is looked for afterwards wherever it must not be: on the terminal, in files, in arguments, in
environments.
"""

import base64
import fcntl
import io
import json
import os
import pty
import select
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

from infra.credentials.__main__ import main

ROOT = Path(__file__).parents[1]
PROJECT = "my-project-123"
COMMAND = (sys.executable, "-m", "infra.credentials")

_GCLOUD = """#!{python}
import json, os, pathlib, sys
vault = pathlib.Path({vault!r})
line = sys.argv[1:]
sent = sys.stdin.read() if "--data-file=-" in line else ""
with (vault / "calls").open("a") as calls:
    quiet = [os.environ.get("CLOUDSDK_CORE_" + name) for name in ("DISABLE_FILE_LOGGING", "LOG_HTTP")]
    calls.write(json.dumps({{"line": line, "quiet": quiet, "environ": dict(os.environ)}}) + "\\n")
verb = line[2]
name = line[3] if verb != "access" else line[4].removeprefix("--secret=")
failure = vault / (verb + ".fails")
if failure.exists():
    sys.exit(failure.read_text())
held = vault / name
if not held.exists():
    sys.exit("ERROR: (gcloud.secrets) NOT_FOUND: Secret [projects/1/secrets/%s] not found." % name)
versions = json.loads(held.read_text())
if verb == "list":
    path = "projects/1/secrets/%s/versions/%d" % (name, len(versions))
    newest = [dict(name=path, state=one[0], createTime="2026-11-21T09:00:00Z") for one in versions[-1:]]
    print(json.dumps(newest))
elif verb == "access":
    if versions[-1][0] != "ENABLED":
        sys.exit("ERROR: (gcloud.secrets.versions.access) FAILED_PRECONDITION: is in %s state." % versions[-1][0])
    sys.stdout.write(versions[-1][1])
else:
    held.write_text(json.dumps([*versions, ["ENABLED", sent]]))
    print("Created version [%d] of the secret [%s]." % (len(versions) + 1, name), file=sys.stderr)
"""


class ScriptedGcloud:
    """A gcloud that keeps the versions of the secrets that are there. `folder` is what PATH should begin with."""

    def __init__(self, tmp_path: Path) -> None:
        self.folder, self._vault = tmp_path / "bin", tmp_path / "vault"
        self.folder.mkdir()
        self._vault.mkdir()
        script = self.folder / "gcloud"
        script.write_text(_GCLOUD.format(python=sys.executable, vault=str(self._vault)))
        script.chmod(0o755)

    def make(self, name: str, *values: str, state: str = "ENABLED") -> None:
        """A secret, with its versions."""
        (self._vault / name).write_text(json.dumps([[state, value] for value in values]))

    def fail(self, verb: str, said: str) -> None:
        """From now on `versions <verb>` fails."""
        (self._vault / f"{verb}.fails").write_text(said)

    def versions(self, name: str) -> list[str]:
        return [value for _, value in json.loads((self._vault / name).read_text())]

    def calls(self) -> list[dict[str, Any]]:
        calls = self._vault / "calls"
        return [json.loads(line) for line in calls.read_text().splitlines()] if calls.exists() else []

    def verbs(self) -> list[str]:
        return [call["line"][2] for call in self.calls()]


class Home:
    """A machine's user: a home folder, a settings file, and an environment that leads nowhere else."""

    def __init__(self, tmp_path: Path, path_first: Path | None = None, **settings: str) -> None:
        self.folder = tmp_path / "home"
        (self.folder / "tmp").mkdir(parents=True)
        file = self.folder / "settings.env"
        file.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
        path = os.environ["PATH"] if path_first is None else f"{path_first}:{os.environ['PATH']}"
        self.environ = {
            "HOME": str(self.folder),
            "TMPDIR": str(self.folder / "tmp"),
            "PATH": path,
            "SETTINGS": str(file),
            "TERM": "xterm",
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def leaks(self, *secrets: str) -> list[str]:
        """Files below the home folder in which any of these stands, as it is or in base64."""
        wanted = [form for secret in secrets for form in forms_of(secret)]
        files = [path for path in self.folder.rglob("*") if path.is_file()]
        return [str(path) for path in files if any(form in path.read_bytes() for form in wanted)]


def forms_of(secret: str) -> list[bytes]:
    """How a secret may look in a file or a log."""
    return [secret.encode(), base64.b64encode(secret.encode()).rstrip(b"=")[:-1]]


class Watch:
    """Looks at every process's arguments for some words, as long as the block lasts."""

    def __init__(self, *words: str) -> None:
        self._words = [word.encode() for word in words]
        self._over = threading.Event()
        self.seen: set[str] = set()
        self.looks = 0

    def __enter__(self) -> "Watch":
        self._thread = threading.Thread(target=self._look_on, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look_on(self) -> None:
        while not self._over.wait(0.005):
            self.looks += 1
            for name in ("cmdline", "environ"):
                for path in Path("/proc").glob(f"[0-9]*/{name}"):
                    self._look_at(path)

    def _look_at(self, path: Path) -> None:
        try:
            held = path.read_bytes()
        except OSError:
            return
        if any(word in held for word in self._words):
            self.seen.add(f"{path}: {held.replace(bytes(1), b' ')[:80]!r}")


class Terminal:
    """A process on a terminal of its own. `shown` is all that stood on it so far."""

    def __init__(self, command: Iterable[str], environ: Mapping[str, str]) -> None:
        self._master, terminal = pty.openpty()
        self.shown = ""
        self._seen = 0
        self._process = subprocess.Popen(
            list(command),
            cwd=ROOT,
            env=dict(environ),
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            start_new_session=True,
            preexec_fn=_take_terminal,  # noqa: PLW1509 – one call into the kernel, nothing that could hold a lock
        )
        os.close(terminal)

    def expect(self, words: str, timeout_s: float = 60.0) -> str:
        """Wait until these words are shown; answers what stood before them since the last time."""
        deadline = time.monotonic() + timeout_s
        while words not in self.shown[self._seen :]:
            assert self._read(deadline), f"{words!r} was never shown:\n{self.shown}"
        at = self.shown.index(words, self._seen)
        before, self._seen = self.shown[self._seen : at], at + len(words)
        return before

    def send(self, text: str | bytes) -> None:
        """Type."""
        os.write(self._master, text.encode() if isinstance(text, str) else text)

    def answer(self, prompt: str, text: str) -> None:
        """Wait for a prompt, and type a line."""
        self.expect(prompt)
        self.send(f"{text}\n")

    def is_echoing(self) -> bool:
        """Whether what is typed now would be shown."""
        return bool(termios.tcgetattr(self._master)[3] & termios.ECHO)

    def end(self, timeout_s: float = 60.0) -> int:
        """Wait for the end; answers the exit code."""
        deadline = time.monotonic() + timeout_s
        while self._read(deadline):
            pass
        code = self._process.wait(10)
        os.close(self._master)
        return code

    def _read(self, deadline: float) -> bool:
        ready, _, _ = select.select([self._master], [], [], max(deadline - time.monotonic(), 0))
        if not ready:
            self._process.kill()
            return False
        try:
            data = os.read(self._master, 65536)
        except OSError:  # the other end is closed
            return False
        self.shown += data.decode(errors="replace").replace("\r\n", "\n")
        return bool(data)


def _take_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


class Done(NamedTuple):
    """How a run ended."""

    code: int
    out: str
    err: str


def run(arguments: Sequence[str], environ: Mapping[str, str], stdin: str | bytes = "") -> Done:
    """Run it in this process, with a pipe for stdin."""
    sent = stdin.encode() if isinstance(stdin, str) else stdin
    out, err, before = io.StringIO(), io.StringIO(), sys.stdin
    sys.stdin = io.TextIOWrapper(io.BytesIO(sent), encoding="utf-8")
    try:
        with redirect_stdout(out), redirect_stderr(err):
            code = main(arguments, environ)
    finally:
        sys.stdin = before
    return Done(code, out.getvalue(), err.getvalue())
