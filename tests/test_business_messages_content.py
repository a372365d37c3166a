"""Business Messages: what a message is shown as, part by part."""

import pytest
from hypothesis import HealthCheck, given, settings

from functions.channels.business_messages_chips import as_chip
from functions.channels.business_messages_content import compose
from functions.handoff.content import COMMONMARK, Card, Media, OutboundMessage, Suggestion
from tests.business_messages_bodies import LIVE_AGENT, check_body, said, targets, wild_messages, word_messages
from tests.examples import examples

PICTURE = Media("https://shop.example/shoe.png", name="shoe.png", alt_text="A shoe")
FILE = Media("https://shop.example/bill.pdf", name="bill.pdf", mime_type="application/pdf")
SHOP = Suggestion("open_url", "Shop", url="https://shop.example")
NATIVE = {"businessMessages": {"text": "Native"}}


def texts(message: OutboundMessage) -> list[str]:
    return [body["text"] for body in compose(message)]


def replies(count: int) -> tuple[Suggestion, ...]:
    return tuple(Suggestion("reply", f"Chip {number}") for number in range(1, count + 1))


# --- words -----------------------------------------------------------------------------------------------------------


def test_a_text_goes_out_as_typed_and_is_its_own_fallback() -> None:
    assert compose(OutboundMessage(" Hello *there*\n")) == [
        {"text": " Hello *there*\n", "fallback": " Hello *there*\n"}
    ]


def test_markdown_goes_out_without_its_marks() -> None:
    assert texts(OutboundMessage("Hello **there**", formatting=COMMONMARK)) == ["Hello there"]


@pytest.mark.parametrize(("length", "parts"), [(3072, [3072]), (3073, [3072, 1])])
def test_a_text_is_split_where_the_channel_takes_no_more(length: int, parts: list[int]) -> None:
    assert [len(text) for text in texts(OutboundMessage("x" * length))] == parts


def test_a_part_that_would_be_blank_is_no_part() -> None:
    parts = texts(OutboundMessage("a" + " " * 9000 + "b"))

    assert [part.strip() for part in parts] == ["a", "b"]


def test_what_no_api_takes_is_cleaned() -> None:
    assert texts(OutboundMessage("a\0b\ud800")) == ["ab\ufffd"]


@pytest.mark.parametrize("message", [OutboundMessage(), OutboundMessage(" \n"), OutboundMessage(media=Media(""))])
def test_an_empty_message_has_no_parts(message: OutboundMessage) -> None:
    assert compose(message) == []


def test_a_message_that_is_only_its_fallback_is_said_in_it() -> None:
    assert compose(OutboundMessage(fallback="In words")) == [{"text": "In words", "fallback": "In words"}]


# --- pictures and files ----------------------------------------------------------------------------------------------


def test_a_picture_is_an_image_with_its_link_for_phones_that_show_none() -> None:
    [body] = compose(OutboundMessage(media=PICTURE))

    assert body == {
        "image": {"contentInfo": {"fileUrl": PICTURE.url, "altText": "A shoe"}},
        "fallback": "A shoe\nshoe.png\nhttps://shop.example/shoe.png",
    }


def test_a_file_is_its_name_and_link() -> None:
    assert texts(OutboundMessage(media=FILE)) == ["bill.pdf\nhttps://shop.example/bill.pdf"]


def test_a_file_and_words_are_one_text_while_a_picture_comes_before_them() -> None:
    assert texts(OutboundMessage("Your bill", media=FILE)) == ["bill.pdf\nhttps://shop.example/bill.pdf\n\nYour bill"]
    assert [set(body) for body in compose(OutboundMessage("A shoe", media=PICTURE))] == [
        {"image", "fallback"},
        {"text", "fallback"},
    ]


def test_picture_words_and_cards_keep_their_order() -> None:
    bodies = compose(OutboundMessage("Text", media=PICTURE, cards=(Card("Title"),)))

    assert [next(iter(body)) for body in bodies] == ["image", "text", "richCard"]


# --- chips -----------------------------------------------------------------------------------------------------------


def test_chips_hang_under_the_last_part_alone() -> None:
    bodies = compose(OutboundMessage("x" * 3073, replies(1), cards=(Card("Title"),)))

    assert ["suggestions" in body for body in bodies] == [False, False, True]


def test_the_fallback_names_the_chips() -> None:
    [body] = compose(OutboundMessage("Well?", (*replies(1), SHOP, Suggestion("live_agent"))))

    assert body["fallback"] == "Well?\n• Chip 1\nShop: https://shop.example"


def test_a_chip_that_does_not_fit_into_the_fallback_is_a_chip_all_the_same() -> None:
    text = "x" * (3072 - len("\n• Chip 1"))

    [body] = compose(OutboundMessage(text, replies(2)))

    assert body["fallback"] == text + "\n• Chip 1"
    assert len(body["suggestions"]) == 2


