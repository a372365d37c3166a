"""One conversation under a scheduler that chooses every next step at random, and the rules that must hold all the same.

Every call of the mailbox runs as a task of its own that stops before and after each store and provider call; the
scheduler decides which goes on, which dies on the spot, what fails, what the clock says. Nothing else is random, so a
seed is a run.
"""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from functions.handoff.conversation import BOT, Conversation, from_record
from functions.handoff.errors import ConversationBusy, StoreUnavailable
from functions.handoff.mailbox import Inbound
from functions.handoff.parts import UserProfile
from functions.handoff.policy import Policy
from functions.handoff.schedule import alarm
from tests.core_world import KEY, World
from tests.delivery_rules import stuck
from tests.simulation_bot import pass_on_sign_ins
from tests.simulation_people import People
from tests.simulation_rules import broken_rules, muted
from tests.simulation_switches import Mail
from tests.simulation_task import Killed, Task
from tests.simulation_trouble import Trouble

_STOPS_AT_MOST = 3000
_BOT_ALONE = {"channel.send_message": "reply:", "channel.send_survey": "survey:", "dialogflow.hear_event": "event:"}
"""Calls that are for when the user is with the bot, if they are for such an entry."""
_SEEN = {"channel.send_message", "channel.send_framing", "channel.send_survey"}


