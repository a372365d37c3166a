"""Ids: one-to-one, legal where they are used, the same for the same cause for ever."""

import uuid

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from functions.handoff import ids
from tests.core_records import KEY

_parts = st.lists(
    st.text(st.characters(), max_size=8) | st.sampled_from(["a:b", "%3A", "..", ".", "__x__", "~", "/", "\ud800"]),
    min_size=1,
    max_size=3,
).filter(any)


@given(_parts, _parts)
@example(["a:b"], ["a", "b"])
@example(["a%3Ab"], ["a:b"])
@example(["."], ["%."])
@example(["x" * 800], ["x" * 801])
def test_different_names_get_different_document_ids(one: list[str], other: list[str]) -> None:
    assert (one == other) == (ids.document_id(*one) == ids.document_id(*other))


@given(_parts)
@example(["."])
@example([".."])
@example(["__all__"])
@example(["ü" * 1000])
@example(["\ud800"])
def test_a_document_id_is_legal_in_firestore(parts: list[str]) -> None:
    found = ids.document_id(*parts)

    assert found.isascii()
    assert "/" not in found
    assert found not in {"", ".", ".."}
    assert not (found.startswith("__") and found.endswith("__"))
    assert len(found) <= 700


def test_a_document_id_reads_like_what_it_names() -> None:
    assert "rcs:+15550100123" == ids.document_id("rcs", "+15550100123")
    assert "jane@shop.example" == ids.document_id("jane@shop.example")


def test_a_long_document_id_keeps_its_beginning() -> None:
    found = ids.document_id("rcs", "x" * 1000)

    assert found.startswith("rcs:xxx")
    assert 100 + 1 + 64 == len(found)


def test_a_conversation_is_named_by_channel_and_the_channels_ids() -> None:
    assert "business_messages:c%3A1" == ids.conversation_key("business_messages", "c:1")


def test_a_session_id_has_the_36_characters_dialogflow_allows() -> None:
    assert 36 == len(ids.session_id(KEY))
    assert ids.session_id(KEY) == ids.session_id(KEY)
    assert ids.session_id(KEY) != ids.session_id("phone:c-2")


def test_the_same_effect_has_the_same_id() -> None:
    first = ids.effect_id(KEY, "u1", "message:0")

    assert first == ids.effect_id(KEY, "u1", "message:0")
    assert 5 == uuid.UUID(first).version


@pytest.mark.parametrize("other", [("phone:c-2", "u1", "m:0"), (KEY, "u2", "m:0"), (KEY, "u1", "m:1")])
def test_another_cause_has_another_id(other: tuple[str, str, str]) -> None:
    assert ids.effect_id(KEY, "u1", "m:0") != ids.effect_id(*other)


def test_our_own_events_are_known_by_their_custom_id() -> None:
    assert ids.is_own_event(ids.own_event_id(KEY, "u1", "message:0"))


@pytest.mark.parametrize("custom_id", [None, "", "somebody-elses", "x-handoff-1"])
def test_others_events_are_not_ours(custom_id: str | None) -> None:
    assert not ids.is_own_event(custom_id)


def test_no_two_workers_have_the_same_name() -> None:
    assert 100 == len({ids.new_owner_id() for _ in range(100)})
