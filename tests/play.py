"""Plays conversations in a running sandbox: what the user does and sees, what the agents do and see."""

import json
import threading
import time
from collections.abc import Callable
from functools import cached_property
from typing import Any, TypeVar

import pytest
import requests

from functions.handoff import ids
from functions.handoff.conversation import from_record
from functions.handoff.interfaces import Store
from functions.runtime.config import read_settings
from functions.runtime.log_values import shown_conversation
from functions.runtime.wiring import open_store
from infra.sandbox.livechat.model import Chat
from infra.sandbox.sandbox import Sandbox
from infra.sandbox.standin import Call, StandIn
from infra.sandbox.standins import BOT_NAME, PROJECT
from tests.hands import BUSINESS_MESSAGES, RCS, Bubble, BusinessMessagesHand, Hand
from tests.hands_rcs import RcsHand

JsonObject = dict[str, Any]
JANE, SAM, ADA = "jane@shop.example", "sam@shop.example", "ada@shop.example"
NAMES = {JANE: "Jane Doe", SAM: "Sam Lee", ADA: "Ada King"}
PROBLEM = "Thanks for contacting us. What is it about? I know about orders and opening hours, or I get you a person."
ASKING = "One moment, I am asking for a person."
WELCOME_BACK = "Welcome back, I am the bot again. I hope my colleague could help."
BRIEFING = "(note) Handed over by the bot"

_T = TypeVar("_T")
_LOOK_EVERY_S = 0.01
_HANDS: dict[str, Callable[..., Hand]] = {BUSINESS_MESSAGES: BusinessMessagesHand, RCS: RcsHand}


def wait_for(look: Callable[[], _T], what: str, timeout_s: float = 20.0) -> _T:
    """Look until there is something to see, and answer it; fails with `what` was waited for."""
    deadline = time.monotonic() + timeout_s
    while not (seen := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout_s:.0f} s for {what}")
        time.sleep(_LOOK_EVERY_S)
    return seen


class WatchedSandbox(Sandbox):
    """A sandbox of which one can tell whether it is sweeping just now, and what it holds.

    `rests`: it sweeps no more, for the time being.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        self.sweeping = threading.Lock()
        self.rests = False
        super().__init__(*args, **options)

    def sweep(self) -> None:
        """As the sandbox does."""
        with self.sweeping:
            if not self.rests:
                super().sweep()

    @cached_property
    def store(self) -> Store:
        """The functions' store."""
        with pytest.MonkeyPatch.context() as patch:
            if host := self.settings.get("FIRESTORE_EMULATOR_HOST", ""):  # read by the client library, not by us
                patch.setenv("FIRESTORE_EMULATOR_HOST", host)
            return open_store(read_settings(self.settings))[0]


