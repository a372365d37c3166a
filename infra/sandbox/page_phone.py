"""The phones, as the page shows them: who has one, what is on a screen, what can be tapped, who is writing."""

from typing import Any

from infra.sandbox.page_kinds import at
from infra.sandbox.page_screens import ChannelStandIn, screen_of
from infra.sandbox.phone_screen import chip_label, kind_of, postback_of

JsonObject = dict[str, Any]
LINES_SHOWN = 200
_PHONES_SHOWN = 100
_LEFT_OUT = {"chips", "suggestions"}
_WITHOUT_POSTBACK = {"liveAgentRequest": "person", "authenticationRequest": "sign_in"}
_LEADING = {"openUrlAction": ("link", "url"), "dialAction": ("dial", "phoneNumber")}


class Phones:
    """Reads the phones of one channel. `take` may be called from any thread.

    Args:
        brand: what the agent is called on phones that show nobody else.
    """

    def __init__(self, standin: ChannelStandIn, brand: str) -> None:
        self._standin = standin
        self._screen = screen_of(standin, brand)
        self.take = self._screen.take

    def newest(self) -> str:
        """The conversation opened last, or ""."""
        with self._standin.lock:
            return next(reversed(self._standin.phone.conversations), "")

    def has(self, conversation: str) -> bool:
        """Whether it was ever opened."""
        with self._standin.lock:
            return conversation in self._standin.phone.conversations

    def key(self, conversation: str) -> str:
        """What the functions call it."""
        return self._screen.key(self._standin.phone.get(conversation))

    def read_all(self) -> list[JsonObject]:
        """Whose phones there are, the newest first."""
        screen = self._screen
        with self._standin.lock:
            talks = list(self._standin.phone.conversations.values())[-_PHONES_SHOWN:]
            return [{"id": one.id, "key": screen.key(one), "name": screen.user(one)} for one in reversed(talks)]

    def read(self, conversation: str) -> JsonObject:
        """What is around the lines."""
        with self._standin.lock:
            talk = self._standin.phone.get(conversation)
            return {
                "conversation": talk.id,
                "key": self._screen.key(talk),
                "name": self._screen.user(talk),
                "chips": [_chip(chip) for chip in talk.chips],
                "people": self._screen.people(talk),
                "writing": self._screen.writing(talk),
                "channels": [self._screen.name],
            }

    def read_lines(self, conversation: str) -> list[JsonObject]:
        """The newest lines, each with its `number`."""
        with self._standin.lock:
            talk = self._standin.phone.get(conversation)
            first = max(0, len(talk.transcript) - LINES_SHOWN)
            shown = [self._screen.line(talk, line) for line in talk.transcript[first:]]
        return [
            {"number": number, **{name: value for name, value in line.items() if name not in _LEFT_OUT}}
            for number, line in enumerate(shown, first)
        ]


def _chip(chip: JsonObject) -> JsonObject:
    """What is printed on it, what it does, and where it leads."""
    label, kind = chip_label(chip), kind_of(chip)
    if kind in _WITHOUT_POSTBACK:
        return {"label": label, "kind": _WITHOUT_POSTBACK[kind]}
    shown = {"label": label, "postback": postback_of(chip)}
    for action, (leads, field) in _LEADING.items():
        if target := at(chip, "action", action, field):
            return {**shown, "kind": leads, "leads_to": target}
    return {**shown, "kind": "reply"}
