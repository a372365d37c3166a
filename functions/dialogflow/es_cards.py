"""The kinds of Dialogflow ES messages that are more than words: pictures, cards, lists and tables. Pure.

Where a channel can't show one, its words are shown (`content.plain_text`): title, description, links behind their
labels.

Source: Dialogflow v2 REST reference (Intent.Message), revision 20261106.
"""

from collections.abc import Callable

from functions.dialogflow.pieces import (
    is_link,
    joined,
    link,
    message_of_cards,
    picture,
    picture_in_words,
    present,
    reply,
)
from functions.handoff.content import Card, Media, OutboundMessage, Suggestion
from functions.handoff.events import JsonObject
from functions.handoff.json_fields import object_at, objects_at, text_at


def read_card(card: JsonObject) -> OutboundMessage:
    """A card; its buttons each open a link or say something."""
    url = text_at(card, "imageUri")
    buttons = (_button(text_at(one, "text"), text_at(one, "postback")) for one in objects_at(card, "buttons"))
    return message_of_cards(
        [
            Card(
                title=text_at(card, "title").strip(),
                description=joined(text_at(card, "subtitle"), picture_in_words(url)),
                media=picture(url),
                suggestions=present(buttons),
            )
        ]
    )


def _button(label: str, postback: str) -> Suggestion | None:
    """Its postback is "the text to send back, or a URI to open"."""
    return link(label, postback) if is_link(postback) else reply(label, postback)


def read_basic_card(card: JsonObject) -> OutboundMessage:
    """A card with a longer text; `formattedText` goes as typed."""
    media, words = _image(card)
    description = joined(text_at(card, "subtitle"), text_at(card, "formattedText"), words)
    return message_of_cards([Card(text_at(card, "title").strip(), description, media, _link_buttons(card))])


def read_image(image: JsonObject) -> OutboundMessage:
    """A picture, with what it shows for who can't see it."""
    url, alt_text = text_at(image, "imageUri"), text_at(image, "accessibilityText")
    return OutboundMessage(picture_in_words(url, alt_text), media=picture(url, alt_text))


def read_select(select: JsonObject) -> OutboundMessage:
    """A list or carousel to choose from: a card for each item, with a chip that says its title.

    The item's key is not said: it is meant for an event of Actions on Google; an intent hears titles and synonyms.
    """
    heading = joined(text_at(select, "title"), text_at(select, "subtitle"))
    return message_of_cards((_item(one, _choose) for one in objects_at(select, "items")), heading)


def read_browse_carousel(carousel: JsonObject) -> OutboundMessage:
    """Cards that each open a link."""
    return message_of_cards(_item(one, _open) for one in objects_at(carousel, "items"))


def _item(item: JsonObject, chip: Callable[[JsonObject], Suggestion | None]) -> Card:
    media, words = _image(item)
    description = joined(text_at(item, "description"), text_at(item, "footer"), words)
    return Card(text_at(item, "title").strip(), description, media, present([chip(item)]))


def _choose(item: JsonObject) -> Suggestion | None:
    return reply(text_at(item, "title"))


def _open(item: JsonObject) -> Suggestion | None:
    return link(text_at(item, "title"), text_at(object_at(item, "openUriAction"), "url"))


def read_table(table: JsonObject) -> OutboundMessage:
    """A table in lines; no channel of ours has tables."""
    media, words = _image(table)
    headers = " | ".join(text_at(column, "header") for column in objects_at(table, "columnProperties"))
    rows = (" | ".join(text_at(cell, "text") for cell in objects_at(row, "cells")) for row in objects_at(table, "rows"))
    text = joined(text_at(table, "title"), text_at(table, "subtitle"), words, headers, *rows)
    return OutboundMessage(text, _link_buttons(table), media=media)


def read_media(media: JsonObject) -> OutboundMessage:
    """Sounds, as names and links; no channel of ours plays them."""
    named = ((_name(one), text_at(one, "contentUrl")) for one in objects_at(media, "mediaObjects"))
    return OutboundMessage(joined(*(joined(name, url) for name, url in named)))


def _name(sound: JsonObject) -> str:
    return " – ".join(text for text in (text_at(sound, "name"), text_at(sound, "description")) if text)


def _image(holder: JsonObject) -> tuple[Media | None, str]:
    """A holder's picture, or words in its place."""
    image = object_at(holder, "image")
    url, alt_text = text_at(image, "imageUri"), text_at(image, "accessibilityText")
    return picture(url, alt_text), picture_in_words(url, alt_text)


def _link_buttons(holder: JsonObject) -> tuple[Suggestion, ...]:
    buttons = ((text_at(b, "title"), object_at(b, "openUriAction")) for b in objects_at(holder, "buttons"))
    return present(link(label, text_at(action, "uri")) for label, action in buttons)
