"""Business Messages: rich messages and surveys, read back on the phone."""

import uuid
from collections.abc import Iterator

import pytest

from functions.handoff.content import Card, Media, OutboundMessage, Suggestion
from functions.handoff.errors import ProviderError, ProviderRefused, ProviderUnavailable
from infra.sandbox.standin import Fault
from tests.business_messages_pair import ADDRESS, BOT, Pair, paired

CARDS = tuple(Card(f"Card {number}", suggestions=(Suggestion("reply", "Buy"),)) for number in range(3))


@pytest.fixture
def pair() -> Iterator[Pair]:
    with paired() as both:
        yield both


# --- rich messages ---------------------------------------------------------------------------------------------------


def test_a_rich_message_is_on_the_screen_as_it_was_composed(pair: Pair) -> None:
    message = OutboundMessage("Look", media=Media("https://shop.example/a.png"), cards=CARDS)

    pair.send(message)

    image, text, cards = pair.lines()
    assert image["image"]["contentInfo"]["fileUrl"] == "https://shop.example/a.png"
    assert text["text"] == "Look"
    assert [card["title"] for card in cards["richCard"]["carouselCard"]["cardContents"]] == [
        "Card 0",
        "Card 1",
        "Card 2",
    ]
    assert pair.google.violations == []


def test_a_phone_that_shows_no_cards_shows_their_words(pair: Pair) -> None:
    pair.google.app.test_client().post("/_screen/c-1", json={"words_only": True})

    pair.send(OutboundMessage(cards=CARDS))

    [line] = pair.lines()
    assert line["text"] == "Card 0\n• Buy\n\nCard 1\n• Buy\n\nCard 2\n• Buy"
    assert "richCard" not in line


def test_a_refused_card_is_read_in_words_however_often_it_is_sent(pair: Pair) -> None:
    [part] = pair.channel.compose(OutboundMessage(cards=CARDS[:1]), BOT)
    message_id = str(uuid.uuid4())
    broken = {**part, "richCard": {"standaloneCard": {"cardContent": {"mood": "good"}}}}

    for _ in range(2):
        pair.channel.send_message(ADDRESS, broken, BOT, message_id=message_id, timeout_s=5)

    assert [line["text"] for line in pair.lines()] == ["Card 0\n• Buy"]


# --- surveys ---------------------------------------------------------------------------------------------------------


def ask(pair: Pair, survey_id: str = "s-1") -> bool:
    return pair.channel.send_survey(ADDRESS, survey_id=survey_id, timeout_s=5)


def test_a_survey_is_asked_once_however_often_it_is_sent(pair: Pair) -> None:
    assert (ask(pair), ask(pair)) == (True, True)
    assert [line["kind"] for line in pair.lines()] == ["survey"]


def test_a_second_survey_within_a_day_is_not_asked_and_that_is_normal(pair: Pair) -> None:
    assert (ask(pair), ask(pair, "s-2")) == (True, False)
    pair.google.clock.advance(24 * 3600)
    assert ask(pair, "s-2")


def test_a_phone_without_surveys_is_normal(pair: Pair) -> None:
    pair.google.change_options(supports_surveys=False)

    assert not ask(pair)


@pytest.mark.parametrize(("status", "error"), [(429, ""), (403, ""), (403, "PERMISSION_DENIED")])
def test_a_survey_that_is_refused_is_not_asked(pair: Pair, status: int, error: str) -> None:
    pair.fail("/surveys", status, error)

    assert not ask(pair)


@pytest.mark.parametrize(
    ("status", "error", "expected"),
    [(400, "INVALID_ARGUMENT", ProviderRefused), (401, "", ProviderUnavailable), (503, "", ProviderUnavailable)],
)
def test_any_other_failure_of_a_survey_is_told(
    pair: Pair, status: int, error: str, expected: type[ProviderError]
) -> None:
    pair.fail("/surveys", status, error)

    with pytest.raises(expected) as raised:
        ask(pair)

    assert raised.value.provider == "channel"


def test_no_answer_to_a_survey_is_the_channels_fault(pair: Pair) -> None:
    pair.google.faults = [Fault(path="/surveys", cut=True)]

    with pytest.raises(ProviderUnavailable) as raised:
        ask(pair)

    assert (raised.value.provider, raised.value.undelivered) == ("channel", False)


def test_refused_surveys_do_not_hold_back_messages(pair: Pair) -> None:
    pair.fail("/surveys", 429, "RESOURCE_EXHAUSTED", headers={"Retry-After": "60"})

    assert [ask(pair) for _ in range(5)] == [False] * 5

    pair.send(OutboundMessage("Hello"))
    assert len(pair.lines()) == 1
