"""Custom payloads of the bot, as text and chips."""

import json
from pathlib import Path
from typing import Any

import pytest

from functions.dialogflow.payloads import parse_payload, read_payload
from functions.handoff.events import BotAnswer, HandoffSignal, JsonObject, OutboundMessage, Suggestion

FIXTURES = Path(__file__).parent / "fixtures" / "dialogflow_es"


def fixture(name: str) -> JsonObject:
    content: JsonObject = json.loads((FIXTURES / f"{name}.json").read_text())
    return content


_HOURS = Suggestion("reply", "What are your hours?", "What are your hours?")


@pytest.mark.parametrize(
    ("name", "expected", "expected_chips"),
    [
        (
            "payload__live_agent",
            "Tap the button below to request a live agent.",
            [Suggestion("live_agent")],
        ),
        (
            "payload__suggestion",
            "Sorry, I didn't get that. Please take a look at these suggestions",
            [
                _HOURS,
                Suggestion("reply", "What's on your menu?", "What's on your menu?"),
                Suggestion("reply", "Can I place an order?", "Can I place an order?"),
            ],
        ),
        (
            "payload__rich_card",
            "Menu",
            [
                Suggestion("reply", "Order from menu", "Place an order"),
                Suggestion("open_url", "View Full Menu", "View Menu", url="http://google.com"),
                _HOURS,
            ],
        ),
        (
            "payload__carousel",
            "Pizza Menu: Cheese, Pepperoni, and Vegetarian",
            [
                Suggestion("reply", "Order cheese", "Order a cheese pizza"),
                Suggestion("reply", "Order pepperoni", "Order a pepperoni pizza"),
                Suggestion("reply", "Order vegetarian", "Order a vegetarian pizza"),
                _HOURS,
                Suggestion("reply", "What's on your menu?", "What's on your menu?"),
            ],
        ),
    ],
)
@pytest.mark.parametrize("wrap", [lambda payload: payload, lambda payload: {"businessMessages": payload}])
def test_googles_example_payloads_become_text_and_chips(
    name: str, expected: str, expected_chips: list[Suggestion], wrap: Any
) -> None:
    message = parse_payload(wrap(fixture(name)))

    assert message == OutboundMessage(expected, tuple(expected_chips))


def test_a_rich_card_without_fallback_is_spelled_out() -> None:
    media = {"contentInfo": {"altText": "A shoe", "fileUrl": "https://shop.example/a.png"}}
    card = {"standaloneCard": {"cardContent": {"title": "Shoe", "description": "Soft", "media": media}}}

    message = parse_payload({"richCard": card})

    assert message == OutboundMessage("Shoe\nSoft\nA shoe\nhttps://shop.example/a.png")


def test_a_payload_read_by_itself_has_its_message_and_its_signal() -> None:
    answer = read_payload({"action": "handoff", "department": "billing", "text": "Connecting you"})

    expected = HandoffSignal("bot", {"department": "billing"})
    assert answer == BotAnswer(messages=(OutboundMessage("Connecting you"),), handoff=expected)
    assert read_payload({"unknown": True}) == BotAnswer()


@pytest.mark.parametrize(
    "payload",
    [
        {"liveAgentRequest": {}},
        {"suggestions": [{"liveAgentRequest": {}}]},
        {"businessMessages": {"liveAgentRequest": {}}},
    ],
)
def test_a_live_agent_request_offers_a_person_and_asks_for_none(payload: JsonObject) -> None:
    answer = read_payload(payload)

    assert answer == BotAnswer(messages=(OutboundMessage("", (Suggestion("live_agent"),)),))


def test_a_suggestion_of_no_known_kind_is_left_out() -> None:
    message = parse_payload({"text": "A", "suggestions": [{"hologram": {}}, {"action": {"text": "Map"}}, 7, " ", None]})

    assert message == OutboundMessage("A")
