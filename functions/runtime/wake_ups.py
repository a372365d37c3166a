"""Wake-ups: Cloud Tasks calls `redeliver` for one conversation, soon. Best effort: the sweep each minute is certain.

Over REST: Google's own client costs 200 ms of start-up.
"""

import base64
import hashlib
import json
import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from functions.handoff.errors import ConfigError, HandoffError
from functions.handoff.interfaces import Clock, Journal, WakeUps
from functions.runtime.config import Settings, require
from functions.runtime.http_client import HttpClient, is_loopback

_PROVIDER = "tasks"
_TIMEOUT_S = 2.0
_HORIZON = timedelta(minutes=1)  # later than this the sweep is as good

Authorize = Callable[[str, str], Mapping[str, str]]
"""(base URL, provider) → headers that prove who we are; `GoogleAuth.headers` is one."""


class NoWakeUps:
    """Leaves everything to the sweep."""

    def schedule(self, conversation_key: str, due_at: datetime) -> None:
        """Do nothing."""


class CloudTasksWakeUps:
    """Makes one task per conversation and second; repeats of the same collapse.

    Source: Cloud Tasks API v2, projects.locations.queues.tasks.create.
    """

    def __init__(
        self, http: HttpClient, settings: Settings, authorize: Authorize, clock: Clock, journal: Journal
    ) -> None:
        self._http = http
        self._settings = settings
        self._authorize = authorize
        self._clock = clock
        self._journal = journal

    def schedule(self, conversation_key: str, due_at: datetime) -> None:
        """Have `redeliver` called for the conversation right after `due_at`, if that is less than a minute ahead.

        Never raises; a failure is noted.
        """
        now = self._clock.now()
        if due_at - now >= _HORIZON:
            return
        try:
            self._create(self._task(conversation_key, _next_second(max(due_at, now))))
        except (HandoffError, ConfigError) as e:
            self._journal.note("wake_up_failed", error=str(e))

    def _create(self, task: dict[str, Any]) -> None:
        url = f"{self._settings.tasks_api_url}/v2/{self._settings.tasks_queue}/tasks"
        headers = self._authorize(self._settings.tasks_api_url, _PROVIDER)
        answer = self._http.request(
            _PROVIDER, "POST", url, timeout_s=_TIMEOUT_S, headers=headers, json_body={"task": task}
        )
        if answer.status not in {200, 409}:  # 409: a task of this name exists or existed, so the call is or was made
            self._journal.note("wake_up_failed", status=answer.status)

    def _task(self, conversation_key: str, at: datetime) -> dict[str, Any]:
        body = json.dumps({"conversation": conversation_key}).encode()
        request: dict[str, Any] = {
            "url": self._settings.redeliver_url,
            "httpMethod": "POST",
            "headers": {"Content-Type": "application/json"},  # Cloud Tasks sets none
            "body": base64.b64encode(body).decode(),
        }
        if self._settings.tasks_service_account:
            request["oidcToken"] = {
                "serviceAccountEmail": self._settings.tasks_service_account,
                "audience": self._settings.redeliver_url,
            }
        return {
            "name": f"{self._settings.tasks_queue}/tasks/{_task_id(conversation_key, at)}",
            "scheduleTime": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "httpRequest": request,
        }


def open_wake_ups(
    http: HttpClient, settings: Settings, authorize: Authorize, clock: Clock, journal: Journal
) -> WakeUps:
    """Wake-ups by Cloud Tasks where REDELIVER_URL or TASKS_QUEUE is set; otherwise none.

    Raises:
        ConfigError: they are set in part.
    """
    if not (settings.redeliver_url or settings.tasks_queue):
        return NoWakeUps()
    require(settings, "REDELIVER_URL", "TASKS_QUEUE")
    if not is_loopback(settings.tasks_api_url):
        require(settings, "TASKS_SERVICE_ACCOUNT")
    return CloudTasksWakeUps(http, settings, authorize, clock, journal)


def _next_second(moment: datetime) -> datetime:
    """The first whole second after `moment`: a task of that name can't have run yet, so its name is not used up."""
    return datetime.fromtimestamp(math.floor(moment.timestamp()) + 1, UTC)


def _task_id(conversation_key: str, at: datetime) -> str:
    """A digest: Cloud Tasks asks for ids that are not sequential, and a key may hold a phone number."""
    return hashlib.sha256(f"{conversation_key}\n{int(at.timestamp())}".encode()).hexdigest()[:40]
