"""How a messaging provider delivers its webhooks: signed, tried again for days, at will late, twice or out of order.

Knows no provider: what is posted and how it is signed is handed in.
"""

import json
import random
import threading
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import msgspec
import requests

from infra.sandbox.clock import Clock, Dispatcher
from infra.sandbox.google_api import rfc3339
from infra.sandbox.wire import Wire

JsonObject = dict[str, Any]


class Sending(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How to deliver. `twice`, `drop`, `reorder` and `delay` are shares (0 to 1) of the deliveries, drawn from `seed`.

    `twice`: a second copy follows at once or a little later. `drop`: the first try is lost on its way (and, as any
    failure, tried again). `reorder`: held back until another delivery was tried, or for `hold_s`. `swap`: kinds of
    which every other delivery is held back like that, until the next of them was tried. `delay`: late by `delay_s`. A
    failure is tried again after `first_retry_s`, doubling to `longest_retry_s`, for `give_up_after_s`; all three are
    multiplied by `retry_scale`. `one_queue`: a delivery waits until those before it were delivered or given up.
    """

    url: str = ""
    timeout_s: float = 30.0
    retry_scale: float = 1.0
    first_retry_s: float = 1.0
    longest_retry_s: float = 600.0
    give_up_after_s: float = 7 * 24 * 3600.0
    twice: float = 0.0
    drop: float = 0.0
    reorder: float = 0.0
    swap: tuple[str, ...] = ()
    hold_s: float = 0.5
    delay: float = 0.0
    delay_s: float = 0.5
    seed: int = 0
    one_queue: bool = False


class Attempt(msgspec.Struct, frozen=True):
    """One try: the status answered, or 0 and what went wrong ("ConnectTimeout", "dropped"); when it was over."""

    at: str
    status: int
    error: str = ""
    ended_at: str = ""


class Delivery(msgspec.Struct):
    """One webhook on its way. `state`: "pending", "delivered" (answered 2xx at least once) or "gave_up"."""

    id: str
    kind: str
    body: JsonObject
    first_at: float
    state: str = "pending"
    dropped: bool = False
    attempts: list[Attempt] = []


class WebhookSender:
    """Delivers JSON bodies to the configured URL. `wire`: to listen to its tries.

    `lose_next`: kinds of which the next delivery's first try is lost on its way; none again once that was.

    Args:
        sending: answers the options as they are now.
        sign: answers the headers (the signature) for a body's bytes.
        wrap: answers what is posted for a body; as it is by default.
    """

    def __init__(
        self,
        name: str,
        sending: Callable[[], Sending],
        sign: Callable[[bytes], dict[str, str]],
        clock: Clock,
        wrap: Callable[[JsonObject], JsonObject] = lambda body: body,
    ) -> None:
        self._sending = sending
        self._sign = sign
        self._wrap = wrap
        self._clock = clock
        self.wire = Wire(name)
        self._jobs = Dispatcher(f"{name}-webhooks", clock)
        self._lock = threading.Lock()
        self._deliveries: dict[str, Delivery] = {}
        self._held: list[Callable[[], None]] = []
        self._queue: deque[Callable[[], None]] = deque()
        self._is_queue_busy = False
        self.lose_next: tuple[str, ...] = ()
        self.reseed()

    def reseed(self) -> None:
        """Begin the random draws anew."""
        self._random = random.Random(self._sending().seed)

    def post(self, kind: str, body: JsonObject, *, after_s: float = 0.0) -> Delivery:
        """Begin to deliver `body`, now or later; answers at once."""
        now = self._clock.time() + after_s
        delivery = Delivery(id=uuid.uuid4().hex, kind=kind, body=body, first_at=now)
        with self._lock:
            self._deliveries[delivery.id] = delivery
            self._start(delivery, now)
        return delivery

    def settle(self, timeout_s: float = 5.0) -> bool:
        """Wait until no try runs or is due; False when that took longer."""
        return self._jobs.settle(timeout_s)

    def deliveries(self) -> list[JsonObject]:
        """The log, oldest first."""
        with self._lock:
            log: list[JsonObject] = msgspec.to_builtins(list(self._deliveries.values()))
        return log

    def clear(self) -> None:
        """Forget all deliveries, done or not."""
        with self._lock:
            self._deliveries.clear()
            self._held.clear()
            self._queue.clear()
            self._is_queue_busy = False
            self.lose_next = ()
            self._jobs.clear()

    def stop(self) -> None:
        """Deliver nothing more."""
        self._jobs.stop()

    def _start(self, delivery: Delivery, now: float) -> None:
        sending, draw = self._sending(), self._random.random
        delivery.dropped = draw() < sending.drop or self._is_to_be_lost(delivery.kind)
        starts = [now + (sending.delay_s if draw() < sending.delay else 0.0)]
        if draw() < sending.twice:
            starts.append(starts[0] + self._random.choice((0.0, 0.05)))
        is_held = draw() < sending.reorder or (delivery.kind in sending.swap and not self._held)
        for start in starts:
            job = partial(self._begin, delivery, sending.one_queue)
            if is_held:
                self._held.append(job)
                self._jobs.at(start + sending.hold_s, partial(self._release, job))
            else:
                self._jobs.at(start, job)

    def _is_to_be_lost(self, kind: str) -> bool:
        if kind not in self.lose_next:
            return False
        self.lose_next = ()
        return True

    def _release(self, *jobs: Callable[[], None]) -> None:
        with self._lock:
            released = [job for job in jobs or self._held if job in self._held]
            for job in released:
                self._held.remove(job)
                self._jobs.at(self._clock.time(), job)

    def _begin(self, delivery: Delivery, in_queue: bool) -> None:
        """Try for the first time; `in_queue`: when it is its turn."""
        with self._lock:
            if in_queue and self._is_queue_busy:
                self._queue.append(partial(self._attempt, delivery, 0, in_queue))
                return
            self._is_queue_busy |= in_queue
        self._attempt(delivery, 0, in_queue)

    def _attempt(self, delivery: Delivery, number: int, in_queue: bool) -> None:
        """Try once; when that fails, plan the next try, and else let the next in the queue begin."""
        sending = self._sending()
        attempt = self._try(delivery, sending)
        with self._lock:
            if delivery.id not in self._deliveries:
                return
            delivery.attempts.append(attempt)
            is_over = 200 <= attempt.status < 300
            if is_over:
                delivery.state = "delivered"
            else:
                is_over = not self._plan_retry(delivery, number, in_queue, sending)
            if in_queue and is_over:
                self._end_turn()
        if not sending.swap or delivery.kind in sending.swap:
            self._release()

    def _end_turn(self) -> None:
        self._is_queue_busy = bool(self._queue)
        if self._queue:
            self._jobs.at(self._clock.time(), self._queue.popleft())

    def _try(self, delivery: Delivery, sending: Sending) -> Attempt:
        at = rfc3339(self._clock.now())
        if delivery.dropped:
            delivery.dropped = False
            self.wire.note_dropped(delivery.kind, sending.url, delivery.body)
            return Attempt(at, 0, "dropped", at)
        status, error, _ = self.send(delivery.body, sending, kind=delivery.kind)
        return Attempt(at, status, error, rfc3339(self._clock.now()))

    def send(self, body: JsonObject, sending: Sending | None = None, *, kind: str = "") -> tuple[int, str, str]:
        """Post `body` once: status, error's name, answer. Redirects are failures."""
        data = as_json(self._wrap(body))
        return self._post(data, self._sign(data), sending or self._sending(), kind)

    def send_plain(self, body: JsonObject, headers: Mapping[str, str] | None = None) -> tuple[int, str, str]:
        """Post `body` once as it is, unsigned."""
        return self._post(as_json(body), headers or {}, self._sending(), "")

    def _post(self, data: bytes, headers: Mapping[str, str], sending: Sending, kind: str) -> tuple[int, str, str]:
        headers = {"Content-Type": "application/json", **headers}
        try:
            options = {"data": data, "timeout": sending.timeout_s, "allow_redirects": False}
            with self._clock.traffic.request():
                answer = self.wire.send(requests.post, kind, sending.url, headers=headers, **options)
        except requests.RequestException as e:
            return 0, type(e).__name__, ""
        return answer.status_code, "", answer.text

    def _plan_retry(self, delivery: Delivery, number: int, in_queue: bool, sending: Sending) -> bool:
        """False when it is given up."""
        wait_s = min(sending.first_retry_s * 2.0 ** min(number, 30), sending.longest_retry_s) * sending.retry_scale
        next_at = self._clock.time() + wait_s
        if next_at - delivery.first_at > sending.give_up_after_s * sending.retry_scale:
            delivery.state = "gave_up" if delivery.state == "pending" else delivery.state
            return False
        self._jobs.at(next_at, partial(self._attempt, delivery, number + 1, in_queue))
        return True


def as_json(body: JsonObject) -> bytes:
    """A body's bytes, as they go over the wire and are signed."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
