"""Working the bridge's own words and notices: to the user, to the agents, to the bot."""

from collections.abc import Callable

from functions.handoff import ids
from functions.handoff.briefing import brief
from functions.handoff.changes import Changes
from functions.handoff.content import OutboundMessage, Suggestion
from functions.handoff.conversation import AGENT, BOT, WAITING, Conversation
from functions.handoff.doubt import find_own, wait_out
from functions.handoff.entries import AgentNote, CloseChat, CustomerDetails, ReturnEvent, UserNotice
from functions.handoff.errors import ChatInactive, ProviderRefused
from functions.handoff.events import BotAnswer
from functions.handoff.interfaces import Note
from functions.handoff.schedule import REPEATABLE_TIMEOUT_S, SEND_TIMEOUT_S, USER_LANE
from functions.handoff.speaking import back_chips, person_chip, say_to_user
from functions.handoff.texts import find_text, reason_text
from functions.handoff.threads import end_thread, know_events
from functions.handoff.user_action_work import hear_event, say_answer
from functions.handoff.work import Step

_TRUE_IN = {
    "connecting": {WAITING},
    "queued": {WAITING},
    "offline": {WAITING},
    "still_waiting": {WAITING},
    "still_trying": {WAITING},
    "agent_silent": {AGENT},
    "no_agent": {BOT},
    "nobody_came": {BOT},
    "error": {BOT},
    "back_with_bot": {BOT},
    "try_later": {BOT},
}
"""States in which a notice still is the truth; the others are true in every state."""


def _waits(c: Conversation, _entry: UserNotice) -> bool:
    """Back with the bot, a chat that perhaps was opened is only looked for: the user waits for nothing."""
    return any(p.lane == USER_LANE and (p.kind != "open_chat" or c.state != BOT) for p in c.pending)


def _is_opening(c: Conversation, _entry: UserNotice) -> bool:
    return any(p.kind == "open_chat" for p in c.pending)


def _is_unanswered(c: Conversation, entry: UserNotice) -> bool:
    return not any(line.who == "agent" and line.at > entry.source_at for line in c.transcript)


_TRUE_WHILE: dict[str, Callable[[Conversation, UserNotice], bool]] = {
    "delayed": _waits,
    "still_trying": _is_opening,
    "agent_silent": _is_unanswered,
}
"""What else must be so still: a notice may have waited for the channel, longer than what it tells of lasted."""

_OFFERS_BOT = {"still_waiting", "still_trying", "agent_silent", "delayed", "undelivered"}
_OFFERS_PERSON = {"back_with_bot", "nobody_came"}
_WITHOUT_KEYWORD = {
    "still_waiting": "still_waiting_only",
    "still_trying": "still_trying_only",
    "agent_silent": "agent_silent_only",
}
"""What to say instead where there is no keyword to name."""


def perform_user_notice(step: Step, entry: UserNotice) -> str:
    """Tell the user, unless it is no longer true or not wanted; answers what was said."""
    if not _is_true(step.conversation, entry):
        return ""
    keyword = step.policy.return_keyword
    text_id = entry.text_id if keyword else _WITHOUT_KEYWORD.get(entry.text_id, entry.text_id)
    nameless = {"name": step.text("someone")} if entry.parameters.get("name") == "" else {}
    text = step.text(text_id, **{"return_keyword": keyword, **entry.parameters, **nameless})
    chips = _ways(step, entry)
    say_to_user(step, [OutboundMessage(text, chips)], step.bot_voice())
    return text


def _is_true(c: Conversation, entry: UserNotice) -> bool:
    holds = _TRUE_WHILE.get(entry.text_id)
    if c.unsubscribed or c.state not in _TRUE_IN.get(entry.text_id, {c.state}):
        return False
    return holds is None or holds(c, entry)


def _ways(step: Step, entry: UserNotice) -> tuple[Suggestion, ...]:
    if entry.text_id in _OFFERS_PERSON:
        return (person_chip(step),)
    return back_chips(step) if entry.text_id in _OFFERS_BOT and entry.with_person else ()


