"""Showing words to the user: in the parts that the channel takes, in order, each part once."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext

import msgspec

from functions.handoff import ids
from functions.handoff.content import OutboundMessage, Suggestion
from functions.handoff.errors import NotYet, ProviderRefused
from functions.handoff.interfaces import CHANNEL, Voice
from functions.handoff.parts import Presence
from functions.handoff.work import Step


def say_to_user(step: Step, messages: Sequence[OutboundMessage], voice: Voice) -> None:
    """Show messages, going on where an earlier, interrupted try left off. Repeatable: each part has its own id.

    Raises:
        ProviderRefused: "unsubscribed", the user does not want to hear from us; or as the channel does.
    """
    c = step.conversation
    if c.unsubscribed:
        raise ProviderRefused(CHANNEL, "unsubscribed")
    parts = [part for message in messages for part in step.channel.compose(_labelled(step, message), voice)]
    for index, part in enumerate(parts[step.shown :], step.shown):
        step.channel.send_message(
            c.address,
            part,
            voice,
            message_id=part_id(c.key, step.entry_id, index),
            timeout_s=step.timeout_s(),
        )
        step.shown = index + 1


def thinking(step: Step) -> AbstractContextManager[None]:
    """Show that somebody is writing while the block runs, to who wants to see it."""
    c = step.conversation
    return nullcontext() if c.unsubscribed else step.channel.thinking(c.address, step.bot_voice())


def wait_for_joined(step: Step, presence: Presence) -> None:
    """Nothing of an agent's goes before JOINED, which is put ahead of it when a user who missed it comes back.

    Raises:
        NotYet: it waits still, though this was in hand already.
    """
    if step.conversation.find_pending(f"joined:{presence.number}"):
        raise NotYet(CHANNEL, step.now())


def part_id(conversation_key: str, entry_id: str, index: int) -> str:
    """The id under which the channel gets one part of what an entry says."""
    return ids.effect_id(conversation_key, entry_id, f"message:{index}")


# --- chips of the bridge ---------------------------------------------------------------------------------------------


def back_chips(step: Step) -> tuple[Suggestion, ...]:
    """The way back to the bot, where there is one."""
    keyword = step.policy.return_keyword
    return (Suggestion("reply", step.text("back_chip"), postback=keyword),) if keyword else ()


def person_chip(step: Step) -> Suggestion:
    """The way to a person."""
    return Suggestion("live_agent", step.text("person_chip"))


def with_way_out(messages: tuple[OutboundMessage, ...]) -> tuple[OutboundMessage, ...]:
    """A bot that did not understand, or has the user back, offers a person under its words.

    Source: Business Messages, requirements and guidelines: offered after two failures at the latest.
    """
    last = messages[-1]
    if any(chip.kind == "live_agent" for chip in last.suggestions):
        return messages
    chips = (*last.suggestions, Suggestion("live_agent"))
    return (*messages[:-1], msgspec.structs.replace(last, suggestions=chips))


def _labelled(step: Step, message: OutboundMessage) -> OutboundMessage:
    """The way to a person has a label for channels that have no chip of their own for it."""
    if not any(_is_bare(chip) for chip in message.suggestions):
        return message
    chips = tuple(person_chip(step) if _is_bare(chip) else chip for chip in message.suggestions)
    return msgspec.structs.replace(message, suggestions=chips)


def _is_bare(chip: Suggestion) -> bool:
    return chip.kind == "live_agent" and not chip.text
