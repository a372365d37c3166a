"""What a Dialogflow CX bot says in one turn, as neutral messages, whatever kind it was. Pure.

Source: Dialogflow v3 REST reference (QueryResult, ResponseMessage), revision 20261106.
"""

from collections.abc import Iterable

from functions.dialogflow.assembly import Reader, of_one_place, read_kind, unknown_kinds, with_chips_attached
from functions.dialogflow.bounds import bounded
from functions.dialogflow.payloads import parse_payload
from functions.dialogflow.pieces import is_web_link, joined, link, present, spoken
from functions.handoff.content import OutboundMessage
from functions.handoff.events import JsonObject
from functions.handoff.json_fields import objects_at, text_at, texts_at

_NOTHING = OutboundMessage()


def parse_messages(query_result: JsonObject) -> tuple[OutboundMessage, ...]:
    """The bot's messages of one turn, in order, none of them empty, all of them of a size that can be kept.

    Those for every channel count; where there are none, those of the channel named first. What is to be spoken counts
    only where the same words are not to be read as well. Chips alone join the message before them, else the one after.
    """
    messages = of_one_place(objects_at(query_result, "responseMessages"), "channel")
    payloads = ({"payload": one} for one in objects_at(query_result, "webhookPayloads"))
    said = [read_kind(_KINDS, one) for one in (*_without_echoes(messages), *payloads)]
    return bounded(with_chips_attached(said))


def find_unknown_kinds(query_result: JsonObject) -> list[str]:
    """Names of the kinds of messages in it that we know nothing of."""
    return unknown_kinds(_KINDS, objects_at(query_result, "responseMessages"), "channel responseType")


def _without_echoes(messages: list[JsonObject]) -> Iterable[JsonObject]:
    """Without those that say aloud what another one shows: authors write both, one for the ear, one for the eye."""
    shown = {_words(one) for one in messages if "text" in one}
    return (one for one in messages if "outputAudioText" not in one or _words(one) not in shown)


def _words(message: JsonObject) -> str:
    return " ".join(read_kind(_KINDS, message).text.split())


# --- the kinds -------------------------------------------------------------------------------------------------------


def _read_text(text: JsonObject) -> OutboundMessage:
    """`text` lists variants of one message, of which one is to be shown."""
    return OutboundMessage(next(iter(texts_at(text, "text")), ""))


def _read_spoken(speech: JsonObject) -> OutboundMessage:
    return OutboundMessage(spoken(text_at(speech, "text"), text_at(speech, "ssml")))


def _read_sound(sound: JsonObject) -> OutboundMessage:
    """Its address, where a phone can follow it; Dialogflow takes any text for one."""
    url = text_at(sound, "audioUri").strip()
    return OutboundMessage(url if is_web_link(url) else "")


def _read_sounds(mixed: JsonObject) -> OutboundMessage:
    """The addresses among the segments; sound itself can't be shown."""
    urls = (text_at(segment, "uri").strip() for segment in objects_at(mixed, "segments"))
    return OutboundMessage(joined(*filter(is_web_link, urls)))


def _read_phone_number(transfer: JsonObject) -> OutboundMessage:
    number = text_at(transfer, "phoneNumber").strip()
    return OutboundMessage("", present([link(number, f"tel:{number}")] if number else []))


def _read_nothing(_message: JsonObject) -> OutboundMessage:
    return _NOTHING


_KINDS: dict[str, Reader] = {
    # kind: its reader; in words where the channel can't show it
    "text": _read_text,  # as it is
    "payload": parse_payload,  # its own fall-back, else its words
    "outputAudioText": _read_spoken,  # what is spoken, without markup
    "playAudio": _read_sound,  # always in words: its link
    "mixedAudio": _read_sounds,  # always in words: the links in it
    "telephonyTransferCall": _read_phone_number,  # a chip that calls; in words, the number
    "conversationSuccess": _read_nothing,  # for statistics
    "liveAgentHandoff": _read_nothing,  # a signal: `cx_signals`
    "endInteraction": _read_nothing,  # the session is over; the next turn begins a new one
    "knowledgeInfoCard": _read_nothing,  # empty: words come in messages of their own
    "toolCall": _read_nothing,  # for clients that have tools
}
