"""The outside world in memory, for the core's tests: what was done to it is in lists to look at.

Each call passes `Faults.around`, where a test can make it fail before or after its effect. The desk, like the real one,
does not recognise a repeated event; the channel, like the real one, does.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from functions.handoff.content import AgentButton, Media, OutboundMessage, plain_text
from functions.handoff.errors import ChatAlreadyActive, ChatInactive, FileRefused, ProviderRefused, ProviderUnavailable
from functions.handoff.events import Agent, AgentMessage, BotAnswer, HandoffSignal, WithheldEvent
from functions.handoff.ids import is_own_event
from functions.handoff.interfaces import ChatSummary, Customer, CustomerDesk, File, Note, OpenedChat, ThreadView, Voice
from functions.handoff.text import split_text

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class FakeClock:
    """Stands still until told otherwise; sleeping moves it."""

    def __init__(self) -> None:
        self.at = START

    def now(self) -> datetime:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


class Faults:
    """Where calls go wrong. `script` maps a call's name ("livechat.send_message") to what its next calls do.

    "ok", "away" (no effect, certain), "lost" (no effect, in doubt), "done" (effect, in doubt), "refused",
    "unreachable" (refused, too).
    `choose`, if set, decides for calls without a script. `pause` is called before and after each effect.
    """

    def __init__(self) -> None:
        self.script: dict[str, list[str]] = {}
        self.choose: Callable[[str], str] = lambda _name: "ok"
        self.pause: Callable[[str], None] = lambda _name: None
        self.calls: list[str] = []
        self.late: list[Callable[[], Any]] = []

    @contextmanager
    def around(self, name: str, effect: Callable[[], Any]) -> Iterator[Any]:
        self.calls.append(name)
        provider = name.partition(".")[0]
        self.pause(name)
        fate = self.script[name].pop(0) if self.script.get(name) else self.choose(name)
        if fate == "away":
            raise ProviderUnavailable(provider, "connection")
        if fate == "lost":
            raise ProviderUnavailable(provider, "timeout", undelivered=False)
        if fate == "late":
            self.late.append(effect)
            raise ProviderUnavailable(provider, "timeout", undelivered=False)
        if fate == "refused":
            raise ProviderRefused(provider, "validation", status=400)
        if fate == "unreachable":
            raise ProviderRefused(provider, "unreachable", status=404)
        result = effect()
        self.pause(name)
        if fate == "done":
            raise ProviderUnavailable(provider, "timeout", undelivered=False)
        yield result

    def call(self, name: str, effect: Callable[[], Any]) -> Any:
        with self.around(name, effect) as result:
            return result


class Shown(msgspec.Struct):
    """One thing the user sees. `kind`: "message", "joined" or "left"."""

    kind: str
    representative: str
    name: str
    text: str
    id: str


class FakeChannel:
    """The user's phone. A repeated id shows nothing new. It shows words and chips only."""

    name = "phone"
    text_limit = 3072

    def __init__(self, faults: Faults) -> None:
        self.shown: list[Shown] = []
        self.sent: list[OutboundMessage] = []
        self.lines: list[OutboundMessage] = []  # in which joined and left can be said
        self.surveys: list[str] = []
        self.can_survey = True
        self.read: list[str] = []
        self.thinking_now = 0
        self.thought = 0
        self._faults = faults

    def compose(self, message: OutboundMessage, voice: Voice) -> list[dict[str, Any]]:
        parts = [part for part in split_text(plain_text(message), self.text_limit) if part.strip()]
        return [{"text": part, "message": message} for part in parts]

    def send_message(
        self, address: Any, part: dict[str, Any], voice: Voice, *, message_id: str, timeout_s: float
    ) -> None:
        shown = Shown("message", voice.representative, voice.name, part["text"], message_id)
        self.sent.append(part["message"])
        self._faults.call("channel.send_message", lambda: self._show(shown))

    @contextmanager
    def thinking(self, address: Any, voice: Voice) -> Iterator[None]:
        self.thinking_now += 1
        self.thought += 1
        try:
            yield
        finally:
            self.thinking_now -= 1

    def send_survey(self, address: Any, *, survey_id: str, timeout_s: float) -> bool:
        def ask() -> bool:
            if self.can_survey and survey_id not in self.surveys:
                self.surveys.append(survey_id)
            return self.can_survey

        return self._faults.call("channel.send_survey", ask)  # type: ignore[no-any-return]

    def send_read(self, address: Any, message_id: str, *, timeout_s: float) -> None:
        self._faults.call("channel.send_read", lambda: self.read.append(message_id))

    def send_framing(
        self, address: Any, voice: Voice, *, left: bool, line: OutboundMessage, event_id: str, timeout_s: float
    ) -> None:
        self.lines.append(line)
        shown = Shown("left" if left else "joined", voice.representative, voice.name, line.text, event_id)
        self._faults.call("channel.send_framing", lambda: self._show(shown))

    def _show(self, shown: Shown) -> None:
        if shown.id not in {one.id for one in self.shown}:
            self.shown.append(shown)

    @property
    def texts(self) -> list[str]:
        return [one.text for one in self.shown if one.kind == "message"]

    @property
    def voices(self) -> list[tuple[str, str]]:
        return [(one.kind if one.kind != "message" else one.representative, one.text) for one in self.shown]


