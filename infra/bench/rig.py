"""A running sandbox whose webhooks the bench delivers itself, one by one, with what each of them cost.

Nothing in here looks into a function: calls are counted where they arrive (the stand-ins), store trips are read from
the functions' log, times are those of whoever waits for the answer.
"""

import json
import time
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
import requests

from infra.bench.courier import Courier, JsonObject, Webhook
from infra.bench.processes import SourceProcess
from infra.bench.slow_store import TRIPS_HEADER
from infra.sandbox.livechat.options import AgentProfile
from infra.sandbox.processes import FunctionProcess
from infra.sandbox.sandbox import Sandbox
from infra.sandbox.standin import Fault, StandIn

CHANNEL_DOOR, DESK_DOOR = "business_messages_webhook", "livechat_webhook"
AGENT = AgentProfile(id="jane@shop.example", name="Jane Doe", groups=(0,), max_chats=10_000)
_TIMEOUT_S = 60.0
_LOG_SHOWN = 3000
# An id without a number would leave a gap in the thread and cost the next message a read, one time in ten.
_LIVECHAT = {"agents": (AGENT,), "uuid_event_share": 0.0}


class Delivered(msgspec.Struct, frozen=True, kw_only=True):
    """What one delivery cost.

    Attributes:
        seconds: until its answer was read.
        trips: store round trips, as the function logged them.
        counted_trips: the same, counted underneath by somebody else; None where nobody counts.
        nested_trips: those of other functions that were called meanwhile.
        calls: outbound calls by stand-in, without zeros.
        lines: what the functions logged about it, those of nested calls included.
    """

    seconds: float
    trips: int
    counted_trips: int | None
    nested_trips: int
    calls: dict[str, int]
    lines: list[JsonObject]

    @property
    def all_calls(self) -> int:
        """Outbound calls, whomever to."""
        return sum(self.calls.values())


class Chat(msgspec.Struct, frozen=True):
    """A conversation that a person has joined."""

    conversation: str
    chat_id: str


class _BenchSandbox(Sandbox):
    """A sandbox whose functions come from another source than main.py, if one is given."""

    def __init__(self, source: Path | None, settings: Mapping[str, str] | None, store: str) -> None:
        self._source = source
        super().__init__(settings, store=store, sweep=False, livechat_options=_LIVECHAT)

    def new_process(self, name: str, port: int) -> FunctionProcess:
        """As the sandbox's."""
        if self._source is None:
            return super().new_process(name, port)
        return SourceProcess(name, port, self.settings, self._log, self._source)


