"""What a Dialogflow CX bot says in one turn, kind by kind."""

import json
from pathlib import Path
from typing import Any

import pytest

from functions.dialogflow.cx_messages import find_unknown_kinds, parse_messages
from functions.handoff.content import OutboundMessage, Suggestion
from functions.handoff.events import JsonObject
from tests.discovery_schema import Discovery

FIXTURES = Path(__file__).parent / "fixtures" / "dialogflow_cx"
DIALOGFLOW, V3 = Discovery("dialogflow.v3"), "GoogleCloudDialogflowCxV3"
NUMBER = Suggestion("dial", "+15556667777", phone="+15556667777")


def said(*messages: JsonObject, **result: Any) -> tuple[OutboundMessage, ...]:
    for message in messages:
        assert DIALOGFLOW.problems(f"{V3}ResponseMessage", message) == []
    return parse_messages({"responseMessages": list(messages), **result})


def text(*variants: str, **more: Any) -> JsonObject:
    return {"text": {"text": list(variants)}, **more}


def test_every_kind_in_one_turn_is_shown_in_order_as_far_as_it_can_be() -> None:
    given = json.loads((FIXTURES / "answer__every_kind.json").read_text())
    assert DIALOGFLOW.problems(f"{V3}DetectIntentResponse", given) == []

    messages = parse_messages(given["queryResult"])

    menu = {"text": "Our menu", "suggestions": [{"reply": {"text": "Cheese", "postbackData": "cheese"}}]}
    assert messages == (
        OutboundMessage("We are open till six."),
        OutboundMessage("Salt & pepper"),
        OutboundMessage("Said aloud"),
        OutboundMessage("Our menu", (Suggestion("reply", "Cheese", "cheese"),), native={"businessMessages": menu}),
        OutboundMessage("https://shop.example/jingle.mp3"),
        OutboundMessage("https://shop.example/one.mp3", (NUMBER,)),
        OutboundMessage("Anything else?", native={"rcs": given["queryResult"]["webhookPayloads"][0]["rbm"]}),
    )


def test_every_kind_of_the_reference_is_known() -> None:
    fields = DIALOGFLOW.schemas[f"{V3}ResponseMessage"]["properties"]

    messages: list[JsonObject] = [{name: {}} for name in fields]

    assert find_unknown_kinds({"responseMessages": messages}) == []


@pytest.mark.parametrize(
    "message",
    [
        text(),
        text(" "),
        {"outputAudioText": {}},
        {"playAudio": {"audioUri": "gs://shop/a.mp3"}},
        {"mixedAudio": {"segments": [{"audio": "UklGRg=="}]}},
        {"telephonyTransferCall": {"phoneNumber": " "}},
        {"payload": {"note": "for the client"}},
        {"conversationSuccess": {}},
        {"knowledgeInfoCard": {}},
        {"toolCall": {"action": "look_up"}},
        {"liveAgentHandoff": {"metadata": {"department": "billing"}}},
        {"endInteraction": {}},
    ],
)
def test_what_says_nothing_shows_nothing(message: JsonObject) -> None:
    assert said(text("A"), message, text("B")) == (OutboundMessage("A"), OutboundMessage("B"))


def test_a_number_to_call_hangs_under_what_was_said_or_stands_alone() -> None:
    transfer = {"telephonyTransferCall": {"phoneNumber": "+15556667777"}}

    assert said(text("Call us"), transfer) == (OutboundMessage("Call us", (NUMBER,)),)
    assert said(transfer) == (OutboundMessage("…", (NUMBER,)),)


@pytest.mark.parametrize(
    ("aloud", "shown"),
    [("Open  till six.", ["Open till six."]), ("Till six", ["Open till six.", "Till six"])],
)
def test_what_is_said_aloud_is_shown_unless_it_is_to_be_read_as_well(aloud: str, shown: list[str]) -> None:
    messages = said({"outputAudioText": {"text": aloud}}, text("Open till six."))

    assert sorted(one.text for one in messages) == sorted(shown)


def test_messages_for_every_channel_count_and_without_any_those_of_the_first_one() -> None:
    everywhere, voice, chat = text("A"), text("B", channel="VOICE"), text("C", channel="CHAT")

    assert said(voice, everywhere, chat) == (OutboundMessage("A"),)
    assert said(voice, chat) == (OutboundMessage("B"),)


def test_where_a_prompt_comes_from_does_not_matter() -> None:
    kinds = DIALOGFLOW.schemas[f"{V3}ResponseMessage"]["properties"]["responseType"]["enum"]

    messages = said(*[text("A", responseType=one) for one in kinds])

    assert messages == (OutboundMessage("A"),) * len(kinds)
