"""What users and agents do in a simulated run, and the webhooks that come of it."""

import random
from typing import Any

from functions.handoff.content import Media
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
    MessageDeleted,
    MessageEdited,
    ReturnAsked,
    UserAction,
    UserMessage,
    UserReceipt,
)
from tests.core_world import BOB, JANE, World
from tests.fakes import DeskEvent
from tests.simulation_switches import Mail, Switches

_WORDS = ["hello", "what?", "a person please", "more", "and more"]
_ACTS = ["write", "write", "write", "note", "join", "leave", "transfer", "close", "edit", "delete"]
_FILES = 0.15


class People:
    """The user and two agents. Each word of theirs is marked with a number, so that it can be told apart anywhere.

    `mail` is what is on its way; `said`, `agent_words` and `private` are what was said; `unheard` of the agents' words
    are those whose webhook never comes. `changed` are words that agents corrected or took back, and their corrections:
    the user may see them. `sign_ins` are the numbers of the user's, `ratings` their answers to surveys, `receipts`
    what the phone told: (id of a message, read). `orderly`: webhooks come one after the other, as they were sent.
    """

    def __init__(self, world: World, randomness: random.Random, trace: list[str]) -> None:
        self.world = world
        self.random = randomness
        self.trace = trace
        self.mail: list[Mail] = []
        self.said: list[str] = []
        self.agent_words: list[str] = []
        self.private: list[str] = []
        self.unheard: list[str] = []
        self.changed: list[str] = []
        self.sign_ins: list[int] = []
        self.ratings: list[str] = []
        self.receipts: set[tuple[str, bool]] = set()
        self.switches = Switches(self)
        self.orderly = randomness.random() < 0.4
        self._drop_rate = randomness.choice([0.0, 0.1, 0.3])
        self._number = 0
        world.desk.on_event = self._desk_event
        world.desk.on_started = self._desk_started
        world.desk.on_closed = self._desk_closed

    def next(self) -> int:
        """A number that nothing else has."""
        self._number += 1
        return self._number

    def marked(self, words: str) -> str:
        """Each word with the same number."""
        number = self.next()
        return " ".join(f"{word}#{number}" for word in words.split())

    # --- the post --------------------------------------------------------------------------------------------------

    def take_mail(self, busy: set[bool]) -> Mail | None:
        """The webhook that comes next; `busy` are the sides (from the channel or not) of those being answered."""
        waiting = [one for one in self.mail if not self.orderly or one.from_channel not in busy]
        if not waiting:
            return None
        mail = waiting[0] if self.orderly or self.random.random() < 0.7 else self.random.choice(waiting)
        self.mail.remove(mail)
        return mail

    def send_again(self, mail: Mail) -> bool:
        """Take back what was not answered 200; answers False where that was the last try."""
        mail.tries -= 1
        if mail.tries:
            self.mail.insert(0 if self.orderly else len(self.mail), mail)
        return mail.tries > 0

    # --- the user --------------------------------------------------------------------------------------------------

    def user_writes(self) -> None:
        """Anything, to whoever is there; now and then a file, which is nothing but its address."""
        is_file = self.random.random() < _FILES
        self.said.append(self.marked("file" if is_file else self.random.choice(_WORDS)))
        self.world.clock.sleep(0.001)
        now, text = self.world.clock.now(), self.said[-1]
        files = (Media(text),) if is_file else ()
        self.from_user(UserMessage(id=f"pu{self.next()}", source_at=now, text=text, files=files))

    def user_asks(self) -> None:
        """For a person, or for the bot."""
        now = self.world.clock.now()
        if self.random.random() < 0.7:
            self.from_user(HandoffAsked(id=f"ph{self.next()}", source_at=now, signal=HandoffSignal("user")))
        else:
            self.from_user(ReturnAsked(id=f"pr{self.next()}", source_at=now))

    def user_does(self) -> None:
        """Something beside writing: signs in, answers a survey, receives or reads what agents wrote."""
        acts = [self._sign_in, self._answer_survey, self._answer_survey, self._receive, self._receive]
        self.random.choice(acts)()

    def _sign_in(self) -> None:
        number, now = self.next(), self.world.clock.now()
        self.sign_ins.append(number)
        said: dict[str, Any] = {"parameters": {"code": f"code#{number}"}, "details": {"outcome": f"outcome#{number}"}}
        self.from_user(UserAction(id=f"pa{number}", source_at=now, action="authentication", **said))

    def _answer_survey(self) -> None:
        if not self.world.channel.surveys:
            return
        number, now = self.next(), self.world.clock.now()
        self.ratings.append(f"rating#{number}")
        details = {"rating": self.ratings[-1]}
        self.from_user(UserAction(id=f"pa{number}", source_at=now, action="survey", details=details))

    def _receive(self) -> None:
        words = [one.id for one in self.world.channel.shown if (one.kind, one.representative) == ("message", "HUMAN")]
        if not words:
            return
        message_ids = tuple(self.random.choices(words, k=self.random.choice([1, 1, 3])))
        is_read = self.random.random() < 0.6
        self.receipts |= {(one, is_read) for one in message_ids}
        now = self.world.clock.now()
        self.from_user(UserReceipt(id=f"pq{self.next()}", source_at=now, message_ids=message_ids, read=is_read))

    def from_user(self, event: Entry) -> None:
        """Put the webhook of it into the post."""
        self.mail.append(Mail(event, from_channel=True))

    # --- the agents ------------------------------------------------------------------------------------------------

    def active_chat(self) -> tuple[str, str] | None:
        """Chat and thread that agents can act in now."""
        for chat_id, threads in self.world.desk.threads.items():
            if threads[-1].active:
                return chat_id, threads[-1].id
        return None

    def agent_acts(self) -> None:
        """In the open chat, or by opening one."""
        active = self.active_chat()
        if active is None:
            self._agent_starts()
            return
        act = self.random.choice(_ACTS)
        self.trace.append(f"agent {act}")
        self._act(act, *active)

    def _act(self, act: str, chat_id: str, thread_id: str) -> None:
        agent = self.random.choice([JANE, BOB])
        where: dict[str, Any] = {"source_at": self.world.clock.now(), "chat_id": chat_id, "thread_id": thread_id}
        if act in {"write", "note"}:
            text = self.marked(f"{act} words")
            (self.private if act == "note" else self.agent_words).append(text)
            self.world.desk.append(chat_id, agent.id, text, visible=act == "write")
        elif act in {"edit", "delete"}:
            self._change(act, chat_id, thread_id)
        elif act == "join":
            self.world.desk.absent.discard(agent.id)
            self._from_desk(AgentJoined(id=f"pj{self.next()}", agent=agent, **where))
        elif act == "leave":
            self.world.desk.absent.add(agent.id)
            self._from_desk(AgentLeft(id=f"pl{self.next()}", agent_id=agent.id, **where))
        elif act == "transfer":
            self.world.desk.absent.update(self.world.desk.names)
            self._from_desk(ChatTransferred(id=f"pt{self.next()}", queued=True, **where))
        else:
            self.world.desk.close(chat_id, self.random.choice(["agent", "system"]))

    def _change(self, act: str, chat_id: str, thread_id: str) -> None:
        """Correct or take back something that was written in the open thread."""
        events = self.world.desk.newest(chat_id).events
        written = [event for event in events if "@" in event.author and event.visible and not event.deleted]
        if not written:
            return
        event = self.random.choice(written)
        self.changed.append(event.text)
        self.agent_words = [text for text in self.agent_words if text != event.text]
        where: dict[str, Any] = {"source_at": self.world.clock.now(), "chat_id": chat_id, "thread_id": thread_id}
        if act == "delete":
            event.deleted = True
            self._from_desk(MessageDeleted(id=f"deleted:{event.id}", event_id=event.id, **where))
            return
        event.text = self.marked("edited words")
        self.changed.append(event.text)
        edited = {"event_id": event.id, "agent": Agent(event.author), "text": event.text, **where}
        self._from_desk(MessageEdited(id=f"edit:{event.id}:{event.text}", **edited))

    def _agent_starts(self) -> None:
        """An agent opens the chat anew, while the user is with the bot; only one the bridge knows of."""
        chats = [c for c in self.world.desk.threads if f"chats/{c}" in self.world.store.snapshot()]
        if chats and self.random.random() < 0.3:
            self.trace.append("agent opens")
            self.world.desk.open_thread(chats[0])

    # --- what the desk tells ---------------------------------------------------------------------------------------

    def _from_desk(self, event: Entry) -> None:
        self.mail.append(Mail(event, from_channel=False))

    def _desk_event(self, chat_id: str, thread_id: str, event: DeskEvent) -> None:
        if event.author.startswith("customer-"):
            return
        told = self.world.desk.as_event(chat_id, thread_id, event)
        if isinstance(told, AgentMessage) and self.random.random() < self._drop_rate:
            self.trace.append(f"never told: {event.text}")
            self.unheard.append(event.text)
        else:
            self._from_desk(told)

    def _desk_started(self, chat_id: str, thread_id: str) -> None:
        where: dict[str, Any] = {"source_at": self.world.clock.now(), "chat_id": chat_id, "thread_id": thread_id}
        self._from_desk(ChatStarted(id=f"ps{self.next()}", **where))

    def _desk_closed(self, chat_id: str, thread_id: str, by: str) -> None:
        where: dict[str, Any] = {"source_at": self.world.clock.now(), "chat_id": chat_id, "thread_id": thread_id}
        self._from_desk(ChatClosed(id=f"pc{self.next()}", closed_by=by, **where))
