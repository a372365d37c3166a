"""The bridge's own words: the closest language, the operator's before the built-in, and never a failed delivery."""

import re
from typing import Any

import pytest

from functions.handoff.languages import BUILT_IN
from functions.handoff.texts import excerpt, fill, find_faults, find_gaps, find_text, placeholders

OWN = {
    "en": {"connecting": "Hold on, {name}."},
    "de": {"connecting": "Einen Moment."},
    "de-at": {"connecting": "An Moment."},
}


@pytest.mark.parametrize(
    ("locale", "expected"),
    [
        ("de-AT", "An Moment."),
        ("de-CH", "Einen Moment."),
        ("de_CH", "Einen Moment."),
        ("DE", "Einen Moment."),
        ("de", "Einen Moment."),
        ("de-AT-1996", "An Moment."),
        ("pt-BR", "Hold on, {name}."),
        ("", "Hold on, {name}."),
    ],
)
def test_the_closest_language_is_taken(locale: str, expected: str) -> None:
    assert expected == find_text("connecting", locale, OWN)


def test_a_text_that_the_operator_did_not_write_is_the_built_in_one() -> None:
    assert BUILT_IN["de"]["error"] == find_text("error", "de-CH", OWN)


def test_a_language_nobody_wrote_is_spoken_to_in_the_deployment_s_then_in_english() -> None:
    told = [find_text("error", "pt-BR", OWN, default) for default in ("fr-CA", "tlh")]

    assert [BUILT_IN["fr"]["error"], BUILT_IN["en"]["error"]] == told


@pytest.mark.parametrize("locale", ["zh", "zh-CN", "zh_TW", "zh-Hant-HK"])
def test_every_kind_of_chinese_is_spoken_to_in_chinese(locale: str) -> None:
    assert BUILT_IN["zh"]["queued"] == find_text("queued", locale, {})


@pytest.mark.parametrize("language", BUILT_IN)
def test_every_language_has_every_text_with_the_same_placeholders(language: str) -> None:
    texts, english = BUILT_IN[language], BUILT_IN["en"]

    assert list(english) == list(texts)
    assert {i: placeholders(text) for i, text in english.items()} == {i: placeholders(texts[i]) for i in texts}
    assert all(text == text.strip() and text for text in texts.values())


@pytest.mark.parametrize("language", sorted(set(BUILT_IN) - {"en"}))
def test_every_sentence_is_translated(language: str) -> None:
    same = {i for i, text in BUILT_IN[language].items() if text == BUILT_IN["en"][i]}

    assert not any(" " in BUILT_IN["en"][i] for i in same)


def test_the_six_languages_are_there() -> None:
    assert {"en", "hi", "zh", "es", "fr", "de"} == set(BUILT_IN)


def test_what_goes_on_a_chip_fits_on_it() -> None:
    assert all(len(texts["back_chip"]) <= 25 for texts in BUILT_IN.values())


def test_a_text_or_placeholder_that_does_not_exist_is_a_fault() -> None:
    own = {"de": {"conecting": "Einen Moment.", "queued": "{name}, einen Moment.", "agent_left": "{name} ist weg."}}

    assert ["de: conecting is no text (did you mean connecting?)", "de: queued knows no {name}"] == find_faults(own)


def test_what_is_likely_forgotten_is_told() -> None:
    own = {"de": {"agent_left": "Jemand ist weg."}, "pt": {"error": "Desculpe."}, "pt-br": {"queued": "Espere."}}

    gaps = find_gaps(own)

    assert "de: agent_left does not say {name}" in gaps
    assert any(gap.startswith(f"pt: {len(BUILT_IN['en']) - 1} texts are not translated") for gap in gaps)
    assert any(gap.startswith(f"pt-br: {len(BUILT_IN['en']) - 2} texts") for gap in gaps)


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
    filled = {"answer", "count", "excerpt", "kind", "name", "reason", "return_keyword", "text"}

    assert {p for text in BUILT_IN["en"].values() for p in re.findall(r"{(\w*)}", text)} <= filled