class FakeFiles:
    """What is behind addresses: `refused` says why there is nothing."""

    def __init__(self, faults: Faults) -> None:
        self.content: dict[str, bytes] = {}
        self.refused: dict[str, str] = {}
        self._faults = faults

    def fetch(self, media: Media, *, timeout_s: float) -> File:
        def get() -> File:
            if media.url in self.refused:
                raise FileRefused(self.refused[media.url])
            return File(media.url.rsplit("/", 1)[-1], "image/png", self.content.get(media.url, b"content"))

        return self._faults.call("channel.fetch", get)  # type: ignore[no-any-return]


class DeskEvent(msgspec.Struct):
    """One event of a thread: `author` is a customer id, an agent id, or "" (the desk itself)."""

    id: str
    author: str
    text: str
    at: datetime
    visible: bool = True
    custom_id: str = ""
    button: AgentButton | None = None
    deleted: bool = False


class DeskThread(msgspec.Struct):
    """One thread."""

    id: str
    events: list[DeskEvent]
    active: bool = True


class FakeDesk:
    """The agents' inbox: one chat per customer, one active thread at most, no recognition of repeated events."""

    text_limit_bytes = 16_000

    def __init__(self, faults: Faults, clock: FakeClock) -> None:
        self.faults = faults
        self.clock = clock
        self.threads: dict[str, list[DeskThread]] = {}
        self.status = "online"
        self.names = {"jane@shop.example": "Jane Doe", "bob@shop.example": "Bob Roe"}
        self.details: list[tuple[str, dict[str, str]]] = []
        self.absent: set[str] = set()  # agents who are not in any chat
        self.uploads: list[File] = []
        self.seen: list[datetime] = []
        self.delivered: list[str] = []
        self.renewals = 0
        self.uuid_events: Callable[[], bool] = lambda: False
        self.on_event: Callable[[str, str, DeskEvent], None] = lambda _chat, _thread, _event: None
        self.on_started: Callable[[str, str], None] = lambda _chat, _thread: None
        self.on_closed: Callable[[str, str, str], None] = lambda _chat, _thread, _by: None
        self._customers = 0
        self._counter = 0

    # --- as the bridge sees it ---

    def new_customer(self, *, timeout_s: float) -> Customer:
        def make() -> Customer:
            self._customers += 1
            return Customer(f"customer-{self._customers}", "token", self.clock.now() + timedelta(hours=8))

        return self.faults.call("livechat.new_customer", make)  # type: ignore[no-any-return]

    def as_customer(self, customer: Customer) -> CustomerDesk:
        return FakeCustomerDesk(self, customer)

    def read_thread(self, chat_id: str, thread_id: str, *, timeout_s: float) -> ThreadView:
        return self.faults.call("livechat.read_thread", lambda: self._view(chat_id, thread_id))  # type: ignore[no-any-return]

    def _view(self, chat_id: str, thread_id: str) -> ThreadView:
        threads = self.threads.get(chat_id, [])
        wanted = [t for t in threads if thread_id in ("", t.id)]
        if not wanted:
            raise ProviderRefused("livechat", "not_found")
        thread = wanted[-1]
        events = tuple(self.as_event(chat_id, thread.id, event) for event in thread.events)
        own = {event.custom_id: event.id for event in thread.events if is_own_event(event.custom_id)}
        return ThreadView(chat_id, thread.id, thread.active, events, own, tuple(set(self.names) - self.absent))

    def as_event(self, chat_id: str, thread_id: str, event: DeskEvent) -> AgentMessage | WithheldEvent:
        """How a webhook or a read presents an event."""
        if event.visible and "@" in event.author and not event.deleted:
            agent = Agent(event.author, self.names.get(event.author, ""))
            return AgentMessage(
                id=event.id, source_at=event.at, chat_id=chat_id, thread_id=thread_id, agent=agent, text=event.text
            )
        return WithheldEvent(id=event.id, source_at=event.at, chat_id=chat_id, thread_id=thread_id)

    # --- as agents and the desk itself act ---

    def newest(self, chat_id: str) -> DeskThread:
        return self.threads[chat_id][-1]

    def append(
        self, chat_id: str, author: str, text: str, *, visible: bool = True, custom_id: str = "", thread_id: str = ""
    ) -> DeskEvent:
        thread = next(t for t in self.threads[chat_id] if t.id == (thread_id or self.newest(chat_id).id))
        number = len(thread.events) + 1
        event_id = f"uuid-{thread.id}-{number}" if self.uuid_events() else f"{thread.id}_{number}"
        at = self.clock.now() + timedelta(microseconds=self._count())
        event = DeskEvent(event_id, author, text, at, visible, custom_id)
        thread.events.append(event)
        self.on_event(chat_id, thread.id, event)
        return event

    def open_thread(self, chat_id: str) -> DeskThread:
        thread = DeskThread(f"T{self._count()}", [])
        self.threads.setdefault(chat_id, []).append(thread)
        self.on_started(chat_id, thread.id)
        return thread

    def close(self, chat_id: str, by: str) -> None:
        thread = self.newest(chat_id)
        if thread.active:
            thread.active = False
            self.on_closed(chat_id, thread.id, by)

    def _count(self) -> int:
        self._counter += 1
        return self._counter

    def user_texts(self) -> list[str]:
        """What agents got from users, in order."""
        return [
            event.text
            for threads in self.threads.values()
            for thread in threads
            for event in thread.events
            if event.author.startswith("customer-") and event.visible
        ]


