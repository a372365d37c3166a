"""The user's hand on a phone, whatever the channel: what tests do there and read there, in one protocol.

Lines of a screen are what the user takes them for: where a channel has no joined or left and no names, they are read
from the words that stand for them.
"""

import uuid
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from functions.handoff import ids
from infra.sandbox.business_messages import BusinessMessagesStandIn
from infra.sandbox.phone_screen import cards
from infra.sandbox.rcs import RcsStandIn
from infra.sandbox.sandbox import Sandbox
from infra.sandbox.standin import Call

JsonObject = dict[str, Any]
BUSINESS_MESSAGES, RCS = "business_messages", "rcs"

SURVEYS, SIGN_IN, PROFILE, ALT_TEXT = "surveys", "sign-in", "profile", "alternative text"
LACKS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        BUSINESS_MESSAGES: {},
        RCS: {
            SURVEYS: "RCS asks no survey",
            SIGN_IN: "RCS has no sign-in request",
            PROFILE: "RCS tells no name, language or place of a user",
            ALT_TEXT: "where RCS takes the text for a picture is not known for certain",
        },
    }
)
"""What tests may need of a channel, and why one has it not."""


class Bubble(NamedTuple):
    """One message of the brand on the phone: what can be seen of it, and the body that brought it.

    `voice`: BOT or HUMAN, as the user takes it. `has_words`: a phone that can show no more gets that much at least.
    """

    voice: str
    text: str
    file: str
    alt: str
    cards: tuple[str, ...]
    chips: tuple[str, ...]
    offers_person: bool
    has_words: bool
    body: JsonObject


class Hand(Protocol):
    """One user on one channel.

    Attributes:
        channel, door: the channel's name and its function's.
        id: what the stand-in knows the user by.
        key: of the conversation.
        words_path: matches the calls that show this user a message.
        framing_path: matches the calls that show this user that somebody joined or left.
        one_sign_of_writing: what comes for one short time of writing.
        circuit: under which its calls are counted.
        answer_to_repeats: the status that a call gets whose id was there before.
    """

    channel: str
    door: str
    id: str
    key: str
    words_path: str
    framing_path: str
    one_sign_of_writing: list[str]
    circuit: str
    answer_to_repeats: int

    @property
    def standin(self) -> BusinessMessagesStandIn | RcsStandIn:
        """The channel's."""
        ...

    def say(self, text: str) -> JsonObject:
        """Write; like all deeds it answers the webhook's body."""
        ...

    def tap(self, label: str, postback: str = "") -> JsonObject:
        """A chip under the newest message or on a card; of several with that label the one with the postback."""
        ...

    def ask_for_a_person(self) -> JsonObject:
        """By what the channel offers for it."""
        ...

    def send_picture(self, content: bytes, mime_type: str) -> JsonObject:
        """A picture that can be fetched where the channel says."""
        ...

    def read(self, *, with_delivered: bool = False) -> None:
        """All that is on the screen."""
        ...

    def redeliver(self, body: JsonObject) -> None:
        """The channel sends a webhook once more."""
        ...

    def written_elsewhere(self, text: str, **more: Any) -> JsonObject:
        """A webhook's body that the phone did not make, with more in it."""
        ...

    def deliveries(self) -> list[JsonObject]:
        """The webhooks about this user, as the channel's sender records them."""
        ...

    def calls(self) -> list[Call]:
        """Every call to the channel for this user."""
        ...

    def screen(self) -> list[str]:
        """What the user has on the phone, oldest first."""
        ...

    def bubbles(self) -> list[Bubble]:
        """The brand's messages, oldest first."""
        ...

    def signs_of_writing(self) -> list[str]:
        """What came to show that somebody is writing."""
        ...

    def is_marked_read(self, said: JsonObject) -> bool:
        """Whether the channel was told that this message of the user was read; `said`: its webhook's body."""
        ...

    def receive(self, text: str) -> None:
        """The phone reports that it has the message with this text."""
        ...


