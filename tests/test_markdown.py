"""Agents' Markdown as plain text."""

import re
import subprocess
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.channels import markdown
from functions.channels.markdown import as_plain
from tests.examples import examples


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("**Hi** _there_ `x*y`", "Hi there x*y"),
        ("# Prices #\ntext", "Prices\n\ntext"),
        ("Prices\n===\ntext", "Prices\n\ntext"),
        ("soft\nhard  \nbreak\\\nbreak", "soft\nhard\nbreak\nbreak"),
        ("*one*\n\n\n\ntwo", "one\n\ntwo"),
        ("- a\n- b\n  - c\n    d\n- e", "• a\n• b\n  • c\n    d\n• e"),
        ("* a\n\n* b", "• a\n\n• b"),
        ("- \n- a", "•\n• a"),
        ("1. a\n1. b\n1. c", "1. a\n2. b\n3. c"),
        ("5) a\n7) b\n2) c", "5) a\n7) b\n8) c"),
        ("10. a\n\n    b", "10. a\n\n    b"),
        ("> a\n> b\n>\n> c\n\nd", "> a\n> b\n>\n> c\n\nd"),
        ("> 1. a\n>    - b", "> 1. a\n>    • b"),
        ("[Shop](https://shop.example/a?b=c&d=e)", "Shop (https://shop.example/a?b=c&d=e)"),
        ("[**Our** shop](https://shop.example)", "Our shop (https://shop.example)"),
        ("[https://shop.example](https://shop.example)", "https://shop.example"),
        ("[](https://shop.example)", "https://shop.example"),
        ("[Shop]( )", "Shop"),
        ('[Shop](https://shop.example "Open now")', "Shop – Open now (https://shop.example)"),
        ("<https://shop.example/ü> <a@shop.example>", "https://shop.example/ü a@shop.example"),
        ("![A shoe](https://shop.example/a.png)", "A shoe (https://shop.example/a.png)"),
        ("![](https://shop.example/a.png)", "https://shop.example/a.png"),
        ("[![A](https://s.example/a.png)](https://s.example)", "A (https://s.example/a.png) (https://s.example)"),
        ("<b>*hi*</b> <!-- c -->", "<b>hi</b> <!-- c -->"),
        ("<div>\n*hi*\n</div>", "<div>\n*hi*\n</div>"),
        (r"\*not\* 3 \< 4 &amp; &copy;", "*not* 3 < 4 & ©"),
        ("```\nprint('*')\n```", "print('*')"),
        ("```python\nprint('*')\n```", "python\nprint('*')"),
        ("    indented *code*", "indented *code*"),
        ("~~~ said in a fence", "said in a fence"),
        ("a\n\n---\n\nb", "a\n\n---\n\nb"),
        ("[Note]: later\n\n*x*", "[Note]: later\n\nx"),
        ("snake_case and 2 * 3 * 4 #5", "snake_case and 2 * 3 * 4 #5"),
    ],
)
def test_marks_go_and_what_they_meant_stays(text: str, expected: str) -> None:
    assert as_plain(text) == expected


@pytest.mark.parametrize(
    "text", ["", " Hello,\n\n\n  there! \n", "a.b (c) – 1.5 2) €", "**", "[]()", "[x](javascript:y)"]
)
def test_a_text_without_marks_stays_as_typed(text: str) -> None:
    assert as_plain(text) == text


def test_what_is_nested_too_deeply_stays_as_typed() -> None:
    assert as_plain(">" * 18 + " *deep*") == "> " * 18 + "deep"
    assert as_plain(">" * 20 + " *deep*") == ">" * 20 + " *deep*"


def test_what_is_too_long_stays_as_typed() -> None:
    assert as_plain("*x* " + "y" * 15_996) == "x " + "y" * 15_996
    assert as_plain("*x* " + "y" * 15_997) == "*x* " + "y" * 15_997


def test_a_parser_that_fails_costs_no_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise RecursionError

    monkeypatch.setattr(markdown, "_parser", fail)

    assert as_plain("**Hi**") == "**Hi**"


def test_the_parser_is_loaded_with_the_first_markdown_only() -> None:
    check = (
        "import sys; from functions.channels.markdown import as_plain; as_plain('Hi there');"
        "assert 'markdown_it' not in sys.modules; as_plain('**Hi**'); assert 'markdown_it' in sys.modules"
    )

    subprocess.run([sys.executable, "-c", check], check=True, timeout=60)


BOMBS = {
    "brackets": "[" * 16_000,
    "images": "![a" * 5_300,
    "nested images": "![" * 2_000 + "a" + "](u)" * 2_000,
    "emphasis": "*a " * 2_600 + " b*" * 2_600,
    "quotes": ">" * 16_000,
    "lazy quotes": ">" * 18 + "\n" + "a\n" * 7_000,
    "lists": "- " * 8_000,
    "code": "".join("`" * size + " " for size in range(178)),
    "entities": "&#35" * 4_000,
    "lines": "- a\n" * 4_000,
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS.keys())
def test_hostile_text_takes_bounded_time(bomb: str) -> None:
    as_plain("*load*")
    started = time.process_time()

    as_plain(bomb)

    assert time.process_time() - started < 3


marks = st.sampled_from(
    [
        *"*_`[]()<>!#-+=~\\\"'|: \n\t",
        "**",
        "](",
        "](https://s.example/",
        "1. ",
        "- ",
        "> ",
        "```",
        "    ",
        "  \n",
        "\n\n",
        "<b>",
    ]
)
pieces = st.lists(marks | st.integers(0, 999).map(lambda number: f" w{number} "), max_size=40)


@settings(max_examples=examples(300), deadline=None)
@given(pieces.map("".join))
def test_no_word_is_lost_between_marks(text: str) -> None:
    plain = as_plain(text)

    assert set(re.findall(r"w\d+", text)) <= set(re.findall(r"w\d+", plain))


@settings(max_examples=examples(200), deadline=None)
@given(st.text(max_size=200) | pieces.map("".join))
def test_any_text_gives_words_if_it_has_any(text: str) -> None:
    assert bool(as_plain(text).strip()) == bool(text.strip())
