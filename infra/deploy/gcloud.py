"""Runs gcloud for one project, and calls Google's REST APIs with the operator's token where gcloud has no command.

Every failure becomes a `CloudRefused` that says what was tried and what Google said.
"""

import json
import os
import shlex
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import requests

from functions.handoff.errors import ConfigError
from functions.handoff.events import JsonObject

_TIMEOUT_S = 1200.0  # a function's build takes minutes
_REST_TIMEOUT_S = 60.0
_ABSENT = ("NOT_FOUND", "NotFound", "was not found", "not found", "does not exist", "could not be found")
_DISABLED = ("SERVICE_DISABLED", "has not been used in project", "it is disabled")
_ASKED_BEFORE_ANY_API_IS_ON = {"cloudbilling", "cloudresourcemanager", "serviceusage"}

GCLOUD_SETTINGS = {
    "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
    "CLOUDSDK_CORE_DISABLE_FILE_LOGGING": "1",  # its log files hold what it prints: access tokens, secrets
    "CLOUDSDK_CORE_LOG_HTTP": "0",  # request bodies among what it says of a failure: secrets, too
}

"""Variables that every gcloud of ours is run with: it asks nothing, and keeps nothing of what it says."""

Run = Callable[..., "subprocess.CompletedProcess[str]"]


class CloudRefused(Exception):
    """Google, or gcloud itself, did not do it. `command` can be shown; `said` is what came back, without secrets."""

    def __init__(self, command: str, said: str) -> None:
        super().__init__(said or "no answer")
        self.command = command
        self.said = said

    @property
    def is_absent(self) -> bool:
        """Whether it says that the thing asked for is not there."""
        return any(word in self.said for word in _ABSENT)

    @property
    def is_about_a_disabled_api(self) -> bool:
        """Whether it says that an API is not enabled in the project, or not known to be yet."""
        return any(word in self.said for word in _DISABLED)


class Cloud:
    """One project, as its operator sees it.

    Args:
        project: project id, given to every command.
        environ: the operator's environment; gcloud's own variables (`CLOUDSDK_…`) are honoured, for REST calls too.
        run: runs a command, as `subprocess.run`.
    """

    def __init__(self, project: str, environ: Mapping[str, str] | None = None, run: Run = subprocess.run) -> None:
        self.project = project
        self._environ = dict(os.environ if environ is None else environ)
        self._run = run
        self._token = ""

    def line(self, arguments: Sequence[str]) -> list[str]:
        """The whole command line, as it is run and shown."""
        return ["gcloud", *arguments, f"--project={self.project}", "--quiet"]

    def run(self, *arguments: str, stdin: str | None = None) -> str:
        """Run a command; answers what it prints.

        Raises:
            CloudRefused: it failed.
            ConfigError: there is no gcloud.
        """
        line = self.line(arguments)
        environ = {**self._environ, **GCLOUD_SETTINGS}
        try:
            done = self._run(line, input=stdin, capture_output=True, text=True, env=environ, timeout=_TIMEOUT_S)
        except FileNotFoundError:
            raise ConfigError("gcloud is not installed: https://cloud.google.com/sdk/docs/install") from None
        except subprocess.TimeoutExpired:
            raise CloudRefused(shlex.join(line), f"no end after {_TIMEOUT_S:.0f} s") from None
        if done.returncode:
            raise CloudRefused(shlex.join(line), done.stderr.strip())
        return str(done.stdout)

    def get(self, *arguments: str) -> Any:
        """What a command answers, as JSON.

        Raises:
            CloudRefused: it failed.
        """
        return json.loads(self.run(*arguments, "--format=json") or "null")

    def find(self, *arguments: str) -> Any | None:
        """Like `get`, or None where the thing asked for is not there."""
        try:
            return self.get(*arguments)
        except CloudRefused as e:
            if e.is_absent:
                return None
            raise

    def access_token(self) -> str:
        """The operator's access token, asked for once, and again when it is worn out."""
        self._token = self._token or self.run("auth", "print-access-token").strip()
        return self._token

    def call(self, method: str, api: str, path: str, body: JsonObject | None = None) -> JsonObject:
        """Call a REST API as the operator.

        Args:
            method: HTTP method.
            api: the API's short name, like "monitoring"; gcloud's setting of an endpoint override counts here, too.
            path: with version, without a leading slash.
            body: sent as JSON.

        Returns:
            The answer's JSON object.

        Raises:
            CloudRefused: it answered otherwise than 200, or not at all.
        """
        url = f"{self.endpoint(api)}/{path}"
        answer = self._request(method, api, url, body)
        if answer.status_code == requests.codes.unauthorized:  # a deployment may outlive a token
            self._token = ""
            answer = self._request(method, api, url, body)
        if answer.status_code != requests.codes.ok:
            raise CloudRefused(f"{method} {url}", _said(answer))
        return _object(answer)

    def _request(self, method: str, api: str, url: str, body: JsonObject | None) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.access_token()}", **self.quota_header(api)}
        try:
            return requests.request(
                method, url, json=body, headers=headers, timeout=_REST_TIMEOUT_S, allow_redirects=False
            )
        except requests.RequestException as e:
            raise CloudRefused(f"{method} {url}", type(e).__name__) from e

    def find_called(self, api: str, path: str) -> JsonObject | None:
        """GET, or None where the thing asked for is not there."""
        try:
            return self.call("GET", api, path)
        except CloudRefused as e:
            if e.is_absent:
                return None
            raise

    def quota_header(self, api: str) -> dict[str, str]:
        """Whose quota a REST call counts against: the project's own, where that API must be on in it anyway.

        The three that are asked before are called as gcloud calls them: on the quota of the operator's credentials.
        """
        return {} if api in _ASKED_BEFORE_ANY_API_IS_ON else {"X-Goog-User-Project": self.project}

    def endpoint(self, api: str) -> str:
        """Where an API is, without a trailing slash."""
        override = self._environ.get(f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{api.upper()}", "")
        return (override or f"https://{api}.googleapis.com").rstrip("/")


def _object(answer: requests.Response) -> JsonObject:
    try:
        found = answer.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _said(answer: requests.Response) -> str:
    """Status, message and the reasons that stand behind it (which API is off, which policy refuses)."""
    error = _object(answer).get("error")
    if not isinstance(error, dict):
        return "NOT_FOUND" if answer.status_code == requests.codes.not_found else f"HTTP {answer.status_code}"
    reasons = "".join(f" [{reason}]" for reason in _reasons(error.get("details")))
    return f"{error.get('status', answer.status_code)}: {error.get('message', '')}{reasons}"


def _reasons(details: Any) -> Iterator[str]:
    for detail in details if isinstance(details, list) else []:
        if isinstance(detail, dict):
            yield from (str(detail[name]) for name in ("reason",) if detail.get(name))
            violations = detail.get("violations")
            for violation in violations if isinstance(violations, list) else []:
                yield str(violation.get("type") or violation.get("subject") or "violation")
