"""RCS for Business, its ids: of conversations, of what comes in, and of what is sent beside the core's ids. Pure.

All are one-to-one: Google swallows without a word what carries an id that the same brand's agent has used before, for
whatever phone, message or event, and what we take for known is not worked again.
"""

import hashlib
import json
import re
import uuid

from functions.channels.webhook_fields import MAX_EVENT_ID_CHARACTERS
from functions.handoff import ids

NAME = "rcs"
MESSAGE = "message"
"""The kind of what a user says."""

_AS_IT_IS = re.compile(r"[!-~]+")  # what storing it does not change


def rcs_key(agent_id: str, phone: str, *, hashed: bool) -> str:
    """The conversation of a phone (E.164 with +) with a brand's agent.

    `hashed`: a digest over both in place of the number. Who can guess the number can compute it.
    """
    return ids.conversation_key(NAME, agent_id, _digest([agent_id, phone]) if hashed else phone)


def inbound_id(kind: str, given: str) -> str:
    """The id of the event that something is: its kind (no colon in it), and the id it came with."""
    plain = f"{kind}:{given}"
    is_kept = _AS_IT_IS.fullmatch(given) and len(plain) <= MAX_EVENT_ID_CHARACTERS
    return plain if is_kept else f"{kind}#{_digest(given)}"


def id_of_content(content: object) -> str:
    """The id of what carries none: the same for the same content."""
    return f"content#{_digest(content)}"


def find_message_id(event_id: str) -> str:
    """The phone's own id of a message, from that of its event; "" where that is not to be had."""
    kind, _, given = event_id.partition(":")
    return given if kind == MESSAGE else ""


def read_mark_id(agent_id: str, phone: str, event_id: str) -> str:
    """The id of the sign that a message was read, by that of its event: the same one each time."""
    return ids.effect_id(rcs_key(agent_id, phone, hashed=False), event_id, "channel:read")


def more_id(sent_id: str, what: str) -> str:
    """An id beside one of the core's, for the same thing shown another way or for more of it."""
    return str(uuid.uuid5(uuid.UUID(sent_id), what))


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
