"""What a Dialogflow ES bot says: every kind of message as text and chips."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.dialogflow.es_messages import parse_messages
from functions.handoff.events import JsonObject, OutboundMessage, Suggestion
from tests.discovery import faults


def texts(*messages: JsonObject, **result: Any) -> list[str]:
    return [one.text for one in parse_messages({"fulfillmentMessages": list(messages), **result})]


def text(*variants: str) -> JsonObject:
    return {"text": {"text": list(variants)}}


def chips(*messages: JsonObject) -> list[Suggestion]:
    return [chip for one in parse_messages({"fulfillmentMessages": list(messages)}) for chip in one.suggestions]


def test_each_text_message_is_one_message_in_its_first_variant() -> None:
    assert texts(text("One", "Uno"), text(""), text("", "Two")) == ["One", "Two"]


def test_messages_for_every_platform_are_preferred() -> None:
    special = {**text("For Slack"), "platform": "SLACK"}
    unspecified = {**text("For all"), "platform": "PLATFORM_UNSPECIFIED"}

    assert texts(special, unspecified, text("For all, too")) == ["For all", "For all, too"]


def test_without_them_one_platform_speaks_and_not_all_at_once() -> None:
    facebook, slack = {**text("F"), "platform": "FACEBOOK"}, {**text("S"), "platform": "SLACK"}

    assert texts(facebook, slack, facebook) == ["F", "F"]


def test_fulfillment_text_speaks_only_when_no_message_does() -> None:
    assert texts(text("Shown"), fulfillmentText="Not shown") == ["Shown"]
    assert texts({"payload": {"unknown": 1}}, fulfillmentText="Shown") == ["Shown"]


def test_chips_alone_join_the_message_before_them() -> None:
    quick = {"suggestions": {"suggestions": [{"title": "Hours"}, {"title": " "}]}}

    messages = parse_messages({"fulfillmentMessages": [text("A"), quick, text("B")]})

    assert messages == (OutboundMessage("A", (Suggestion("reply", "Hours"),)), OutboundMessage("B"))


def test_chips_before_any_text_join_the_first() -> None:
    messages = parse_messages({"fulfillmentMessages": [{"payload": {"liveAgentRequest": {}}}, text("A"), text("B")]})

    assert messages == (OutboundMessage("A", (Suggestion("live_agent"),)), OutboundMessage("B"))


def test_chips_without_any_text_are_not_lost() -> None:
    messages = parse_messages({"fulfillmentMessages": [{"payload": {"suggestions": [{"liveAgentRequest": {}}]}}]})

    assert messages == (OutboundMessage("…", (Suggestion("live_agent"),)),)


_URL = "https://shop.example/a"
_PICTURE = {"imageUri": "https://shop.example/a.png", "accessibilityText": "A shoe"}
_OPEN = {"openUriAction": {"uri": _URL}}


@pytest.mark.parametrize(
    ("message", "expected", "expected_chips"),
    [
        (
            {"quickReplies": {"title": "Pick one", "quickReplies": ["Red", "", "Blue"]}},
            "Pick one",
            [Suggestion("reply", "Red"), Suggestion("reply", "Blue")],
        ),
        (
            {
                "card": {
                    "title": "Shoe",
                    "subtitle": "Comfortable",
                    "imageUri": "https://shop.example/a.png",
                    "buttons": [{"text": "See", "postback": _URL}, {"text": "Buy", "postback": "buy shoe"}],
                }
            },
            "Shoe\nComfortable\nhttps://shop.example/a.png",
            [Suggestion("open_url", "See", url=_URL), Suggestion("reply", "Buy", "buy shoe")],
        ),
        (
            {
                "basicCard": {
                    "title": "Shoe",
                    "subtitle": "New",
                    "formattedText": "Very **soft**",
                    "image": _PICTURE,
                    "buttons": [{"title": "See", **_OPEN}],
                }
            },
            "Shoe\nNew\nVery **soft**\nA shoe\nhttps://shop.example/a.png",
            [Suggestion("open_url", "See", url=_URL)],
        ),
        ({"image": _PICTURE}, "A shoe\nhttps://shop.example/a.png", []),
        (
            {
                "simpleResponses": {
                    "simpleResponses": [
                        {"textToSpeech": "Spoken", "displayText": "Shown"},
                        {"ssml": "<speak>Only <b>spoken</b></speak>"},
                    ]
                }
            },
            "Shown\nOnly spoken",
            [],
        ),
        (
            {
                "listSelect": {
                    "title": "Shoes",
                    "subtitle": "All we have",
                    "items": [{"title": "Red", "description": "Bright", "info": {"key": "r"}}, {"title": "Blue"}],
                }
            },
            "Shoes\nAll we have\nRed – Bright\nBlue",
            [Suggestion("reply", "Red"), Suggestion("reply", "Blue")],
        ),
        (
            {"carouselSelect": {"items": [{"title": "Red", "info": {"key": "r"}}]}},
            "Red",
            [Suggestion("reply", "Red")],
        ),
        (
            {
                "browseCarouselCard": {
                    "items": [{"title": "Red", "description": "Bright", "openUriAction": {"url": _URL}}]
                }
            },
            "Red – Bright",
            [Suggestion("open_url", "Red", url=_URL)],
        ),
        (
            {
                "tableCard": {
                    "title": "Hours",
                    "columnProperties": [{"header": "Day"}, {"header": "Open"}],
                    "rows": [{"cells": [{"text": "Mon"}, {"text": "9–17"}]}],
                    "buttons": [{"title": "All", **_OPEN}],
                }
            },
            "Hours\nDay | Open\nMon | 9–17",
            [Suggestion("open_url", "All", url=_URL)],
        ),
        (
            {
                "mediaContent": {
                    "mediaType": "AUDIO",
                    "mediaObjects": [{"name": "Jingle", "description": "Ours", "contentUrl": _URL}],
                }
            },
            f"Jingle – Ours\n{_URL}",
            [],
        ),
    ],
)
def test_every_kind_of_message_is_at_least_text(
    message: JsonObject, expected: str, expected_chips: list[Suggestion]
) -> None:
    assert faults("dialogflow.v2", "GoogleCloudDialogflowV2IntentMessage", message) == []
    assert (texts(message), chips(message)) == ([expected], expected_chips)


def test_a_link_out_is_a_chip() -> None:
    link = {"linkOutSuggestion": {"destinationName": "Shop", "uri": _URL}}

    assert faults("dialogflow.v2", "GoogleCloudDialogflowV2IntentMessage", link) == []
    assert chips(text("A"), link) == [Suggestion("open_url", "Shop", url=_URL)]


def test_a_webhooks_payload_speaks_after_the_messages() -> None:
    payload = {
        "text": "And this",
        "suggestions": ["Yes", {"action": {"text": "Call", "dialAction": {"phoneNumber": "+1"}}}],
    }

    messages = parse_messages({"fulfillmentMessages": [text("This")], "webhookPayload": payload})

    said = OutboundMessage("And this", (Suggestion("reply", "Yes"), Suggestion("dial", "Call", phone="+1")))
    assert messages == (OutboundMessage("This"), said)


_KEYS = st.sampled_from(
    [
        *(
            "fulfillmentMessages",
            "fulfillmentText",
            "webhookPayload",
            "payload",
            "text",
            "suggestions",
            "card",
            "title",
        ),
        *("richCard", "standaloneCard", "carouselCard", "cardContent", "cardContents", "buttons", "platform"),
        *("businessMessages", "liveAgentRequest", "reply", "action"),
    ]
)
_LEAVES = st.none() | st.booleans() | st.integers() | st.sampled_from(("", "a", "__x"))
_JSON = st.recursive(_LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=4))


@settings(deadline=None, max_examples=50)
@given(st.dictionaries(_KEYS, _JSON, max_size=5))
def test_no_answer_crashes_the_reader_and_no_message_is_blank(result: JsonObject) -> None:
    messages = parse_messages(result)

    assert all(message.text.strip() for message in messages)
