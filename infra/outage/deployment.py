"""The sandbox as this run needs it: a queue with limits, a scheduler by the minute, agents who pick chats by hand."""

import threading

from infra.outage.paced_tasks import PacedTasks
from infra.outage.plan import Plan
from infra.outage.traffic import Traffic
from infra.sandbox.sandbox import Sandbox

_SETTINGS = {"WAIT_LIMIT_S": "86400", "WAIT_REMINDER_S": "0", "AGENT_SILENT_S": "0", "CHAT_CHECK_S": "0"}
_LIVECHAT = {"routing": "manual", "uuid_event_share": 0.0}


class OutageSandbox(Sandbox):
    """One process of each function. `desk`: what reaches LiveChat; `queue`: the wake-ups.

    Args:
        plan: gives the queue's limits and the scheduler's period.
        settings: of the store.
    """

    def __init__(self, plan: Plan, settings: dict[str, str]) -> None:
        self._plan = plan
        self.queue = PacedTasks(per_s=plan.dispatches_per_s, at_once=plan.concurrent_dispatches)
        super().__init__({**_SETTINGS, **settings}, sweep=False, livechat_options=_LIVECHAT, queue=self.queue)
        self.desk = Traffic(self.livechat)

    def start(self) -> "OutageSandbox":
        """As the sandbox's, and the scheduler."""
        super().start()
        threading.Thread(target=self._schedule, name="scheduler", daemon=True).start()
        return self

    def __enter__(self) -> "OutageSandbox":
        return self.start()

    def _schedule(self) -> None:
        """A sweep each period; a period in which the one before still runs is left out."""
        running: threading.Thread | None = None
        while not self._stopping.wait(self._plan.sweep_every_s):
            if running is None or not running.is_alive():
                running = threading.Thread(target=self.sweep, name="sweep", daemon=True)
                running.start()
