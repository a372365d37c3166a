"""Business Messages: chips, and what becomes of those that can't be one."""

import pytest

from functions.channels.business_messages_chips import as_chip
from functions.channels.business_messages_content import FORM
from functions.channels.google_chips import divide, in_words
from functions.handoff.content import Suggestion

SHOP = Suggestion("open_url", "Shop", url="https://shop.example")
CALL = Suggestion("dial", "Call us", phone="+12223334444")
PERSON = Suggestion("live_agent", "ignored label")


def replies(count: int) -> tuple[Suggestion, ...]:
    return tuple(Suggestion("reply", f"Chip {number}") for number in range(1, count + 1))


def label(chip: Suggestion) -> str:
    made = as_chip(chip) or {}
    text: str = (made.get("reply") or made["action"])["text"]
    return text


@pytest.mark.parametrize(
    ("chip", "expected"),
    [
        (Suggestion("reply", "Status", "order_status"), {"reply": {"text": "Status", "postbackData": "order_status"}}),
        (
            Suggestion("open_url", "Shop", "visited", url="https://shop.example"),
            {"action": {"text": "Shop", "postbackData": "visited", "openUrlAction": {"url": "https://shop.example"}}},
        ),
        (CALL, {"action": {"text": "Call us", "postbackData": "Call us", "dialAction": {"phoneNumber": CALL.phone}}}),
        (PERSON, {"liveAgentRequest": {}}),
    ],
)
def test_each_kind_of_chip_has_its_shape(chip: Suggestion, expected: dict[str, object]) -> None:
    assert as_chip(chip) == expected


@pytest.mark.parametrize(
    "chip",
    [
        Suggestion("reply", " ", "postback"),
        Suggestion("open_url", "Shop", url="javascript:alert(1)"),
        Suggestion("open_url", "Shop", url="https://shop.example/a b"),
        Suggestion("open_url", "Shop", url="https://shop.example/\x7f"),
        Suggestion("open_url", "Shop"),
        Suggestion("dial", "Call", phone=" "),
        Suggestion("hologram", "New"),
    ],
)
def test_a_chip_that_would_have_the_message_refused_is_none(chip: Suggestion) -> None:
    assert as_chip(chip) is None


@pytest.mark.parametrize(("length", "is_chip"), [(2048, True), (2049, False)])
def test_an_address_has_a_longest_length(length: int, is_chip: bool) -> None:
    url = "https://shop.example/".ljust(length, "x")

    assert (as_chip(Suggestion("open_url", "Shop", url=url)) is not None) == is_chip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x" * 25, "x" * 25),
        ("x" * 26, "x" * 24 + "…"),
        ("Where can I find the nearest shop", "Where can I find the…"),
        ("Yes,\n please ", "Yes, please"),
    ],
)
def test_a_long_label_is_cut_at_a_word(text: str, expected: str) -> None:
    assert label(Suggestion("reply", text)) == expected


def test_a_cut_label_keeps_its_postback_whole() -> None:
    text = "Where can I find the nearest shop"

    assert as_chip(Suggestion("reply", text)) == {"reply": {"text": "Where can I find the…", "postbackData": text}}


def test_a_link_without_a_label_shows_where_it_leads() -> None:
    assert label(Suggestion("open_url", url="https://shop.example/a/very/long/path")).startswith(
        "https://shop.example/"
    )


@pytest.mark.parametrize(
    ("chip", "expected"),
    [
        (SHOP, "Shop: https://shop.example"),
        (CALL, "Call us: +12223334444"),
        (Suggestion("reply", " Yes "), "• Yes"),
        (Suggestion("open_url", "Shop"), "• Shop"),
        (Suggestion("reply", " "), ""),
        (PERSON, ""),
    ],
)
def test_a_chip_can_be_said_in_words(chip: Suggestion, expected: str) -> None:
    assert in_words(chip) == expected


@pytest.mark.parametrize(("count", "over"), [(4, 0), (5, 1)])
def test_so_many_stay_chips_in_their_order(count: int, over: int) -> None:
    shown, rest = divide(replies(count), 4, FORM)

    assert (shown, rest) == (replies(4), replies(count)[4:])
    assert len(rest) == over


def test_a_request_for_a_person_stays_then_replies_then_links() -> None:
    one, two = replies(2)

    assert divide((SHOP, one, CALL, two, PERSON), 3, FORM) == ((one, two, PERSON), (SHOP, CALL))
    assert divide((SHOP, one, CALL, two, PERSON), 4, FORM) == ((SHOP, one, two, PERSON), (CALL,))


def test_what_can_be_no_chip_takes_no_place() -> None:
    blank, good = Suggestion("hologram", "New"), Suggestion("reply", "Yes")

    assert divide((blank, good), 1, FORM) == ((good,), (blank,))


def test_a_person_is_asked_for_by_one_chip() -> None:
    assert divide((PERSON, PERSON), 4, FORM) == ((PERSON,), ())
