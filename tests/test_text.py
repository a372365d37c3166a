"""Long text is cut where a reader would cut it, and nothing is lost but the white space at a cut."""

import re

import pytest
import regex
from hypothesis import example, given, settings
from hypothesis import strategies as st

from functions.handoff.text import cut_at_word, split_text, utf8_length
from tests.examples import examples

FAMILY = "👨‍👩‍👧"
FLAG = "🇩🇪"
_words = st.sampled_from(
    [
        "a",
        "word",
        "and.",
        "Why?",
        "Yes!",
        "é",
        "e\u0301",
        FAMILY,
        FLAG,
        "日本語。",
        " ",
        "  ",
        "\n",
        "\n\n",
        "\r\n",
        "👍🏽",
    ]
)
_texts = st.lists(_words | st.text(max_size=4), max_size=40).map("".join)
_limits = st.integers(1, 30)


def graphemes(text: str) -> list[str]:
    return regex.findall(r"\X", text)


@given(_texts, _limits)
@settings(max_examples=examples(200))
def test_no_part_is_longer_than_the_limit(text: str, limit: int) -> None:
    assert all(len(part) <= limit for part in split_text(text, limit))


@given(_texts, st.integers(4, 60))
@settings(max_examples=examples(200))
def test_a_limit_in_bytes_holds_in_bytes(text: str, limit: int) -> None:
    assert all(utf8_length(part) <= limit for part in split_text(text, limit, utf8_length))


@given(_texts, _limits)
@settings(max_examples=examples(300))
@example("one two", 3)
@example("x" * 10 + "   " + "y" * 10, 11)
def test_the_parts_are_the_text_in_order_but_for_white_space_at_the_cuts(text: str, limit: int) -> None:
    parts = split_text(text, limit)

    rest = text
    for number, part in enumerate(parts):
        skipped = rest.index(part) if part else 0
        assert not number or not rest[:skipped].strip()
        assert number or not skipped
        rest = rest[skipped + len(part) :]
    assert not rest.strip()
    assert re.sub(r"\s", "", text) == re.sub(r"\s", "", "".join(parts))


@given(st.lists(_words, max_size=40).map("".join), st.integers(8, 30))
@settings(max_examples=examples(300))
@example(FAMILY * 20, 8)
@example(FLAG * 20, 9)
@example("e\u0301" * 20, 9)
def test_no_cut_goes_through_what_a_person_sees_as_one_character(text: str, limit: int) -> None:
    parts = split_text(text, limit)

    expected = [one for one in graphemes(text) if one.strip()]
    assert expected == [one for part in parts for one in graphemes(part) if one.strip()]


def test_a_mark_drawn_on_a_space_stays_on_it() -> None:
    parts = split_text("ab \u0301cd", 3)

    assert graphemes("ab \u0301cd") == [one for part in parts for one in graphemes(part)]


@given(_texts, _limits)
@settings(max_examples=examples(100))
def test_a_text_within_the_limit_is_returned_as_it_is(text: str, limit: int) -> None:
    assert [text] == split_text(text, len(text) + limit)


def test_a_cut_comes_after_a_sentence_that_fills_half_a_part() -> None:
    assert ["One two. Three.", "Four five six"] == split_text("One two. Three. Four five six", 20)


def test_a_sentence_that_fills_less_than_half_a_part_is_no_reason_to_cut() -> None:
    assert ["Hi. one two three four", "five"] == split_text("Hi. one two three four five", 24)


def test_without_a_sentence_the_cut_comes_between_words() -> None:
    assert ["one two", "three"] == split_text("one two three", 9)


def test_without_a_space_the_cut_comes_between_characters() -> None:
    assert ["abcd", "efgh", "ij"] == split_text("abcdefghij", 4)


def test_a_character_longer_than_a_message_is_cut_all_the_same() -> None:
    assert ["👨‍", "👩‍", "👧"] == split_text(FAMILY, 2)


def test_text_that_is_empty_is_one_empty_part() -> None:
    assert [""] == split_text("", 5)


def test_a_very_long_text_is_split_in_reasonable_time() -> None:
    parts = split_text("word " * 20_000, 3072)

    assert 33 == len(parts)


@given(_texts, _limits)
@settings(max_examples=examples(100))
def test_what_is_cut_at_a_word_is_the_beginning(text: str, limit: int) -> None:
    found = cut_at_word(text, limit)

    assert text.startswith(found)
    assert len(found) <= limit
    assert found == text or len(text) > limit


def test_a_text_is_cut_at_a_word() -> None:
    assert "one two" == cut_at_word("one two three", 10)


@pytest.mark.parametrize(("text", "length"), [("", 0), ("a", 1), ("é", 2), ("日", 3), ("👍", 4), ("\ud800", 3)])
def test_length_in_bytes(text: str, length: int) -> None:
    assert length == utf8_length(text)
