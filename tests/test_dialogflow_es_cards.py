"""What a Dialogflow ES bot shows: cards, lists and the like, and the words where they can't be shown."""

import pytest

from functions.dialogflow.es_messages import parse_messages
from functions.handoff.content import Card, Media, OutboundMessage, Suggestion, plain_text
from functions.handoff.events import JsonObject
from tests.discovery import faults

_URL = "https://shop.example/a"
_PNG = "https://shop.example/a.png"
_PICTURE = {"imageUri": _PNG, "accessibilityText": "A shoe"}
_SHOE = Media(_PNG, alt_text="A shoe")
_OPEN = {"openUriAction": {"uri": _URL}}


def said(message: JsonObject) -> OutboundMessage:
    [only] = parse_messages({"fulfillmentMessages": [message]})
    return only


_CARD = {
    "card": {
        "title": "Shoe",
        "subtitle": "Comfortable",
        "imageUri": _PNG,
        "buttons": [
            {"text": "See", "postback": _URL},
            {"text": "Buy", "postback": "buy shoe"},
            {"text": "Call", "postback": "tel:+15550100"},
            {"text": "", "postback": "nothing to tap"},
        ],
    }
}
_CARD_SHOWN = Card(
    "Shoe",
    "Comfortable",
    Media(_PNG),
    (
        Suggestion("open_url", "See", url=_URL),
        Suggestion("reply", "Buy", "buy shoe"),
        Suggestion("dial", "Call", phone="+15550100"),
    ),
)
_BASIC_CARD = {
    "basicCard": {
        "title": "Shoe",
        "subtitle": "New",
        "formattedText": "Very **soft**",
        "image": _PICTURE,
        "buttons": [{"title": "See", **_OPEN}],
    }
}
_BASIC_CARD_SHOWN = Card("Shoe", "New\nVery **soft**", _SHOE, (Suggestion("open_url", "See", url=_URL),))
_ITEMS = [{"title": "Red", "description": "Bright", "info": {"key": "r"}, "image": _PICTURE}, {"title": "Blue"}]
_CHOICE = (
    Card("Red", "Bright", _SHOE, (Suggestion("reply", "Red"),)),
    Card("Blue", suggestions=(Suggestion("reply", "Blue"),)),
)
_BROWSE = {"title": "Red", "description": "Bright", "footer": "New", "openUriAction": {"url": _URL}, "image": _PICTURE}
_TABLE = {
    "tableCard": {
        "title": "Hours",
        "image": _PICTURE,
        "columnProperties": [{"header": "Day"}, {"header": "Open"}],
        "rows": [{"cells": [{"text": "Mon"}, {"text": "9–17"}]}],
        "buttons": [{"title": "All", **_OPEN}],
    }
}
_SOUND = {"name": "Jingle", "description": "Ours", "contentUrl": _URL}


@pytest.mark.parametrize(
    ("message", "expected", "in_words"),
    [
        (
            _CARD,
            OutboundMessage(cards=(_CARD_SHOWN,)),
            f"Shoe\nComfortable\nSee: {_URL}\nCall: +15550100",
        ),
        (
            _BASIC_CARD,
            OutboundMessage(cards=(_BASIC_CARD_SHOWN,)),
            f"Shoe\nNew\nVery **soft**\nSee: {_URL}",
        ),
        ({"image": _PICTURE}, OutboundMessage(media=_SHOE), f"A shoe\n{_PNG}"),
        (
            {"listSelect": {"title": "Shoes", "subtitle": "All we have", "items": _ITEMS}},
            OutboundMessage("Shoes\nAll we have", cards=_CHOICE),
            "Shoes\nAll we have\n\nRed\nBright\n\nBlue",
        ),
        ({"carouselSelect": {"items": _ITEMS}}, OutboundMessage(cards=_CHOICE), "Red\nBright\n\nBlue"),
        (
            {"browseCarouselCard": {"items": [_BROWSE]}},
            OutboundMessage(
                cards=(Card("Red", "Bright\nNew", _SHOE, (Suggestion("open_url", "Red", url=_URL),)),),
            ),
            f"Red\nBright\nNew\nRed: {_URL}",
        ),
        (
            _TABLE,
            OutboundMessage("Hours\nDay | Open\nMon | 9–17", (Suggestion("open_url", "All", url=_URL),), media=_SHOE),
            f"A shoe\n{_PNG}\n\nHours\nDay | Open\nMon | 9–17",
        ),
        (
            {"mediaContent": {"mediaType": "AUDIO", "mediaObjects": [_SOUND]}},
            OutboundMessage(f"Jingle – Ours\n{_URL}"),
            f"Jingle – Ours\n{_URL}",
        ),
    ],
    ids=lambda given: next(iter(given)) if isinstance(given, dict) else "",
)
def test_every_kind_is_shown_as_what_it_is_and_has_words(
    message: JsonObject, expected: OutboundMessage, in_words: str
) -> None:
    assert faults("dialogflow.v2", "GoogleCloudDialogflowV2IntentMessage", message) == []
    assert said(message) == expected
    assert plain_text(expected) == in_words


@pytest.mark.parametrize("url", ["gs://bucket/a.png", "data:image/png;base64,AA==", "/a.png", "https://"])
@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("card", lambda url: {"title": "Shoe", "imageUri": url}),
        ("basicCard", lambda url: {"title": "Shoe", "image": {"imageUri": url}}),
        ("image", lambda url: {"accessibilityText": "Shoe", "imageUri": url}),
        ("tableCard", lambda url: {"title": "Shoe", "image": {"imageUri": url}}),
        ("listSelect", lambda url: {"items": [{"title": "Shoe", "image": {"imageUri": url}}]}),
    ],
)
def test_a_picture_that_no_phone_could_load_is_words(kind: str, fields: object, url: str) -> None:
    assert callable(fields)

    message = said({kind: fields(url)})

    assert message.media is None
    assert [card.media for card in message.cards] in ([], [None])
    assert plain_text(message) == f"Shoe\n{url}"


def test_buttons_of_a_card_that_shows_nothing_are_chips() -> None:
    nothing = {"card": {"buttons": [{"text": "Buy", "postback": "buy shoe"}]}}

    messages = parse_messages({"fulfillmentMessages": [{"text": {"text": ["Well?"]}}, nothing]})

    assert messages == (OutboundMessage("Well?", (Suggestion("reply", "Buy", "buy shoe"),)),)
