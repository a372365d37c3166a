"""One run: people ask while LiveChat is away, LiveChat comes back, everything drains; what happened when."""

import contextlib
import threading
import time
import uuid
from collections.abc import Iterator, Sequence

from functions.handoff.interfaces import Store
from infra.firestore_emulator import running_emulator
from infra.outage.books import Reckoning, key_of, open_for_reading, read_conversations, reckon
from infra.outage.deployment import OutageSandbox
from infra.outage.logbook import Logbook, Work
from infra.outage.outcome import Outcome, Slice
from infra.outage.plan import EMULATOR, Plan, phase_at
from infra.outage.traffic import is_opening

_FIRST = 2
"""So many are served before the outage: the shared agent token is there, as in a deployment that has been at work."""

_FIRST_WITHIN_S = 60.0
_LOOK_EVERY_S = 0.2


def run(plan: Plan) -> Outcome:
    """Play the plan.

    Raises:
        RuntimeError: no emulator on this machine, a function did not start, or LiveChat could not be reached before.
    """
    with _store_settings(plan) as settings, OutageSandbox(plan, settings) as sandbox:
        return _Run(plan, sandbox).play()


@contextlib.contextmanager
def _store_settings(plan: Plan) -> Iterator[dict[str, str]]:
    if plan.store != EMULATOR:
        yield {}
        return
    with running_emulator() as port:
        project = f"outage-{uuid.uuid4().hex[:12]}"
        host = f"127.0.0.1:{port}"
        yield {"STORE": "firestore", "FIRESTORE_EMULATOR_HOST": host, "GOOGLE_CLOUD_PROJECT": project}


class _Run:
    """What is known while it goes on. Times are seconds since the outage began."""

    def __init__(self, plan: Plan, sandbox: OutageSandbox) -> None:
        self._plan = plan
        self._sandbox = sandbox
        self._store: Store = open_for_reading(sandbox.settings)
        self._log = Logbook(sandbox.log_path)
        self._asked: list[str] = []
        self._slices: list[Slice] = []
        self._began_at = 0.0

    def play(self) -> Outcome:
        """Serve a few, take LiveChat away, let people ask, bring it back, wait until all is done."""
        self._serve_first()
        self._began_at = time.time()
        asking = threading.Thread(target=self._ask, name="people", daemon=True)
        asking.start()
        self._watch(until_s=self._plan.outage_s)
        asking.join()
        self._watch(until_s=self._plan.outage_s + self._plan.drain_limit_s)
        settled_s = self._now_s()
        return Outcome(
            plan=self._plan,
            slices=tuple(self._slices),
            calls=tuple(self._sandbox.desk.snapshot()),
            began_at=self._began_at,
            settled_s=settled_s,
            reckoning=self._reckon(),
            violations=len(self._sandbox.messages.violations),
            first=_FIRST,
        )

    def _serve_first(self) -> None:
        for _ in range(_FIRST):
            self._ask_one()
        deadline = time.monotonic() + _FIRST_WITHIN_S
        while not self._is_settled():
            if time.monotonic() > deadline:
                raise RuntimeError("nothing goes through to LiveChat, even before the outage")
            time.sleep(_LOOK_EVERY_S)
        self._log.read_on()

    def _ask(self) -> None:
        count = self._plan.conversations - _FIRST
        gap_s = self._plan.outage_s * self._plan.asked_over / count
        for number in range(count):
            time.sleep(max(0.0, number * gap_s - self._now_s()))
            self._ask_one()

    def _ask_one(self) -> None:
        phone = self._sandbox.messages.phone
        conversation_id = phone.open(conversation_id=str(uuid.uuid4()))
        phone.request_live_agent(conversation_id)
        self._asked.append(conversation_id)

    def _watch(self, *, until_s: float) -> None:
        """Go on until then, or until LiveChat is up and everything is done."""
        while self._now_s() < until_s:
            self._set_phase()
            wake_s = min((len(self._slices) + 1) * self._plan.slice_s, until_s)
            time.sleep(max(0.0, min(wake_s - self._now_s(), _LOOK_EVERY_S)))
            if self._now_s() >= (len(self._slices) + 1) * self._plan.slice_s:
                self._end_slice()
                if self._is_up and self._is_settled():
                    break
        self._set_phase()

    @property
    def _is_up(self) -> bool:
        return phase_at(self._plan, self._now_s()) is None

    def _set_phase(self) -> None:
        phase = phase_at(self._plan, self._now_s())
        livechat = self._sandbox.livechat
        with livechat.lock:
            livechat.faults = [phase.fault] if phase else []

    def _end_slice(self) -> None:
        work: Work = self._log.read_on()
        at_s = len(self._slices) * self._plan.slice_s
        self._slices.append(
            Slice(
                at_s=at_s, asked=len(self._asked), opened=self._opened(), queued=self._sandbox.queue.waiting, work=work
            )
        )

    def _opened(self) -> int:
        return sum(is_opening(call) for call in self._sandbox.desk.snapshot())

    def _is_settled(self) -> bool:
        return self._opened() >= len(self._asked) and self._reckon().is_good

    def _reckon(self) -> Reckoning:
        keys: Sequence[str] = [key_of(one) for one in self._asked]
        return reckon(read_conversations(self._store, keys), keys, self._sandbox.livechat)

    def _now_s(self) -> float:
        return time.time() - self._began_at
