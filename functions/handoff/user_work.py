"""Working the user's side of a conversation: the user's messages, the bot's replies, and opening the chat."""

from datetime import timedelta
from typing import NamedTuple

from functions.handoff import ids
from functions.handoff.changes import Changes
from functions.handoff.conversation import AGENT, BOT, Conversation
from functions.handoff.cursor import event_number
from functions.handoff.errors import ChatInactive, NotYet, ProviderRefused, ProviderUnavailable
from functions.handoff.events import BotAnswer, BotReply, HandoffSignal, UserMessage, encode
from functions.handoff.interfaces import DIALOGFLOW, LIVECHAT
from functions.handoff.moves import find_closed, hand_off, return_to_bot, tell_user, touch_chat
from functions.handoff.policy import keyword
from functions.handoff.schedule import DESK_WORKS_UP_TO_S, HEAR_TIMEOUT_S, SEND_TIMEOUT_S
from functions.handoff.speaking import say_to_user
from functions.handoff.text import split_text, utf8_length
from functions.handoff.texts import excerpt
from functions.handoff.work import Step

BOT_TRIES = 2
"""So often the bot may fail in a row before a person is asked for."""


class _Relayed(NamedTuple):
    """The message is with the agents; `gone`: the chat turned out to be closed after part of it."""

    event_ids: tuple[str, ...]
    gone: bool = False
    said: str = ""  # where it is not all of the message
    rest: str = ""


class _ChatGone(NamedTuple):
    """The chat was closed before the message reached it."""


class _NotInChat(NamedTuple):
    """A call in doubt is now known not to have had any effect: the message goes afresh, where the state says."""


class _BotDown(NamedTuple):
    """The bot can't be used for this turn."""


# --- the user's message ----------------------------------------------------------------------------------------------


def perform_user_message(
    step: Step, entry: UserMessage
) -> BotAnswer | HandoffSignal | _Relayed | _ChatGone | _NotInChat | _BotDown:
    """Take the message where the state says *now*: to the bot, or to the agents."""
    if step.conversation.state == BOT and not step.desk_doubt:
        return _to_bot(step, entry)
    return _to_agents(step, entry)


def _to_bot(step: Step, entry: UserMessage) -> BotAnswer | HandoffSignal | _BotDown:
    c, policy = step.conversation, step.policy
    if keyword(entry.text) in policy.handoff_keywords:
        return HandoffSignal("keyword")
    if entry.bot_answer is not None:
        return entry.bot_answer
    try:
        return step.sides.bot.hear(
            c.session_id,
            entry.postback or entry.text,
            language=step.language(),
            payload={"channel": c.channel, "conversation": c.key},
            contexts=c.contexts_to_restore,
            timeout_s=step.begin(HEAR_TIMEOUT_S),
        )
    except ProviderRefused:
        return _BotDown()
    except ProviderUnavailable:
        parked = c.parked.get(DIALOGFLOW)
        if parked is None or parked.tries < BOT_TRIES - 1:
            raise
        return _BotDown()


def _to_agents(step: Step, entry: UserMessage) -> _Relayed | _ChatGone | _NotInChat:
    c = step.conversation
    parts = split_text(entry.text, step.desk.text_limit_bytes, utf8_length)
    custom_ids = [ids.own_event_id(c.key, entry.id, f"message:{i}") for i in range(len(parts))]
    sent = find_own(step, custom_ids)
    if step.desk_doubt and not sent:
        return _NotInChat()
    if c.state == BOT:  # only a call in doubt leads here
        return _partly(parts, custom_ids, sent, gone=False)
    if c.customer is None or not c.chat_id:
        return _ChatGone()
    customer = step.as_customer()
    try:
        for part, custom_id in zip(parts, custom_ids, strict=True):
            if custom_id not in sent:
                timeout_s = step.begin(SEND_TIMEOUT_S)
                sent[custom_id] = customer.send_message(c.chat_id, part, custom_id=custom_id, timeout_s=timeout_s)
                step.had_effect = True
    except ChatInactive:
        return _partly(parts, custom_ids, sent, gone=True) if sent else _ChatGone()
    return _Relayed(tuple(sent.values()))


def _partly(parts: list[str], custom_ids: list[str], sent: dict[str, str], *, gone: bool) -> _Relayed:
    by_id = dict(zip(custom_ids, parts, strict=True))
    said = "\n".join(part for one, part in by_id.items() if one in sent)
    rest = "\n".join(part for one, part in by_id.items() if one not in sent)
    return _Relayed(tuple(sent.values()), gone, said, rest)


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


