"""Content in words: for transcripts, and for whatever a side can't show."""

import pytest
from hypothesis import given

from functions.handoff.content import Card, Media, OutboundMessage, Suggestion, card_text, link_text, plain_text
from tests.event_strategies import instances

LAMP = Media("https://shop.example/lamp.png", name="lamp.png", alt_text="A red lamp")
SHOP = Suggestion("open_url", "Shop", url="https://shop.example")
CALL = Suggestion("dial", "Call us", phone="+15550100")
YES = Suggestion("reply", "Yes", "yes")


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (OutboundMessage(" Hello "), "Hello"),
        (OutboundMessage(media=LAMP), "A red lamp\nhttps://shop.example/lamp.png"),
        (OutboundMessage(media=Media("https://shop.example/x")), "https://shop.example/x"),
        (OutboundMessage("Look", media=LAMP), "A red lamp\nhttps://shop.example/lamp.png\n\nLook"),
        (OutboundMessage(media=LAMP, fallback="A lamp"), "A lamp"),
        (OutboundMessage("Look", media=LAMP, fallback="A lamp"), "A red lamp\nhttps://shop.example/lamp.png\n\nLook"),
        (OutboundMessage(cards=(Card("One"), Card("Two", "second"))), "One\n\nTwo\nsecond"),
        (OutboundMessage(), ""),
    ],
)
def test_a_message_in_words(message: OutboundMessage, words: str) -> None:
    assert words == plain_text(message)


@pytest.mark.parametrize(
    ("card", "words"),
    [
        (Card("Lamp", "red", LAMP, (SHOP, CALL, YES)), "Lamp\nred\nShop: https://shop.example\nCall us: +15550100"),
        (Card(media=LAMP), "A red lamp\nhttps://shop.example/lamp.png"),
        (Card(suggestions=(YES,)), ""),
    ],
)
def test_a_card_in_words_keeps_where_its_chips_lead(card: Card, words: str) -> None:
    assert words == card_text(card)


@pytest.mark.parametrize(
    ("chip", "words"),
    [
        (SHOP, "Shop: https://shop.example"),
        (Suggestion("open_url", "https://shop.example", url="https://shop.example"), "https://shop.example"),
        (Suggestion("open_url", url="https://shop.example"), "https://shop.example"),
        (Suggestion("open_url", "Shop"), ""),
        (YES, ""),
        (Suggestion("live_agent"), ""),
    ],
)
def test_a_chip_that_leads_somewhere_in_words(chip: Suggestion, words: str) -> None:
    assert words == link_text(chip)


@pytest.mark.parametrize(
    ("message", "is_empty"),
    [
        (OutboundMessage(), True),
        (OutboundMessage(" \n"), True),
        (OutboundMessage(suggestions=(YES,)), True),
        (OutboundMessage("x"), False),
        (OutboundMessage(media=LAMP), False),
        (OutboundMessage(cards=(Card("x"),)), False),
        (OutboundMessage(native={"phone": {}}), False),
    ],
)
def test_chips_alone_can_t_be_shown(message: OutboundMessage, is_empty: bool) -> None:
    assert is_empty == message.is_empty


@given(instances(OutboundMessage))
def test_any_message_has_words_and_they_hold_its_own(message: OutboundMessage) -> None:
    assert message.text.strip() in plain_text(message)