class Simulation:
    """A run. `trace` tells what was done, for whoever has to find out why a seed fails."""

    def __init__(self, seed: int, *, steps: int = 250) -> None:
        self.random = random.Random(seed)
        self.world = World(self._policy(), seed)
        self.world.desk.status = self.random.choice(["online", "online", "online_for_queue", "offline"])
        self.trace: list[str] = []
        self.people = People(self.world, self.random, self.trace)
        self.steps = steps
        self.tasks: list[Task] = []
        self.done_mail: list[Mail] = []
        self.lost_mail: list[Mail] = []
        self.violations: list[str] = []
        self.disturbed = False  # somebody died or slept through the lease
        self.trouble = Trouble(self.random, self.world.clock, self.world.faults, self.trace)
        self.jumpy = self.random.random() < 0.5
        self.patience_s = self.random.choice([25, 25, 300])  # of a worker: more than its lease makes it a zombie
        self.poison = self.random.choice(["", "", "", "pu", "event:pa"])
        self.poison += str(self.random.randrange(2, 40)) if self.poison else ""
        self._running: Task | None = None
        self._mail_of: dict[Task, Mail] = {}
        self._began: dict[Task, datetime] = {}
        self._begin()
        self._connect()

    def _policy(self) -> Policy:
        return Policy(
            return_keyword="/bot",
            handoff_keywords=frozenset(["more"]) if self.random.random() < 0.1 else frozenset(),
            handoff_after_fallbacks=self.random.choice([0, 1, 2, 2]),
            offline_policy=self.random.choice(["queue", "queue", "decline"]),
            return_event=self.random.choice(["AGENT_CHAT_ENDED", "AGENT_CHAT_ENDED", ""]),
            survey=self.random.random() < 0.5,
            receipts_to_livechat=self.random.choice(["off", "read", "all"]),
        )

    def _begin(self) -> None:
        """Some runs begin with a person asked for, or with Jane."""
        begin_with = self.random.choice(["nobody", "waiting", "Jane"])
        if begin_with != "nobody":
            self.world.ask_for_person()
        if begin_with == "Jane":
            self.world.agent_joins()

    def _connect(self) -> None:
        world, faults = self.world, self.world.faults
        self.uuids = self.random.choice([0.0, 0.0, 0.3, 1.0])
        world.desk.uuid_events = lambda: self.random.random() < self.uuids
        world.desk.text_limit_bytes = self.random.choice([16_000, 16_000, 12])
        world.channel.text_limit = self.random.choice([3072, 3072, 12])
        pass_on_sign_ins(world)
        faults.pause = self._pause_in_call
        faults.choose = self._fate
        world.store.before_get = lambda _paths: self._store_point("get")
        world.store.before_commit = lambda _writes: self._store_point("commit")
        world.store.after_commit = self._after_commit

    # --- where a task can stop -------------------------------------------------------------------------------------

    def _stop(self) -> None:
        task = self._running
        if task is not None:
            task.pause()
            self._running = task

    def _pause_in_call(self, name: str) -> None:
        self._check_speech(name)
        if self._running is not None:
            self._began[self._running] = self.world.clock.now()
            self._perhaps_poisoned()
        self._stop()

    def _perhaps_poisoned(self) -> None:
        """Whoever makes a call for the poisonous entry dies of it, however often."""
        c = self.conversation
        if c and c.lease and c.lease.entry == self.poison:
            self.trace.append(f"poisoned by {self.poison}")
            self.disturbed = True
            raise Killed

    def _fate(self, name: str) -> str:
        began_at = self._began[self._running] if self._running else self.world.clock.now()
        return self.trouble.fate(name, began_at)

    def _store_point(self, name: str) -> None:
        self._stop()
        self.trouble.at_store(f"{name} away")

    def _after_commit(self, writes: Any) -> None:
        for write in writes:
            if write.path == f"conversations/{KEY}":
                self._check_alarm(from_record(write.record))
        self.trouble.at_store("lost acknowledgement")
        self._stop()

    # --- steps -----------------------------------------------------------------------------------------------------

    def run(self) -> "Simulation":
        """Do the steps, let everything settle, check. `violations` is empty when all rules held."""
        choices: list[tuple[Callable[[], None], int]] = [
            (self.people.user_writes, 5),
            (self.people.user_asks, 2),
            (self.people.user_does, 5),
            (self.people.agent_acts, 8),
            (self.people.switches.flip, 2),
            (self.people.switches.type_word, 1),
            (self.people.switches.expire, 1),
            (self._deliver, 25),
            (self._resume, 90),
            (self._clock, 15),
            (self._sweep, 8),
            (self.trouble.late_effect, 6),
        ]
        actions, weights = zip(*choices, strict=True)
        for _ in range(self.steps):
            self.random.choices(actions, weights)[0]()
        self._settle()
        self.violations += broken_rules(self)
        return self

    def _deliver(self) -> None:
        if self.done_mail and self.random.random() < 0.1:
            self._start(self.random.choice(self.done_mail), again=True)
        elif len(self.tasks) < 4:
            self.people.switches.post()
            mail = self.people.take_mail({on_its_way.from_channel for on_its_way in self._mail_of.values()})
            if mail:
                self._start(mail)

    def _start(self, mail: Mail, *, again: bool = False) -> None:
        known_by: dict[str, Any] = {}
        if mail.from_channel:
            known_by = {"channel": "phone", "address": {"to": "c-1"}, "user": UserProfile("Michael", "en")}
        inbound = Inbound(key=KEY, event=mail.event, **known_by)

        def work() -> None:
            if not mail.from_channel and self.world.peek(f"chats/{mail.event.chat_id}") is None:  # type: ignore[union-attr]
                raise ConversationBusy("a chat that is not known (yet): the door answers 503")
            self.world.mailbox.accept(inbound, budget_s=self.patience_s if mail.from_channel else 9)

        task = Task(mail.event.id, work)
        self.trace.append(f"start {mail.event.id}")
        if not again:
            self._mail_of[task] = mail
        self.tasks.append(task)

    def _resume(self) -> None:
        if not self.tasks:
            return
        task = self.random.choice(self.tasks)
        for _ in range(self.random.choice([1, 3, 10, 20])):
            self._step(task)
            if task.ended:
                return

    def _step(self, task: Task) -> None:
        kill = self.trouble.kills()
        self.disturbed = self.disturbed or kill
        if kill:
            self.trace.append(f"kill {task.name}")
        self._running = task
        task.resume(kill=kill or task.stops > _STOPS_AT_MOST)
        if task.stops == _STOPS_AT_MOST:
            self.violations.append(f"{task.name} goes round in circles")
        self._running = None
        if task.ended:
            self._ended(task)

    def _ended(self, task: Task) -> None:
        self.tasks.remove(task)
        self._began.pop(task, None)
        mail = self._mail_of.pop(task, None)
        self.disturbed = self.disturbed or any(happening == "lease_left" for happening, _ in self.world.journal.noted)
        self.trace.append(f"end {task.name} {type(task.error).__name__ if task.error else 'ok'}")
        if task.error and not isinstance(task.error, StoreUnavailable | ConversationBusy | Killed):
            raise task.error
        if mail is None:
            return
        if task.error is None:
            self.done_mail.append(mail)
            return
        if not self.people.send_again(mail):
            self.lost_mail.append(mail)

    def _clock(self) -> None:
        seconds = self.random.choice([0.01, 0.1, 1.0, 3.0])
        if self.jumpy:
            seconds = self.random.choice([0.1, 1.0, 5.0, 17.0, 40.0, 130.0, 1000.0])
        if seconds > 8 and self.tasks:
            self.disturbed = True
        self._advance(seconds)

    def _advance(self, seconds: float) -> None:
        until = self.world.clock.at + timedelta(seconds=seconds)
        self.trouble.late_effects_until(until)
        self.world.clock.at = until

    def _sweep(self) -> None:
        for key in self.world.store.due(self.world.clock.now(), 10):
            if len(self.tasks) < 4:
                self.trace.append("sweep")
                self.tasks.append(Task("sweep", partial(self.world.mailbox.redeliver, key, budget_s=self.patience_s)))

    # --- the end ---------------------------------------------------------------------------------------------------

    def _settle(self) -> None:
        """No more faults: everything must come to rest by itself."""
        self.trouble.calm = True
        self.trace.append("settle")
        self._run_down(3000)
        active = self.people.active_chat()
        self.violations += muted(self, active[1] if active else "")
        if active:
            self.world.desk.close(active[0], "agent")
        self._run_down(3000)
        if self.conversation and self.conversation.unsubscribed:  # who left unseen is seen off
            self.people.switches.switch(wanted=True)
            self._run_down(300)

    def _run_down(self, seconds: float) -> None:
        end = self.world.clock.now() + timedelta(seconds=seconds)
        while self.world.clock.now() < end or self.tasks or self.people.mail:
            self.people.switches.post()
            while self.people.mail:
                self._finish_tasks()
                self._start(self.people.mail.pop(0))
            self._finish_tasks()
            self._sweep()
            self._finish_tasks()
            self._advance_to_next_alarm(end)

    def _advance_to_next_alarm(self, end: datetime) -> None:
        c = self.conversation
        rings_at = min([end, *([c.due_at] if c and c.due_at else []), *self.people.switches.tried_again_at])
        self._advance(max((rings_at - self.world.clock.now()).total_seconds(), 0.1))

    def _finish_tasks(self) -> None:
        while self.tasks:
            self._resume()

    # --- rules -----------------------------------------------------------------------------------------------------

    @property
    def conversation(self) -> Conversation | None:
        found = self.world.peek(f"conversations/{KEY}")
        return from_record(found.record) if found else None

    def _check_speech(self, name: str) -> None:
        """What is the bot's waits until nobody else is asked for, its words until nobody is present (as committed).

        And to who does not want to hear from us nothing is said, by whomever.
        """
        prefix = _BOT_ALONE.get(name)
        if self.disturbed or self._running is None:
            return
        c = self.conversation
        if c and c.lease and c.unsubscribed and name in _SEEN:
            self.violations.append(f"{c.lease.entry} goes out to who has unsubscribed")
        if not prefix:
            return
        if (
            c
            and c.lease
            and c.lease.entry.startswith(prefix)
            and (c.state != BOT or (c.agents and "event" not in name))
        ):
            self.violations.append(f"{c.lease.entry} goes out in {c.state} with {len(c.agents)} agents")

    def _check_alarm(self, c: Conversation) -> None:
        if c.due_at != alarm(c, self.world.clock.now()) and c.lease is not None:
            self.violations.append("due_at is not the alarm")
        self.violations += stuck(c)


def simulate(seed: int, steps: int = 250) -> Simulation:
    """Run one seed."""
    return Simulation(seed, steps=steps).run()
