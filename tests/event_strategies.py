"""Events made up by Hypothesis from their own declarations, so that a new kind or field is covered by itself."""

import types
import typing
from datetime import UTC, datetime
from typing import Any

import msgspec
from hypothesis import strategies as st

from functions.handoff.entries import Entry

KINDS: tuple[type, ...] = typing.get_args(Entry)

_texts = st.text(max_size=12)
_times = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
_scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | _texts
_json_values = st.recursive(
    _scalars, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_texts, inner, max_size=2), max_leaves=4
)
_simple: dict[Any, st.SearchStrategy[Any]] = {
    str: _texts,
    bool: st.booleans(),
    int: st.integers(0, 10**6),
    datetime: _times,
    Any: _json_values,
}


def instances(kind: Any) -> st.SearchStrategy[Any]:
    """Values of a declared type."""
    if kind in _simple:
        return _simple[kind]
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return st.builds(kind, **{field.name: instances(field.type) for field in msgspec.structs.fields(kind)})
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is types.UnionType or origin is typing.Union:
        return st.one_of([instances(one) for one in arguments if one is not types.NoneType]) | st.none()
    if origin is tuple:
        return st.lists(instances(arguments[0]), max_size=2).map(tuple)
    if origin is dict:
        return st.dictionaries(_texts, instances(arguments[1]), max_size=2)
    raise NotImplementedError(kind)


events = st.sampled_from(KINDS).flatmap(instances)
