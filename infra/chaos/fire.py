"""Lights the fire and puts it out: faults in the stand-ins, crashes, revoked tokens, a store that is away."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable

import msgspec

from infra.chaos.deployment import Deployment, crash
from infra.chaos.faults import CALM, SENDING, WEBHOOKS, faults_of, outage_of
from infra.chaos.stores import StoreUnderTest
from infra.sandbox.standin import StandIn
from infra.sandbox.standins import DOORS

STORE_AWAY_S = 10.0
_DOWN_EVERY_S, _DOWN_S = 45.0, 6.0
_AGENT_TOKEN_EVERY_S, _CUSTOMER_TOKEN_EVERY_S, _JOINS_EVERY_S = 75.0, 2.0, 10.0


class Fire:
    """Everything that goes wrong between `light` and `put_out`. `struck`: how often what did.

    Args:
        crash_every_s: on average; a crash is followed by a start.
        store_away_at_s: after so many seconds of fire, for `STORE_AWAY_S` each.
    """

    def __init__(
        self,
        deployment: Deployment,
        store: StoreUnderTest,
        *,
        seed: int,
        crash_every_s: float,
        store_away_at_s: tuple[float, ...],
    ) -> None:
        self._deployment = deployment
        self._channel = deployment.channels[deployment.channel]
        self._store = store
        self._dice = random.Random(seed)
        self._crash_every_s = crash_every_s
        self._store_away_at_s = store_away_at_s
        self._is_out = threading.Event()
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._ours: Counter[str] = Counter()

    @property
    def struck(self) -> Counter[str]:
        """How often what did, by "what" or "provider: what"."""
        counts = Counter(self._ours)
        for standin in self._standins():
            counts.update({f"{standin.name}: {name}": times for name, times in standin.struck.items() if name})
        return counts

    def light(self) -> None:
        """Begin."""
        for standin in self._standins():
            standin.faults = faults_of(standin.name)
            standin.dice = random.Random(self._dice.random())
        self._deployment.livechat.misbehave(**WEBHOOKS)
        self._channel.change_options(sending=SENDING)
        beginnings = (
            lambda: self._often(lambda: self._dice.uniform(0.5, 1.5) * self._crash_every_s, self._crash_one),
            lambda: self._often(lambda: _DOWN_EVERY_S, self._take_one_down),
            lambda: self._often(lambda: _AGENT_TOKEN_EVERY_S, lambda: self._expire("agent")),
            lambda: self._often(lambda: _CUSTOMER_TOKEN_EVERY_S, lambda: self._expire("customer")),
            lambda: self._often(lambda: _JOINS_EVERY_S, self._change_joins),
            self._take_store_away,
        )
        for begin in beginnings:
            self._threads.append(threading.Thread(target=begin, daemon=True))
            self._threads[-1].start()

    def put_out(self) -> None:
        """End all faults and wait until everything is up again."""
        self._is_out.set()
        for thread in self._threads:
            thread.join()
        for standin in self._standins():
            standin.faults = []
        self._deployment.livechat.misbehave()
        self._channel.change_options(sending=CALM)

    def _standins(self) -> tuple[StandIn, ...]:
        deployment = self._deployment
        return (deployment.livechat, self._channel, deployment.dialogflow, deployment.tasks)

    def _often(self, pause_s: Callable[[], float], deed: Callable[[], None]) -> None:
        while not self._is_out.wait(pause_s()):
            deed()

    def _crash_one(self) -> None:
        idle = {door for channel, door in DOORS.items() if channel != self._deployment.channel}
        name = self._dice.choice(
            [one for one in sorted(self._deployment.functions) if one.partition(" ")[0] not in idle]
        )
        crash(self._deployment.functions[name])
        self._count(f"kill -9: {name.partition(' ')[0]}")

    def _take_one_down(self) -> None:
        standin = self._dice.choice(self._standins()[:3])
        standin.faults = outage_of(standin.name)
        self._is_out.wait(_DOWN_S)
        standin.faults = faults_of(standin.name)
        self._count(f"{standin.name}: down for {_DOWN_S:.0f} s")

    def _expire(self, kind: str) -> None:
        livechat = self._deployment.livechat
        owner = None
        if kind == "customer":
            customers = list(livechat.licence.customers)
            if not customers:
                return
            owner = self._dice.choice(customers)
        if livechat.expire_tokens(kind, owner):
            self._count(f"token revoked: {kind}")

    def _change_joins(self) -> None:
        """Agents are in the chat from its beginning, or are told of behind it."""
        licence = self._deployment.livechat.licence
        joins = self._dice.choice(("with_chat", "after_chat"))
        licence.options = msgspec.structs.replace(licence.options, agent_joins=joins)

    def _take_store_away(self) -> None:
        began_at = time.monotonic()
        for at_s in self._store_away_at_s:
            if self._is_out.wait(max(0.0, at_s - (time.monotonic() - began_at))):
                return
            with self._store.away():
                time.sleep(STORE_AWAY_S)
            self._count(f"store away for {STORE_AWAY_S:.0f} s")

    def _count(self, what: str) -> None:
        with self._lock:
            self._ours[what] += 1
