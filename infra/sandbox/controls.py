"""The control endpoints that stand-ins with options and a clock have in common.

- ``POST /_options`` – changes options, nested ones merged; answers all of them
- ``POST /_clock`` – ``{"advance_s": 60}`` puts the clock forward, for all who go by it, when none of them is at work
"""

import base64
import inspect
from collections.abc import Callable
from typing import Any, Protocol

import msgspec
from flask import Flask, Response, jsonify, request

from infra.sandbox.clock import Clock
from infra.sandbox.google_api import ApiError, rfc3339
from infra.sandbox.traffic import NeverQuiet

JsonObject = dict[str, Any]
_LONGEST_WAIT_S = 60.0


class Controlled(Protocol):
    """A stand-in with options and a clock."""

    app: Flask
    clock: Clock
    options: Any

    def change_options(self, **changes: Any) -> None:
        """Replace options from here on."""
        ...


def add_controls(standin: Controlled) -> None:
    """Add the endpoints to the stand-in's app."""

    def options() -> Response:
        standin.change_options(**request.get_json())
        return jsonify(msgspec.to_builtins(standin.options))

    def clock() -> Response:
        try:
            with standin.clock.traffic.stopped(_LONGEST_WAIT_S):
                standin.clock.advance(float(request.get_json()["advance_s"]))
        except NeverQuiet as e:
            raise ApiError("FAILED_PRECONDITION", "Somebody was at work all the time.") from e
        return jsonify({"now": rfc3339(standin.clock.now())})

    standin.app.add_url_rule("/_options", view_func=options, methods=["POST"])
    standin.app.add_url_rule("/_clock", view_func=clock, methods=["POST"])


def call_with_body(method: Callable[..., Any], *arguments: str) -> Any:
    """What `method` answers to `arguments` and the members of the request's JSON object as keywords.

    Raises:
        ApiError: INVALID_ARGUMENT when the method has no such parameter, or lacks one.
    """
    keywords = request.get_json(silent=True) or {}
    try:
        inspect.signature(method).bind(*arguments, **keywords)
    except TypeError as e:
        raise ApiError("INVALID_ARGUMENT", str(e)) from e
    return method(*arguments, **keywords)


def as_bytes(content: bytes | str) -> bytes:
    """A file's bytes; a text holds them in base64, as JSON does.

    Raises:
        ApiError: INVALID_ARGUMENT when it does not.
    """
    if isinstance(content, bytes):
        return content
    try:
        return base64.b64decode(content, validate=True)
    except ValueError as e:
        raise ApiError("INVALID_ARGUMENT", "content must be in base64.") from e


def changed_options(options: Any, changes: JsonObject) -> Any:
    """`options` (a struct) with `changes`, nested objects merged.

    Raises:
        ApiError: INVALID_ARGUMENT, naming the option that does not exist or has the wrong type.
    """
    try:
        return msgspec.convert(_merged(msgspec.to_builtins(options), changes), type(options))
    except msgspec.ValidationError as e:
        raise ApiError("INVALID_ARGUMENT", str(e)) from e


def _merged(base: JsonObject, changes: JsonObject) -> JsonObject:
    merged = dict(base)
    for name, value in changes.items():
        is_nested = isinstance(value, dict) and isinstance(merged.get(name), dict)
        merged[name] = _merged(merged[name], value) if is_nested else value
    return merged