class FakeCustomerDesk:
    """The desk as one customer sees it."""

    def __init__(self, desk: FakeDesk, customer: Customer) -> None:
        self.customer = customer
        self._desk = desk

    def _call(self, name: str, effect: Callable[[], Any]) -> Any:
        if self.customer.expires_at <= self._desk.clock.now() + timedelta(minutes=2):
            self._desk.renewals += 1
            expires_at = self._desk.clock.now() + timedelta(hours=8)
            self.customer = Customer(self.customer.id, f"token-{self._desk.renewals}", expires_at)
        return self._desk.faults.call(f"livechat.{name}", effect)

    @property
    def _chat_id(self) -> str:
        return f"chat-of-{self.customer.id}"

    def group_status(self, group_id: int, *, timeout_s: float) -> str:
        return self._call("group_status", lambda: self._desk.status)  # type: ignore[no-any-return]

    def start_chat(self, group_id: int, briefing: Note | None, *, custom_id: str, timeout_s: float) -> OpenedChat:
        def start() -> OpenedChat:
            if self._chat_id in self._desk.threads:
                raise ChatAlreadyActive("livechat", "chat_limit_reached")
            return self._open(briefing, custom_id)

        return self._call("start_chat", start)  # type: ignore[no-any-return]

    def resume_chat(
        self, chat_id: str, group_id: int, briefing: Note | None, *, custom_id: str, timeout_s: float
    ) -> OpenedChat:
        def resume() -> OpenedChat:
            if self._desk.newest(chat_id).active:
                raise ChatAlreadyActive("livechat", "chat_already_active")
            return self._open(briefing, custom_id)

        return self._call("resume_chat", resume)  # type: ignore[no-any-return]

    def _open(self, briefing: Note | None, custom_id: str) -> OpenedChat:
        thread = self._desk.open_thread(self._chat_id)
        event = self._desk.append(
            self._chat_id, self.customer.id, str(briefing), visible=False, custom_id=custom_id, thread_id=thread.id
        )
        return OpenedChat(self._chat_id, thread.id, (event.id,))

    def find_chat(self, *, timeout_s: float) -> ChatSummary | None:
        def find() -> ChatSummary | None:
            if self._chat_id not in self._desk.threads:
                return None
            newest = self._desk.newest(self._chat_id)
            return ChatSummary(self._chat_id, newest.id, newest.active)

        return self._call("find_chat", find)  # type: ignore[no-any-return]

    def send_message(
        self, chat_id: str, text: str, *, custom_id: str, timeout_s: float, button: AgentButton | None = None
    ) -> str:
        return self._send("send_message", chat_id, text, custom_id=custom_id, button=button)

    def upload_file(self, file: File, *, timeout_s: float) -> str:
        def upload() -> str:
            if file.name.endswith(".exe"):
                raise FileRefused("not_allowed")
            self._desk.uploads.append(file)
            return f"https://cdn.example/{len(self._desk.uploads)}/{file.name}"

        return self._call("upload_file", upload)  # type: ignore[no-any-return]

    def send_file(self, chat_id: str, url: str, *, custom_id: str, timeout_s: float) -> str:
        return self._send("send_file", chat_id, url.rsplit("/", 1)[-1], custom_id=custom_id)

    def send_note(self, chat_id: str, note: Note, *, custom_id: str, timeout_s: float, to_closed: bool = False) -> str:
        return self._send("send_note", chat_id, str(note), custom_id=custom_id, visible=False, to_closed=to_closed)

    def _send(
        self,
        name: str,
        chat_id: str,
        text: str,
        *,
        custom_id: str,
        visible: bool = True,
        button: AgentButton | None = None,
        to_closed: bool = False,
    ) -> str:
        def send() -> str:
            if not self._desk.newest(chat_id).active and not to_closed:
                raise ChatInactive("livechat", "chat_inactive")
            event = self._desk.append(chat_id, self.customer.id, text, visible=visible, custom_id=custom_id)
            event.button = button
            return event.id

        return self._call(name, send)  # type: ignore[no-any-return]

    def mark_seen(self, chat_id: str, seen_up_to: datetime, *, timeout_s: float) -> None:
        self._call("mark_seen", lambda: self._desk.seen.append(seen_up_to))

    def mark_delivered(self, chat_id: str, thread_id: str, event_id: str, *, timeout_s: float) -> None:
        self._call("mark_delivered", lambda: self._desk.delivered.append(event_id))

    def close_chat(self, chat_id: str, *, timeout_s: float) -> None:
        self._call("close_chat", lambda: self._desk.close(chat_id, "user"))

    def update_details(self, name: str, fields: dict[str, str], *, timeout_s: float) -> None:
        self._call("update_details", lambda: self._desk.details.append((name, fields)))


