"""Server-sent events for the page: what changed, as soon as it did, and a sign of life when nothing does.

Each event's name is that of a section, its data the section's JSON. A page that was away gets everything again: what it
has is then simply the same.
"""

import json
from collections.abc import Iterator

from flask import Response

from infra.sandbox.page_state import PageState, Watch

_GATHER_S = 0.06
_LOOK_ANYWAY_S = 0.5  # the functions' log and store tell nobody when they change
_LOOKS_PER_SIGN = 8
_RETRY_MS = 1000


def stream(state: PageState, conversation: str, chat_id: str) -> Response:
    """An endless answer; it ends with the page, or when nobody reads it."""
    response = Response(_events(state, Watch(state, conversation, chat_id)), mimetype="text/event-stream")
    response.headers["X-Accel-Buffering"] = "no"
    return response


def _events(state: PageState, watch: Watch) -> Iterator[str]:
    yield f"retry: {_RETRY_MS}\n\n"
    seen, quiet_looks = 0, 0
    while not state.pulse.is_over:
        told = False
        for name, content in watch.changes():
            told = True
            yield f"event: {name}\ndata: {json.dumps(content)}\n\n"
        quiet_looks = 0 if told else quiet_looks + 1
        if quiet_looks >= _LOOKS_PER_SIGN:
            quiet_looks = 0
            yield "event: alive\ndata: {}\n\n"
        seen = state.pulse.wait(seen, _LOOK_ANYWAY_S, gather_s=_GATHER_S)
