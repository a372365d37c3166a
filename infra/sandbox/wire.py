"""What goes over the wire between the functions and everybody else, for whoever wants to watch.

While nobody listens nothing is kept and nothing is changed.
"""

import json
import time
import uuid
from collections.abc import Callable
from typing import Any

import msgspec
import requests
from flask import Response, request

MAX_KEPT_CHARACTERS = 64 * 1024


class Exchange(msgspec.Struct):
    """One request and what was answered. Times are seconds since the epoch; 0 = not yet.

    `wire`: the stand-in's name. `inward`: to a function (a webhook, a task), else made by one. `kind`: what the sender
    calls it. `trace_id`: what the function's log line carries, too. `status`: 0 = no answer (yet), 599 = the connection
    was cut. `error`: why there was no answer.
    """

    wire: str
    inward: bool
    method: str
    url: str
    headers: dict[str, str]
    body: Any
    began_at: float
    kind: str = ""
    trace_id: str = ""
    status: int = 0
    answer_headers: dict[str, str] = {}
    answer: str = ""
    error: str = ""
    ended_at: float = 0.0


class Wire:
    """One stand-in's wire. A listener is called when an exchange begins and when it ends, in the thread of that."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.listeners: list[Callable[[Exchange], None]] = []

    def send(
        self, make: Callable[..., requests.Response], kind: str, url: str, *, headers: dict[str, str], **options: Any
    ) -> requests.Response:
        """What `make(url, headers=…, **options)` answers; with a trace id among the headers while somebody listens.

        Raises:
            requests.RequestException: there was no answer.
        """
        if not self.listeners:
            return make(url, headers=headers, **options)
        trace_id = uuid.uuid4().hex
        headers = {**headers, "traceparent": f"00-{trace_id}-{trace_id[:16]}-01"}
        body = _parsed(options.get("data", options.get("json")))
        exchange = Exchange(self.name, True, "POST", url, headers, body, time.time(), kind, trace_id)
        self._tell(exchange)
        try:
            answer = make(url, headers=headers, **options)
        except requests.RequestException as e:
            exchange.error, exchange.ended_at = type(e).__name__, time.time()
            self._tell(exchange)
            raise
        exchange.status, exchange.answer_headers = answer.status_code, dict(answer.headers)
        exchange.answer, exchange.ended_at = answer.text[:MAX_KEPT_CHARACTERS], time.time()
        self._tell(exchange)
        return answer

    def note_dropped(self, kind: str, url: str, body: Any) -> None:
        """Tell of a request that was lost on its way."""
        if not self.listeners:
            return
        now = time.time()
        lost = Exchange(self.name, True, "POST", url, {}, _parsed(body), now, kind, error="dropped", ended_at=now)
        self._tell(lost)

    def begin_call(self, body: Any) -> Exchange | None:
        """The call in hand, made by a function; None while nobody listens, and for what a browser fetches."""
        if not self.listeners or "Sec-Fetch-Site" in request.headers:
            return None
        files = {name: f"({one.filename}, {one.mimetype})" for name, one in request.files.items()}
        exchange = Exchange(
            self.name, False, request.method, request.url, dict(request.headers), body or files or "", time.time()
        )
        self._tell(exchange)
        return exchange

    def end_call(self, exchange: Exchange, response: Response) -> None:
        """The answer to it."""
        exchange.status, exchange.answer_headers = response.status_code, dict(response.headers)
        exchange.answer, exchange.ended_at = _answer(response), time.time()
        self._tell(exchange)

    def _tell(self, exchange: Exchange) -> None:
        for listener in self.listeners:
            listener(exchange)


def _parsed(body: Any) -> Any:
    """JSON as its value, any other bytes as text."""
    if not isinstance(body, bytes):
        return body
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return body[:MAX_KEPT_CHARACTERS].decode(errors="replace")


def _answer(response: Response) -> str:
    mimetype = response.mimetype or ""
    if mimetype.startswith("text/") or mimetype.endswith(("json", "xml")):
        return response.get_data(as_text=True)[:MAX_KEPT_CHARACTERS]
    return f"({response.content_length or 0} bytes of {mimetype})"
