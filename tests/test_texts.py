"""The bridge's own words: the closest language, the operator's before the built-in, and never a failed delivery."""

import re
from typing import Any

import pytest

from functions.handoff.texts import BUILT_IN, excerpt, fill, find_text

OWN = {
    "en": {"connecting": "Hold on, {name}."},
    "de": {"connecting": "Einen Moment."},
    "de-AT": {"connecting": "An Moment."},
}


@pytest.mark.parametrize(
    ("locale", "expected"),
    [
        ("de-AT", "An Moment."),
        ("de-CH", "Einen Moment."),
        ("de_CH", "Einen Moment."),
        ("DE", "Einen Moment."),
        ("de", "Einen Moment."),
        ("fr", "Hold on, {name}."),
        ("", "Hold on, {name}."),
    ],
)
def test_the_closest_language_is_taken(locale: str, expected: str) -> None:
    assert expected == find_text("connecting", locale, OWN)


def test_a_text_that_the_operator_did_not_write_is_the_built_in_one() -> None:
    assert BUILT_IN["en"]["error"] == find_text("error", "de", OWN)


def test_an_unknown_text_shows_its_name_rather_than_fail() -> None:
    assert "text_of_tomorrow" == find_text("text_of_tomorrow", "en", {})


def test_placeholders_are_filled_by_name() -> None:
    assert "Hold on, Michael." == find_text("connecting", "en", OWN, name="Michael")


@pytest.mark.parametrize(
    ("text", "parameters", "expected"),
    [
        ("{a} {b}", {"a": 1}, "1 {b}"),
        ("{} { } {a!r} {0}", {"a": 1}, "{} { } {a!r} {0}"),
        ("100 % {a}", {"a": "{x}"}, "100 % {x}"),
        ("nothing", {"a": 1}, "nothing"),
    ],
)
def test_other_braces_are_ordinary_characters(text: str, parameters: dict[str, Any], expected: str) -> None:
    assert expected == fill(text, parameters)


@pytest.mark.parametrize(("text", "expected"), [("x" * 80, "x" * 80), ("x" * 81, "x" * 79 + "…"), ("", "")])
def test_an_excerpt_is_the_beginning(text: str, expected: str) -> None:
    assert expected == excerpt(text)


def test_every_placeholder_of_the_built_in_texts_is_one_that_gets_filled() -> None:
    filled = {"return_keyword", "excerpt", "name", "reason", "count"}

    assert {p for text in BUILT_IN["en"].values() for p in re.findall(r"{(\w*)}", text)} <= filled
