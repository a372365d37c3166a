"""What differs between Google's messaging channels in how the same message is shown. Pure."""

import json
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

from functions.channels.google_limits import MAX_TEXT
from functions.handoff.content import Media, Suggestion
from functions.handoff.events import JsonObject


class Form(NamedTuple):
    """One channel's ways.

    Attributes:
        as_chip: the API's form of a chip, None for one that it has no form for: it would have the message refused.
        find_media: the API's `contentInfo` for what is shown on a card; None for what is not certain to be taken.
        find_message: the fields of a message that is this picture or file; None for the same.
        max_chips: of a message.
        card_alone: fields of a card that stands alone, beside its content.
        max_text: of a text, and of the words for a phone that can't show the rest.
        max_chips_bytes: of a card's chips together, and of a message's.
        max_cards_bytes: of the cards of one message together.
    """

    as_chip: Callable[[Suggestion], JsonObject | None]
    find_media: Callable[[Media | None], JsonObject | None]
    find_message: Callable[[Media | None], JsonObject | None]
    max_chips: int
    card_alone: JsonObject
    max_text: int = MAX_TEXT
    max_chips_bytes: int = sys.maxsize
    max_cards_bytes: int = sys.maxsize


def size_of(value: Any) -> int:
    """Its length in bytes as it goes over the wire."""
    return len(json.dumps(value))
