"""Business Messages: cards and carousels, at their limits and beyond."""

from typing import Any

import pytest

from functions.channels.business_messages_content import FORM, compose
from functions.channels.google_cards import lay_out
from functions.handoff.content import Card, Media, OutboundMessage, Suggestion
from tests.business_messages_bodies import cards_of, check_body, chips_of

PICTURE = Media("https://shop.example/shoe.png", alt_text="A shoe")
SHOP = Suggestion("open_url", "Shop", url="https://shop.example")
CALL = Suggestion("dial", "Call", phone="+15550100")
PERSON = Suggestion("live_agent")


def show(*cards: Card, **more: Any) -> list[dict[str, Any]]:
    bodies = compose(OutboundMessage(cards=cards, **more))
    for body in bodies:
        check_body(body)
    return bodies


def replies(count: int) -> tuple[Suggestion, ...]:
    return tuple(Suggestion("reply", f"Chip {number}") for number in range(1, count + 1))


def labels(chips: list[dict[str, Any]]) -> list[str]:
    return [chip["reply"]["text"] if "reply" in chip else next(iter(chip)) for chip in chips]


def test_a_card_has_all_its_parts() -> None:
    [body] = show(Card("Shoe", "Soft", PICTURE, (SHOP,)))

    assert body["richCard"] == {
        "standaloneCard": {
            "cardContent": {
                "title": "Shoe",
                "description": "Soft",
                "media": {"height": "MEDIUM", "contentInfo": {"fileUrl": PICTURE.url, "altText": "A shoe"}},
                "suggestions": [
                    {"action": {"text": "Shop", "postbackData": "Shop", "openUrlAction": {"url": SHOP.url}}}
                ],
            }
        }
    }
    assert body["fallback"] == f"Shoe\nSoft\nA shoe\n{PICTURE.url}\nShop: https://shop.example"


@pytest.mark.parametrize(
    ("count", "groups"), [(1, [1]), (2, [2]), (10, [10]), (11, [10, 1]), (12, [10, 2]), (21, [10, 10, 1])]
)
def test_cards_stand_alone_or_in_carousels_of_at_most_ten(count: int, groups: list[int]) -> None:
    bodies = show(*(Card(f"Card {number}") for number in range(count)))

    assert [len(cards_of(body)) for body in bodies] == groups
    assert ["carouselCard" in body["richCard"] for body in bodies] == [size > 1 for size in groups]
    assert [card["title"] for body in bodies for card in cards_of(body)] == [f"Card {n}" for n in range(count)]


def test_a_carousel_is_of_medium_width() -> None:
    assert show(Card("A"), Card("B"))[0]["richCard"]["carouselCard"]["cardWidth"] == "MEDIUM"


@pytest.mark.parametrize(
    ("length", "title", "description"), [(200, "x" * 200, ""), (201, "x" * 200, "x"), (2200, "x" * 200, "x" * 2000)]
)
def test_a_title_that_is_too_long_goes_on_in_the_description(length: int, title: str, description: str) -> None:
    [card] = cards_of(show(Card("x" * length))[0])

    assert (card["title"], card.get("description", "")) == (title, description)


@pytest.mark.parametrize(("length", "beyond"), [(2000, []), (2001, ["x"]), (2003, ["xxx"])])
def test_a_description_that_is_too_long_goes_on_in_a_text(length: int, beyond: list[str]) -> None:
    rich, *rest = show(Card("Title", "x" * length))

    assert len(cards_of(rich)[0]["description"]) == 2000
    assert [body["text"] for body in rest] == beyond


def test_what_goes_on_behind_a_carousel_says_whose_it_is() -> None:
    long = "x" * 2000

    bodies = show(Card("A", long + "a"), Card("B"), Card("C", long + "c"))

    assert [body.get("text") for body in bodies] == [None, "A\na\n\nC\nc"]


def test_a_picture_the_channel_does_not_take_is_a_link_in_the_description() -> None:
    [body] = show(Card("Shoe", "Soft", Media("https://shop.example/shoe.gif", alt_text="A shoe")))

    assert cards_of(body) == [{"title": "Shoe", "description": "Soft\nA shoe\nhttps://shop.example/shoe.gif"}]


@pytest.mark.parametrize("card", [Card("Title"), Card(description="Words"), Card(media=PICTURE)])
def test_a_card_needs_one_thing_to_see(card: Card) -> None:
    assert len(show(card)) == 1


def test_a_card_of_nothing_but_chips_leaves_them_to_the_message() -> None:
    [body] = show(Card(suggestions=(SHOP, PERSON)), text="Choose")

    assert body["text"] == "Choose"
    assert body["suggestions"] == [*chips_of(show(Card("T", suggestions=(SHOP,)))[0]), {"liveAgentRequest": {}}]


@pytest.mark.parametrize(("count", "below"), [(4, []), (5, ["Chip 5"]), (7, ["Chip 5", "Chip 6", "Chip 7"])])
def test_replies_beyond_the_fourth_hang_below_the_message(count: int, below: list[str]) -> None:
    [body] = show(Card("Title", suggestions=replies(count)))

    assert labels(cards_of(body)[0]["suggestions"]) == ["Chip 1", "Chip 2", "Chip 3", "Chip 4"]
    assert labels(body.get("suggestions", [])) == below


def test_links_beyond_the_fourth_chip_stay_on_their_card_as_words() -> None:
    [body] = show(Card("Title", "Words", suggestions=(SHOP, CALL, *replies(3))))

    assert cards_of(body)[0]["description"] == "Words\nCall: +15550100"
    assert "suggestions" not in body


def test_a_request_for_a_person_hangs_below_the_message() -> None:
    [body] = show(Card("Title", suggestions=(PERSON,)))

    assert "suggestions" not in cards_of(body)[0]
    assert body["suggestions"] == [{"liveAgentRequest": {}}]


def test_no_reply_of_a_carousel_is_lost() -> None:
    cards = [Card(f"Card {n}", suggestions=tuple(Suggestion("reply", f"{n}.{m}") for m in range(6))) for n in range(8)]

    rich, words = show(*cards)

    said = [*labels(chips_of(rich)), *labels(chips_of(words)), *words["text"].replace("• ", "").split("\n")]
    assert sorted(said) == sorted(f"{n}.{m}" for n in range(8) for m in range(6))
    assert len(words["suggestions"]) == 13


def test_the_fallback_of_many_words_has_titles_and_links_of_all() -> None:
    cards = [Card(f"Card {n}", "x" * 1900, suggestions=(SHOP,)) for n in range(10)]

    [body] = show(*cards)

    assert body["fallback"] == "\n\n".join(f"Card {n}\nShop: https://shop.example" for n in range(10))


def test_a_fallback_that_is_still_too_long_is_cut() -> None:
    picture = Media(PICTURE.url, alt_text="y" * 200)

    [body] = show(*(Card("x" * 200, media=picture) for _ in range(10)))

    assert 3000 < len(body["fallback"]) <= 3072
    assert body["fallback"].endswith("…")


def test_an_empty_card_is_none() -> None:
    assert lay_out(Card(" ", "\n"), FORM).content == {}
    assert show(Card(), text="Hello")[0]["text"] == "Hello"
