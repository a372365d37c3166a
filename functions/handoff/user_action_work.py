"""Working what users do beside writing (sign-in answers, surveys), and asking them how the human part was."""

import msgspec

from functions.handoff import ids
from functions.handoff.changes import Changes
from functions.handoff.conversation import BOT, Conversation
from functions.handoff.entries import AskSurvey, BotEvent, BotReply, ReturnEvent
from functions.handoff.errors import ProviderError, ProviderRefused
from functions.handoff.events import BotAnswer, HandoffSignal, JsonObject, UserAction
from functions.handoff.moves import hand_off, tell_agents, tell_user
from functions.handoff.schedule import HEAR_TIMEOUT_S
from functions.handoff.speaking import with_way_out
from functions.handoff.work import Step

_BOT_EVENT = {"authentication": "AUTHENTICATION_RESPONSE"}
"""What the bot is told, by the event's name; it asked for these itself."""
_NOTE = {"authentication": "signed_in", "survey": "survey_answered"}


def settle_user_action(changes: Changes, entry: UserAction, _result: None) -> None:
    """To the bot while the user is with it; to the agents what is for them, a survey's answer always."""
    c = changes.conversation
    event_name = _BOT_EVENT.get(entry.action)
    if c.state == BOT and event_name:
        parameters = entry.parameters
        changes.add(BotEvent(id=f"event:{entry.id}", source_at=entry.source_at, name=event_name, parameters=parameters))
    note = _NOTE.get(entry.action)
    if note and c.chat_id and (c.state != BOT or entry.action == "survey"):
        said = ", ".join(f"{name}: {value}" for name, value in entry.details.items() if value)
        tell_agents(changes, note, entry.id, thread_id=c.last_thread_id, answer=said)


def perform_bot_event(step: Step, entry: BotEvent) -> BotAnswer | None:
    """Tell the bot; None when a person has the user meanwhile, or the bot refuses."""
    if step.conversation.state != BOT:
        return None
    return hear_event(step, entry.name, entry.parameters)


def settle_bot_event(changes: Changes, entry: BotEvent, answer: BotAnswer | None) -> None:
    """The bot's words are said; a fallback means that it does not know the event, and is neither shown nor counted."""
    if answer is None:
        give_up_bot_event(changes, entry, "refused")
        return
    answer = msgspec.structs.replace(answer, handoff=_without(answer.handoff, entry.parameters))
    say_answer(changes, entry, answer)
    if answer.handoff and not answer.is_fallback and not answer.messages:
        hand_off(changes, answer.handoff, bot_spoke=False)


def _without(signal: HandoffSignal | None, secrets: JsonObject) -> HandoffSignal | None:
    """The signal without what the bot took over from the event: agents read it, and it may hold credentials."""
    if signal is None:
        return None
    told = {value for value in secrets.values() if isinstance(value, str)}
    kept = {name: value for name, value in signal.metadata.items() if not any(one in str(value) for one in told)}
    return msgspec.structs.replace(signal, metadata=kept)


def give_up_bot_event(changes: Changes, entry: BotEvent, _reason: str) -> None:
    """The user waits for the bot to go on, and is told that it will not; with a person it does not matter."""
    if changes.conversation.state == BOT:
        tell_user(changes, "reply_lost", entry.id)


def hear_event(step: Step, name: str, parameters: JsonObject) -> BotAnswer | None:
    """Let the bot hear an event; None when it refuses it."""
    c: Conversation = step.conversation
    try:
        return step.bot.hear_event(
            c.session_id,
            name,
            parameters,
            language=step.language(),
            payload={"channel": c.channel, "conversation": c.key},
            contexts=c.contexts_to_restore,
            timeout_s=step.begin(HEAR_TIMEOUT_S),
        )
    except ProviderRefused:
        return None


def say_answer(changes: Changes, entry: BotEvent | ReturnEvent, answer: BotAnswer) -> None:
    """What the bot says to an event, if it knows it; a hand-off in it counts only where the user caused the event."""
    c = changes.conversation
    c.contexts, c.contexts_to_restore = answer.contexts, None
    if answer.messages and not answer.is_fallback:
        is_back = isinstance(entry, ReturnEvent)  # and the chip under LEFT is not the newest thing any more
        reply = BotReply(
            id=f"reply:{entry.id}",
            source_at=entry.source_at,
            messages=with_way_out(answer.messages) if is_back else answer.messages,
            handoff=None if is_back else answer.handoff,
        )
        changes.add(reply, head=True)


def perform_ask_survey(step: Step, entry: AskSurvey) -> bool:
    """Ask, unless another person is asked for already; a channel or phone that can't, or was asked today, is normal."""
    c = step.conversation
    if c.state != BOT or c.unsubscribed:
        return False
    survey_id = ids.effect_id(c.key, entry.id, "survey")
    try:
        return step.channel.send_survey(c.address, survey_id=survey_id, timeout_s=step.timeout_s())
    except ProviderError:  # tried once: nothing that matters may wait for it
        return False


def settle_ask_survey(_changes: Changes, _entry: AskSurvey, _was_asked: bool) -> None:
    """Nothing follows; the answer comes by itself, or not."""
