"""Working the user's side of a conversation: the user's messages, the bot's replies, and opening the chat."""

from typing import NamedTuple

from functions.handoff import ids
from functions.handoff.changes import Changes
from functions.handoff.conversation import AGENT, BOT
from functions.handoff.doubt import find_own
from functions.handoff.errors import ChatInactive, ProviderRefused, ProviderUnavailable
from functions.handoff.events import BotAnswer, BotReply, HandoffSignal, UserMessage, encode
from functions.handoff.interfaces import DIALOGFLOW
from functions.handoff.moves import goes_in_circles, hand_off, return_to_bot, tell_user, touch_chat
from functions.handoff.policy import keyword
from functions.handoff.schedule import HEAR_TIMEOUT_S, SEND_TIMEOUT_S
from functions.handoff.speaking import say_to_user
from functions.handoff.text import split_text, utf8_length
from functions.handoff.texts import excerpt
from functions.handoff.threads import find_closed, know_events
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
        failed_before = parked.tries if parked else 0
        was_handed_off = c.bot_failed_on == step.entry_id  # and nobody took it: now it waits for the bot
        if was_handed_off or failed_before < BOT_TRIES - 1 or goes_in_circles(c, "bot_unreachable", step.now()):
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
    """The bot is of no use: a person is asked for, who then gets this message; but not twice for the same one."""
    c = changes.conversation
    if c.bot_failed_on == entry.id:  # it refuses the message
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
    """The words are lost, and the user is told so; the hand-off is not."""
    tell_user(changes, "reply_lost", entry.id)
    if entry.handoff:
        hand_off(changes, entry.handoff, bot_spoke=False)
