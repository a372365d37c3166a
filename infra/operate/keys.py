"""From what an operator has at hand (a conversation's key, the channel's own id, a LiveChat chat) to a conversation."""

import re
from collections.abc import Callable, Mapping

from functions.channels.business_messages import NAME
from functions.handoff.changes import chat_path, conversation_path
from functions.handoff.errors import ConfigError
from functions.handoff.ids import conversation_key
from functions.handoff.interfaces import Document

CHANNELS = (NAME,)
_KEY = re.compile(r"(?!\.{1,2}$|__.*__$)[\w\-.@+=%:~]{1,1500}", re.ASCII)  # what may be part of a document's path

Get = Callable[..., Mapping[str, Document]]
"""Paths → the documents there are."""


def find_key(get: Get, given: str, chat_id: str = "") -> str:
    """The key of the conversation that is meant; where there is none (any more), the key it had.

    Args:
        get: reads documents.
        given: a key, or the channel's id of the conversation; "" = go by the chat.
        chat_id: of LiveChat.

    Raises:
        ConfigError: neither is given, no conversation is known for the chat, or it can't be told which is meant.
    """
    given, chat_id = given.strip(), chat_id.strip()
    if chat_id:
        return _of_chat(get, chat_id)
    if not given:
        raise ConfigError("which conversation? Give its key, as logs and make dead-letters show it: CONVERSATION=…")
    possible = _possible(given)
    there = get(*map(conversation_path, possible))
    found = [key for key in possible if conversation_path(key) in there]
    if len(found) > 1:
        raise ConfigError(f"which one is meant? There are {' and '.join(found)}")
    return found[0] if found else given if ":" in given and given in possible else possible[-1]


def _of_chat(get: Get, chat_id: str) -> str:
    link = get(chat_path(chat_id)).get(chat_path(chat_id))
    if link is None:
        raise ConfigError(f"no conversation is known for the LiveChat chat {chat_id}")
    return str(link.record.body["conversation"])


def _possible(given: str) -> list[str]:
    """A key as it is, or made of the channel's id: what begins with a channel's name can only be a key."""
    if given.partition(":")[0] in CHANNELS and _KEY.fullmatch(given):
        return [given]
    made = [conversation_key(channel, given) for channel in CHANNELS]
    return [given, *made] if _KEY.fullmatch(given) else made
