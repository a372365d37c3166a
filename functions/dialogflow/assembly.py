"""From the single messages of a bot's turn to what is shown of it, in either Dialogflow. Pure."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from itertools import islice

from msgspec.structs import replace

from functions.dialogflow.natives import with_chips
from functions.dialogflow.payloads import WITHOUT_WORDS
from functions.handoff.content import OutboundMessage
from functions.handoff.events import JsonObject
from functions.handoff.json_fields import text_at

Reader = Callable[[JsonObject], OutboundMessage]
_ANY_PLACE = ("", "PLATFORM_UNSPECIFIED")
_NAME = re.compile(r"[A-Za-z]\w{0,39}", re.ASCII)
_MAX_NAMES = 10
_NOTHING = OutboundMessage()


def of_one_place(messages: list[JsonObject], field: str) -> list[JsonObject]:
    """Those that are for every platform or channel; where there are none, those of the one named first."""
    places = [text_at(message, field) for message in messages]
    wanted = _ANY_PLACE if any(one in _ANY_PLACE for one in places) else places[:1]
    return [message for message, place in zip(messages, places, strict=True) if place in wanted]


def read_kind(kinds: Mapping[str, Reader], message: JsonObject) -> OutboundMessage:
    """One message; empty when it is of no known kind."""
    found = (read(message[kind]) for kind, read in kinds.items() if isinstance(message.get(kind), dict))
    said = next(found, _NOTHING)
    return replace(said, text=said.text.strip())


def unknown_kinds(kinds: Collection[str], messages: Iterable[JsonObject], beside: str) -> list[str]:
    """Names of what messages hold that are of no known kind, each once, as many as fit a log line.

    Args:
        kinds: the known ones.
        messages: in the bot's form.
        beside: fields that every message may have, separated by blanks.
    """
    known = {*kinds, *beside.split()}
    found = (name for one in messages if one.keys().isdisjoint(kinds) for name in one if name not in known)
    return list(islice(dict.fromkeys(name for name in found if _NAME.fullmatch(name)), _MAX_NAMES))


def with_chips_attached(said: Iterable[OutboundMessage]) -> Iterable[OutboundMessage]:
    """The messages that show something; chips alone join the one before them, else the one after."""
    shown: list[OutboundMessage] = []
    early = _NOTHING
    for message in said:
        if not message.is_empty:
            shown.append(with_chips(early, message))
            early = _NOTHING
        elif shown:
            shown[-1] = with_chips(shown[-1], message)
        else:
            early = with_chips(early, message)
    return [*shown, replace(early, text=WITHOUT_WORDS)] if early.suggestions else shown
