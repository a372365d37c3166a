"""One chaos run: load and fire, then calm until all is settled, a roll call, and the comparison."""

import asyncio
import random
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from infra.chaos import stores
from infra.chaos.balancer import AT_ONCE
from infra.chaos.compare import compare
from infra.chaos.deployment import Deployment
from infra.chaos.desk import Desk, agents_for
from infra.chaos.fire import Fire
from infra.chaos.gather import gather
from infra.chaos.history import histories
from infra.chaos.logbook import Logbook, clock_time
from infra.chaos.outcome import Course, Outcome, Plan
from infra.chaos.people import Person
from infra.chaos.script import pauses, write_script
from infra.chaos.stores import StoreUnderTest
from infra.chaos.users import users_of
from infra.sandbox.google_api import Violation
from infra.sandbox.standin import StandIn

_AGENT_TOKEN_LIFE_S, _CUSTOMER_TOKEN_LIFE_S = 240, 200
_SETTINGS = {"CHAT_CHECK_S": "20", "THREADS": str(AT_ONCE)}
_LOOK_EVERY_S = 0.2
_SETTLED_WITHIN_S = 600.0
_ROLL_CALL_PATIENCE_S = 120.0
_RAMP = 0.1  # of the time, in which the conversations begin
_SCRIPT = 0.6  # of the time, that the pauses of a script take
_CUT_SHORT = 1.5  # of the time, after which nobody writes any more


def run(plan: Plan) -> Outcome:
    """Run it.

    Raises:
        RuntimeError: the bundle or the emulator did not start.
    """
    with (
        tempfile.TemporaryDirectory(prefix="handoff-chaos-") as folder,
        stores.opened(plan.store, Path(folder)) as store,
    ):
        options = {
            "agents": agents_for(plan.conversations),
            "seed": plan.seed,
            "uuid_event_share": 0.02,
            "expires_in": _AGENT_TOKEN_LIFE_S,
            "customer_expires_in": _CUSTOMER_TOKEN_LIFE_S,
        }
        settings = {**_SETTINGS, **store.settings}
        deployment = Deployment(
            settings,
            livechat_options=options,
            channel=plan.channel,
            bot=plan.bot,
            sweep_every_s=plan.sweep_every_s,
        )
        with deployment:
            return asyncio.run(_Run(plan, deployment, store).go())


