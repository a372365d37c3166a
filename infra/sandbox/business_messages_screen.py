"""What is on one user's screen, and what they can still do with it: chips, surveys, sign-ins, what was not read yet.

Lines of a transcript are JSON objects as the stand-in shows them. What the user did with one is noted in it: `read`,
and of a survey the `answers` by question.

Source: Business Messages, "Send messages" (chips under a message are gone once there is a newer one; those on cards
stay), UserMessage reference.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from infra.sandbox.business_messages_schema import Suggestion, chip_label

JsonObject = dict[str, Any]
_SIGN_IN = "authenticationRequest"


class Conversation(msgspec.Struct):
    """One user's conversation.

    `used`: ids taken → the content they were taken for. `present`: people joined and not left, by display name.
    `chips`: those of the newest message, `chips_of`.
    """

    id: str
    context: JsonObject | None
    last_user_at: datetime
    transcript: list[JsonObject] = []
    used: dict[str, JsonObject] = {}
    present: dict[str, int] = {}
    chips: list[Suggestion] = []
    chips_of: str = ""
    dialogflow_response: JsonObject | None = None
    last_survey_at: datetime | None = None


def find_chip(talk: Conversation, label: str, postback: str = "") -> tuple[str, Suggestion] | None:
    """The chip that can be tapped, with the id of its message; the newest of several.

    `postback`: only one that carries this; "" = any.
    """
    for message_id, chip in _chips(talk):
        carried = chip.reply or chip.action
        if chip_label(chip) == label and (not postback or (carried and carried.postbackData == postback)):
            return message_id, chip
    return None


def _chips(talk: Conversation) -> Iterator[tuple[str, Suggestion]]:
    yield from ((talk.chips_of, chip) for chip in talk.chips)
    for line in reversed(talk.transcript):
        if "richCard" in line:
            yield from ((line["id"], chip) for chip in _on_cards(line["richCard"]))


def _on_cards(rich: JsonObject) -> list[Suggestion]:
    alone = rich.get("standaloneCard")
    cards = [alone["cardContent"]] if alone else rich["carouselCard"]["cardContents"]
    return msgspec.convert([chip for card in cards for chip in card.get("suggestions", ())], list[Suggestion])


def was_asked_to_sign_in(talk: Conversation) -> bool:
    """Whether a message ever asked for it; signing in may take longer than its chip is on the screen."""
    return any(_SIGN_IN in line.get("suggestions", ()) for line in talk.transcript)


def find_survey(talk: Conversation, survey_id: str, question: str) -> JsonObject | None:
    """The survey in which that question is still open; the newest such one where no id is given."""
    surveys = (line for line in reversed(talk.transcript) if line["kind"] == "survey")
    return next(
        (one for one in surveys if survey_id in ("", one["id"]) and question not in one.get("answers", ())), None
    )


def unread(talk: Conversation) -> list[JsonObject]:
    """The messages of the brand that the user has not read yet."""
    return [one for one in talk.transcript if one["from"] == "brand" and one["kind"] == "message" and "read" not in one]