class Rig:
    """A sandbox without a sweep; use it as a context manager.

    Args:
        source: of the functions; None = main.py.
        store: of the setting STORE; "" = SQLite.
        settings: more settings.
        wire: answers the number of store trips that somebody else has counted so far.
    """

    def __init__(
        self,
        source: Path | None = None,
        *,
        store: str = "",
        settings: Mapping[str, str] | None = None,
        wire: Callable[[], int] | None = None,
    ) -> None:
        self.sandbox = _BenchSandbox(source, settings, store)
        self.courier = Courier()
        self._wire = wire
        self._http = new_http_session()
        self._log_offset = 0

    def __enter__(self) -> "Rig":
        try:
            self.sandbox.start()
        except BaseException:
            self.__exit__()
            raise
        self.sandbox.messages.change_options(sending={"url": f"{self.courier.url}/{CHANNEL_DOOR}"})
        livechat = self.sandbox.livechat
        with livechat.lock:
            livechat.licence.webhooks.registered.clear()
        livechat.register(f"{self.courier.url}/{DESK_DOOR}", self.sandbox.webhook_secret)
        return self

    def __exit__(self, *_: object) -> None:
        self.sandbox.stop()
        self.courier.stop()
        self._http.close()

    def set_api_delay(self, seconds: float) -> None:
        """Let every stand-in answer `seconds` later."""
        for standin in self._standins():
            with standin.lock:
                standin.faults = [Fault(delay_s=seconds)] if seconds else []

    # --- people ------------------------------------------------------------------------------------------------------

    def open_conversation(self) -> str:
        """A new user's conversation."""
        return self.sandbox.messages.phone.open(name="Michael", conversation_id=str(uuid.uuid4()))

    def say(self, conversation: str, text: str) -> Webhook:
        """The user writes; answers the webhook of it, not delivered yet."""
        message_id = self.sandbox.messages.phone.say(conversation, text)["message"]["messageId"]
        return self.courier.take(lambda webhook: webhook.content.get("message", {}).get("messageId") == message_id)

    def reply(self, chat_id: str, text: str) -> Webhook:
        """The agent writes; answers the webhook of it, not delivered yet."""
        event_id = self.sandbox.livechat.play("reply", chat_id=chat_id, agent=AGENT.id, text=text)["event_id"]
        return self.courier.take(lambda webhook: _event(webhook).get("id") == event_id)

    def take_action(self, action: str, chat_id: str) -> Webhook:
        """The LiveChat webhook of that action about a chat, not delivered yet."""
        return self.courier.take(
            lambda webhook: webhook.content.get("action") == action and _chat_id(webhook) == chat_id
        )

    def join(self, conversation: str) -> Chat:
        """Take a new conversation to a person: two messages, and LiveChat's word that the agent is there."""
        self.deliver(self.say(conversation, "what are your opening hours?"))
        self.deliver(self.say(conversation, "talk to a person"))
        joined = self.courier.take(lambda webhook: webhook.content.get("action") == "incoming_chat")
        self.deliver(joined)
        return Chat(conversation, _chat_id(joined))

    # --- deliveries --------------------------------------------------------------------------------------------------

    def deliver(self, webhook: Webhook, url: str = "") -> Delivered:
        """Deliver a webhook, and tell what it cost. Nothing else may be under way.

        Args:
            webhook: what to deliver.
            url: where to, if not to the function it is for.

        Raises:
            RuntimeError: it was not answered 200; the message ends in what was logged.
        """
        calls, wire = self._calls(), self._wire() if self._wire else 0
        self.new_log_lines()
        try:
            seconds, headers = post(self._http, webhook, url or self.sandbox.url_of(webhook.function))
        except RuntimeError as e:
            raise RuntimeError(f"{e}\n{self.sandbox.log()[-_LOG_SHOWN:]}") from e
        lines = self.new_log_lines()
        trips = sum(line["store_trips"] for line in lines if line["function"] == webhook.function)
        nested = sum(line["store_trips"] for line in lines if line["function"] != webhook.function)
        counted = int(headers[TRIPS_HEADER]) if TRIPS_HEADER in headers else None
        if self._wire:
            counted = self._wire() - wire - nested
        made = {name: count - calls[name] for name, count in self._calls().items() if count > calls[name]}
        return Delivered(
            seconds=seconds, trips=trips, counted_trips=counted, nested_trips=nested, calls=made, lines=lines
        )

    def restart(self, function: str) -> None:
        """End a function's process and start another, which knows nothing."""
        process = self.sandbox.functions[function]
        process.stop()
        process.start()
        process.wait_ready()

    def new_log_lines(self) -> list[JsonObject]:
        """What the functions logged about their work since this was last asked."""
        with self.sandbox.log_path.open("rb") as log:
            log.seek(self._log_offset)
            written = log.read()
        whole = written[: written.rfind(b"\n") + 1]
        self._log_offset += len(whole)
        lines = [json.loads(line) for line in whole.splitlines() if line.startswith(b"{")]
        return [line for line in lines if "store_trips" in line]

    def _calls(self) -> dict[str, int]:
        return {standin.name: len(standin.calls) for standin in self._standins()}

    def _standins(self) -> tuple[StandIn, ...]:
        sandbox = self.sandbox
        return (sandbox.livechat, sandbox.messages, sandbox.dialogflow, sandbox.tasks)


def new_http_session() -> requests.Session:
    """A session that keeps its connections and takes nothing from the environment."""
    session = requests.Session()
    session.trust_env = False
    return session


def post(http: requests.Session, webhook: Webhook, url: str) -> tuple[float, Mapping[str, str]]:
    """Deliver a webhook; answers the seconds it took and the answer's headers.

    Raises:
        RuntimeError: it was not answered 200.
    """
    started = time.perf_counter()
    answer = http.post(url, data=webhook.body, headers=webhook.headers, timeout=_TIMEOUT_S, allow_redirects=False)
    seconds = time.perf_counter() - started
    if answer.status_code != 200:
        raise RuntimeError(f"{webhook.function} answered {answer.status_code}: {answer.text[:200]}")
    return seconds, answer.headers


def _event(webhook: Webhook) -> JsonObject:
    event: JsonObject = webhook.content.get("payload", {}).get("event", {})
    return event


def _chat_id(webhook: Webhook) -> str:
    payload = webhook.content.get("payload", {})
    return str(payload.get("chat_id") or payload.get("chat", {}).get("id") or "")
