"""Marks of what was delivered and read, between the user's phone and the agents. Best effort: nothing depends on them.

From the user to the agents they are gathered for a few seconds, since each call to the desk is paid for; from the
agents to the user they are passed on at once and never stored.
"""

from datetime import datetime
from typing import NamedTuple

from functions.handoff import ids
from functions.handoff.changes import Changes, conversation_path
from functions.handoff.conversation import BOT, Conversation, from_record
from functions.handoff.entries import ReportReceipts
from functions.handoff.errors import HandoffError, OutOfTime, ProviderError
from functions.handoff.events import MessageExpired, UserReceipt
from functions.handoff.interfaces import Store
from functions.handoff.moves import tell_agents
from functions.handoff.parts import Line, Receipts
from functions.handoff.speaking import part_id
from functions.handoff.subscription_work import WORD
from functions.handoff.texts import excerpt, find_text, reason_text
from functions.handoff.work import Sides, Step

TIMER = "receipts"
_GATHERED_FOR_S = 5.0
_MAX_PARTS = 30  # of one agent's message, that a mark is recognised by
_MAX_DELIVERED = 5  # each is a call, and the user's words wait for them
_SEND_TIMEOUT_S = 2.0


# --- from the user to the agents -------------------------------------------------------------------------------------


def settle_user_receipt(changes: Changes, entry: UserReceipt, _result: None) -> None:
    """Note which of the agents' messages it is about; the desk is told a little later, with what else has come."""
    c, wanted = changes.conversation, changes.policy.receipts_to_livechat
    lines = [line for line in c.transcript if _is_among(c, line, frozenset(entry.message_ids))]
    if not lines or c.state == BOT or wanted == "off" or (wanted == "read" and not entry.read):
        return
    before = c.receipts
    if entry.read:
        read_up_to = max(line.at for line in lines)
        c.receipts = Receipts(max(read_up_to, before.read_up_to or read_up_to), before.delivered)
    else:
        known = dict.fromkeys([*before.delivered, *(line.entry_id for line in lines)])
        c.receipts = Receipts(before.read_up_to, tuple(known)[-_MAX_DELIVERED:])
    if TIMER not in c.timers:
        changes.set_timer(TIMER, _GATHERED_FOR_S)


def _is_among(c: Conversation, line: Line, message_ids: frozenset[str]) -> bool:
    if line.who != "agent" or not line.entry_id:
        return False
    parts = (part_id(c.key, line.entry_id, index) for index in range(_MAX_PARTS))
    return any(not message_ids.isdisjoint({part, ids.in_words_id(part)}) for part in parts)


def settle_message_expired(changes: Changes, entry: MessageExpired, _result: None) -> None:
    """The agents learn which of theirs the user will not see: in the thread, and in the next briefing."""
    c, policy = changes.conversation, changes.policy
    for line in [line for line in c.transcript if _is_among(c, line, frozenset(entry.message_ids))]:
        told = {"excerpt": excerpt(line.text), "reason": "expired"}
        where = "" if c.thread_id else c.last_thread_id
        tell_agents(changes, "agent_undelivered", f"expired:{line.entry_id}", thread_id=where, **told)
        told["reason"] = reason_text("expired", policy.texts, policy.language)
        words = find_text("agent_undelivered", policy.language, policy.texts, **told)
        if not any(line.text == words for line in c.transcript):  # of each part of a long message it is told
            changes.say("bridge", words)


def report_soon(changes: Changes, entry_id: str) -> None:
    """The time to gather is over."""
    if changes.conversation.receipts != Receipts():
        changes.add(ReportReceipts(id=f"report:{entry_id}", source_at=changes.now))


class Reported(NamedTuple):
    """What the desk knows now."""

    receipts: Receipts


def perform_report_receipts(step: Step, _entry: ReportReceipts) -> Reported:
    """Tell the desk what is known, once: no mark is worth anybody's waiting."""
    c = step.conversation
    known = c.receipts
    if not c.thread_id or c.customer is None:
        return Reported(known)
    customer = step.as_customer()
    try:
        for event_id in known.delivered:
            customer.mark_delivered(c.chat_id, c.thread_id, event_id, timeout_s=step.timeout_s(_SEND_TIMEOUT_S))
        if known.read_up_to:
            customer.mark_seen(c.chat_id, known.read_up_to, timeout_s=step.timeout_s(_SEND_TIMEOUT_S))
    except (ProviderError, OutOfTime):
        pass
    return Reported(known)


def settle_report_receipts(changes: Changes, _entry: ReportReceipts, result: Reported) -> None:
    """What was reported is done with; what came meanwhile is not."""
    c, told = changes.conversation, result.receipts
    delivered = tuple(one for one in c.receipts.delivered if one not in told.delivered)
    c.receipts = Receipts(None if c.receipts.read_up_to == told.read_up_to else c.receipts.read_up_to, delivered)


def give_up_report_receipts(changes: Changes, _entry: ReportReceipts, _reason: str) -> None:
    """Nobody misses them."""
    changes.conversation.receipts = Receipts()


# --- from the agents to the user -------------------------------------------------------------------------------------


def pass_on_seen(store: Store, sides: Sides, key: str, seen_up_to: datetime, *, by: str) -> str:
    """An agent has read everything up to that moment: mark the user's last message before it. Answers what was done.

    Only of agents whom the user is shown: who else looks into a chat is not the user's to know.

    Raises:
        StoreUnavailable: the conversation can't be read.
    """
    document = store.get(conversation_path(key)).get(conversation_path(key))
    if document is None:
        return "unknown conversation"
    c = from_record(document.record)
    seen = [line for line in c.transcript if line.who == "user" and line.entry_id and line.at <= seen_up_to]
    if not seen or c.channel not in sides.channels or c.find_presence(by) is None or c.unsubscribed:
        return "nothing to mark"
    try:
        message_id = seen[-1].entry_id.removeprefix(WORD)
        sides.channels[c.channel].send_read(c.address, message_id, timeout_s=_SEND_TIMEOUT_S)
    except HandoffError as e:
        return f"not marked: {type(e).__name__}"
    return "marked"
