"""Sends webhooks: in order per chat, repeated when not answered 200, lost after that; with mischief on request.

A delivery that fails steps aside and is repeated on its own, so what follows it may overtake it.

Source: webhooks of API 3.6: answer 200 within about 10 s, up to 3 retries within about a minute, no replay.
"""

import json
import random
import threading
import time
from collections import Counter, deque
from http import HTTPStatus

import msgspec
import requests

from infra.sandbox.livechat.model import JsonObject
from infra.sandbox.livechat.options import Options
from infra.sandbox.standin import in_thread

PENDING, DELIVERED, LOST, DROPPED, CANCELLED = "pending", "delivered", "lost", "dropped", "cancelled"
_MAX_LOG = 20_000


class Mischief(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Shares (0 to 1) of webhooks to send twice, to send late (after `reorder_delay_s`) or never; `delay_s` for all."""

    duplicate: float = 0.0
    reorder: float = 0.0
    drop: float = 0.0
    delay_s: float = 0.0
    reorder_delay_s: float = 0.3


class Delivery(msgspec.Struct):
    """One webhook on its way. `status`: the last HTTP answer (0 = none).

    `began_at`, `ended_at`: of its first and its last try, in seconds since the epoch; 0 = not yet.
    """

    webhook_id: str
    action: str
    chat_id: str
    url: str
    body: bytes
    status: int = 0
    tries: int = 0
    outcome: str = PENDING
    began_at: float = 0.0
    ended_at: float = 0.0


class Deliveries:
    """Every webhook sent or to be sent."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._dice = random.Random(options.seed)
        self._changed = threading.Condition()
        self._lanes: dict[str, deque[Delivery]] = {}
        self._session = requests.Session()
        self._session.trust_env = False
        self.log: deque[Delivery] = deque(maxlen=_MAX_LOG)
        self.mischief = Mischief()

    def add(self, webhook_id: str, action: str, chat_id: str, url: str, envelope: JsonObject) -> None:
        """Send `envelope`, as it is now, behind what the chat's lane holds."""
        body = json.dumps(envelope).encode()
        with self._changed:
            copies = 2 if self._dice.random() < self.mischief.duplicate else 1
            for _ in range(copies):
                self._enter(Delivery(webhook_id, action, chat_id, url, body))

    def _enter(self, delivery: Delivery) -> None:
        self.log.append(delivery)
        if self._dice.random() < self.mischief.drop:
            delivery.outcome = DROPPED
            return
        if self._dice.random() < self.mischief.reorder:
            late_s = self.mischief.reorder_delay_s
            in_thread(lambda: self._send_late(delivery, late_s), "livechat-webhook-late")
            return
        lane = self._lanes.get(delivery.chat_id)
        if lane is not None:
            lane.append(delivery)
            return
        self._lanes[delivery.chat_id] = deque([delivery])
        in_thread(lambda: self._work(delivery.chat_id), f"livechat-webhooks-{delivery.chat_id}")

    def _work(self, chat_id: str) -> None:
        while delivery := self._next(chat_id):
            self._send(delivery)

    def _next(self, chat_id: str) -> Delivery | None:
        with self._changed:
            lane = self._lanes.get(chat_id)
            if lane:
                return lane.popleft()
            self._lanes.pop(chat_id, None)
            return None

    def _send_late(self, delivery: Delivery, late_s: float) -> None:
        time.sleep(late_s)
        self._send(delivery)

    def _send(self, delivery: Delivery) -> None:
        time.sleep(self.mischief.delay_s)
        if not self._attempt(delivery):
            in_thread(lambda: self._repeat(delivery), "livechat-webhook-retry")

    def _repeat(self, delivery: Delivery) -> None:
        for delay_s in self._options.retry_delays:
            time.sleep(delay_s)
            if self._attempt(delivery):
                return
        self._settle(delivery, LOST)

    def _attempt(self, delivery: Delivery) -> bool:
        """True when there is nothing left to do for this delivery."""
        if delivery.outcome != PENDING:
            return True
        delivery.began_at = delivery.began_at or time.time()
        status = self._post(delivery)
        with self._changed:
            delivery.status, delivery.ended_at = status, time.time()
            delivery.tries += 1
        if status != HTTPStatus.OK:
            return False
        self._settle(delivery, DELIVERED)
        return True

    def _post(self, delivery: Delivery) -> int:
        try:
            answer = self._session.post(
                delivery.url,
                data=delivery.body,
                headers={"Content-Type": "application/json", "Connection": "close"},
                timeout=self._options.answer_timeout_s,
                allow_redirects=False,
            )
        except requests.RequestException:
            return 0
        return answer.status_code

    def _settle(self, delivery: Delivery, outcome: str) -> None:
        with self._changed:
            if delivery.outcome == PENDING:
                delivery.outcome = outcome
            self._changed.notify_all()

    def wait_idle(self, timeout_s: float = 5.0) -> bool:
        """Wait until nothing is on its way; False when something still is."""
        with self._changed:
            return self._changed.wait_for(lambda: all(one.outcome != PENDING for one in self.log), timeout_s)

    def cancel(self) -> None:
        """Forget what is on its way."""
        with self._changed:
            for delivery in self.log:
                if delivery.outcome == PENDING:
                    delivery.outcome = CANCELLED
            self._lanes.clear()
            self._changed.notify_all()

    def state(self) -> JsonObject:
        """The log, oldest first, and counts by outcome."""
        with self._changed:
            log = [
                {name: getattr(one, name) for name in ("action", "chat_id", "url", "status", "tries", "outcome")}
                for one in self.log
            ]
        return {"deliveries": log, "outcomes": dict(Counter(one["outcome"] for one in log))}
