"""What a method of one of the APIs is."""

from collections.abc import Callable
from typing import Any, NamedTuple


class Method(NamedTuple):
    """`run(licence, caller, body)` answers the JSON; `shape` is the body's; any one of `scopes` opens it."""

    run: Callable[..., Any]
    shape: Any
    scopes: frozenset[str] = frozenset()
