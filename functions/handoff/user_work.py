"""Working the user's side of a conversation: the user's messages, the bot's replies, and opening the chat."""

from typing import NamedTuple

from functions.handoff.changes import Changes
from functions.handoff.content import plain_text
from functions.handoff.conversation import BOT, Conversation
from functions.handoff.entries import BotReply, encode
from functions.handoff.errors import ProviderRefused, ProviderUnavailable
from functions.handoff.events import BotAnswer, HandoffSignal, JsonObject, UserMessage
from functions.handoff.file_work import FileStep, NotTaken, note_file, note_not_taken
from functions.handoff.interfaces import DIALOGFLOW
from functions.handoff.moves import goes_in_circles, hand_off, return_to_bot, tell_user
from functions.handoff.policy import keyword
from functions.handoff.postbacks import find_button
from functions.handoff.relaying import ChatGone, NotInChat, Relayed, note_relayed, relay
from functions.handoff.schedule import HEAR_TIMEOUT_S
from functions.handoff.speaking import say_to_user, thinking, with_way_out
from functions.handoff.texts import excerpt
from functions.handoff.threads import find_closed
from functions.handoff.work import Step

BOT_TRIES = 2
"""So often the bot may fail in a row before a person is asked for."""


class _BotDown(NamedTuple):
    """The bot can't be used for this turn."""


# --- the user's message ----------------------------------------------------------------------------------------------


_Result = BotAnswer | HandoffSignal | Relayed | ChatGone | NotInChat | FileStep | NotTaken | _BotDown


def perform_user_message(step: Step, entry: UserMessage) -> _Result:
    """Take the message where the state says *now*: to the bot, or to the agents."""
    if step.conversation.state == BOT and not step.desk_doubt:
        return _to_bot(step, entry)
    return relay(step, entry)


def _to_bot(step: Step, entry: UserMessage) -> BotAnswer | HandoffSignal | _BotDown:
    c, policy = step.conversation, step.policy
    if keyword(entry.text) in policy.handoff_keywords:
        return HandoffSignal("keyword")
    if entry.bot_answer is not None:
        return entry.bot_answer
    try:
        timeout_s = step.begin(HEAR_TIMEOUT_S)
        with thinking(step):
            return step.bot.hear(
                c.session_id,
                _words_for_bot(entry),
                language=step.language(),
                payload=_payload(c, entry),
                contexts=c.contexts_to_restore,
                timeout_s=timeout_s,
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


def _words_for_bot(entry: UserMessage) -> str:
    """What a chip carries, but a button of an agent's message means nothing to the bot."""
    return entry.text if find_button(entry.postback) else entry.postback or entry.text


def _payload(c: Conversation, entry: UserMessage) -> JsonObject:
    """For the bot's own webhook; the bot hears an address only as far as its limit of words goes."""
    files = [{"url": media.url, "mimeType": media.mime_type} for media in entry.files]
    return {"channel": c.channel, "conversation": c.key, **({"files": files} if files else {})}


def settle_user_message(
    changes: Changes,
    entry: UserMessage,
    result: _Result,
) -> None:
    """Write down where the message went and what follows."""
    match result:
        case BotAnswer():
            _hear_answer(changes, entry, result)
        case HandoffSignal():
            _note_said(changes, entry)
            hand_off(changes, result, bot_spoke=False)
        case Relayed():
            note_relayed(changes, entry, result)
        case ChatGone():
            changes.keep()
            _lose_chat(changes)
        case NotInChat():
            changes.keep()
            changes.conversation.doubt.pop(entry.id, None)
        case FileStep():
            note_file(changes, entry, result)
        case NotTaken():
            note_not_taken(changes, entry, result)
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
    c.last_intent = answer.intent or c.last_intent
    c.fallbacks = c.fallbacks + 1 if answer.is_fallback else 0
    signal = answer.handoff
    limit = changes.policy.handoff_after_fallbacks
    if signal is None and limit and c.fallbacks >= limit:
        signal = HandoffSignal("fallbacks", intent=answer.intent)
    if answer.messages and not entry.answered:
        messages = with_way_out(answer.messages) if answer.is_fallback and signal is None else answer.messages
        reply = BotReply(id=f"reply:{entry.id}", source_at=entry.source_at, messages=messages, handoff=signal)
        changes.add(reply, head=True)
        return
    for message in answer.messages:
        changes.say("bot", plain_text(message))
    if signal:
        hand_off(changes, signal, bot_spoke=bool(answer.messages))


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
    """Say the bot's words; answers whether they were said.

    Dropped, with the hand-off in them, once a person is asked for or present, or the user does not want to hear them.
    """
    if step.conversation.state != BOT or step.conversation.unsubscribed:
        return False
    say_to_user(step, entry.messages, step.bot_voice())
    return True


def settle_bot_reply(changes: Changes, entry: BotReply, was_said: bool) -> None:
    """The hand-off that came with the reply takes effect after its words."""
    if not was_said:
        return
    for message in entry.messages:
        changes.say("bot", plain_text(message), changes.policy.bot_name)
    if entry.handoff:
        hand_off(changes, entry.handoff, bot_spoke=True)


def give_up_bot_reply(changes: Changes, entry: BotReply, _reason: str) -> None:
    """The words are lost, and the user is told so; the hand-off is not."""
    tell_user(changes, "reply_lost", entry.id)
    if entry.handoff:
        hand_off(changes, entry.handoff, bot_spoke=False)
