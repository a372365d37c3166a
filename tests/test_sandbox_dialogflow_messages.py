"""The Dialogflow stand-in's messages: every kind can be asked for, none is of a shape that Google's API has not."""

from typing import Any

import msgspec
import pytest

from functions.dialogflow.es_messages import parse_messages
from infra.sandbox import dialogflow_es_messages as messages
from infra.sandbox.business_messages_schema import Message, check_message
from infra.sandbox.dialogflow_es import DialogflowStandIn
from infra.sandbox.dialogflow_showcase import SHOWCASE
from infra.sandbox.google_api import ApiError
from tests.dialogflow_calls import DIALOGFLOW, V2, say

KINDS = {
    "card": "card",
    "basic card": "basicCard",
    "image": "image",
    "quick replies": "quickReplies",
    "list": "listSelect",
    "carousel": "carouselSelect",
    "catalogue": "browseCarouselCard",
    "table": "tableCard",
    "song": "mediaContent",
    "speech": "simpleResponses",
    "link": "linkOutSuggestion",
    "chips": "suggestions",
    "native text": "payload",
    "native image": "payload",
    "native card": "payload",
    "native carousel": "payload",
    "sign-in": "payload",
}
STRUCTS = {
    "": messages.IntentMessage,
    "BasicCard": messages.BasicCard,
    "BasicCardButton": messages.LinkButton,
    "BasicCardButtonOpenUriAction": messages.OpenUriAction,
    "BrowseCarouselCard": messages.BrowseCarouselCard,
    "BrowseCarouselCardBrowseCarouselCardItem": messages.BrowseItem,
    "BrowseCarouselCardBrowseCarouselCardItemOpenUrlAction": messages.OpenUrlAction,
    "Card": messages.Card,
    "CardButton": messages.CardButton,
    "CarouselSelect": messages.CarouselSelect,
    "CarouselSelectItem": messages.SelectItem,
    "ColumnProperties": messages.Column,
    "Image": messages.Image,
    "LinkOutSuggestion": messages.LinkOutSuggestion,
    "ListSelect": messages.ListSelect,
    "ListSelectItem": messages.SelectItem,
    "MediaContent": messages.MediaContent,
    "MediaContentResponseMediaObject": messages.MediaObject,
    "QuickReplies": messages.QuickReplies,
    "SelectItemInfo": messages.SelectItemInfo,
    "SimpleResponse": messages.SimpleResponse,
    "SimpleResponses": messages.SimpleResponses,
    "Suggestion": messages.Suggestion,
    "Suggestions": messages.Suggestions,
    "TableCard": messages.TableCard,
    "TableCardCell": messages.Cell,
    "TableCardRow": messages.Row,
    "Text": messages.Text,
}


@pytest.fixture
def bot() -> DialogflowStandIn:
    return DialogflowStandIn()


@pytest.mark.parametrize(("what", "kind"), KINDS.items())
def test_every_kind_can_be_asked_for(bot: DialogflowStandIn, what: str, kind: str) -> None:
    result = say(bot, f"Show me the {what}!")["queryResult"]

    assert result["intent"]["displayName"] == f"Show {what}"
    assert next(iter(result["fulfillmentMessages"][-1])) == kind
    assert not any(message.is_empty for message in parse_messages(result))


def test_there_is_no_kind_that_can_not_be_asked_for() -> None:
    shown = {f"Show {what}" for what in KINDS}

    assert shown == {intent.name for intent in SHOWCASE}
    assert set(KINDS.values()) | {"text"} == set(messages.MESSAGE_KINDS)


@pytest.mark.parametrize("what", [what for what, kind in KINDS.items() if kind == "payload"])
def test_a_payload_is_a_message_that_business_messages_takes(bot: DialogflowStandIn, what: str) -> None:
    result = say(bot, f"Show me the {what}")["queryResult"]

    [message] = parse_messages(result)

    ours = {"messageId": "m-1", "representative": {"representativeType": "BOT"}}
    check_message(msgspec.convert({**ours, **message.native["businessMessages"]}, Message))


@pytest.mark.parametrize("schema", STRUCTS)
def test_a_message_has_the_fields_of_googles_discovery_document(schema: str) -> None:
    documented = DIALOGFLOW.schemas[f"{V2}IntentMessage{schema}"]["properties"]

    assert set(STRUCTS[schema].__struct_fields__) == set(documented)


def test_to_a_given_text_the_given_messages_are_said_and_nothing_else(bot: DialogflowStandIn) -> None:
    given: list[dict[str, Any]] = [{"text": {"text": ["One"]}}, {"payload": {"text": "Two"}}]

    bot.change_options(answers={"Say both": given})

    assert say(bot, "Say both")["queryResult"]["fulfillmentMessages"] == given
    assert say(bot, "say both")["queryResult"]["action"] == "input.unknown"


@pytest.mark.parametrize(
    "message", [{}, {"text": {}, "card": {}}, {"card": {"name": "Shoe"}}, {"hologram": {}}, {"text": {"text": "One"}}]
)
def test_a_given_message_that_the_api_has_not_is_refused(bot: DialogflowStandIn, message: dict[str, Any]) -> None:
    with pytest.raises(ApiError):
        bot.change_options(answers={"A": [message]})

    assert bot.options.answers == {}