def settle_user_notice(changes: Changes, _entry: UserNotice, said: str) -> None:
    """Part of the transcript."""
    if said:
        changes.say("bridge", said)


def perform_agent_note(step: Step, entry: AgentNote) -> str:
    """Tell the agents, if there is a thread to tell them in; answers the event id or ""."""
    c = step.conversation
    to_closed = bool(entry.thread_id) and not c.thread_id
    if (not c.thread_id and not to_closed) or entry.thread_id not in ("", c.last_thread_id):
        return ""
    custom_id = ids.own_event_id(c.key, entry.id, "note")
    found = find_own(step, [custom_id])
    if found:
        return found[custom_id]
    try:
        return step.as_customer().send_note(
            c.chat_id,
            _note(step, entry),
            custom_id=custom_id,
            timeout_s=step.begin(SEND_TIMEOUT_S),
            to_closed=to_closed,
        )
    except ChatInactive:
        return ""


def _note(step: Step, entry: AgentNote) -> Note:
    c, policy = step.conversation, step.policy
    if entry.text_id == "briefing" and c.signal:
        return brief(c, c.signal, policy)
    title = find_text("note_title", policy.language, policy.texts)
    told = dict(entry.parameters)
    if entry.text_id == "agent_undelivered":
        told["reason"] = reason_text(str(told.get("reason", "")), policy.texts, policy.language)
    return Note(title, ((title, find_text(entry.text_id, policy.language, policy.texts, **told)),))


def settle_agent_note(changes: Changes, _entry: AgentNote, event_id: str) -> None:
    """Our own event: accounted for, so that no gap is suspected."""
    c = changes.conversation
    know_events(c, c.thread_id, (event_id,))


def perform_close_chat(step: Step, entry: CloseChat) -> None:
    """End the thread the user left, unless a new hand-off took care of it.

    The desk closes by chat, not by thread: a call that comes late would end the next thread, so one in doubt is waited
    out before anything else is done to the chat.
    """
    if step.conversation.thread_to_close != entry.thread_id:
        return
    wait_out(step)
    step.as_customer().close_chat(entry.chat_id, timeout_s=step.begin(REPEATABLE_TIMEOUT_S))


def settle_close_chat(changes: Changes, entry: CloseChat, _result: None) -> None:
    """The desk knows, nobody writes there any more."""
    if changes.conversation.thread_to_close == entry.thread_id:
        changes.conversation.thread_to_close = ""
        end_thread(changes, entry.chat_id, entry.thread_id)


def perform_customer_details(step: Step, _entry: CustomerDetails) -> None:
    """Show the agents the user's name and context; a refusal is not worth anybody's attention."""
    user = step.conversation.user
    details = {**user.context, **({"locale": user.locale} if user.locale else {})}
    try:
        step.as_customer().update_details(user.name, details, timeout_s=step.timeout_s())
    except ProviderRefused:
        return


def perform_return_event(step: Step, entry: ReturnEvent) -> BotAnswer | None:
    """Tell the bot that the user is back, and why; None when it refuses, or when that is no news any more.

    A person may have been asked for again meanwhile; of several returns that a bot missed, it hears of the last.
    """
    c = step.conversation
    if c.state != BOT or _is_followed(c, entry):
        return None
    return hear_event(step, step.policy.return_event, {"reason": entry.reason, "digest": entry.digest})


def _is_followed(c: Conversation, entry: ReturnEvent) -> bool:
    own = c.find_pending(entry.id)
    return own is not None and any(p.kind == "return_event" and p.seq > own.seq for p in c.pending)


def settle_return_event(changes: Changes, entry: ReturnEvent, answer: BotAnswer | None) -> None:
    """The bot's words on the return are said; a fallback is neither shown nor counted, a hand-off in it is ignored."""
    if answer is not None:
        say_answer(changes, entry, answer)
