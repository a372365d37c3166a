"""One user of a running sandbox by the name that the channel's stand-in has for their conversation."""

import secrets
import uuid
from typing import TYPE_CHECKING, Any

from functions.handoff.ids import conversation_key
from infra.sandbox.taken_for import as_taken

if TYPE_CHECKING:
    from infra.sandbox.sandbox import Sandbox

JsonObject = dict[str, Any]
RCS = "rcs"


def new_name(sandbox: "Sandbox") -> str:
    """A name for a conversation that is not there yet."""
    return f"+999{secrets.randbelow(10**9):09d}" if sandbox.channel == RCS else str(uuid.uuid4())


def open_conversation(
    sandbox: "Sandbox", conversation: str, *, name: str, locale: str, context: JsonObject | None = None
) -> None:
    """Open it; of the user only as much is told as the channel can."""
    if sandbox.channel == RCS:
        agent, _, number = conversation.rpartition("/")
        sandbox.rcs.phone.open(phone_number=number, agent=agent)
    else:
        sandbox.messages.phone.open(conversation_id=conversation, name=name, locale=locale, context=context)


def key_of(sandbox: "Sandbox", conversation: str) -> str:
    """What the functions call it."""
    if sandbox.channel != RCS:
        return conversation_key(sandbox.channel, conversation)
    talk = sandbox.rcs.phone.get(conversation)
    return conversation_key(RCS, talk.agent, talk.number)


def lines_of(sandbox: "Sandbox", conversation: str) -> list[JsonObject]:
    """What is on the phone, each line with who the user takes it for."""
    transcript = sandbox.channels[sandbox.channel].transcript(conversation)
    return list(as_taken(transcript, bot=sandbox.settings["BOT_NAME"]))


def is_about(body: JsonObject, conversation: str) -> bool:
    """Whether what a phone sent is of this conversation."""
    number = conversation.rpartition("/")[2]
    return conversation == body.get("conversationId") or number == body.get("senderPhoneNumber")
