"""Showing words to the user: in the parts that the channel takes, in order, each part once."""

from collections.abc import Sequence

from functions.handoff import ids
from functions.handoff.content import OutboundMessage
from functions.handoff.interfaces import Voice
from functions.handoff.work import Step


def say_to_user(step: Step, messages: Sequence[OutboundMessage], voice: Voice) -> None:
    """Show messages, going on where an earlier, interrupted try left off. Repeatable: each part has its own id."""
    c = step.conversation
    parts = [part for message in messages for part in step.channel.compose(message)]
    for index, part in enumerate(parts[step.shown :], step.shown):
        step.channel.send_message(
            c.address,
            part,
            voice,
            message_id=part_id(c.key, step.entry_id, index),
            timeout_s=step.timeout_s(),
        )
        step.shown = index + 1


def part_id(conversation_key: str, entry_id: str, index: int) -> str:
    """The id under which the channel gets one part of what an entry says."""
    return ids.effect_id(conversation_key, entry_id, f"message:{index}")
