"""Calls to the agents' side that may or may not have had an effect: what they did, and when they are surely over."""

from datetime import timedelta

from functions.handoff.conversation import Conversation
from functions.handoff.errors import NotYet
from functions.handoff.interfaces import LIVECHAT
from functions.handoff.schedule import DESK_WORKS_UP_TO_S
from functions.handoff.work import Step


def find_own(step: Step, custom_ids: list[str]) -> dict[str, str]:
    """Which of our events an earlier call, now in doubt, did put into the thread: custom_id → event id.

    Raises:
        NotYet: none of them is there, but LiveChat may still be working on the call.
    """
    if step.desk_doubt is None:
        return {}
    chat_id = step.conversation.chat_id
    newest = step.desk.read_thread(chat_id, "", timeout_s=step.timeout_s())  # a send goes to whichever thread is active
    own = dict(newest.own)
    for thread_id in _threads_since(step.conversation, step.desk_doubt.thread_id, newest.thread_id):
        own |= step.desk.read_thread(chat_id, thread_id, timeout_s=step.timeout_s()).own
    found = {custom_id: own[custom_id] for custom_id in custom_ids if custom_id in own}
    if len(found) < len(custom_ids):
        wait_out(step)
    return found


def _threads_since(c: Conversation, thread_id: str, newest: str) -> list[str]:
    """The threads that may have been active since `thread_id` was, that one included, but for the newest."""
    known = [*c.closed_threads, c.thread_id]
    since = known[known.index(thread_id) :] if thread_id in known else [thread_id]
    return [one for one in since if one not in ("", newest)]


def wait_out(step: Step) -> None:
    """Make sure that a call in doubt is over.

    Raises:
        NotYet: it may still take effect.
    """
    over_at = step.desk_doubt.since + timedelta(seconds=DESK_WORKS_UP_TO_S) if step.desk_doubt else step.now()
    if step.now() < over_at:
        raise NotYet(LIVECHAT, over_at)