class BusinessMessagesHand:
    """On Business Messages."""

    channel, door = BUSINESS_MESSAGES, "business_messages_webhook"
    one_sign_of_writing = ["TYPING_STARTED", "TYPING_STOPPED"]  # noqa: RUF012
    circuit, answer_to_repeats = "channel", 409

    def __init__(self, sandbox: Sandbox, *, name: str, locale: str, context: JsonObject) -> None:
        self.id = f"c-{uuid.uuid4().hex[:10]}"
        self.key = ids.conversation_key(BUSINESS_MESSAGES, self.id)
        self.standin = sandbox.messages
        self.words_path, self.framing_path = f"/{self.id}/messages", f"/{self.id}/events"
        self._phone = sandbox.messages.phone
        known = {"customContext": self.id} | context
        self._phone.open(conversation_id=self.id, name=name, locale=locale, context=known)

    def say(self, text: str) -> JsonObject:
        return self._phone.say(self.id, text)

    def tap(self, label: str, postback: str = "") -> JsonObject:
        return self._phone.tap(self.id, label, postback=postback)

    def ask_for_a_person(self) -> JsonObject:
        return self._phone.request_live_agent(self.id)

    def send_picture(self, content: bytes, mime_type: str) -> JsonObject:
        return self._phone.send_image(self.id, content=content, mime_type=mime_type)

    def read(self, *, with_delivered: bool = False) -> None:
        self._phone.read(self.id, with_delivered=with_delivered)

    def sign_in(self, **outcome: str) -> JsonObject:
        """Where a message asked for it, with a `code` or an `error`."""
        return self._phone.authenticate(self.id, **outcome)

    def rate(self, rating: str, text: str = "") -> JsonObject:
        """The survey that came last."""
        return self._phone.answer_survey(self.id, rating=rating, text=text)

    def forget_context(self) -> None:
        """The channel tells nothing of the user any more."""
        self._phone.forget_context(self.id)

    def written_elsewhere(self, text: str, **more: Any) -> JsonObject:
        message = {"messageId": f"raw-{self.id}", "text": text, "createTime": "2026-01-02T03:04:05Z"}
        return {"conversationId": self.id, "message": message, **more}

    def redeliver(self, body: JsonObject) -> None:
        self._phone.sender.post("again", body)

    def deliveries(self) -> list[JsonObject]:
        return [one for one in self._phone.sender.deliveries() if one["body"].get("conversationId") == self.id]

    def calls(self) -> list[Call]:
        return [call for call in list(self.standin.calls) if f"/conversations/{self.id}/" in call.path]

    def screen(self) -> list[str]:
        return [as_line(line) for line in self.standin.transcript(self.id)]

    def bubbles(self) -> list[Bubble]:
        bodies = {call.body["messageId"]: call.body for call in self.calls() if "messageId" in (call.body or {})}
        return [_bubble(line, bodies[line["id"]]) for line in self._messages()]

    def signs_of_writing(self) -> list[str]:
        kinds = [call.body["eventType"] for call in self.calls() if call.path.endswith("/events")]
        return [kind for kind in kinds if kind.startswith("TYPING")]

    def is_marked_read(self, said: JsonObject) -> bool:
        path = f"/messages/{said['message']['messageId']}/receipt"
        return any(call.path.endswith(path) for call in self.calls())

    def receive(self, text: str) -> None:
        self._phone.receipt(self.id, [one["id"] for one in self._messages() if one.get("text") == text], "DELIVERED")

    def _messages(self) -> list[JsonObject]:
        lines = self.standin.transcript(self.id)
        return [line for line in lines if line["from"] == "brand" and line["kind"] == "message"]


def as_line(line: JsonObject) -> str:
    """A line of a transcript as text, with who said it in front."""
    if line["from"] == "user":
        return f"user: {line.get('text') or ('[image]' if 'image' in line else '[' + line['kind'] + ']')}"
    voice = f"{line.get('representative')} {line.get('name')}"
    if line["kind"] == "event":
        return f"{voice} {line['event']}"
    return f"{voice}: {line['text']}" if "text" in line else f"[{line['kind']}]"


def _bubble(line: JsonObject, body: JsonObject) -> Bubble:
    content = line.get("image", {}).get("contentInfo", {})
    return Bubble(
        voice=line["representative"],
        text=line.get("text") or "",
        file=content.get("fileUrl", ""),
        alt=content.get("altText", ""),
        cards=tuple(card.get("title", "") for card in cards(line.get("richCard"))),
        chips=tuple(line.get("suggestions", ())),
        offers_person={"liveAgentRequest": {}} in body.get("suggestions", ()),
        has_words=bool(body.get("text") or body.get("fallback")),
        body=body,
    )