class Scene:
    """One user's conversation. Lines of `screen` and `inbox` are plain texts with who said it in front.

    `hand`: the user's, on one of the channels; `channel` the stand-in of that.
    """

    def __init__(
        self,
        sandbox: WatchedSandbox,
        channel: str = "",
        *,
        name: str = "Michael",
        locale: str = "en",
        context: JsonObject | None = None,
    ) -> None:
        self.sandbox = sandbox
        self.hand = _HANDS[channel or sandbox.channel](sandbox, name=name, locale=locale, context=context or {})
        self.channel = self.hand.standin
        self.id, self.key = self.hand.id, self.hand.key
        self.session = f"{sandbox.settings['DIALOGFLOW_AGENT']}/sessions/{ids.session_id(self.key)}"
        self.shown_key = shown_conversation(self.key)  # as logs and operators' commands show it
        self._customer = ""

    # --- the user ----------------------------------------------------------------------------------------------------

    def user_says(self, text: str) -> JsonObject:
        """The user writes; answers the webhook's body."""
        return self.hand.say(text)

    def user_asks_for_a_person(self) -> JsonObject:
        """By what the channel offers for it."""
        return self.hand.ask_for_a_person()

    def user_taps(self, label: str, postback: str = "") -> JsonObject:
        """A chip under the newest message or on a card; of several with that label the one with the postback."""
        return self.hand.tap(label, postback)

    def user_sends_picture(self, content: bytes, mime_type: str = "image/png") -> JsonObject:
        """A picture that can be fetched where the channel says."""
        return self.hand.send_picture(content, mime_type)

    def user_reads(self, *, with_delivered: bool = False) -> None:
        """All that is on the screen."""
        self.hand.read(with_delivered=with_delivered)

    def redeliver(self, body: JsonObject) -> None:
        """The channel sends a webhook once more."""
        self.hand.redeliver(body)

    def screen(self) -> list[str]:
        """What the user has on the phone, oldest first."""
        return self.hand.screen()

    def bubbles(self) -> list[Bubble]:
        """The brand's messages on the phone, oldest first."""
        return self.hand.bubbles()

    def user_sees(self, line: str, timeout_s: float = 20.0) -> None:
        """Wait until the line is on the screen."""
        wait_for(lambda: line in self.screen(), f"{line!r} on the screen {self.id}", timeout_s)

    def sent_to_user(self) -> list[Call]:
        """Every call that was made to the channel for this user."""
        return self.hand.calls()

    # --- the bot -----------------------------------------------------------------------------------------------------

    def bot_answers(self, text: str, timeout_s: float = 20.0) -> None:
        """Wait until the user sees the bot say this."""
        self.user_sees(said_by_bot(text), timeout_s)

    def bot_heard(self) -> list[str]:
        """What the bot was told: texts, and events with their reason."""
        return [
            turn.get("text") or f"[{turn['event']}: {turn['parameters'].get('reason')}]"
            for turn in list(self.sandbox.dialogflow.turns.get(self.session, []))
        ]

    @property
    def session_elsewhere(self) -> str:
        """The name of a session that we never opened."""
        return f"{self.sandbox.settings['DIALOGFLOW_AGENT'].replace(PROJECT, 'elsewhere')}/sessions/never-opened-here"

    def bot_calls_webhook(self, **body: Any) -> JsonObject:
        """The bot calls its fulfilment webhook outside any turn of ours; answers what came of it."""
        url = self.sandbox.settings["DIALOGFLOW_API_URL"] + "/_webhook_alone"
        answer: JsonObject = requests.post(url, json={"session": self.session} | body, timeout=20).json()
        return answer

    # --- the agents --------------------------------------------------------------------------------------------------

    def chats(self) -> list[Chat]:
        """This user's chats in LiveChat."""
        self._customer = self._customer or self._read_customer()
        with self.sandbox.livechat.lock:
            chats = list(self.sandbox.livechat.licence.chats.values())
        return [chat for chat in chats if chat.customer_id == self._customer]

    def _read_customer(self) -> str:
        """Who the user is at the desk: which the functions alone know, before anything is asked of it."""
        path = f"conversations/{self.key}"
        document = self.sandbox.store.get(path).get(path)
        customer = from_record(document.record).customer if document else None
        return customer.id if customer else ""

    @property
    def chat(self) -> Chat:
        """The user's one chat."""
        (chat,) = self.chats()
        return chat

    @property
    def agent(self) -> str:
        """Who has the chat now; "" when nobody does."""
        present = [member.id for chat in self.chats() for member in chat.present_agents("all")]
        return present[0] if present else ""

    def agent_does(self, deed: str, agent: str = "", **body: Any) -> JsonObject:
        """Somebody at a desk does something in the chat, by default who has it."""
        return self.sandbox.livechat.play(deed, agent=agent or self.agent, chat_id=self.chat.id, **body)

    def agent_replies(self, text: str) -> None:
        """Who has the chat writes to the user, who sees it."""
        agent = self.agent
        self.agent_does("reply", agent, text=text)
        self.user_sees(said_by(agent, text))

    def agent_closes(self) -> None:
        """Who has the chat closes it; waits until the user is told that they left."""
        agent, before = self.agent, self.screen().count(left(self.agent))
        self.agent_does("close")
        wait_for(lambda: self.screen().count(left(agent)) > before, f"{agent} shown as gone on {self.id}")

    def inbox(self) -> list[str]:
        """What the agents see of this user, oldest first, without LiveChat's own system messages."""
        with self.sandbox.livechat.lock:
            events = [event for chat in self.chats() for thread in chat.threads for event in thread.events]
            return [_in_inbox(event) for event in events if event["type"] != "system_message"]

    def agents_see(self, line: str, timeout_s: float = 20.0) -> None:
        """Wait until the line is in the inbox."""
        wait_for(lambda: line in self.inbox(), f"{line!r} in the inbox of {self.id}", timeout_s)

    def wake_ups(self) -> list[float]:
        """When Cloud Tasks was to have this conversation looked after."""
        tasks = list(self.sandbox.tasks.tasks.values())
        return [task.due_at for task in tasks if json.loads(task.body) == {"conversation": self.key}]

    def wake_up(self) -> None:
        """Cloud Tasks has this conversation looked after."""
        requests.post(self.sandbox.url_of("redeliver"), json={"conversation": self.key}, timeout=30).raise_for_status()

    # --- time ---------------------------------------------------------------------------------------------------------

    def time_passes(self, seconds: float) -> None:
        """So much time goes by at once where the functions go by the sandbox's clock; elsewhere it has to be waited."""
        if self.sandbox.obeys_clock:
            self.channel.phone.sender.settle()
            self.sandbox.livechat.wait_idle(0)
            self.sandbox.move_on(seconds)

    # --- together ----------------------------------------------------------------------------------------------------

    def hand_off(self, words: str = "talk to a person", to: str = JANE) -> None:
        """The user asks the bot for a person, who comes."""
        before = self.screen().count(joined(to))
        self.user_says(words)
        wait_for(lambda: self.screen().count(joined(to)) > before, f"{to} shown as joined on {self.id}")

    def settle(self, timeout_s: float = 20.0) -> None:
        """Wait until no webhook is on its way and no wake-up is to come."""
        wait_for(lambda: self._is_quiet() and self._is_quiet(), "quiet", timeout_s)

    def _is_quiet(self) -> bool:
        sandbox = self.sandbox
        sender = self.channel.phone.sender
        is_sent = all(one["state"] != "pending" for one in sender.deliveries()) and sender.settle(0)
        is_idle = sandbox.livechat.wait_idle(0)
        is_woken = all(task.state != "pending" for task in list(sandbox.tasks.tasks.values()))
        return is_sent and is_idle and is_woken and not sandbox.sweeping.locked()


