"""Which entry goes next, what it waits for, and when somebody must look again. Pure.

Lanes, in the order they are served: *control* (moves state, calls nobody), *agent* (everything from the desk, JOINED,
LEFT), *notice* (words of the bridge, the return event, closing the chat: these pass each other), *user* (the user's
messages, the bot's replies to them, opening the chat). Inside a lane the first entry is waited for.
"""

from collections.abc import Iterable
from datetime import datetime

from functions.handoff.conversation import BOT, WAITING, Conversation
from functions.handoff.interfaces import CHANNEL, DIALOGFLOW, LIVECHAT
from functions.handoff.parts import Pending

CONTROL_LANE, AGENT_LANE, NOTICE_LANE, USER_LANE = LANES = ("control", "agent", "notice", "user")

LANE_OF = {
    "handoff_asked": CONTROL_LANE,
    "return_asked": CONTROL_LANE,
    "user_action": CONTROL_LANE,
    "user_receipt": CONTROL_LANE,
    "subscription": CONTROL_LANE,
    "subscription_word": CONTROL_LANE,
    "message_expired": CONTROL_LANE,
    "message_deleted": CONTROL_LANE,  # ahead of the message itself, should it still wait
    "timer": CONTROL_LANE,
    "agent_message": AGENT_LANE,
    "withheld_event": AGENT_LANE,
    "message_edited": AGENT_LANE,
    "chat_started": AGENT_LANE,
    "agent_joined": AGENT_LANE,
    "agent_left": AGENT_LANE,
    "chat_transferred": AGENT_LANE,
    "chat_closed": AGENT_LANE,
    "framing": AGENT_LANE,
    "read_thread": AGENT_LANE,  # ahead of a message; later reads are put into the notice lane
    "user_notice": NOTICE_LANE,
    "agent_note": NOTICE_LANE,
    "return_event": NOTICE_LANE,
    "bot_event": NOTICE_LANE,
    "ask_survey": NOTICE_LANE,
    "report_receipts": NOTICE_LANE,
    "close_chat": NOTICE_LANE,
    "customer_details": NOTICE_LANE,
    "open_chat": USER_LANE,
    "bot_reply": USER_LANE,
    "user_message": USER_LANE,
}
"""Lane of each kind of entry."""

HOLD = "hold"
"""Instead of a provider: the entry waits for another entry of this conversation, not for time."""

SEND_TIMEOUT_S = 8.0  # LiveChat send_event, start_chat, resume_chat: begun only if all of it remains
HEAR_TIMEOUT_S = 7.0  # Dialogflow detectIntent
FETCH_TIMEOUT_S = 10.0  # a user's file, of up to ten megabytes
REPEATABLE_TIMEOUT_S = 5.0  # everything that can simply be done again
MIN_TIME_S = 1.0
LEASE_S = 30.0
DESK_WORKS_UP_TO_S = 16.0
"""LiveChat gives up a request after 15 s; only then is a call that was not answered known to be over."""

_PROVIDER_OF = {
    "agent_message": CHANNEL,
    "message_edited": CHANNEL,
    "framing": CHANNEL,
    "user_notice": CHANNEL,
    "read_thread": LIVECHAT,
    "agent_note": LIVECHAT,
    "close_chat": LIVECHAT,
    "customer_details": LIVECHAT,
    "report_receipts": LIVECHAT,
    "return_event": DIALOGFLOW,
    "bot_event": DIALOGFLOW,
}


def needs(conversation: Conversation, pending: Pending) -> str | None:
    """The provider this entry would call now, `HOLD`, or None when it calls nobody."""
    doubt = conversation.doubt.get(pending.id)
    if pending.kind == "user_message":
        return _user_message_needs(conversation, doubt.provider if doubt else None)
    if pending.kind == "bot_reply":
        return None if conversation.state != BOT else HOLD if conversation.agents else CHANNEL
    if pending.kind == "ask_survey":
        return HOLD if conversation.agents else CHANNEL  # after LEFT
    if pending.kind == "open_chat":
        return LIVECHAT if doubt or conversation.state == WAITING else None
    if pending.kind == "read_thread" and pending.lane == AGENT_LANE:
        return None  # tried once, or not at all while the desk is away: it holds up a message
    return _PROVIDER_OF.get(pending.kind)


def _user_message_needs(conversation: Conversation, in_doubt_at: str | None) -> str:
    if in_doubt_at == LIVECHAT:
        return LIVECHAT
    if conversation.state == BOT:
        return HOLD if conversation.agents else DIALOGFLOW  # LEFT first, then the bot
    return HOLD if conversation.closing else LIVECHAT


def needed_time_s(conversation: Conversation, pending: Pending) -> float:
    """How much of a door's time must be left to begin this entry."""
    provider = needs(conversation, pending)
    if pending.kind in {"user_message", "open_chat"} and provider == LIVECHAT:
        return SEND_TIMEOUT_S
    return HEAR_TIMEOUT_S if provider == DIALOGFLOW else MIN_TIME_S


def _order(conversation: Conversation, pending: Pending) -> tuple[int, bool, bool, datetime, int]:
    lane = LANES.index(pending.lane if pending.lane in LANES else NOTICE_LANE)  # another version may know more lanes
    may_be_shown = pending.kind == "framing" and pending.id in conversation.doubt  # nothing may come before it now
    return lane, not may_be_shown, not pending.head, pending.source_at, pending.seq


def _is_left_behind(conversation: Conversation, pending: Pending) -> bool:
    """What only has to be looked up at the desk does not keep the user from the bot."""
    doubt = conversation.doubt.get(pending.id)
    return conversation.state == BOT and pending.lane == USER_LANE and doubt is not None and doubt.provider == LIVECHAT


def firsts(conversation: Conversation) -> list[Pending]:
    """The entries that may be considered now, in order: the first of each lane, and every notice."""
    chosen: list[Pending] = []
    seen: set[str] = set()
    for pending in sorted(conversation.pending, key=lambda pending: _order(conversation, pending)):
        if pending.lane in seen and pending.lane != NOTICE_LANE:
            continue
        chosen.append(pending)
        if not _is_left_behind(conversation, pending):
            seen.add(pending.lane)
    return chosen


def _goes_at(conversation: Conversation, pending: Pending, now: datetime) -> datetime | None:
    """When this entry can go (`now` at the earliest), or None when it is on `HOLD`."""
    provider = needs(conversation, pending)
    if provider == HOLD:
        return None
    parked = conversation.parked.get(provider or "")
    return max(parked.retry_at, now) if parked else now


def ready(conversation: Conversation, now: datetime) -> list[Pending]:
    """The entries that can go now, best first."""
    able = [pending for pending in firsts(conversation) if _goes_at(conversation, pending, now) == now]
    return sorted(able, key=lambda pending: _is_retried_notice(conversation, pending))


def _is_retried_notice(conversation: Conversation, pending: Pending) -> bool:
    """A notice whose provider failed last time goes after the user's words: it must not use up every try."""
    parked = conversation.parked.get(needs(conversation, pending) or "")
    return pending.lane == NOTICE_LANE and parked is not None and parked.tries > 0


def alarm(conversation: Conversation, now: datetime) -> datetime | None:
    """The one alarm clock: if nobody has touched the conversation by then, someone must. None: nothing to wait for."""
    if conversation.lease is not None:
        return conversation.lease.until
    return min(_moments(conversation, now), default=None)


def _moments(conversation: Conversation, now: datetime) -> Iterable[datetime]:
    yield from conversation.timers.values()
    for pending in firsts(conversation):
        goes_at = _goes_at(conversation, pending, now)
        if goes_at:
            yield goes_at
