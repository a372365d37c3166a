"""To a conversation from what an operator has at hand: its key, the channel's own id, a phone number, a chat."""

import re
from collections.abc import Callable, Iterable, Mapping

from functions.channels import business_messages, rcs
from functions.handoff.changes import chat_path, conversation_path
from functions.handoff.errors import ConfigError
from functions.handoff.ids import conversation_key
from functions.handoff.interfaces import Document
from functions.runtime.config import Settings
from functions.runtime.log_values import shown_conversation

CHANNELS = (business_messages.NAME, rcs.NAME)
_KEY = re.compile(r"(?!\.{1,2}$|__.*__$)[\w\-.@+=%:~]{1,1500}", re.ASCII)  # what may be part of a document's path
_PHONE = re.compile(r"\+[1-9][0-9]{3,14}")  # E.164
_BETWEEN_DIGITS = str.maketrans("", "", " ()-./")

Get = Callable[..., Mapping[str, Document]]
"""Paths → the documents there are."""


def find_key(get: Get, given: str, chat_id: str = "", brands: Iterable[str] = ()) -> str:
    """The key of the conversation that is meant; where there is none (any more), the key it had.

    Args:
        get: reads documents.
        given: a key, or the channel's id of the conversation; "" = go by the chat.
        chat_id: of LiveChat.
        brands: the names of the brands of the deployment.

    Raises:
        ConfigError: neither is given, no conversation is known for the chat, or it can't be told which is meant.
    """
    given, chat_id = given.strip(), chat_id.strip()
    if chat_id:
        return _of_chat(get, chat_id)
    if not given:
        raise ConfigError("which conversation? Give its key, as logs and make dead-letters show it: CONVERSATION=…")
    possible = _possible(given, brands)
    found = _those_there(get, possible)
    return found or (given if ":" in given and given in possible else possible[-1])


def find_key_of_phone(get: Get, settings: Settings, phone: str, agent: str = "") -> str:
    """The same for a phone number, of one RCS agent or of whichever of the deployment's it writes with.

    Looked for with the number itself and with its digest: RCS_HASH_PHONES may have been changed since.

    Raises:
        ConfigError: it is no phone number, no agent is known, or it can't be told which conversation is meant.
    """
    number = phone.strip().translate(_BETWEEN_DIGITS)
    if not _PHONE.fullmatch(number):
        raise ConfigError("PHONE must be a number with its country, like +4915112345678")
    agents = [agent.strip()] if agent.strip() else _agents_of(settings)
    if not agents:
        raise ConfigError("which RCS agent? AGENT=…, as RCS_AGENT_ID does not say it")
    ways = (settings.rcs_hash_phones, not settings.rcs_hash_phones)
    possible = [rcs.rcs_key(one, number, hashed=hashed) for hashed in ways for one in agents]
    return _those_there(get, possible) or possible[0]


def find_masked(keys: Iterable[str], shown: str) -> str:
    """The key that logs show as `shown`, which holds a digest in place of a phone number.

    Raises:
        ConfigError: none of `keys` is shown so.
    """
    found = next((key for key in keys if is_masked(shown) and shown_conversation(key) == shown), "")
    if not found:
        raise ConfigError(f"no conversation is shown as {shown} (any more)")
    return found


def is_masked(given: str) -> bool:
    """Whether this is how logs show a conversation that is named by a phone number."""
    return given.startswith(f"{rcs.NAME}:#")


def _agents_of(settings: Settings) -> list[str]:
    named = [settings.rcs_agent_id, *(brand.rcs_agent for brand in settings.brands.values())]
    return list(dict.fromkeys(filter(None, named)))


def _those_there(get: Get, possible: list[str]) -> str:
    """The one that is there; "" = none."""
    there = get(*map(conversation_path, possible))
    found = [key for key in possible if conversation_path(key) in there]
    if len(found) > 1:
        raise ConfigError(f"which one is meant? There are {' and '.join(found)}: CONVERSATION=…")
    return found[0] if found else ""


def _of_chat(get: Get, chat_id: str) -> str:
    link = get(chat_path(chat_id)).get(chat_path(chat_id))
    if link is None:
        raise ConfigError(f"no conversation is known for the LiveChat chat {chat_id}")
    return str(link.record.body["conversation"])


def _possible(given: str, brands: Iterable[str]) -> list[str]:
    """A key as it is, or made of the channel's id: what begins with a channel's name can only be a key."""
    if given.partition(":")[0] in CHANNELS and _KEY.fullmatch(given):
        return [given]
    of_brands = [conversation_key(business_messages.NAME, brand, given) for brand in brands]
    made = [*of_brands, conversation_key(business_messages.NAME, given)]
    return [given, *made] if _KEY.fullmatch(given) else made