class FakeBot:
    """Echoes; hands off on "person"; does not understand "what?"."""

    def __init__(self, faults: Faults) -> None:
        self.heard: list[str] = []
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.contexts_given: list[Sequence[Any] | None] = []
        self._faults = faults

    def hear(
        self, session: str, text: str, *, language: str, payload: Any, contexts: Sequence[Any] | None, timeout_s: float
    ) -> BotAnswer:
        def turn() -> BotAnswer:
            self.heard.append(text)
            self.contexts_given.append(contexts)
            said = (OutboundMessage(f"bot: {text}"),)
            if "person" in text:
                return BotAnswer(said, handoff=HandoffSignal("bot", {"department": "billing"}), intent="Person")
            return BotAnswer(said, is_fallback="what?" in text, contexts=({"name": "topic"},), intent="Echo")

        return self._faults.call("dialogflow.hear", turn)  # type: ignore[no-any-return]

    def hear_event(
        self,
        session: str,
        name: str,
        parameters: dict[str, Any],
        *,
        language: str,
        payload: Any,
        contexts: Sequence[Any] | None,
        timeout_s: float,
    ) -> BotAnswer:
        def turn() -> BotAnswer:
            self.events.append((name, parameters))
            return BotAnswer((OutboundMessage("bot: welcome back"),), contexts=tuple(contexts or ()))

        return self._faults.call("dialogflow.hear_event", turn)  # type: ignore[no-any-return]


class FakeWakeUps:
    """Remembers what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, datetime]] = []

    def schedule(self, conversation_key: str, due_at: datetime) -> None:
        self.asked.append((conversation_key, due_at))


class FakeJournal:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.noted: list[tuple[str, dict[str, object]]] = []

    def note(self, happening: str, **fields: object) -> None:
        self.noted.append((happening, fields))


def seeded(seed: int = 0) -> random.Random:
    return random.Random(seed)
