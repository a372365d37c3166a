"""Showing words to the user: split to what the channel takes, in order, each part once."""

from collections.abc import Iterator, Sequence

import msgspec

from functions.handoff import ids
from functions.handoff.events import OutboundMessage
from functions.handoff.interfaces import Voice
from functions.handoff.text import split_text
from functions.handoff.work import Step


def say_to_user(step: Step, messages: Sequence[OutboundMessage], voice: Voice) -> None:
    """Show messages, going on where an earlier, interrupted try left off. Repeatable: each part has its own id."""
    c = step.conversation
    parts = [part for message in messages for part in _parts(message, step.channel.text_limit)]
    for index, part in enumerate(parts[step.shown :], step.shown):
        step.channel.send_message(
            c.address,
            part,
            voice,
            message_id=ids.effect_id(c.key, step.entry_id, f"message:{index}"),
            timeout_s=step.timeout_s(),
        )
        step.shown = index + 1


def _parts(message: OutboundMessage, limit: int) -> Iterator[OutboundMessage]:
    """The message in pieces that the channel takes; the chips go under the last one."""
    texts = [text for text in split_text(message.text, limit) if text.strip()]
    for text in texts[:-1]:
        yield OutboundMessage(text)
    for text in texts[-1:]:
        yield msgspec.structs.replace(message, text=text)
