"""How much of a bot's answer is kept."""

import time

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.dialogflow.bounds import bounded
from functions.dialogflow.es_messages import parse_messages
from functions.handoff.content import Card, Media, OutboundMessage, Suggestion
from tests.examples import examples

_KEPT = 256 * 1024
_NATIVE = 32 * 1024


def test_what_a_bot_really_says_is_kept_whole() -> None:
    cards = tuple(Card("t" * 200, "d" * 2000, Media("https://shop.example/" + "p" * 1000)) for _ in range(10))
    long = OutboundMessage("x" * 30_000, tuple(Suggestion("reply", "r" * 25, "p" * 1000) for _ in range(13)))
    said = (long, OutboundMessage(cards=cards, fallback="f" * 3072))

    assert bounded(said) == said


@pytest.mark.parametrize(("length", "kept"), [(_NATIVE, True), (_NATIVE + 1, False)])
def test_a_native_form_is_kept_whole_or_not_at_all(length: int, kept: bool) -> None:
    around = len(msgspec.json.encode({"businessMessages": {"text": ""}}))
    message = OutboundMessage("A", native={"businessMessages": {"text": "x" * (length - around)}})

    assert bounded([message]) == (message if kept else OutboundMessage("A"),)


@pytest.mark.parametrize(("count", "kept"), [(30, 30), (31, 30)])
def test_there_are_no_more_messages_than_can_be_shown(count: int, kept: int) -> None:
    assert len(bounded([OutboundMessage("A")] * count)) == kept


def test_a_link_too_long_to_keep_is_left_out_and_never_cut() -> None:
    whole, long = "https://shop.example/" + "x" * 2027, "https://shop.example/" + "x" * 2028
    chips = tuple(Suggestion("open_url", "See", url=url) for url in (whole, long))
    card = Card("Shoe", media=Media(long))

    [message] = bounded([OutboundMessage("A", chips, media=Media(whole), cards=(card,))])

    assert message == OutboundMessage("A", chips[:1], media=Media(whole), cards=(Card("Shoe"),))
    assert bounded([OutboundMessage(media=Media(long))]) == ()


def test_of_a_message_too_large_to_keep_the_words_are() -> None:
    card = Card("Shoe", "d" * 10_000)

    [message] = bounded([OutboundMessage("Look", cards=(card,) * 30)])

    assert message.cards == ()
    assert message.text.startswith("Look\n\nShoe\nddd")


def test_a_turn_of_a_hundred_thousand_messages_is_read_up_to_what_can_be_shown() -> None:
    chip = {"suggestions": {"suggestions": [{"title": "Hours"}]}}

    started = time.process_time()

    [message] = parse_messages({"fulfillmentMessages": [{"text": {"text": ["A"]}}, *[chip] * 100_000]})

    assert len(message.suggestions) == 50
    assert time.process_time() - started < 5


_TEXTS = st.sampled_from(["", "a", "\x01" * 70_000, "\U0001f600" * 3_000])
_CHIPS = st.lists(st.builds(Suggestion, st.just("reply"), _TEXTS, _TEXTS, _TEXTS, _TEXTS), max_size=3)
_MEDIA = st.none() | st.builds(Media, _TEXTS, alt_text=_TEXTS)
_CARDS = st.lists(st.builds(Card, _TEXTS, _TEXTS, _MEDIA, _CHIPS.map(tuple)), max_size=40)
_NATIVES = st.dictionaries(st.just("businessMessages"), st.dictionaries(st.just("text"), _TEXTS))
_MESSAGES = st.builds(
    OutboundMessage, _TEXTS, _CHIPS.map(tuple), st.just(""), _MEDIA, _CARDS.map(tuple), _TEXTS, _NATIVES
)


@settings(deadline=None, max_examples=examples(50))
@given(st.lists(_MESSAGES, max_size=4))
def test_whatever_is_said_what_is_kept_has_a_size(messages: list[OutboundMessage]) -> None:
    kept = bounded(messages)

    assert sum(len(msgspec.json.encode(one)) for one in kept) <= _KEPT
