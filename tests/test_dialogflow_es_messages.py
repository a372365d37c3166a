"""What a Dialogflow ES bot says in a turn: words and chips, and how its messages go together."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from functions.dialogflow.es_messages import parse_messages
from functions.handoff.content import Card, OutboundMessage, Suggestion, plain_text
from functions.handoff.events import JsonObject
from functions.handoff.json_fields import clean_json
from tests.dialogflow_calls import DIALOGFLOW, V2
from tests.discovery import faults
from tests.examples import examples


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


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            {"quickReplies": {"title": "Pick one", "quickReplies": ["Red", "", "Blue"]}},
            OutboundMessage("Pick one", (Suggestion("reply", "Red"), Suggestion("reply", "Blue"))),
        ),
        (
            {
                "simpleResponses": {
                    "simpleResponses": [
                        {"textToSpeech": "Spoken", "displayText": "Shown"},
                        {"ssml": "<speak>Only <b>spoken</b></speak>"},
                    ]
                }
            },
            OutboundMessage("Shown\nOnly spoken"),
        ),
        ({"payload": {"liveAgentRequest": {}, "text": "Ask"}}, OutboundMessage("Ask", (Suggestion("live_agent"),))),
    ],
)
def test_kinds_of_words_are_words_and_chips(message: JsonObject, expected: OutboundMessage) -> None:
    [said] = parse_messages({"fulfillmentMessages": [message]})

    assert faults("dialogflow.v2", "GoogleCloudDialogflowV2IntentMessage", message) == []
    assert replace(said, native={}) == expected


@pytest.mark.parametrize(
    ("chip", "expected"),
    [
        (
            {"linkOutSuggestion": {"destinationName": "Shop", "uri": "https://shop.example/a"}},
            Suggestion("open_url", "Shop", url="https://shop.example/a"),
        ),
        (
            {"linkOutSuggestion": {"destinationName": "Call", "uri": "tel:+1 555"}},
            Suggestion("dial", "Call", phone="+1 555"),
        ),
        ({"suggestions": {"suggestions": [{"title": " Hours "}]}}, Suggestion("reply", "Hours")),
    ],
)
def test_chips_of_every_kind_hang_under_the_words(chip: JsonObject, expected: Suggestion) -> None:
    assert faults("dialogflow.v2", "GoogleCloudDialogflowV2IntentMessage", chip) == []
    assert chips(text("A"), chip) == [expected]


@pytest.mark.parametrize(
    "chip",
    [
        {"linkOutSuggestion": {"destinationName": "Shop"}},
        {"suggestions": {"suggestions": [{"title": " "}]}},
        {"payload": {"suggestions": [{"reply": {"postbackData": "p"}}]}},
    ],
)
def test_a_chip_that_leads_nowhere_is_left_out(chip: JsonObject) -> None:
    assert parse_messages({"fulfillmentMessages": [text("A"), chip]}) == (OutboundMessage("A"),)


def test_chips_behind_a_card_join_the_card() -> None:
    card = {"card": {"title": "Shoe", "buttons": [{"text": "Buy", "postback": "buy"}]}}
    quick = {"quickReplies": {"quickReplies": ["Hours"]}}

    [message] = parse_messages({"fulfillmentMessages": [card, quick], "fulfillmentText": "Not shown"})

    assert message.cards == (Card("Shoe", suggestions=(Suggestion("reply", "Buy", "buy"),)),)
    assert message.suggestions == (Suggestion("reply", "Hours"),)


def test_chips_that_join_a_payload_are_in_its_native_form_too() -> None:
    given = {"payload": {"businessMessages": {"text": "Sure?", "suggestions": [{"liveAgentRequest": {}}]}}}
    before = {"suggestions": {"suggestions": [{"title": "Yes"}]}}
    after = {"linkOutSuggestion": {"destinationName": "Shop", "uri": "https://shop.example/a"}}

    [message] = parse_messages({"fulfillmentMessages": [before, given, after]})

    assert [chip.kind for chip in message.suggestions] == ["reply", "live_agent", "open_url"]
    open_shop = {"text": "Shop", "postbackData": "Shop", "openUrlAction": {"url": "https://shop.example/a"}}
    assert message.native["businessMessages"]["suggestions"] == [
        {"reply": {"text": "Yes", "postbackData": "Yes"}},
        {"liveAgentRequest": {}},
        {"action": open_shop},
    ]


def test_a_webhooks_payload_speaks_after_the_messages() -> None:
    payload = {
        "text": "And this",
        "suggestions": ["Yes", {"action": {"text": "Call", "dialAction": {"phoneNumber": "+1"}}}],
    }

    messages = parse_messages({"fulfillmentMessages": [text("This")], "webhookPayload": payload})

    said = OutboundMessage("And this", (Suggestion("reply", "Yes"), Suggestion("dial", "Call", phone="+1")))
    assert [replace(one, native={}) for one in messages] == [OutboundMessage("This"), said]


_KINDS = sorted(DIALOGFLOW.schemas[f"{V2}IntentMessage"]["properties"])
_KEYS = st.sampled_from(
    [
        *_KINDS,
        *("fulfillmentMessages", "fulfillmentText", "webhookPayload", "suggestions", "title", "subtitle", "items"),
        *("richCard", "standaloneCard", "carouselCard", "cardContent", "cardContents", "buttons", "contentInfo"),
        *("businessMessages", "liveAgentRequest", "reply", "action", "imageUri", "fileUrl", "openUriAction", "uri"),
        *("rbm", "params", "messageText", "imageUrl", "authenticationRequest", "fallback", "postback", "quickReplies"),
    ]
)
_TEXTS = st.sampled_from(("", "a", "__x", "\0", "\ud800", "https://shop.example/a", "tel:", "x" * 3_000))
_LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | _TEXTS
_JSON = st.recursive(_LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=4))
_MESSAGES = st.lists(st.dictionaries(st.sampled_from(_KINDS), _JSON, min_size=1, max_size=2), max_size=5)


@settings(deadline=None, max_examples=examples(150))
@given(st.fixed_dictionaries({"fulfillmentMessages": _MESSAGES | _JSON, "webhookPayload": _JSON}))
def test_no_answer_crashes_the_reader_and_no_message_is_empty(result: JsonObject) -> None:
    messages = parse_messages(clean_json(result))

    assert not any(message.is_empty for message in messages)
    assert all(plain_text(message).strip() or message.native for message in messages)
    assert msgspec.json.decode(msgspec.json.encode(messages), type=tuple[OutboundMessage, ...]) == messages