@pytest.mark.parametrize(("count", "said_too"), [(13, ""), (14, "\n\n• Chip 14")])
def test_replies_beyond_the_thirteenth_are_named_in_the_text(count: int, said_too: str) -> None:
    [body] = compose(OutboundMessage("Choose", replies(count)))

    assert body["text"] == "Choose" + said_too
    assert body["suggestions"] == [as_chip(chip) for chip in replies(13)]


def test_of_too_many_chips_the_links_become_text_first() -> None:
    [body] = compose(OutboundMessage("Choose", (SHOP, *replies(12), Suggestion("live_agent"))))

    assert body["text"] == "Choose\n\nShop: https://shop.example"
    assert [*body["suggestions"]] == [*map(as_chip, replies(12)), {"liveAgentRequest": {}}]


def test_words_of_surplus_chips_come_after_cards_and_carry_the_others() -> None:
    bodies = compose(OutboundMessage("Choose", replies(14), cards=(Card("Title"),)))

    assert [body.get("text") for body in bodies] == ["Choose", None, "• Chip 14"]
    assert len(bodies[-1]["suggestions"]) == 13


def test_a_chip_without_a_form_is_words() -> None:
    chips = (Suggestion("open_url", "Mail", url="mailto:a@shop.example"), Suggestion("hologram", "New"))

    assert compose(OutboundMessage("Well?", chips)) == [
        {
            "text": "Well?\n\nMail: mailto:a@shop.example\n• New",
            "fallback": "Well?\n\nMail: mailto:a@shop.example\n• New",
        }
    ]


@pytest.mark.parametrize(
    ("chips", "expected"),
    [((SHOP,), ["…"]), ((Suggestion("reply", " "),), []), ((Suggestion("hologram", "New"),), ["• New"])],
)
def test_chips_alone_are_not_lost(chips: tuple[Suggestion, ...], expected: list[str]) -> None:
    assert texts(OutboundMessage("", chips)) == expected


# --- the author's fallback -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "fallbacks"),
    [
        (OutboundMessage("Text", fallback="Theirs"), ["Theirs"]),
        (OutboundMessage("Text", cards=(Card("Title"),), fallback="Theirs"), ["Text", "Theirs"]),
        (
            OutboundMessage(media=PICTURE, cards=(Card("Title"),), fallback="T"),
            [f"A shoe\nshoe.png\n{PICTURE.url}", "Title"],
        ),
    ],
)
def test_the_authors_fallback_goes_where_it_can_only_be_meant_for(
    message: OutboundMessage, fallbacks: list[str]
) -> None:
    assert [body["fallback"] for body in compose(message)] == fallbacks


@pytest.mark.parametrize(("length", "kept"), [(3072, "x" * 3072), (3073, "x" * 3071 + "…")])
def test_a_fallback_is_cut_to_what_the_channel_takes(length: int, kept: str) -> None:
    [body] = compose(OutboundMessage("Text", fallback="x" * length))

    assert body["fallback"] == kept


# --- all of it -------------------------------------------------------------------------------------------------------


def test_what_the_author_wrote_for_this_channel_goes_first() -> None:
    assert compose(OutboundMessage("Rest", native=NATIVE)) == [{"text": "Native", "fallback": "Rest"}]


@settings(max_examples=examples(150), deadline=None, suppress_health_check=list(HealthCheck))
@given(wild_messages)
def test_every_message_gives_bodies_that_the_channel_takes(message: OutboundMessage) -> None:
    bodies = compose(message)

    for body in bodies:
        check_body(body)
    assert bodies == compose(message)


@settings(max_examples=examples(100), deadline=None, suppress_health_check=list(HealthCheck))
@given(word_messages)
def test_no_word_link_or_chip_is_lost(message: OutboundMessage) -> None:
    bodies = compose(message)

    seen, reached = set(said(bodies).split()), targets(bodies)
    assert words_in(message) <= seen
    for chip in chips_in(message):
        assert is_there(chip, seen, reached), chip.kind


def chips_in(message: OutboundMessage) -> list[Suggestion]:
    return [*message.suggestions, *(chip for card in message.cards for chip in card.suggestions)]


def words_in(message: OutboundMessage) -> set[str]:
    words = [message.text, *(text for card in message.cards for text in (card.title, card.description))]
    media = [one for one in (message.media, *(card.media for card in message.cards)) if one]
    return set(" ".join([*words, *(one.url for one in media)]).split())


def is_there(chip: Suggestion, seen: set[str], reached: set[str]) -> bool:
    """Where it leads can be tapped or read; of a reply either what it says can be, or its postback is tapped."""
    if chip.kind == "live_agent":
        return LIVE_AGENT in reached
    target = {"open_url": chip.url, "dial": chip.phone}.get(chip.kind, chip.text)
    return target in reached or chip.postback in reached or set(target.split()) <= seen
