"""Sends webhooks: in order per chat, repeated when not answered 200, lost after that; with mischief on request.

A delivery that fails steps aside and is repeated on its own, so what follows it may overtake it.

Source: webhooks of API 3.6: answer 200 within about 10 s, up to 3 retries within about a minute, no replay.
"""

import json
import random
import threading
import time
from collections import Counter, deque
from functools import partial
from http import HTTPStatus

import msgspec
import requests

from infra.sandbox.clock import Clock, Dispatcher
from infra.sandbox.livechat.model import JsonObject
from infra.sandbox.livechat.options import Options
from infra.sandbox.standin import in_thread
from infra.sandbox.wire import Wire

PENDING, DELIVERED, LOST, DROPPED, CANCELLED = "pending", "delivered", "lost", "dropped", "cancelled"
_MAX_LOG = 20_000


class Mischief(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Shares (0 to 1) of webhooks to send twice, to send late (after `reorder_delay_s`) or never; `delay_s` for all.

    `swap`: every other message is held back until the next one of its chat was tried, or for `hold_s`.
    """

    duplicate: float = 0.0
    reorder: float = 0.0
    drop: float = 0.0
    delay_s: float = 0.0
    reorder_delay_s: float = 0.3
    swap: bool = False
    hold_s: float = 0.5


class Delivery(msgspec.Struct):
    """One webhook on its way. `status`: the last HTTP answer (0 = none).

    `began_at`, `ended_at`: of its first and its last try, in seconds since the epoch; 0 = not yet. `is_message`: it
    tells of something that somebody wrote for all.
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
    is_message: bool = False


class Deliveries:
    """Every webhook sent or to be sent. `wire`: to listen to the tries.

    `lose_next`: the next message's webhook never comes, no try of it; False again once it was lost.
    """

    def __init__(self, options: Options, clock: Clock) -> None:
        self._options = options
        self._clock = clock
        self._dice = random.Random(options.seed)
        self._changed = threading.Condition()
        self._lanes: dict[str, deque[Delivery]] = {}
        self._held: dict[str, list[Delivery]] = {}
        self._jobs = Dispatcher("livechat-webhooks", clock)
        self._session = requests.Session()
        self._session.trust_env = False
        self.wire = Wire("livechat")
        self.log: deque[Delivery] = deque(maxlen=_MAX_LOG)
        self.mischief = Mischief()
        self.lose_next = False

    def add(self, webhook_id: str, action: str, chat_id: str, url: str, envelope: JsonObject) -> None:
        """Send `envelope`, as it is now, behind what the chat's lane holds."""
        body, is_message = json.dumps(envelope).encode(), _is_message(action, envelope)
        with self._changed:
            times = 2 if self._dice.random() < self.mischief.duplicate else 1
            copies = [Delivery(webhook_id, action, chat_id, url, body, is_message=is_message) for _ in range(times)]
            self.log.extend(copies)
            if is_message and self.lose_next:
                self.lose_next = False
                self._drop(*copies)
            elif is_message and self.mischief.swap and chat_id not in self._held:
                self._held[chat_id] = copies
                self._jobs.at(self._clock.time() + self.mischief.hold_s, partial(self._release, chat_id, copies))
            else:
                for copy in copies:
                    self._enter(copy)

    def _drop(self, *copies: Delivery) -> None:
        for copy in copies:
            copy.outcome = DROPPED
            self._jobs.at(self._clock.time(), partial(self.wire.note_dropped, copy.action, copy.url, copy.body))

    def _enter(self, delivery: Delivery) -> None:
        if self._dice.random() < self.mischief.drop:
            self._drop(delivery)
            return
        if self._dice.random() < self.mischief.reorder:
            self._jobs.at(self._clock.time() + self.mischief.reorder_delay_s, partial(self._send, delivery))
            return
        lane = self._lanes.get(delivery.chat_id)
        if lane is not None:
            lane.append(delivery)
            return
        self._lanes[delivery.chat_id] = deque([delivery])
        in_thread(lambda: self._work(delivery.chat_id), f"livechat-webhooks-{delivery.chat_id}")

    def _release(self, chat_id: str, copies: list[Delivery]) -> None:
        with self._changed:
            if self._held.get(chat_id) is not copies:
                return
            del self._held[chat_id]
            for copy in copies:
                self._enter(copy)

    def _work(self, chat_id: str) -> None:
        while delivery := self._next(chat_id):
            self._send(delivery)
            held = self._held.get(chat_id)
            if held and delivery.is_message:
                self._release(chat_id, held)

    def _next(self, chat_id: str) -> Delivery | None:
        with self._changed:
            lane = self._lanes.get(chat_id)
            if lane:
                return lane.popleft()
            self._lanes.pop(chat_id, None)
            return None

    def _send(self, delivery: Delivery) -> None:
        time.sleep(self.mischief.delay_s)
        self._try(delivery, 0)

    def _try(self, delivery: Delivery, repetitions: int) -> None:
        """Try once; when that fails, plan the next try."""
        delays = self._options.retry_delays
        if self._attempt(delivery):
            return
        if repetitions == len(delays):
            self._settle(delivery, LOST)
            return
        again = partial(self._try, delivery, repetitions + 1)
        self._jobs.at(self._clock.time() + delays[repetitions], again)

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
        headers = {"Content-Type": "application/json", "Connection": "close"}
        try:
            with self._clock.traffic.request():
                answer = self.wire.send(
                    self._session.post,
                    delivery.action,
                    delivery.url,
                    headers=headers,
                    data=delivery.body,
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
        """Forget what is on its way, and send nothing more."""
        with self._changed:
            for delivery in self.log:
                if delivery.outcome == PENDING:
                    delivery.outcome = CANCELLED
            self._lanes.clear()
            self._held.clear()
            self._changed.notify_all()
        self.stop()

    def stop(self) -> None:
        """Plan no try any more."""
        self._jobs.stop(timeout_s=0)

    def state(self) -> JsonObject:
        """The log, oldest first, and counts by outcome."""
        with self._changed:
            log = [
                {name: getattr(one, name) for name in ("action", "chat_id", "url", "status", "tries", "outcome")}
                for one in self.log
            ]
        return {"deliveries": log, "outcomes": dict(Counter(one["outcome"] for one in log))}


def _is_message(action: str, envelope: JsonObject) -> bool:
    event = envelope["payload"].get("event", {})
    return action == "incoming_event" and event["type"] != "system_message" and event["visibility"] == "all"