# --- lines -----------------------------------------------------------------------------------------------------------


def said_by_bot(text: str) -> str:
    """The bot's (or the bridge's) words as the user sees them."""
    return f"BOT {BOT_NAME}: {text}"


def said_by(agent: str, text: str) -> str:
    """A person's words as the user sees them."""
    return f"HUMAN {NAMES[agent]}: {text}"


def joined(agent: str) -> str:
    """REPRESENTATIVE_JOINED."""
    return f"HUMAN {NAMES[agent]} REPRESENTATIVE_JOINED"


def left(agent: str) -> str:
    """REPRESENTATIVE_LEFT."""
    return f"HUMAN {NAMES[agent]} REPRESENTATIVE_LEFT"


def _in_inbox(event: JsonObject) -> str:
    if event["type"] == "filled_form":
        return f"(note) {event['fields'][0]['answer']}"
    author = NAMES.get(event["author_id"], "user")
    audience = "" if event["visibility"] == "all" else " (private)"
    return f"{author}{audience}: {event.get('text', event['type'])}"


# --- what was called -------------------------------------------------------------------------------------------------


def called(standin: StandIn, part: str, since: int = 0) -> list[Call]:
    """The calls a stand-in got after the first `since`, whose path holds `part`."""
    return [call for call in list(standin.calls)[since:] if part in call.path]


def everything_sent_to_user(scene: Scene) -> str:
    """The whole of what left towards the user and the bot, to look for what must not be in it."""
    heard = [call.body for call in called(scene.sandbox.dialogflow, scene.session)]
    return json.dumps([call.body for call in scene.sent_to_user()] + heard, ensure_ascii=False)
