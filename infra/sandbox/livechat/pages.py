"""Pagination, as all list methods have it: `page_id` can't be combined with what it continues."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import TypeVar

from infra.sandbox.livechat.errors import ApiError
from infra.sandbox.livechat.model import Chat, JsonObject, Thread
from infra.sandbox.livechat.shapes import ListThreads

Item = TypeVar("Item")


def page_of(
    items: Sequence[Item], limit: int | None, sort_order: str | None, page_id: str | None, *, default: int
) -> tuple[list[Item], JsonObject]:
    """One page of `items` (given oldest first; newest first unless "asc") and the neighbouring page ids.

    Raises:
        ApiError: `validation`: a page id of ours was expected, or comes with other parameters.
    """
    start, size, order = 0, limit or default, sort_order or "desc"
    if page_id is not None:
        if limit is not None or sort_order is not None:
            raise ApiError("validation", "page_id: can't be combined with limit or sort_order")
        start, size, order = _decode(page_id)
    ordered = list(items) if order == "asc" else list(reversed(items))
    page_ids: JsonObject = {}
    if start + size < len(ordered):
        page_ids["next_page_id"] = _encode(start + size, size, order)
    if start > 0:
        page_ids["previous_page_id"] = _encode(max(0, start - size), size, order)
    return ordered[start : start + size], page_ids


def _encode(start: int, size: int, order: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([start, size, order]).encode()).decode()


def _decode(page_id: str) -> tuple[int, int, str]:
    try:
        start, size, order = json.loads(base64.urlsafe_b64decode(page_id))
        return int(start), int(size), str(order)
    except (ValueError, TypeError, binascii.Error) as e:
        raise ApiError("validation", "page_id: unknown") from e


def list_threads_page(chat: Chat, body: ListThreads, view: Callable[[Thread], JsonObject]) -> JsonObject:
    """The answer of `list_threads`.

    Raises:
        ApiError: `validation`.
    """
    if body.limit is not None and body.min_events_count is not None:
        raise ApiError("validation", "min_events_count: can't be combined with limit")
    limit = body.limit
    if body.min_events_count is not None:
        limit = _threads_holding(chat, body.min_events_count)
    threads, page_ids = page_of(chat.threads, limit, body.sort_order, body.page_id, default=3)
    return {"threads": [view(thread) for thread in threads], "found_threads": len(chat.threads), **page_ids}


def _threads_holding(chat: Chat, events: int) -> int:
    held = 0
    for count, thread in enumerate(reversed(chat.threads), start=1):
        held += len(thread.events)
        if held >= events:
            return count
    return len(chat.threads)
