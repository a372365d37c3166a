"""The bridge: which work belongs to which kind of entry. The whole behaviour of a conversation hangs off this table."""

from collections.abc import Callable
from typing import Any

from functions.handoff import (
    agent_work,
    control_work,
    edit_work,
    notice_work,
    opening_work,
    presence_work,
    receipts,
    subscription_work,
    thread_work,
    user_action_work,
    user_work,
)
from functions.handoff.changes import Changes
from functions.handoff.entries import CustomerDetails, Entry, kind_of
from functions.handoff.thread_work import in_known_thread
from functions.handoff.work import Work, no_call


def _pure(settle: Callable[[Changes, Any, None], None]) -> Work:
    """Work that calls nobody: giving it up is still doing it, for it can only have been interrupted."""
    return Work(no_call, settle, lambda changes, entry, _reason: settle(changes, entry, None))


def _forget_details(_changes: Changes, _entry: CustomerDetails, _result: None) -> None:
    """Nothing follows from it."""


WORK: dict[str, Work] = {
    # control: moves state, calls nobody
    "handoff_asked": _pure(control_work.settle_handoff_asked),
    "return_asked": _pure(control_work.settle_return_asked),
    "timer": _pure(control_work.settle_timer),
    "user_action": _pure(user_action_work.settle_user_action),
    "user_receipt": _pure(receipts.settle_user_receipt),
    "message_expired": _pure(receipts.settle_message_expired),
    "subscription": _pure(subscription_work.settle_subscription),
    "subscription_word": _pure(subscription_work.settle_subscription_word),
    "message_deleted": _pure(edit_work.settle_message_deleted),
    # the agents' side
    "agent_message": in_known_thread(
        Work(
            agent_work.perform_agent_message,
            agent_work.settle_agent_message,
            agent_work.give_up_agent_message,
            leaves_dead_letter=True,
        )
    ),
    "withheld_event": _pure(agent_work.settle_withheld),
    "message_edited": Work(
        edit_work.perform_message_edited, edit_work.settle_message_edited, edit_work.give_up_message_edited
    ),
    "chat_started": in_known_thread(
        Work(presence_work.perform_chat_started, presence_work.settle_chat_started, presence_work.give_up_chat_started)
    ),
    "agent_joined": in_known_thread(
        Work(presence_work.perform_agent_joined, presence_work.settle_agent_joined, presence_work.give_up_agent_joined)
    ),
    "agent_left": in_known_thread(_pure(presence_work.settle_agent_left)),
    "chat_transferred": in_known_thread(
        Work(
            presence_work.perform_chat_transferred,
            presence_work.settle_chat_transferred,
            presence_work.give_up_chat_transferred,
        )
    ),
    "chat_closed": Work(
        thread_work.perform_chat_closed, thread_work.settle_chat_closed, thread_work.give_up_chat_closed
    ),
    "framing": Work(presence_work.perform_framing, presence_work.settle_framing, presence_work.give_up_framing),
    "read_thread": Work(
        thread_work.perform_read_thread, thread_work.settle_read_thread, thread_work.give_up_read_thread
    ),
    # notices
    "user_notice": Work(notice_work.perform_user_notice, notice_work.settle_user_notice),
    "agent_note": Work(notice_work.perform_agent_note, notice_work.settle_agent_note),
    "close_chat": Work(notice_work.perform_close_chat, notice_work.settle_close_chat, leaves_dead_letter=True),
    "customer_details": Work(notice_work.perform_customer_details, _forget_details),
    "return_event": Work(notice_work.perform_return_event, notice_work.settle_return_event),
    "bot_event": Work(
        user_action_work.perform_bot_event, user_action_work.settle_bot_event, user_action_work.give_up_bot_event
    ),
    "ask_survey": Work(user_action_work.perform_ask_survey, user_action_work.settle_ask_survey),
    "report_receipts": Work(
        receipts.perform_report_receipts, receipts.settle_report_receipts, receipts.give_up_report_receipts
    ),
    # the user's side
    "open_chat": Work(
        opening_work.perform_open_chat,
        opening_work.settle_open_chat,
        opening_work.give_up_open_chat,
        leaves_dead_letter=True,
    ),
    "bot_reply": Work(
        user_work.perform_bot_reply, user_work.settle_bot_reply, user_work.give_up_bot_reply, leaves_dead_letter=True
    ),
    "user_message": Work(
        user_work.perform_user_message,
        user_work.settle_user_message,
        user_work.give_up_user_message,
        leaves_dead_letter=True,
    ),
}


def work_of(event: Entry) -> Work:
    """How this entry is worked."""
    return WORK[kind_of(event)]
