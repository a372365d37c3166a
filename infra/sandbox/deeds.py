"""What the people in the sandbox did, in the order in which they did it: each stand-in notes the deeds of its own.

Kept for whoever makes a story of it; nothing else depends on it.
"""

import functools
import inspect
import itertools
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

import msgspec

from infra.sandbox.clock import Clock

JsonObject = dict[str, Any]
MAX_FILE_CHARACTERS = 1024 * 1024
"""Longer arguments are not kept: a story is a file that people read."""
_MAX_KEPT = 2_000
_NUMBERS = itertools.count(1)


class Deed(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that somebody did.

    `number`: higher than that of every earlier deed, wherever it was noted. `at`: RFC 3339, by the sandbox's clock.
    `of`: the conversation or the chat, "" = neither. `is_whole`: False = an argument was too long to be kept.
    """

    number: int
    at: str
    name: str
    of: str
    arguments: JsonObject
    answer: JsonObject
    is_whole: bool = True


class Moment(msgspec.Struct, frozen=True):
    """When a deed begins."""

    number: int
    at: str


class Deeds:
    """The newest deeds of some of the people. Any thread may note and read."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: deque[Deed] = deque(maxlen=_MAX_KEPT)

    def begin(self) -> Moment:
        """Now, before anything comes of the deed."""
        return Moment(next(_NUMBERS), self._clock.now().isoformat(timespec="microseconds").replace("+00:00", "Z"))

    def note(self, moment: Moment, name: str, of: str, arguments: JsonObject, answer: JsonObject | None = None) -> None:
        """Keep a deed that was done."""
        kept = {key: value for key, value in arguments.items() if not _is_too_long(value)}
        deed = Deed(
            number=moment.number,
            at=moment.at,
            name=name,
            of=of,
            arguments=kept,
            answer=answer or {},
            is_whole=len(kept) == len(arguments),
        )
        with self._lock:
            self._kept.append(deed)

    def all(self) -> list[Deed]:
        """What is kept, oldest first."""
        with self._lock:
            return sorted(self._kept, key=lambda deed: deed.number)


def _is_too_long(value: Any) -> bool:
    return isinstance(value, str | bytes) and len(value) > MAX_FILE_CHARACTERS


# --- methods that are deeds ------------------------------------------------------------------------------------------


class _Doer(Protocol):
    deeds: Deeds


_D = TypeVar("_D", bound=_Doer)
_P = ParamSpec("_P")
_Deed = Callable[Concatenate[_D, str, _P], JsonObject]


def noted(method: _Deed[_D, _P]) -> _Deed[_D, _P]:
    """The method, of which each call that succeeds is noted: its name, its first argument and the others by name."""
    signature = inspect.signature(method)

    @functools.wraps(method)
    def do(doer: _D, conversation: str, /, *args: _P.args, **kwargs: _P.kwargs) -> JsonObject:
        moment = doer.deeds.begin()
        answer = method(doer, conversation, *args, **kwargs)
        _, _, *others = signature.bind(doer, conversation, *args, **kwargs).arguments.items()
        doer.deeds.note(moment, method.__name__, conversation, dict(others))
        return answer

    return do
