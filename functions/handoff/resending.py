"""Sending a dead letter's entry again: back into its conversation's mailbox, under its own id. Pure.

Every effect of an entry has an id derived from the entry's, so what the channel has shown already is not shown again.
The desk does not recognise repeats: what goes there is in doubt, so it is looked for before anything is sent.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from functions.handoff.changes import Changes, is_expired
from functions.handoff.conversation import BOT, MAX_ACCEPTED_PENDING, Conversation
from functions.handoff.dead_letters import DeadLetter, from_record
from functions.handoff.entries import BotReply, CloseChat, Entry, decode, kind_of
from functions.handoff.errors import MailboxFull
from functions.handoff.events import Agent, AgentMessage, UserMessage
from functions.handoff.interfaces import LIVECHAT, Document
from functions.handoff.parts import Doubt
from functions.handoff.presence import show

NO_SUCH_LETTER, CONVERSATION_GONE, UNREADABLE = "no_such_letter", "conversation_gone", "unreadable"
NO_USE, BOT_SILENT, NOT_WANTED, UNSUBSCRIBED = "no_use", "bot_silent", "not_wanted", "unsubscribed"

WORDS = {
    NO_SUCH_LETTER: "There is no such dead letter (any more).",
    CONVERSATION_GONE: "Its conversation has expired: nobody is there to deliver it to.",
    UNREADABLE: "What is left of it can't be read by this version.",
    NO_USE: "Its moment is over: sending it again would mean nothing, or something else.",
    BOT_SILENT: "A person is asked for or present, so the bot does not speak. It can be sent again after that.",
    UNSUBSCRIBED: "The user does not want to be written to. It can be sent again once they do.",
    NOT_WANTED: "The thread it was to close is closed, or was replaced by another.",
}
"""Why a dead letter is not sent again → what to say to the operator."""


def send_again(changes: Changes, letter: DeadLetter) -> str:
    """Let the entry wait again as if it had been accepted now; answers "" or, nothing being changed, why not.

    Raises:
        MailboxFull: too much waits in its conversation.
    """
    event = _read(letter)
    if event is None:
        return UNREADABLE
    refusal = _refusal(changes.conversation, event)
    if refusal:
        return refusal
    event = _as_resent(event, letter)
    _PREPARE.get(kind_of(event), _nothing)(changes, event)
    changes.put_back(event, head=isinstance(event, BotReply), own=_is_own(event))
    if kind_of(event) in _MAY_BE_AT_THE_DESK and changes.conversation.chat_id:
        _put_in_doubt(changes.conversation, event, letter)
    return ""


def find_letter(documents: Mapping[str, Document], path: str, now: datetime) -> DeadLetter | None:
    """The dead letter among documents just read, or None when there is none (any more)."""
    found = documents.get(path)
    return from_record(found.record) if found and not is_expired(found, now) else None


def _read(letter: DeadLetter) -> Entry | None:
    try:
        return decode(letter.entry)
    except msgspec.ValidationError:
        return None


# --- what is refused -------------------------------------------------------------------------------------------------


def _refusal(c: Conversation, event: Entry) -> str:
    refuse = _REFUSE.get(kind_of(event))
    refusal = refuse(c, event) if refuse else NO_USE
    if not refusal and not _is_own(event) and c.accepted_pending() >= MAX_ACCEPTED_PENDING:
        raise MailboxFull(f"{MAX_ACCEPTED_PENDING} events are waiting")
    return refusal


def _never(_c: Conversation, _event: Entry) -> str:
    return ""


def _if_wanted(c: Conversation, _event: Entry) -> str:
    return UNSUBSCRIBED if c.unsubscribed else ""


def _unless_bot_speaks(c: Conversation, event: BotReply) -> str:
    return _if_wanted(c, event) if c.state == BOT else BOT_SILENT


def _unless_to_close(c: Conversation, event: CloseChat) -> str:
    return "" if c.thread_to_close == event.thread_id else NOT_WANTED


_REFUSE: dict[str, Callable[[Conversation, Any], str]] = {
    "user_message": _never,
    "agent_message": _if_wanted,
    "message_edited": _if_wanted,
    "message_deleted": _never,
    "bot_reply": _unless_bot_speaks,
    "close_chat": _unless_to_close,
}
"""Kinds worth sending again. The others moved the conversation when they were given up, or told of a moment."""


# --- what goes with it -----------------------------------------------------------------------------------------------


def _nothing(_changes: Changes, _event: Entry) -> None:
    """It goes as it is."""


def _forget_user_message(changes: Changes, event: UserMessage) -> None:
    """The transcript has it once, where it is delivered; and the bot may fail on it anew before it is given up."""
    c = changes.conversation
    c.transcript = tuple(line for line in c.transcript if not _is_of(line.who, line.text, line.at, event))
    if c.bot_failed_on == event.id:
        c.bot_failed_on = ""


def _is_of(who: str, text: str, at: datetime, event: UserMessage) -> bool:
    return (who, at) == ("user", event.source_at) and event.text.startswith(text)


def _frame_agent_message(changes: Changes, event: AgentMessage) -> None:
    """Late words: who is not shown gets a JOINED and LEFT of their own, and nothing moves.

    Its thread counts as closed unless it is the open one: a thread not known (any more) would be taken for a new one.
    """
    c = changes.conversation
    if event.thread_id != c.thread_id:
        c.remember_closed(event.thread_id)
    show(changes, event.agent, at=event.source_at, late=True, departure=c.find_departure(event.agent.id))


_PREPARE: dict[str, Callable[[Changes, Any], None]] = {
    "user_message": _forget_user_message,
    "agent_message": _frame_agent_message,
}


# --- back into the mailbox -------------------------------------------------------------------------------------------

_MAY_BE_AT_THE_DESK = {"user_message", "close_chat"}


def _is_own(event: Entry) -> bool:
    return isinstance(event, BotReply | CloseChat)


def _as_resent(event: Entry, letter: DeadLetter) -> Entry:
    if isinstance(event, BotReply) and letter.reason != "unreadable":  # its hand-off took place when it was given up
        return msgspec.structs.replace(event, handoff=None)
    if isinstance(event, AgentMessage) and not event.agent.name:
        return msgspec.structs.replace(event, agent=Agent(event.agent.id, letter.agent_name))
    return event


def _put_in_doubt(c: Conversation, event: Entry, letter: DeadLetter) -> None:
    is_same_chat = letter.chat_id == c.chat_id  # else the conversation began anew
    c.doubt[event.id] = Doubt(LIVECHAT, letter.at, letter.thread_id if is_same_chat else "")
