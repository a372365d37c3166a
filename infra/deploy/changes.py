"""A change to a project: one command that can be shown before it is run. Nothing here decides what is to change."""

import json
import shlex
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from functions.handoff.events import JsonObject
from infra.deploy.gcloud import Cloud

ANSWERED = "NAME_ANSWERED_ABOVE"
"""In the body of a call: the `name` that the last call before it answered."""


class GivenFile(NamedTuple):
    """A file that a command is given under a flag, made for as long as it runs."""

    flag: str
    name: str
    content: str


class Call(NamedTuple):
    """A REST call, where gcloud has no command. `api` and `path` as `Cloud.call` wants them."""

    method: str
    api: str
    path: str
    body: JsonObject | None = None


class Change(NamedTuple):
    """One thing to do; what was `done` in words, and either a gcloud command (without "gcloud") or calls in a row."""

    done: str
    arguments: tuple[str, ...] = ()
    file: GivenFile | None = None
    calls: tuple[Call, ...] = ()

    def make(self, cloud: Cloud) -> None:
        """Run it.

        Raises:
            CloudRefused: Google, or gcloud, did not do it.
        """
        if self.arguments:
            _run(cloud, self.arguments, self.file)
        answered = ""
        for call in self.calls:
            body = _filled_in(call.body, answered)
            answered = str(cloud.call(call.method, call.api, call.path, body).get("name", ""))

    def lines(self, cloud: Cloud) -> list[str]:
        """The same as lines for a shell."""
        shown = [_curl(cloud, call) for call in self.calls]
        if not self.arguments:
            return shown
        if self.file is None:
            return [shlex.join(cloud.line(self.arguments)), *shown]
        there = [f"cat > {self.file.name} <<'END'", *self.file.content.splitlines(), "END"]
        return [*there, shlex.join(cloud.line((*self.arguments, f"{self.file.flag}={self.file.name}"))), *shown]


def _run(cloud: Cloud, arguments: tuple[str, ...], file: GivenFile | None) -> None:
    if file is None:
        cloud.run(*arguments)
        return
    with tempfile.TemporaryDirectory(prefix="handoff-") as folder:
        path = Path(folder) / file.name
        path.write_text(file.content, "utf-8")
        cloud.run(*arguments, f"{file.flag}={path}")


def _filled_in(value: Any, answered: str) -> Any:
    if isinstance(value, dict):
        return {name: _filled_in(one, answered) for name, one in value.items()}
    return answered if value == ANSWERED else value


def _curl(cloud: Cloud, call: Call) -> str:
    headers = [f"-H {shlex.quote(f'{name}: {value}')}" for name, value in cloud.quota_header(call.api).items()]
    body: list[str] = []
    if call.body is not None:
        body = [
            "-H 'Content-Type: application/json'",
            f"--data {shlex.quote(json.dumps(call.body, ensure_ascii=False))}",
        ]
    url = shlex.quote(f"{cloud.endpoint(call.api)}/{call.path}")
    token = '-H "Authorization: Bearer $(gcloud auth print-access-token)"'
    return " ".join([f"curl -X {call.method}", token, *headers, *body, url])
