"""What is on one user's screen, and what they can still do with it: chips to tap, messages to read. Knows no channel.

Lines of a transcript, chips and cards are JSON objects as the channel was sent them. What the user did with a line is
noted in it (`read`).

Source: Business Messages, "Send messages"; RCS for Business, phones.agentMessages (chips under a message are gone once
there is a newer one, of whichever side; those on cards stay).
"""

from collections.abc import Iterator
from typing import Any

import msgspec

JsonObject = dict[str, Any]


class Thread(msgspec.Struct):
    """What one user and one brand wrote to each other. `chips`: those of the newest message, `chips_of`."""

    id: str
    transcript: list[JsonObject] = []
    chips: list[JsonObject] = []
    chips_of: str = ""

    def put(self, line: JsonObject, chips: list[JsonObject] | None = None) -> None:
        """Add a line; what was under the one before it is gone."""
        self.transcript.append(line)
        self.chips, self.chips_of = chips or [], str(line.get("id", "")) if chips else ""


def chip_label(chip: JsonObject) -> str:
    """What is printed on a chip; its kind ("liveAgentRequest") where Google prints its own words."""
    labelled = chip.get("reply") or chip.get("action")
    return str(labelled["text"]) if labelled else kind_of(chip)


def kind_of(chip: JsonObject) -> str:
    """Which kind of chip it is, as the provider names it."""
    return next((kind for kind, content in chip.items() if content is not None), "")


def postback_of(chip: JsonObject) -> str:
    """What it carries; "" = nothing."""
    return str((chip.get("reply") or chip.get("action") or {}).get("postbackData", ""))


def find_chip(thread: Thread, label: str = "", postback: str = "") -> tuple[str, JsonObject] | None:
    """The chip that can be tapped, with the id of its message; the newest of several.

    It says `label` and carries `postback`, of which "" stands for any.
    """
    for message_id, chip in _chips(thread):
        if label in ("", chip_label(chip)) and postback in ("", postback_of(chip)):
            return message_id, chip
    return None


def _chips(thread: Thread) -> Iterator[tuple[str, JsonObject]]:
    yield from ((thread.chips_of, chip) for chip in thread.chips)
    for line in reversed(thread.transcript):
        yield from ((line["id"], chip) for chip in card_chips(line.get("richCard")))


def card_chips(rich: JsonObject | None) -> list[JsonObject]:
    """The chips on the cards of a rich card."""
    return [chip for card in cards(rich) for chip in card.get("suggestions") or ()]


def all_chips(content: JsonObject) -> list[JsonObject]:
    """Every chip of what was sent, those on its cards first."""
    return [*card_chips(content.get("richCard")), *(content.get("suggestions") or ())]


def cards(rich: JsonObject | None) -> list[JsonObject]:
    """The cards of a rich card, none where there is none."""
    rich = rich or {}
    alone = rich.get("standaloneCard")
    several: list[JsonObject] = (
        [alone["cardContent"]] if alone else (rich.get("carouselCard") or {}).get("cardContents", [])
    )
    return several


def card_words(rich: JsonObject | None) -> str:
    """What there is to read on the cards."""
    return "\n".join(words for card in cards(rich) for name in ("title", "description") if (words := card.get(name)))


def unread(thread: Thread) -> list[JsonObject]:
    """The messages of the brand that the user has not read yet."""
    return [
        one for one in thread.transcript if one["from"] == "brand" and one["kind"] == "message" and "read" not in one
    ]
