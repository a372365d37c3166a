"""Reading JSON that somebody else wrote."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.handoff.json_fields import (
    clean_json,
    clean_text,
    is_true,
    list_at,
    object_at,
    objects_at,
    text_at,
    texts_at,
)

_ANY_TEXT = st.text(st.characters(exclude_categories=()))
_ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_ANY_TEXT, inner, max_size=3),
    max_leaves=10,
)


@settings(deadline=None, max_examples=50)
@given(_ANY_JSON)
def test_any_json_can_be_stored_once_it_is_clean(value: Any) -> None:
    cleaned = clean_json(value)

    assert cleaned == msgspec.json.decode(msgspec.json.encode(cleaned))
    assert cleaned == json.loads(json.dumps(cleaned, allow_nan=False))


def test_text_keeps_everything_but_nuls_and_lone_surrogates() -> None:
    assert clean_text("a\0b\ud83d c \N{GRINNING FACE}\n") == "ab\ufffd c \N{GRINNING FACE}\n"


def test_a_whole_number_no_store_can_hold_loses_its_last_digits_or_all() -> None:
    assert clean_json([10**40, -(10**40), 10**4000, -5]) == [1e40, -1e40, None, -5]


def test_what_is_nested_too_deep_is_cut_off() -> None:
    deep: Any = "bottom"
    for _ in range(900):
        deep = [deep]

    assert "bottom" not in json.dumps(clean_json(deep))


@pytest.mark.parametrize("value", [True, "true", "TRUE", " True "])
def test_a_flag_is_set_as_boolean_or_text(value: object) -> None:
    assert is_true(value)


@pytest.mark.parametrize("value", [False, "false", "", None, 1, "yes", {}, []])
def test_anything_else_is_no_set_flag(value: object) -> None:
    assert not is_true(value)


@pytest.mark.parametrize("holder", [None, [], "x", 1, {}, {"a": 7}, {"a": None}])
def test_what_is_absent_or_of_another_type_reads_as_empty(holder: object) -> None:
    read = (text_at(holder, "a"), object_at(holder, "a"), list_at(holder, "a"), texts_at(holder, "a"))

    assert read == ("", {}, [], [])


def test_lists_keep_only_what_was_asked_for() -> None:
    holder = {"a": ["x", " ", {"b": 1}, 3, None]}

    assert texts_at(holder, "a") == ["x"]
    assert objects_at(holder, "a") == [{"b": 1}]
