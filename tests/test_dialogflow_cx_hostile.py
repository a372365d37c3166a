"""Whatever a Dialogflow CX answers or sends, what is made of it is sound and of a size that can be kept."""

import json
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.dialogflow.cx import _parse_answer
from functions.dialogflow.cx_messages import find_unknown_kinds
from functions.dialogflow.fulfilment import FulfilmentCall
from functions.dialogflow.signals import SignalRules
from functions.dialogflow.webhook import answer, parse_webhook
from functions.handoff.errors import WebhookRejected
from tests.discovery_schema import Discovery
from tests.examples import examples

DIALOGFLOW, V3 = Discovery("dialogflow.v3"), "GoogleCloudDialogflowCxV3"
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
_LARGE = st.sampled_from(["x" * 70_000, {"a": "\x01" * 300_000}, ["y" * 5_000] * 100])


def _like(schema: str, depth: int = 0) -> st.SearchStrategy[Any]:
    """Values of a type of the API, with anything at all in the place of any part of it."""
    fields = DIALOGFLOW.schemas[schema].get("properties", {})
    made = st.fixed_dictionaries({}, optional={name: _field(field, depth) for name, field in fields.items()})
    return made if depth == 0 else made | _VALUES


def _field(field: dict[str, Any], depth: int) -> st.SearchStrategy[Any]:
    if "$ref" in field:
        return _like(field["$ref"], depth + 1) if depth < 3 else _VALUES
    if field.get("type") == "array":
        return st.lists(_field(field["items"], depth + 1), max_size=3) | _VALUES
    if "enum" in field:
        return st.sampled_from(field["enum"]) | _VALUES
    return _VALUES | _LARGE


@settings(deadline=None, max_examples=examples(200))
@given(_like(f"{V3}QueryResult"))
def test_any_answer_becomes_one_that_can_be_stored(result: dict[str, Any]) -> None:
    made = _parse_answer(result)

    stored = msgspec.json.encode(msgspec.structs.replace(made, parameters={}))
    assert len(stored) <= 400_000
    assert not any(message.is_empty for message in made.messages)
    assert len(find_unknown_kinds(result)) <= 10


_GOOD = {
    "detectIntentResponseId": "d-1",
    "fulfillmentInfo": {"tag": "handoff"},
    "sessionInfo": {"session": "projects/p/locations/eu/agents/a/sessions/s"},
}


def _read(call: Any) -> FulfilmentCall | WebhookRejected:
    try:
        return parse_webhook(call, SignalRules(tags=("handoff",)))
    except WebhookRejected as refused:
        return refused


@settings(deadline=None, max_examples=examples(200))
@given(_like(f"{V3}WebhookRequest"))
def test_any_call_is_read_or_refused_naming_a_field(call: Any) -> None:
    read = _read(call)

    assert isinstance(read, FulfilmentCall) or (read.status, " must be " in str(read)) == (400, True)


@settings(deadline=None, max_examples=examples(200))
@given(_like(f"{V3}WebhookRequest"), st.sets(st.sampled_from(list(_GOOD))), st.booleans())
def test_any_call_with_what_must_be_there_is_answered_with_what_dialogflow_takes(
    call: Any, left: set[str], is_awaited: bool
) -> None:
    read = _read({**call, **{name: value for name, value in _GOOD.items() if name not in left or name not in call}})

    if isinstance(read, FulfilmentCall):
        answered = answer(read, "Sorry.", is_awaited=is_awaited)
        assert len(json.dumps(answered)) <= 64 * 1024
        assert DIALOGFLOW.problems(f"{V3}WebhookResponse", answered) == []
