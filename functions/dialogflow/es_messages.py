"""What a Dialogflow ES bot says in one turn, as neutral messages, whatever kind it was. Pure.

Source: Dialogflow v2 REST reference (QueryResult, Intent.Message), revision 20261106.
"""

from functions.dialogflow.assembly import Reader, of_one_place, read_kind, unknown_kinds, with_chips_attached
from functions.dialogflow.bounds import bounded
from functions.dialogflow.es_cards import (
    read_basic_card,
    read_browse_carousel,
    read_card,
    read_image,
    read_media,
    read_select,
    read_table,
)
from functions.dialogflow.payloads import parse_payload
from functions.dialogflow.pieces import joined, link, present, reply, spoken
from functions.handoff.content import OutboundMessage
from functions.handoff.events import JsonObject
from functions.handoff.json_fields import object_at, objects_at, text_at, texts_at


def parse_messages(query_result: JsonObject) -> tuple[OutboundMessage, ...]:
    """The bot's messages of one turn, in order, none of them empty, all of them of a size that can be kept.

    Those for every platform count; where there are none, those of the platform named first. `fulfillmentText` counts
    only when no message has content. Chips alone join the message before them, else the one after.
    """
    messages = of_one_place(objects_at(query_result, "fulfillmentMessages"), "platform")
    said = [read_kind(_KINDS, one) for one in (*messages, {"payload": object_at(query_result, "webhookPayload")})]
    if all(message.is_empty for message in said):
        said.insert(0, OutboundMessage(text_at(query_result, "fulfillmentText").strip()))
    return bounded(with_chips_attached(said))


def find_unknown_kinds(query_result: JsonObject) -> list[str]:
    """Names of the kinds of messages in it that we know nothing of."""
    return unknown_kinds(_KINDS, objects_at(query_result, "fulfillmentMessages"), "platform")


# --- the kinds -------------------------------------------------------------------------------------------------------


def _read_text(text: JsonObject) -> OutboundMessage:
    """`text` lists variants of one message, of which one is to be shown."""
    return OutboundMessage(next(iter(texts_at(text, "text")), ""))


def _read_quick_replies(quick: JsonObject) -> OutboundMessage:
    return OutboundMessage(text_at(quick, "title"), present(reply(one) for one in texts_at(quick, "quickReplies")))


def _read_simple_responses(responses: JsonObject) -> OutboundMessage:
    return OutboundMessage(joined(*(_simple_text(one) for one in objects_at(responses, "simpleResponses"))))


def _simple_text(response: JsonObject) -> str:
    return text_at(response, "displayText") or spoken(text_at(response, "textToSpeech"), text_at(response, "ssml"))


def _read_suggestions(chips: JsonObject) -> OutboundMessage:
    return OutboundMessage("", present(reply(text_at(one, "title")) for one in objects_at(chips, "suggestions")))


def _read_link_out(chip: JsonObject) -> OutboundMessage:
    return OutboundMessage("", present([link(text_at(chip, "destinationName"), text_at(chip, "uri"))]))


_KINDS: dict[str, Reader] = {
    # kind: its reader; in words where the channel can't show it
    "text": _read_text,  # as it is
    "quickReplies": _read_quick_replies,  # title, and chips
    "card": read_card,  # title, subtitle, links behind their labels
    "payload": parse_payload,  # its own fall-back, else its words
    "simpleResponses": _read_simple_responses,  # what is displayed, else what is spoken, without markup
    "basicCard": read_basic_card,  # title, subtitle, text, links behind their labels
    "image": read_image,  # what it shows, and its address
    "suggestions": _read_suggestions,  # chips
    "linkOutSuggestion": _read_link_out,  # a chip
    "listSelect": read_select,  # title, subtitle, and each item's title and description
    "carouselSelect": read_select,
    "browseCarouselCard": read_browse_carousel,  # each item's title, description and link
    "tableCard": read_table,  # always in words: a line per row
    "mediaContent": read_media,  # always in words: name, description and link
}
