"""The core with a store and an outside in memory: what its tests talk to."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from functions.handoff.changes import Changes, conversation_path
from functions.handoff.conversation import Conversation, from_record
from functions.handoff.entries import Entry
from functions.handoff.events import (
    Agent,
    AgentJoined,
    AgentLeft,
    AgentMessage,
    ChatClosed,
    ChatStarted,
    ChatTransferred,
    HandoffAsked,
    HandoffSignal,
    ReturnAsked,
    UserMessage,
)
from functions.handoff.holding import Held, Machine, try_take
from functions.handoff.interfaces import Document
from functions.handoff.mailbox import Accepted, Inbound, Mailbox
from functions.handoff.parts import UserProfile
from functions.handoff.policy import Policy
from functions.handoff.work import Sides
from functions.handoff.worker import Worker
from tests.core_records import BOB, JANE, KEY
from tests.fakes import FakeBot, FakeChannel, FakeClock, FakeDesk, FakeFiles, FakeJournal, FakeWakeUps, Faults, seeded
from tests.memory_store import MemoryStore

__all__ = ["BOB", "JANE", "KEY", "Died", "Trips", "World"]


class Died(BaseException):
    """The process is gone."""


class Trips:
    """What happened while somebody counted: reads and commits of the store, calls to the outside by name."""

    def __init__(self) -> None:
        self.gets = 0
        self.commits = 0
        self.calls: list[str] = []

    @property
    def store(self) -> int:
        return self.gets + self.commits


class World:
    """One deployment of the core, one conversation `KEY`, everything in memory."""

    def __init__(
        self, policy: Policy | None = None, seed: int = 0, *, brands: Mapping[str, Policy] = MappingProxyType({})
    ) -> None:
        self.clock = FakeClock()
        self.faults = Faults()
        self.store = MemoryStore()
        self.channel = FakeChannel(self.faults)
        self.desk = FakeDesk(self.faults, self.clock)
        self.bot = FakeBot(self.faults)
        self.files = FakeFiles(self.faults)
        self.wake_ups = FakeWakeUps()
        self.journal = FakeJournal()
        own = policy or Policy(return_keyword="/bot")
        self.bots = {name: FakeBot(self.faults) for name in brands}
        self.machine = Machine(self.store, own, self.clock, seeded(seed), brands)
        sides = Sides({"phone": self.channel}, self.desk, self.bot, self.files, self.bots)
        worker = Worker(self.machine, sides, self.journal)
        self.mailbox = Mailbox(self.machine, worker, self.wake_ups)
        self._count = 0

    # --- what comes in ---

    def _next(self) -> int:
        self._count += 1
        self.clock.sleep(0.001)
        return self._count

    def accept(self, event: Entry, *, budget_s: float = 25, drain: bool = True, channel: bool = True) -> Accepted:
        known_by = {"channel": "phone", "address": {"to": "c-1"}, "user": UserProfile("Michael", "en")}
        inbound = Inbound(key=KEY, event=event, **(known_by if channel else {}))  # type: ignore[arg-type]
        return self.mailbox.accept(inbound, budget_s=budget_s, drain=drain)

    def say(self, text: str, event_id: str = "", **fields: Any) -> Accepted:
        event_id = event_id or f"u{self._next()}"
        return self.accept(UserMessage(id=event_id, source_at=self.clock.now(), text=text, **fields))

    def ask_for_person(self) -> Accepted:
        signal = HandoffSignal("user")
        return self.accept(HandoffAsked(id=f"h{self._next()}", source_at=self.clock.now(), signal=signal))

    def ask_for_bot(self) -> Accepted:
        return self.accept(ReturnAsked(id=f"r{self._next()}", source_at=self.clock.now()))

    def desk_says(self, event: Entry, *, budget_s: float = 9) -> Accepted:
        return self.accept(event, budget_s=budget_s, channel=False)

    def agent_joins(self, agent: Agent = JANE, thread_id: str = "") -> Accepted:
        c = self.conversation
        self.desk.absent.discard(agent.id)
        return self.desk_says(
            AgentJoined(
                id=f"j{self._next()}",
                source_at=self.clock.now(),
                chat_id=c.chat_id,
                thread_id=thread_id or c.thread_id,
                agent=agent,
            )
        )

    def agent_leaves(self, agent: Agent = JANE) -> Accepted:
        c = self.conversation
        self.desk.absent.add(agent.id)
        return self.desk_says(
            AgentLeft(
                id=f"l{self._next()}",
                source_at=self.clock.now(),
                chat_id=c.chat_id,
                thread_id=c.thread_id,
                agent_id=agent.id,
            )
        )

    def agent_writes(self, text: str, agent: Agent = JANE, *, webhook: bool = True, thread_id: str = "") -> Entry:
        """An agent writes in the desk; with `webhook` the bridge is told."""
        self._next()
        c = self.conversation
        thread = thread_id or self.desk.newest(c.chat_id).id
        written = self.desk.append(c.chat_id, agent.id, text, thread_id=thread)
        event = self.desk.as_event(c.chat_id, thread, written)
        if webhook:
            self.desk_says(event)
        return event

    def agent_closes(self, by: str = "agent", *, webhook: bool = True) -> None:
        c = self.conversation
        thread_id = self.desk.newest(c.chat_id).id
        self.desk.close(c.chat_id, by)
        if webhook:
            self.desk_says(
                ChatClosed(
                    id=f"c{self._next()}",
                    source_at=self.clock.now(),
                    chat_id=c.chat_id,
                    thread_id=thread_id,
                    closed_by=by,
                )
            )

    def agent_starts(self, *agents: Agent, messages: tuple[AgentMessage, ...] = ()) -> str:
        """Agents open a new thread in the conversation's chat; answers its id."""
        self._next()
        chat_id = self.conversation.chat_id
        thread = self.desk.open_thread(chat_id)
        where: dict[str, Any] = {"source_at": self.clock.now(), "chat_id": chat_id, "thread_id": thread.id}
        self.desk_says(ChatStarted(id=f"s{self._next()}", agents=agents, messages=messages, **where))
        return thread.id

    def transfer(self, *, queued: bool) -> None:
        c = self.conversation
        where: dict[str, Any] = {"source_at": self.clock.now(), "chat_id": c.chat_id, "thread_id": c.thread_id}
        if queued:
            self.desk.absent.update(self.desk.names)
        self.desk_says(ChatTransferred(id=f"t{self._next()}", queued=queued, **where))

    def pass_time(self, seconds: float) -> None:
        """Let time pass, with a sweep every ten seconds."""
        end = self.clock.now() + timedelta(seconds=seconds)
        while self.clock.now() < end:
            self.clock.at = min(end, self.clock.now() + timedelta(seconds=10))
            self.sweep()

    def sweep(self) -> None:
        for key in self.mailbox.due(100):
            self.mailbox.redeliver(key, budget_s=25)

    @contextmanager
    def dying_at(self, call: str, *, after: bool = False) -> Iterator[None]:
        """Whoever makes this call to the outside dies there, before its effect or `after` it."""
        stops = ["before", "after"]

        def pause(name: str) -> None:
            if name == call and stops.pop(0) == ("after" if after else "before"):
                raise Died(name)

        self.faults.pause = pause
        try:
            yield
        except Died:
            return
        finally:
            self.faults.pause = lambda _name: None
        raise AssertionError(f"nobody called {call}")

    @contextmanager
    def counted(self) -> Iterator[Trips]:
        """Count what happens inside."""
        trips, store, called = Trips(), self.store, len(self.faults.calls)
        before = store.before_get, store.before_commit

        def get(_paths: object) -> None:
            trips.gets += 1

        def commit(_writes: object) -> None:
            trips.commits += 1

        store.before_get, store.before_commit = get, commit
        yield trips
        store.before_get, store.before_commit = before
        trips.calls = self.faults.calls[called:]

    def take(self, owner: str) -> Held:
        """Take the lease as this owner; there must be something that can go."""
        path = conversation_path(KEY)
        changes = Changes(self.conversation, self.store.get(path), self.machine.policy, self.clock.now())
        deadline = self.clock.now() + timedelta(seconds=60)
        if not try_take(changes, owner, deadline):
            raise AssertionError("nothing to take")
        versions = self.store.commit(*changes.writes())
        return Held(changes.conversation, {path: Document(path, changes.record, versions[path])}, {}, deadline)

    @contextmanager
    def changing(self) -> Iterator[Changes]:
        """Change what is stored, by hand."""
        path = conversation_path(KEY)
        changes = Changes(self.conversation, self.store.get(path), self.machine.policy, self.clock.now())
        yield changes
        self.store.commit(*changes.writes())

    def handed_over(self) -> "World":
        """A conversation that is with Jane."""
        self.say("a person please")
        self.agent_joins()
        self.agent_writes("I see you have a problem. How can I help?")
        return self

    # --- what is there ---

    def peek(self, path: str) -> Document | None:
        """A document as it is stored; no hook is called."""
        hook, self.store.before_get = self.store.before_get, lambda _paths: None
        try:
            return self.store.get(path).get(path)
        finally:
            self.store.before_get = hook

    @property
    def conversation(self) -> Conversation:
        found = self.peek(conversation_path(KEY))
        if found is None:
            raise LookupError(f"there is no {KEY}")
        return from_record(found.record)

    @property
    def pending(self) -> list[str]:
        return [p.id for p in self.conversation.pending]

    @property
    def shown(self) -> list[tuple[str, str]]:
        """What the user saw: who or what, and the words (of a frame: whose)."""
        return [
            (one.representative, one.text) if one.kind == "message" else (one.kind, one.name)
            for one in self.channel.shown
        ]

    def entries(self) -> list[str]:
        """Ids of everything that is or was in the mailbox."""
        return [d.record.body["id"] for p, d in self.store.snapshot().items() if "/mailbox/" in p]

    def dead_letters(self) -> list[dict[str, Any]]:
        return [d.record.body for p, d in self.store.snapshot().items() if p.startswith("dead_letters/")]
