"""Events survive being stored, and being read by another version of the bundle."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings

from functions.handoff.entries import Entry, decode, encode, kind_of
from functions.handoff.events import UserMessage
from tests.event_strategies import KINDS, events
from tests.examples import examples
from tests.fakes import START


@given(events)
@settings(max_examples=examples(150), deadline=None)
def test_an_event_is_read_back_as_it_was_written(event: Entry) -> None:
    written = json.dumps(encode(event))

    assert event == decode(json.loads(written))


@given(events)
@settings(max_examples=examples(100), deadline=None)
def test_fields_of_a_newer_version_are_ignored(event: Entry) -> None:
    assert event == decode(_with_news(encode(event)))


def _with_news(value: Any) -> Any:
    """The same JSON with a field nobody knows, in the event and in the structures directly under it."""
    news = {"field_of_tomorrow": [1, {"a": None}]}
    inner = {name: {**item, **news} if name in _STRUCTURES else item for name, item in value.items()}
    return {**inner, **news}


_STRUCTURES = {"agent", "signal"}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_tag_of_its_own(kind: type[msgspec.Struct]) -> None:
    tags = [one.__struct_config__.tag for one in KINDS]  # type: ignore[attr-defined]

    assert 1 == tags.count(kind.__struct_config__.tag)


def test_the_tag_is_the_kind() -> None:
    event = UserMessage(id="u1", source_at=START, text="hi")

    assert "user_message" == kind_of(event) == encode(event)["kind"]


@pytest.mark.parametrize(
    "change",
    [{"kind": "user_telepathy"}, {"text": 7}, {"source_at": "yesterday"}, {"id": None}],
    ids=["unknown kind", "wrong type", "not a time", "no id"],
)
def test_what_is_no_event_is_refused(change: dict[str, Any]) -> None:
    written = {**encode(UserMessage(id="u1", source_at=START, text="hi")), **change}

    with pytest.raises(msgspec.ValidationError):
        decode(written)


def test_what_is_empty_takes_no_room() -> None:
    written = encode(UserMessage(id="u1", source_at=START, text="hi"))

    assert {"kind", "id", "source_at", "text"} == set(written)
