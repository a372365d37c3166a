"""Stand-in of cloudtasks.googleapis.com: takes HTTP tasks, calls their URL at their time, again until it answers 2xx.

Every queue exists. A name once used is refused while its task waits and for a day after. Beside the base's control
endpoints those of `controls`.

Source: Cloud Tasks REST v2 (discovery document); "Create HTTP target tasks" for the X-CloudTasks headers.
"""

import base64
import binascii
import re
import uuid
from datetime import UTC, datetime
from functools import partial
from typing import Any

import msgspec
import requests
from flask import Response, jsonify

from infra.sandbox.clock import Clock, Dispatcher
from infra.sandbox.cloud_tasks_schema import CreateTaskRequest, HttpRequest, NewTask, RetryConfig
from infra.sandbox.controls import add_controls, changed_options
from infra.sandbox.google_api import ApiError, answer_errors, identity_token, read_body, require, rfc3339
from infra.sandbox.standin import StandIn

JsonObject = dict[str, Any]
_PROJECT, _QUEUE, _TASK_ID = r"[A-Za-z0-9\-:.]+", r"[A-Za-z0-9\-]{1,100}", r"[A-Za-z0-9_\-]{1,500}"
_DEADLINE_S = (15.0, 1800.0)
_REPLACED_HEADERS = re.compile(r"(?i)^(host|content-length|user-agent|x-google-.*|x-appengine-.*|x-cloudtasks-.*)$")


class CloudTasksOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The queues' retry configuration, and for how long a finished task's name stays taken."""

    min_backoff_s: float = 0.1
    max_backoff_s: float = 3600.0
    max_doublings: int = 16
    max_attempts: int = 100
    max_retry_duration_s: float = 0.0
    name_kept_s: float = 24 * 3600.0


class TaskAttempt(msgspec.Struct, frozen=True):
    """One call: the status answered, or 0 and what went wrong."""

    at: str
    status: int
    error: str = ""


class Task(msgspec.Struct):
    """One task. `state`: "pending", "done" or "gave_up"."""

    name: str
    request: HttpRequest
    body: bytes
    created_at: float
    due_at: float
    deadline_s: float
    retry: CloudTasksOptions
    state: str = "pending"
    finished_at: float = 0.0
    attempts: list[TaskAttempt] = []


class CloudTasksStandIn(StandIn):
    """Cloud Tasks with any number of queues."""

    def __init__(self, options: CloudTasksOptions | None = None, clock: Clock | None = None) -> None:
        super().__init__("cloud-tasks", clock)
        self.options = options or CloudTasksOptions()
        self.tasks: dict[str, Task] = {}
        self.refused: list[str] = []
        self._dispatcher = Dispatcher(self.name, self.clock)
        answer_errors(self.app)
        path = "/v2/projects/<project>/locations/<location>/queues/<queue>/tasks"
        self.app.add_url_rule(path, view_func=self._create, methods=["POST"])
        add_controls(self)

    def change_options(self, **changes: Any) -> None:
        """Replace options for the tasks to come."""
        self.options = changed_options(self.options, changes)

    def settle(self, timeout_s: float = 5.0) -> bool:
        """Wait until no task is due or being called; False when that took longer."""
        return self._dispatcher.settle(timeout_s)

    def state(self) -> JsonObject:
        """Tasks pending and done (or given up), names refused."""
        with self.lock:
            shown = [(task.state, self._shown(task)) for task in self.tasks.values()]
            return {
                "pending": [task for state, task in shown if state == "pending"],
                "done": [task for state, task in shown if state != "pending"],
                "refused": list(self.refused),
            }

    def reset(self) -> None:
        """Forget all tasks; none of them is called any more."""
        self.tasks.clear()
        self.refused.clear()
        self._dispatcher.clear()

    def stop(self) -> None:
        """Call nothing more, let what runs end, stop answering."""
        self._dispatcher.stop()
        super().stop()

    def _create(self, project: str, location: str, queue: str) -> tuple[Response, int]:
        asked, _ = read_body(CreateTaskRequest)
        parent = f"projects/{project}/locations/{location}/queues/{queue}"
        require(re.fullmatch(f"projects/{_PROJECT}/locations/[^/]+/queues/{_QUEUE}", parent), "Malformed queue name.")
        name = asked.task.name or f"{parent}/tasks/{uuid.uuid4().int % 10**20}"
        require(re.fullmatch(f"{re.escape(parent)}/tasks/{_TASK_ID}", name), f"Malformed task.name for {parent}.")
        task = self._new_task(name, asked.task)
        with self.lock:
            self._refuse_known(name)
            self.tasks[name] = task
        self._dispatcher.at(task.due_at, partial(self._call, task))
        return jsonify(self._resource(task, asked.responseView)), 200

    def _new_task(self, name: str, asked: NewTask) -> Task:
        now = self.clock.time()
        http = asked.httpRequest
        require(not http.body or http.httpMethod in {"POST", "PUT", "PATCH"}, f"A {http.httpMethod} takes no body.")
        deadline_s = _seconds(asked.dispatchDeadline)
        require(_DEADLINE_S[0] <= deadline_s <= _DEADLINE_S[1], "dispatchDeadline must be in [15s, 1800s].")
        due_at = max(asked.scheduleTime.timestamp(), now) if asked.scheduleTime else now
        retry = _overridden(self.options, asked.retryConfig)
        return Task(name, http, _decoded(http.body), created_at=now, due_at=due_at, deadline_s=deadline_s, retry=retry)

    def _refuse_known(self, name: str) -> None:
        known = self.tasks.get(name)
        if known is None:
            return
        if known.state != "pending" and self.clock.time() - known.finished_at >= self.options.name_kept_s:
            return
        self.refused.append(name)
        raise ApiError("ALREADY_EXISTS", f"A task named {name} exists, or did so too recently.")

    def _call(self, task: Task) -> None:
        if self.tasks.get(task.name) is not task:
            return
        attempt, asked_wait_s = self._try(task)
        with self.lock:
            task.attempts.append(attempt)
            if not 200 <= attempt.status < 300 and not self._is_exhausted(task):
                wait_s = max(backoff_s(task.retry, len(task.attempts)), asked_wait_s)
                task.due_at = self.clock.time() + wait_s
                self._dispatcher.at(task.due_at, partial(self._call, task))
                return
            task.state = "done" if 200 <= attempt.status < 300 else "gave_up"
            task.finished_at = self.clock.time()

    def _try(self, task: Task) -> tuple[TaskAttempt, float]:
        at = rfc3339(self.clock.now())
        try:
            with self.clock.traffic.request():
                answer = self.wire.send(
                    partial(requests.request, task.request.httpMethod),
                    "task",
                    task.request.url,
                    headers=self._headers(task),
                    data=task.body,
                    timeout=task.deadline_s,
                    allow_redirects=False,
                )
        except requests.RequestException as e:
            return TaskAttempt(at, 0, type(e).__name__), 0.0
        retry_after = answer.headers.get("Retry-After", "")
        return TaskAttempt(at, answer.status_code), float(retry_after) if retry_after.isdigit() else 0.0

    def _headers(self, task: Task) -> dict[str, str]:
        queue, _, task_id = task.name.split("/queues/")[1].partition("/tasks/")
        headers = {name: value for name, value in task.request.headers.items() if not _REPLACED_HEADERS.match(name)}
        headers |= {
            "User-Agent": "Google-Cloud-Tasks",
            "X-CloudTasks-QueueName": queue,
            "X-CloudTasks-TaskName": task_id,
            "X-CloudTasks-TaskRetryCount": str(len(task.attempts)),
            "X-CloudTasks-TaskExecutionCount": str(sum(attempt.status > 0 for attempt in task.attempts)),
            "X-CloudTasks-TaskETA": f"{task.due_at:.6f}",
        }
        token = task.request.oidcToken
        if token:
            signed = identity_token(token.serviceAccountEmail, token.audience or task.request.url, self.clock)
            headers["Authorization"] = f"Bearer {signed}"
        return headers

    def _is_exhausted(self, task: Task) -> bool:
        limit, duration_s = task.retry.max_attempts, task.retry.max_retry_duration_s
        is_old = self.clock.time() - task.created_at >= duration_s
        return limit != -1 and len(task.attempts) >= limit and is_old

    def _resource(self, task: Task, view: str = "BASIC") -> JsonObject:
        request: JsonObject = msgspec.to_builtins(task.request)
        request["httpMethod"] = task.request.httpMethod
        if view != "FULL":
            request.pop("body", None)
        return {
            "name": task.name,
            "httpRequest": request,
            "scheduleTime": _time(task.due_at),
            "createTime": _time(int(task.created_at)),
            "dispatchDeadline": f"{task.deadline_s:g}s",
            "view": "FULL" if view == "FULL" else "BASIC",
        }

    def _shown(self, task: Task) -> JsonObject:
        return self._resource(task, "FULL") | {"state": task.state, "attempts": msgspec.to_builtins(task.attempts)}


def backoff_s(retry: CloudTasksOptions, failures: int) -> float:
    """Seconds until the next try after that many failures: doubling, then linear, then constant."""
    doublings = min(failures - 1, retry.max_doublings)
    linear_steps = max(failures - 1 - retry.max_doublings, 0)
    return min(retry.min_backoff_s * 2.0**doublings * (1 + linear_steps), retry.max_backoff_s)


def _overridden(options: CloudTasksOptions, config: RetryConfig) -> CloudTasksOptions:
    changes = {
        "max_attempts": config.maxAttempts,
        "max_doublings": config.maxDoublings,
        "max_retry_duration_s": config.maxRetryDuration and _seconds(config.maxRetryDuration),
        "min_backoff_s": config.minBackoff and _seconds(config.minBackoff),
        "max_backoff_s": config.maxBackoff and _seconds(config.maxBackoff),
    }
    return msgspec.structs.replace(options, **{name: value for name, value in changes.items() if value is not None})


def _seconds(duration: str) -> float:
    return float(duration.removesuffix("s"))


def _decoded(body: str) -> bytes:
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error as e:
        raise ApiError("INVALID_ARGUMENT", "task.httpRequest.body is not base64.") from e


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