class _Run:
    def __init__(self, plan: Plan, deployment: Deployment, store: StoreUnderTest) -> None:
        dice = random.Random(plan.seed)
        self._plan, self._deployment, self._store = plan, deployment, store
        self._users = users_of(deployment.channels[plan.channel])
        self._desk = Desk(deployment.livechat)
        self._logbook = Logbook(deployment.log_path)
        self._people = [self._person(number, dice) for number in range(plan.conversations)]
        self._fire = Fire(
            deployment,
            store,
            seed=plan.seed,
            crash_every_s=plan.crash_every_s,
            store_away_at_s=plan.store_away_at_s,
        )

    def _person(self, number: int, dice: random.Random) -> Person:
        script = write_script(dice)
        pace_s = self._plan.seconds * _SCRIPT / pauses(script)
        return Person(number, script, self._users, self._desk, pace_s=pace_s, seed=dice.randrange(2**32))

    async def go(self) -> Outcome:
        """Everything, in order."""
        attending = [asyncio.create_task(person.attend()) for person in self._people]
        looking = asyncio.create_task(self._look())
        self._tell("on fire")
        course = await self._burn()
        self._tell(f"settled after {course.settled_s} s; roll call")
        present = await asyncio.gather(*(person.answer_roll_call(_ROLL_CALL_PATIENCE_S) for person in self._people))
        await self._settle()
        for task in (*attending, looking):
            task.cancel()
        self._logbook.stop()
        return self._outcome(course, present)

    async def _burn(self) -> Course:
        """Load and fire, then calm until all is settled."""
        self._fire.light()
        began_at = time.monotonic()
        cut_short = await self._load()
        await asyncio.to_thread(self._fire.put_out)
        load_s = time.monotonic() - began_at
        self._tell(f"calm after {load_s:.0f} s, {cut_short} scripts cut short")
        settled_s, unsettled = await self._settle()
        return Course(load_s, cut_short, settled_s, unsettled, self._stuck())

    async def _load(self) -> int:
        """Let everybody talk; answers how many did not come to the end of their script."""
        talks = [asyncio.create_task(self._talk(person)) for person in self._people]
        done, late = await asyncio.wait(talks, timeout=self._plan.seconds * _CUT_SHORT)
        for task in late:
            task.cancel()
        for task in done:
            task.result()
        for person in self._people:
            person.hurry()
        return len(late)

    async def _talk(self, person: Person) -> None:
        await asyncio.sleep(self._plan.seconds * _RAMP * person.number / len(self._people))
        await person.talk()

    async def _look(self) -> None:
        while True:
            self._desk.look()
            await asyncio.sleep(_LOOK_EVERY_S)

    async def _settle(self) -> tuple[float | None, dict[str, str]]:
        """Wait until nothing is on its way any more; answers how long it took, or what never settled."""
        began_at = time.monotonic()
        to_do: dict[str, str] = {}
        while time.monotonic() < began_at + _SETTLED_WITHIN_S:
            to_do = await asyncio.to_thread(self._to_do)
            if not to_do:
                return round(time.monotonic() - began_at, 1), {}
            await asyncio.sleep(1)
        return None, to_do

    def _to_do(self) -> dict[str, str]:
        deployment = self._deployment
        sent = [one for one in self._users.standin.phone.sender.deliveries() if one["state"] == "pending"]
        on_way = {
            "channel's webhooks": len(sent),
            "LiveChat's webhooks": 0 if deployment.livechat.wait_idle(0) else 1,
            "wake-ups": sum(task.state == "pending" for task in list(deployment.tasks.tasks.values())),
            "open chats": sum(person.is_attended() for person in self._people),
        }
        to_do = {what: str(count) for what, count in on_way.items() if count}
        return to_do or stores.unsettled(stores.conversations(self._store), datetime.now(UTC))

    def _stuck(self) -> dict[str, str]:
        """Who is with a person whose chat is over, and was told so."""
        told = {
            thread.id
            for transcript in gather(self._deployment, self._users, self._people, [])
            for thread in transcript.threads
            if thread.end_told
        }
        with_a_person = stores.with_a_person(stores.conversations(self._store))
        return {key: thread for key, thread in with_a_person.items() if thread in told or not thread}

    def _outcome(self, course: Course, present: list[bool]) -> Outcome:
        transcripts = gather(self._deployment, self._users, self._people, self._store.bodies("dead_letters"))
        for transcript, answered in zip(transcripts, present, strict=True):
            transcript.answered_roll_call = answered
        findings = [finding for transcript in transcripts for finding in compare(transcript)]
        channel, livechat = self._users.standin, self._deployment.livechat
        violations = [*channel.violations, *self._deployment.dialogflow.violations]
        unknown = [f"chat {chat.id}: nobody's" for chat in self._desk.unknown()]
        sent = Counter(one["state"] for one in channel.phone.sender.deliveries())
        from_desk = Counter(one.outcome for one in livechat.licence.webhooks.deliveries.log)
        return Outcome(
            plan=self._plan,
            store=self._store.name,
            transcripts=transcripts,
            findings=findings,
            histories=histories(transcripts, findings, self._logbook),
            struck=dict(self._fire.struck),
            calls={one.name: len(one.calls) for one in (livechat, channel, self._deployment.dialogflow)},
            webhooks={"channel": sent.total(), **{f"LiveChat, {how}": count for how, count in from_desk.items()}},
            course=course,
            violations=[*(_violation(one, channel) for one in violations), *unknown],
            errors=self._logbook.count('"outcome": "error"'),
        )

    def _tell(self, what: str) -> None:
        print(f"chaos, {self._store.name}: {what}", file=sys.stderr, flush=True)


def _violation(violation: Violation, channel: StandIn) -> str:
    """What was broken, with the calls about it."""
    name = violation.detail.rpartition("/")[2]
    about = [call for call in channel.calls if name in f"{call.query} {call.body}"]
    calls = [f"{clock_time(call.at)} {call.status} {call.body}" for call in about]
    return "\n  ".join([f"{violation.rule}: {violation.detail}", *calls])
