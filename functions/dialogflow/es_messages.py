"""What a Dialogflow ES bot says in one turn, as neutral messages: text and chips, whatever kind it was. Pure.

Source: Dialogflow v2 REST reference (QueryResult, Intent.Message), revision 20261106.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any

from functions.dialogflow.payloads import joined, parse_payload
from functions.handoff.events import JsonObject, OutboundMessage, Suggestion
from functions.handoff.json_fields import object_at, objects_at, text_at, texts_at

WITHOUT_WORDS = "…"
"""Text of a turn that has only chips: they need a message to hang on."""

_ANY_PLATFORM = ("", "PLATFORM_UNSPECIFIED")
_Said = OutboundMessage


def parse_messages(query_result: JsonObject) -> tuple[OutboundMessage, ...]:
    """The bot's messages of one turn, in order, none of them without text.

    Those for every platform count; where there are none, those of the platform named first. `fulfillmentText` counts
    only when no message has text. Chips alone join the message before them, else the one after.
    """
    said = [_read(message) for message in _of_one_platform(objects_at(query_result, "fulfillmentMessages"))]
    said.append(_read({"payload": object_at(query_result, "webhookPayload")}))
    if not any(message.text for message in said):
        said.insert(0, _Said(text_at(query_result, "fulfillmentText").strip()))
    return tuple(_with_chips_attached(said))


def _of_one_platform(messages: list[JsonObject]) -> list[JsonObject]:
    platforms = [text_at(message, "platform") for message in messages]
    wanted = _ANY_PLATFORM if any(one in _ANY_PLATFORM for one in platforms) else platforms[:1]
    return [message for message, platform in zip(messages, platforms, strict=True) if platform in wanted]


def _with_chips_attached(said: list[OutboundMessage]) -> Iterable[OutboundMessage]:
    shown: list[OutboundMessage] = []
    early: tuple[Suggestion, ...] = ()
    for message in said:
        if message.text:
            shown.append(_Said(message.text, early + message.suggestions))
            early = ()
        elif shown:
            shown[-1] = _Said(shown[-1].text, shown[-1].suggestions + message.suggestions)
        else:
            early += message.suggestions
    return [*shown, _Said(WITHOUT_WORDS, early)] if early else shown


# --- the kinds -------------------------------------------------------------------------------------------------------


def _read(message: JsonObject) -> OutboundMessage:
    """One message; without text and chips when it is of no known kind."""
    found = (read(message[kind]) for kind, read in _KINDS.items() if isinstance(message.get(kind), dict))
    said = next(found, _Said(""))
    return _Said(
        said.text.strip(), tuple(chip for chip in said.suggestions if chip.text.strip() or not _is_reply(chip))
    )


def _is_reply(chip: Suggestion) -> bool:
    return chip.kind == "reply"


def _text(text: JsonObject) -> OutboundMessage:
    """`text` lists variants of one message, of which one is to be shown."""
    return _Said(next(iter(texts_at(text, "text")), ""))


def _quick_replies(quick: JsonObject) -> OutboundMessage:
    return _Said(text_at(quick, "title"), _replies(texts_at(quick, "quickReplies")))


def _card(card: JsonObject) -> OutboundMessage:
    chips = tuple(_button(text_at(one, "text"), text_at(one, "postback")) for one in objects_at(card, "buttons"))
    return _Said(joined(text_at(card, "title"), text_at(card, "subtitle"), text_at(card, "imageUri")), chips)


def _button(text: str, postback: str) -> Suggestion:
    """A card's button: its postback is a link to open or a text to send."""
    if re.match(r"https?://", postback):
        return Suggestion("open_url", text, url=postback)
    return Suggestion("reply", text, postback)


def _basic_card(card: JsonObject) -> OutboundMessage:
    words = (text_at(card, "title"), text_at(card, "subtitle"), text_at(card, "formattedText"), _image_text(card))
    return _Said(joined(*words), _link_buttons(card))


def _link_buttons(holder: JsonObject) -> tuple[Suggestion, ...]:
    buttons = ((text_at(b, "title"), object_at(b, "openUriAction")) for b in objects_at(holder, "buttons"))
    return tuple(Suggestion("open_url", title, url=text_at(action, "uri")) for title, action in buttons)


def _image(image: JsonObject) -> OutboundMessage:
    return _Said(joined(text_at(image, "accessibilityText"), text_at(image, "imageUri")))


def _image_text(holder: JsonObject) -> str:
    return _image(object_at(holder, "image")).text


def _simple_responses(responses: JsonObject) -> OutboundMessage:
    return _Said(joined(*(_simple_text(one) for one in objects_at(responses, "simpleResponses"))))


def _simple_text(response: JsonObject) -> str:
    spoken = text_at(response, "textToSpeech") or re.sub(r"<[^<>]*>", "", text_at(response, "ssml"))
    return text_at(response, "displayText") or spoken


def _link_out(link: JsonObject) -> OutboundMessage:
    return _Said("", (Suggestion("open_url", text_at(link, "destinationName"), url=text_at(link, "uri")),))


def _select(select: JsonObject) -> OutboundMessage:
    """A list or carousel to choose from: tapping an item says its title."""
    items = objects_at(select, "items")
    words = [text_at(select, "title"), text_at(select, "subtitle"), *(_item_text(item) for item in items)]
    return _Said(joined(*words), _replies(text_at(item, "title") for item in items))


def _item_text(item: JsonObject) -> str:
    return " – ".join(text for text in (text_at(item, "title"), text_at(item, "description")) if text)


def _browse(carousel: JsonObject) -> OutboundMessage:
    items = objects_at(carousel, "items")
    links = (text_at(object_at(item, "openUriAction"), "url") for item in items)
    chips = (Suggestion("open_url", text_at(item, "title"), url=url) for item, url in zip(items, links, strict=True))
    return _Said(joined(*(_item_text(item) for item in items)), tuple(chips))


def _table(table: JsonObject) -> OutboundMessage:
    headers = " | ".join(text_at(column, "header") for column in objects_at(table, "columnProperties"))
    rows = (" | ".join(text_at(cell, "text") for cell in objects_at(row, "cells")) for row in objects_at(table, "rows"))
    words = (text_at(table, "title"), text_at(table, "subtitle"), headers, *rows)
    return _Said(joined(*words), _link_buttons(table))


def _media(media: JsonObject) -> OutboundMessage:
    objects = objects_at(media, "mediaObjects")
    return _Said(joined(*(joined(_named(one), text_at(one, "contentUrl")) for one in objects)))


def _named(media: JsonObject) -> str:
    return " – ".join(text for text in (text_at(media, "name"), text_at(media, "description")) if text)


def _replies(labels: Iterable[str]) -> tuple[Suggestion, ...]:
    return tuple(Suggestion("reply", label) for label in labels)


_KINDS: dict[str, Callable[[Any], OutboundMessage]] = {
    "text": _text,
    "quickReplies": _quick_replies,
    "card": _card,
    "payload": parse_payload,
    "simpleResponses": _simple_responses,
    "basicCard": _basic_card,
    "image": _image,
    "suggestions": lambda chips: _Said("", _replies(text_at(one, "title") for one in objects_at(chips, "suggestions"))),
    "linkOutSuggestion": _link_out,
    "listSelect": _select,
    "carouselSelect": _select,
    "browseCarouselCard": _browse,
    "tableCard": _table,
    "mediaContent": _media,
}