def settle_user_message(
    changes: Changes,
    entry: UserMessage,
    result: BotAnswer | HandoffSignal | _Relayed | _ChatGone | _NotInChat | _BotDown,
) -> None:
    """Write down where the message went and what follows."""
    match result:
        case BotAnswer():
            _hear_answer(changes, entry, result)
        case HandoffSignal():
            _note_said(changes, entry)
            hand_off(changes, result, bot_spoke=False)
        case _Relayed():
            _note_relayed(changes, entry, result)
        case _ChatGone():
            changes.keep()
            _lose_chat(changes)
        case _NotInChat():
            changes.keep()
            changes.conversation.doubt.pop(entry.id, None)
        case _BotDown():
            _leave_bot(changes, entry)


def _lose_chat(changes: Changes) -> None:
    """The chat is closed: its end is worked before the message goes anywhere else."""
    if changes.conversation.thread_id:
        find_closed(changes, already_read=False)
    else:
        return_to_bot(changes, "error", at=changes.now)


def _note_said(changes: Changes, entry: UserMessage) -> None:
    changes.say("user", entry.text, changes.conversation.user.name, entry.source_at)


def _hear_answer(changes: Changes, entry: UserMessage, answer: BotAnswer) -> None:
    c = changes.conversation
    _note_said(changes, entry)
    c.contexts, c.contexts_to_restore = answer.contexts, None
    c.fallbacks = c.fallbacks + 1 if answer.is_fallback else 0
    signal = answer.handoff
    limit = changes.policy.handoff_after_fallbacks
    if signal is None and limit and c.fallbacks >= limit:
        signal = HandoffSignal("fallbacks", {"intent": answer.intent} if answer.intent else {})
    if answer.messages and not entry.answered:
        reply = BotReply(id=f"reply:{entry.id}", source_at=entry.source_at, messages=answer.messages, handoff=signal)
        changes.add(reply, head=True)
        return
    for message in answer.messages:
        changes.say("bot", message.text)
    if signal:
        hand_off(changes, signal, bot_spoke=bool(answer.messages))


def _note_relayed(changes: Changes, entry: UserMessage, result: _Relayed) -> None:
    c = changes.conversation
    changes.say("user", result.said or entry.text, c.user.name, entry.source_at)
    if result.rest:
        changes.add(UserMessage(id=f"rest:{entry.id}", source_at=entry.source_at, text=result.rest), head=True)
    know_events(c, c.thread_id, result.event_ids)
    touch_chat(changes)
    if c.state == AGENT and "agent_silent" not in c.timers:
        changes.set_timer("agent_silent", changes.policy.agent_silent_s)
    if result.gone:
        find_closed(changes, already_read=False)


def _leave_bot(changes: Changes, entry: UserMessage) -> None:
    """The bot is down: a person is asked for, who then gets this message; but not twice for the same one."""
    c = changes.conversation
    if c.bot_failed_on == entry.id:
        changes.write_dead_letter(entry.id, encode(entry), "bot_unreachable")
        changes.given_up.append((entry.id, "bot_unreachable"))
        give_up_user_message(changes, entry, "bot_unreachable")
        return
    c.bot_failed_on = entry.id
    changes.keep()
    hand_off(changes, HandoffSignal("bot_unreachable"), bot_spoke=False)


def give_up_user_message(changes: Changes, entry: UserMessage, _reason: str) -> None:
    """The user is told which message did not get through."""
    _note_said(changes, entry)
    tell_user(changes, "undelivered", entry.id, excerpt=excerpt(entry.text))


def know_events(c: Conversation, thread_id: str, event_ids: tuple[str, ...]) -> None:
    """Account for events of the thread that the cursor follows."""
    numbers = [number for one in event_ids if (number := event_number(one, thread_id))]
    if numbers and thread_id == c.cursor.thread_id:
        c.cursor = c.cursor.with_known(*numbers)


# --- the bot's reply -------------------------------------------------------------------------------------------------


def perform_bot_reply(step: Step, entry: BotReply) -> bool:
    """Say the bot's words; answers whether they were said. Dropped once a person is asked for or present."""
    if step.conversation.state != BOT:
        return False
    say_to_user(step, entry.messages, step.bot_voice())
    return True


def settle_bot_reply(changes: Changes, entry: BotReply, was_said: bool) -> None:
    """The hand-off that came with the reply takes effect after its words."""
    if not was_said:
        return
    for message in entry.messages:
        changes.say("bot", message.text, changes.policy.bot_name)
    if entry.handoff:
        hand_off(changes, entry.handoff, bot_spoke=True)


def give_up_bot_reply(changes: Changes, entry: BotReply, _reason: str) -> None:
    """The words are lost, the hand-off is not."""
    if entry.handoff:
        hand_off(changes, entry.handoff, bot_spoke=False)
