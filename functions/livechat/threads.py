"""Reading one thread with the agents' eyes: who may see what is only said there, not in the Customer API.

Source: LiveChat Agent Chat API 3.6, get_chat (scope chats--all:ro).
"""

from datetime import datetime

from functions.handoff.errors import ProviderRefused, ProviderUnavailable
from functions.handoff.events import JsonObject
from functions.handoff.ids import is_own_event
from functions.handoff.interfaces import LIVECHAT, ThreadView
from functions.livechat.api import needed
from functions.livechat.mapping import objects_in, read_event, read_people, read_time, text_in


def read_thread_view(answer: JsonObject, *, chat_id: str, thread_id: str, now: datetime) -> ThreadView:
    """A `get_chat` answer as the core's view, oldest event first.

    Args:
        answer: what LiveChat answered.
        chat_id: the chat that was asked for.
        thread_id: the thread that was asked for; "" = the newest.
        now: stands for times that can't be read.

    Raises:
        ProviderRefused: the agent token may not read this thread.
        ProviderUnavailable: what was asked for is not in it. Nobody may take such an answer for an empty thread.
    """
    thread = needed(answer, "thread", dict)
    found_id = needed(thread, "id", str)
    if thread_id and found_id != thread_id:
        raise ProviderUnavailable(LIVECHAT, "another_thread", status=200)
    people = read_people(answer.get("users"))
    listed = [event for event in objects_in(_events(thread)) if text_in(event, "id")]
    events = [
        read_event(
            event,
            chat_id=chat_id,
            thread_id=found_id,
            people=people,
            source_at=read_time(event.get("created_at")) or now,
        )
        for event in listed
    ]
    return ThreadView(
        chat_id=chat_id,
        thread_id=found_id,
        active=needed(thread, "active", bool),
        events=tuple(sorted(events, key=lambda event: event.source_at)),
        agents=tuple(p.agent.id for p in people.values() if p.is_human_agent and p.is_visible and p.is_present),
        own={custom_id: event["id"] for event in listed if is_own_event(custom_id := text_in(event, "custom_id"))},
    )


def _events(thread: JsonObject) -> list[object]:
    """The thread's events; the list is optional, and left out where `restricted_access` says why."""
    if thread.get("restricted_access"):
        raise ProviderRefused(LIVECHAT, "restricted_access", status=200)
    return needed(thread, "events", list) if "events" in thread else []
