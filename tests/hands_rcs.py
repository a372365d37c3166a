"""The user's hand on a phone with RCS for Business.

There nobody is shown but the brand: who joined, spoke and left is read as the user does.
"""

import re
from typing import Any

from functions.handoff import ids
from functions.handoff.languages import BUILT_IN
from infra.sandbox.google_api import rfc3339
from infra.sandbox.phone_screen import cards
from infra.sandbox.sandbox import Sandbox
from infra.sandbox.standin import Call
from infra.sandbox.standins import BOT_NAME
from infra.sandbox.taken_for import as_taken
from tests.hands import RCS, Bubble, JsonObject, as_line

PERSON = "handoff:person"
_EN = BUILT_IN["en"]


class RcsHand:
    """On RCS for Business."""

    channel, door = RCS, "rcs_webhook"
    one_sign_of_writing = ["IS_TYPING"]  # noqa: RUF012
    circuit, answer_to_repeats = "rcs", 200

    def __init__(self, sandbox: Sandbox, *, agent: str = "", **_unknown_to_rcs: object) -> None:
        self.standin = sandbox.rcs
        self._phone = sandbox.rcs.phone
        self.id = self._phone.open(agent=agent)
        talk = self._phone.get(self.id)
        self.agent, self.number = talk.agent, talk.number
        self.key = ids.conversation_key(RCS, self.agent, self.number)
        self.words_path = self.framing_path = f"/phones/{re.escape(self.number)}/agentMessages"

    def say(self, text: str) -> JsonObject:
        return self._phone.say(self.id, text)

    def tap(self, label: str, postback: str = "") -> JsonObject:
        return self._phone.tap(self.id, label, postback=postback)

    def ask_for_a_person(self) -> JsonObject:
        """By the chip for it; which a newer message may have covered just as it was tapped."""
        answer = {"postbackData": PERSON, "text": _EN["person_chip"], "type": "REPLY"}
        data = self.written_elsewhere("", suggestionResponse=answer)
        self._phone.get(self.id).put({"at": data["sendTime"], "from": "user", "kind": "live_agent_request"})
        self._phone.sender.post("suggestionResponse", data)
        return data

    def send_picture(self, content: bytes, mime_type: str) -> JsonObject:
        return self._phone.send_file(self.id, content=content, mime_type=mime_type)

    def read(self, *, with_delivered: bool = False) -> None:
        self._phone.read(self.id, with_delivered=with_delivered)

    def written_elsewhere(self, text: str, **more: Any) -> JsonObject:
        message_id = f"raw-{len(self._phone.sender.deliveries())}-{self.number}"
        sent_at = rfc3339(self.standin.clock.now())
        data = {"agentId": self.agent, "senderPhoneNumber": self.number, "messageId": message_id, "sendTime": sent_at}
        return data | ({"text": text} if text else {}) | more

    def redeliver(self, body: JsonObject) -> None:
        self._phone.sender.post("again", body)

    def deliveries(self) -> list[JsonObject]:
        return [one for one in self._phone.sender.deliveries() if one["body"].get("senderPhoneNumber") == self.number]

    def calls(self) -> list[Call]:
        return [call for call in list(self.standin.calls) if f"/phones/{self.number}/" in call.path]

    def screen(self) -> list[str]:
        return [as_line(line) for line in self._lines()]

    def bubbles(self) -> list[Bubble]:
        calls = {call.query.get("messageId", ""): call.body for call in self.calls() if call.path.endswith("Messages")}
        return [_bubble(line, calls[line["id"]]) for line in self._lines() if line["from"] == "brand"]

    def signs_of_writing(self) -> list[str]:
        return [kind for kind, _ in self._events() if kind == "IS_TYPING"]

    def is_marked_read(self, said: JsonObject) -> bool:
        return ("READ", said["messageId"]) in self._events()

    def receive(self, text: str) -> None:
        found = [line["id"] for line in self._lines() if line["from"] == "brand" and line.get("text") == text]
        self._phone.receipt(self.id, found, "DELIVERED")

    def _events(self) -> list[tuple[str, str]]:
        bodies = [call.body for call in self.calls() if call.path.endswith("/agentEvents")]
        return [(body["eventType"], body.get("messageId", "")) for body in bodies]

    def _lines(self) -> list[JsonObject]:
        return list(as_taken(self.standin.transcript(self.id), bot=BOT_NAME))


def _bubble(line: JsonObject, body: JsonObject) -> Bubble:
    content = line.get("file") or line.get("image", {}).get("contentInfo", {})
    replies = [chip.get("reply", {}) for chip in line.get("chips", ())]
    return Bubble(
        voice=line["representative"],
        text=line.get("text", ""),
        file=content.get("fileUrl", ""),
        alt=content.get("contentDescription", ""),
        cards=tuple(card.get("title", "") for card in cards(line.get("richCard"))),
        chips=tuple(line.get("suggestions", ())),
        offers_person=any(reply.get("postbackData") == PERSON for reply in replies),
        has_words=True,  # there is no fallback: what a phone can't show is sent again in words
        body=body,
    )
