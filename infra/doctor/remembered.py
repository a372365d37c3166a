"""Asks for each thing once, however many checks look at it, side by side."""

import json
import threading
from collections import defaultdict
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from functions.handoff.events import JsonObject
from infra.deploy.gcloud import CloudRefused
from infra.deploy.site import Sight

_T = TypeVar("_T")


class Once(Generic[_T]):
    """What a call answers; made when it is first asked for, and not again."""

    def __init__(self, call: Callable[[], _T]) -> None:
        self._call = call
        self._lock = threading.Lock()
        self._answers: list[_T] = []

    def __call__(self) -> _T:
        """The answer; whatever the call raises, if it does."""
        with self._lock:
            if not self._answers:
                self._answers.append(self._call())
        return self._answers[0]


class RememberedSight:
    """What the sight it wraps answered, or was refused, the first time. Safe for use by many threads."""

    def __init__(self, sight: Sight) -> None:
        self._sight = sight
        self._known: dict[str, Any] = {}
        self._locks: dict[str, threading.Lock] = defaultdict(threading.Lock)
        self._lock = threading.Lock()

    def find(self, api: str, path: str) -> JsonObject | None:
        """As `Sight`."""
        found: JsonObject | None = self._once(f"{api} {path}", lambda: self._sight.find(api, path))
        return found

    def ask(self, api: str, path: str, body: JsonObject) -> JsonObject:
        """As `Sight`."""
        question = f"{api} {path} {json.dumps(body, sort_keys=True)}"
        answer: JsonObject = self._once(question, lambda: self._sight.ask(api, path, body))
        return answer

    def _once(self, question: str, ask: Callable[[], Any]) -> Any:
        with self._lock:
            lock = self._locks[question]
        with lock:
            if question not in self._known:
                self._known[question] = _answer_or_refusal(ask)
        answer = self._known[question]
        if isinstance(answer, CloudRefused):
            raise CloudRefused(answer.command, answer.said)  # anew: it collects the stack of whoever raises it
        return answer


def _answer_or_refusal(ask: Callable[[], Any]) -> Any:
    try:
        return ask()
    except CloudRefused as e:
        return e
