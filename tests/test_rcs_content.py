"""RCS for Business: what a message is shown as, part by part, at every limit and beyond."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from functions.channels.rcs_chips import as_chip
from functions.channels.rcs_content import compose, named
from functions.handoff.content import COMMONMARK, Card, Media, OutboundMessage, Suggestion
from tests.business_messages_bodies import cards_of, wild_messages, word_messages
from tests.examples import examples
from tests.rcs_bodies import PERSON, check_part, chips_of, said, targets

PICTURE = Media("https://shop.example/shoe.png", name="shoe.png", alt_text="A shoe")
SHOP = Suggestion("open_url", "Shop", url="https://shop.example")
CALL = Suggestion("dial", "Call us", phone="+12223334444")
ASK = Suggestion("live_agent", "Talk to a person")
ASKS = {"reply": {"text": "Talk to a person", "postbackData": PERSON}}


def show(message: OutboundMessage, *, with_name: bool = False) -> list[dict[str, Any]]:
    parts = compose(message, with_name=with_name)
    for part in parts:
        check_part(part)
    return parts


def contents(message: OutboundMessage) -> list[dict[str, Any]]:
    return [part["contentMessage"] for part in show(message)]


def replies(count: int) -> tuple[Suggestion, ...]:
    return tuple(Suggestion("reply", f"Chip {number}") for number in range(1, count + 1))


# --- words -----------------------------------------------------------------------------------------------------------


def test_a_text_goes_out_as_typed() -> None:
    text = " Hello *there*\n"

    assert compose(OutboundMessage(text), with_name=False) == [{"contentMessage": {"text": text}, "fallback": text}]


def test_markdown_goes_out_without_its_marks() -> None:
    assert contents(OutboundMessage("Hello **there**", formatting=COMMONMARK)) == [{"text": "Hello there"}]


@pytest.mark.parametrize(
    ("with_name", "length", "parts"),
    [(False, 3072, [3072]), (False, 3073, [3072, 1]), (True, 3008, [3008]), (True, 3009, [3008, 1])],
)
def test_a_text_is_split_where_it_and_the_name_have_no_more_room(
    with_name: bool, length: int, parts: list[int]
) -> None:
    shown = show(OutboundMessage("x" * length), with_name=with_name)

    assert [len(part["contentMessage"]["text"]) for part in shown] == parts


@pytest.mark.parametrize("name", ["Jane", "J" * 62, "J" * 63, "Maria " * 50, "👩‍👩‍👧‍👦" * 30, "a\nb\t c"])
def test_whatever_the_name_there_is_room_for_it(name: str) -> None:
    [part] = show(OutboundMessage("x" * 3008), with_name=True)

    text = named(part["contentMessage"]["text"], name)

    assert len(text) <= 3072
    assert text.endswith(": " + "x" * 3008)
    assert "\n" not in text


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Jane", "Jane: Hi"),
        ("", "Hi"),
        (" ", "Hi"),
        ("a\nb", "a b: Hi"),
        ("J" * 62, "J" * 62 + ": Hi"),
        ("J" * 63, "J" * 61 + "…: Hi"),
    ],
)
def test_a_name_stands_in_front_as_far_as_there_is_room(name: str, text: str) -> None:
    assert named("Hi", name) == text


@pytest.mark.parametrize("message", [OutboundMessage(), OutboundMessage(" \n"), OutboundMessage(media=Media(""))])
def test_an_empty_message_has_no_parts(message: OutboundMessage) -> None:
    assert show(message) == []


# --- pictures and files ----------------------------------------------------------------------------------------------


def test_a_picture_is_a_file_with_its_link_for_phones_that_show_none() -> None:
    [part] = show(OutboundMessage(media=PICTURE))

    assert part == {
        "contentMessage": {"contentInfo": {"fileUrl": PICTURE.url}},
        "fallback": "A shoe\nshoe.png\nhttps://shop.example/shoe.png",
    }


@pytest.mark.parametrize(
    ("media", "is_file", "is_on_card"),
    [
        (Media("https://shop.example/a", mime_type="image/gif"), True, True),
        (Media("https://shop.example/a", mime_type="VIDEO/MP4; x=1"), True, True),
        (Media("https://shop.example/a.mp3"), True, False),
        (Media("https://shop.example/a.PDF?x=1"), True, False),
        (Media("https://shop.example/a", mime_type="image/webp"), False, False),
        (Media("https://shop.example/a.png", mime_type="text/html"), False, False),
        (Media("https://shop.example/a"), False, False),
        (Media("ftp://shop.example/a.png"), False, False),
        (Media("https://[.png"), False, False),
        (Media("https://shop.example/a.png", size_bytes=100_000_000), True, True),
        (Media("https://shop.example/a.png", size_bytes=100_000_001), False, False),
        (Media("https://shop.example/".ljust(2044, "x") + ".png"), True, True),
        (Media("https://shop.example/".ljust(2045, "x") + ".png"), False, False),
    ],
)
def test_what_is_certain_to_be_taken_is_shown_and_the_rest_is_a_link(
    media: Media, is_file: bool, is_on_card: bool
) -> None:
    [alone] = contents(OutboundMessage(media=media))
    on_card = show(OutboundMessage(cards=(Card("Title", media=media),)))

    [card] = cards_of(on_card[0]["contentMessage"])
    assert ("contentInfo" in alone, "media" in card) == (is_file, is_on_card)
    assert is_file or media.url in alone["text"]
    assert media.url in said(on_card).replace("\n", "")


# --- cards -----------------------------------------------------------------------------------------------------------


def test_a_card_has_all_its_parts() -> None:
    [part] = show(OutboundMessage(cards=(Card("Shoe", "Soft", PICTURE, (SHOP,)),)))

    assert part["contentMessage"]["richCard"] == {
        "standaloneCard": {
            "cardOrientation": "VERTICAL",
            "cardContent": {
                "title": "Shoe",
                "description": "Soft",
                "media": {"height": "MEDIUM", "contentInfo": {"fileUrl": PICTURE.url}},
                "suggestions": [as_chip(SHOP)],
            },
        }
    }
    assert part["fallback"] == f"Shoe\nSoft\nA shoe\nshoe.png\n{PICTURE.url}\nShop: https://shop.example"


@pytest.mark.parametrize(("count", "groups"), [(1, [1]), (2, [2]), (10, [10]), (11, [10, 1]), (12, [10, 2])])
def test_cards_stand_alone_or_in_carousels_of_at_most_ten(count: int, groups: list[int]) -> None:
    shown = contents(OutboundMessage(cards=tuple(Card(f"Card {number}") for number in range(count))))

    assert [len(cards_of(content)) for content in shown] == groups
    assert ["carouselCard" in content["richCard"] for content in shown] == [size > 1 for size in groups]


@pytest.mark.parametrize(
    ("title", "description", "expected"),
    [
        (200, 2000, [(200, 2000)]),
        (201, 1000, [(200, 1002)]),
        (200, 2001, [(200, 2000), "1"]),
    ],
)
def test_what_a_card_has_no_room_for_goes_on_behind_it(title: int, description: int, expected: list[Any]) -> None:
    [card, *texts] = contents(OutboundMessage(cards=(Card("t" * title, "d" * description),)))

    [content] = cards_of(card)
    assert [(len(content["title"]), len(content["description"])), *(str(len(t["text"])) for t in texts)] == expected


@pytest.mark.parametrize(("count", "below"), [(4, 0), (5, 1)])
def test_a_card_has_at_most_four_chips(count: int, below: int) -> None:
    [content] = contents(OutboundMessage(cards=(Card("Title", suggestions=replies(count)),)))

    [card] = cards_of(content)
    assert (len(card["suggestions"]), len(content.get("suggestions", []))) == (4, below)


def test_cards_too_large_for_one_message_are_several() -> None:
    chips = tuple(Suggestion("reply", f"{n}", "😀" * 1000) for n in range(4))
    cards = tuple(Card(f"Card {number}", "😀" * 2000, suggestions=chips) for number in range(10))

    shown = show(OutboundMessage(cards=cards, suggestions=chips))

    assert len(shown) > 1
    assert [card["title"] for part in shown for card in cards_of(part["contentMessage"])] == [c.title for c in cards]
    assert all(len(json.dumps(part["contentMessage"])) < 240_000 for part in shown)


# --- chips -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("chip", "expected"),
    [
        (Suggestion("reply", "Status", "order_status"), {"reply": {"text": "Status", "postbackData": "order_status"}}),
        (ASK, ASKS),
        (Suggestion("live_agent"), {"reply": {"text": "…", "postbackData": PERSON}}),
        (SHOP, {"action": {"text": "Shop", "postbackData": "Shop", "openUrlAction": {"url": SHOP.url}}}),
        (CALL, {"action": {"text": "Call us", "postbackData": "Call us", "dialAction": {"phoneNumber": CALL.phone}}}),
    ],
)
def test_each_kind_of_chip_has_its_shape(chip: Suggestion, expected: dict[str, Any]) -> None:
    assert contents(OutboundMessage("Well?", (chip,))) == [{"text": "Well?", "suggestions": [expected]}]


@pytest.mark.parametrize(("length", "label"), [(25, "x" * 25), (26, "x" * 24 + "…")])
def test_a_label_is_cut_and_what_it_carries_is_not(length: int, label: str) -> None:
    [content] = contents(OutboundMessage("Well?", (Suggestion("reply", "x" * length),)))

    assert content["suggestions"] == [{"reply": {"text": label, "postbackData": "x" * length}}]


@pytest.mark.parametrize(("length", "is_chip"), [(2048, True), (2049, False)])
@pytest.mark.parametrize("kind", ["reply", "open_url", "dial"])
def test_a_chip_that_carries_too_much_is_words(kind: str, length: int, is_chip: bool) -> None:
    chip = Suggestion(kind, "Label", "p" * length, url="https://shop.example", phone="+12223334444")

    [content] = contents(OutboundMessage("Well?", (chip,)))

    assert ("suggestions" in content) == is_chip
    assert ("Label" in content["text"]) != is_chip


@pytest.mark.parametrize(("count", "said_too"), [(11, ""), (12, "\n\n• Chip 12")])
def test_replies_beyond_the_eleventh_are_named_in_the_text(count: int, said_too: str) -> None:
    [content] = contents(OutboundMessage("Choose", replies(count)))

    assert content["text"] == "Choose" + said_too
    assert content["suggestions"] == [as_chip(chip) for chip in replies(11)]


def test_of_too_many_chips_the_links_become_text_first_and_the_way_to_a_person_stays() -> None:
    [content] = contents(OutboundMessage("Choose", (SHOP, *replies(10), ASK)))

    assert content["text"] == "Choose\n\nShop: https://shop.example"
    assert content["suggestions"][-1] == ASKS


def test_chips_too_large_together_are_named_in_the_text() -> None:
    chips = tuple(Suggestion("reply", f"Chip {number}", "😀" * 2000) for number in range(11))

    [content] = contents(OutboundMessage("Choose", chips))

    assert 0 < len(content["suggestions"]) < 11
    assert "• Chip 10" in content["text"]


def test_chips_hang_under_the_last_part_alone() -> None:
    shown = contents(OutboundMessage("x" * 3073, replies(1), cards=(Card("Title"),)))

    assert ["suggestions" in content for content in shown] == [False, False, True]


# --- all of it -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("with_name", [False, True])
@settings(max_examples=examples(40), deadline=None, suppress_health_check=list(HealthCheck))
@given(message=wild_messages)
def test_every_message_gives_parts_that_the_channel_takes(with_name: bool, message: OutboundMessage) -> None:
    parts = show(message, with_name=with_name)

    assert parts == compose(message, with_name=with_name)


@settings(max_examples=examples(40), deadline=None, suppress_health_check=list(HealthCheck))
@given(word_messages)
def test_no_word_link_or_chip_is_lost(message: OutboundMessage) -> None:
    parts = show(message)

    seen, reached = set(said(parts).split()), targets(parts)
    assert words_in(message) <= seen
    for chip in [*message.suggestions, *(chip for card in message.cards for chip in card.suggestions)]:
        assert is_there(chip, seen, reached), chip.kind
    assert all(len((one.get("reply") or one["action"])["text"]) <= 25 for part in parts for one in chips_of(part))


def words_in(message: OutboundMessage) -> set[str]:
    words = [message.text, *(text for card in message.cards for text in (card.title, card.description))]
    media = [one for one in (message.media, *(card.media for card in message.cards)) if one]
    return set(" ".join([*words, *(one.url for one in media)]).split())


def is_there(chip: Suggestion, seen: set[str], reached: set[str]) -> bool:
    """Where it leads can be tapped or read; of a reply either what it says can be, or its postback is tapped."""
    if chip.kind == "live_agent":
        return PERSON in reached
    target = {"open_url": chip.url, "dial": chip.phone}.get(chip.kind, chip.text)
    return target in reached or chip.postback in reached or set(target.split()) <= seen
