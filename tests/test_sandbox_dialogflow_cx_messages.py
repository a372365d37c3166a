"""The CX stand-in's messages: every kind can be asked for, none is of a shape that Google's API has not."""

from typing import Any

import msgspec
import pytest

from infra.sandbox import dialogflow_cx_messages as messages
from infra.sandbox.business_messages_schema import Message, check_message
from infra.sandbox.dialogflow_cx import DialogflowCxStandIn
from infra.sandbox.dialogflow_cx_showcase import MORE_SHOWN
from infra.sandbox.dialogflow_showcase import SHOWCASE
from infra.sandbox.google_api import ApiError
from tests.dialogflow_cx_calls import DIALOGFLOW, V3, kinds, say

KINDS = {
    "song": "playAudio",
    "speech": "outputAudioText",
    "success": "conversationSuccess",
    "hotline": "telephonyTransferCall",
    "knowledge": "knowledgeInfoCard",
    "tool": "toolCall",
}
STRUCTS = {
    "": messages.ResponseMessage,
    "ConversationSuccess": messages.WithMetadata,
    "LiveAgentHandoff": messages.WithMetadata,
    "MixedAudio": messages.MixedAudio,
    "MixedAudioSegment": messages.AudioSegment,
    "OutputAudioText": messages.OutputAudioText,
    "PlayAudio": messages.PlayAudio,
    "TelephonyTransferCall": messages.TelephonyTransferCall,
    "Text": messages.Text,
    "EndInteraction": messages.Empty,
    "KnowledgeInfoCard": messages.Empty,
}
SHOWN = [intent.name.removeprefix("Show ") for intent in (*SHOWCASE, *MORE_SHOWN)]


@pytest.fixture
def bot() -> DialogflowCxStandIn:
    return DialogflowCxStandIn()


@pytest.mark.parametrize("what", SHOWN)
def test_all_that_is_shown_is_of_a_kind_that_cx_has(bot: DialogflowCxStandIn, what: str) -> None:
    result = say(bot, f"Show me the {what}!")

    assert f"Show {what}" == result["match"]["intent"]["displayName"]
    assert KINDS.get(what, "payload") == kinds(result)[-1]


def test_there_is_no_kind_that_can_not_be_had(bot: DialogflowCxStandIn) -> None:
    handoff = set(kinds(say(bot, "a person please")))

    assert {*KINDS.values(), "payload", *handoff} == {*messages.MESSAGE_KINDS, "endInteraction"}


@pytest.mark.parametrize("what", [what for what in SHOWN if what not in {*KINDS, "link", "chips"}])
def test_a_payload_is_a_message_that_business_messages_takes(bot: DialogflowCxStandIn, what: str) -> None:
    payload = say(bot, f"Show me the {what}")["responseMessages"][-1]["payload"]

    ours = {"messageId": "m-1", "representative": {"representativeType": "BOT"}}
    check_message(msgspec.convert({**ours, **payload.get("businessMessages", payload)}, Message))


@pytest.mark.parametrize("schema", STRUCTS)
def test_a_message_has_the_fields_of_googles_discovery_document(schema: str) -> None:
    documented = DIALOGFLOW.schemas[f"{V3}ResponseMessage{schema}"].get("properties", {})

    assert set(documented) == set(STRUCTS[schema].__struct_fields__)


def test_to_a_given_text_the_given_messages_are_said_and_nothing_else(bot: DialogflowCxStandIn) -> None:
    given: list[dict[str, Any]] = [
        {"text": {"text": ["One"]}},
        {"payload": {"text": "Two"}},
        {"liveAgentHandoff": {"metadata": {"department": "sales"}}},
    ]

    bot.change_options(answers={"Say all": given})

    assert given == say(bot, "Say all")["responseMessages"]
    assert "NO_MATCH" == say(bot, "say all")["match"]["matchType"]


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"text": {}, "payload": {}},
        {"card": {"title": "Shoe"}},
        {"text": {"text": "One"}},
        {"endInteraction": {}},
        {"text": {}, "endInteraction": {}},
    ],
)
def test_a_given_message_that_an_agent_can_not_say_is_refused(
    bot: DialogflowCxStandIn, message: dict[str, Any]
) -> None:
    with pytest.raises(ApiError):
        bot.change_options(answers={"A": [message]})

    assert {} == bot.options.answers
