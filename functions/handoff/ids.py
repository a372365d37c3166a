"""Every id the bundle mints. The core never parses one.

An outbound id is derived from what caused it, so that doing an effect again carries the same id and the provider (or
we) can see that it was done.
"""

import hashlib
import re
import uuid

_NAMESPACE = uuid.UUID("6d0f2f5e-4b0c-5a58-9a5e-0c6f1b1c7d11")
_MAX_DOCUMENT_ID_BYTES = 700  # Firestore allows 1,500; two of ours share one path
OWN_EVENT_PREFIX = "handoff-"
"""Starts the custom_id of every LiveChat event we send, so that its echo is known at the door."""


def document_id(*parts: str) -> str:
    """Join `parts` into a legal Firestore document id, one-to-one.

    Everything but ASCII letters, digits and ``-_.@+=`` is percent-encoded, parts are joined by ":". Ids too long for a
    path keep a readable beginning and end in a SHA-256 digest.
    """
    escaped = ":".join(_escape(part) for part in parts)
    if escaped in {".", ".."} or re.fullmatch(r"__.*__", escaped):
        escaped = "%" + escaped
    if len(escaped) > _MAX_DOCUMENT_ID_BYTES:
        digest = hashlib.sha256(escaped.encode()).hexdigest()
        escaped = f"{escaped[:100]}~{digest}"
    return escaped


def _escape(part: str) -> str:
    data = part.encode("utf-8", "surrogatepass")
    return re.sub(rb"[^A-Za-z0-9\-_.@+=]", lambda m: b"%%%02X" % m.group()[0], data).decode("ascii")


def conversation_key(channel: str, *channel_ids: str) -> str:
    """Name one user on one channel: the document id of the conversation."""
    return document_id(channel, *channel_ids)


def session_id(conversation: str) -> str:
    """Dialogflow session id of a conversation: a UUID, hence exactly the 36 characters Dialogflow allows."""
    return str(uuid.uuid5(_NAMESPACE, f"session/{conversation}"))


def effect_id(conversation: str, entry_id: str, effect: str) -> str:
    """UUIDv5 of one outbound effect; the same three words give the same id for ever."""
    return str(uuid.uuid5(_NAMESPACE, "\x1f".join((conversation, entry_id, effect))))


def in_words_id(sent_id: str) -> str:
    """The id under which a channel shows in words what the phone refused under `sent_id`."""
    return str(uuid.uuid5(uuid.UUID(sent_id), "plain"))


def own_event_id(conversation: str, entry_id: str, effect: str) -> str:
    """`effect_id` as the custom_id of an event we send to the agents' side."""
    return OWN_EVENT_PREFIX + effect_id(conversation, entry_id, effect)


def is_own_event(custom_id: str | None) -> bool:
    """Tell whether an agents'-side event carries a custom_id minted here."""
    return bool(custom_id and custom_id.startswith(OWN_EVENT_PREFIX))


def new_owner_id() -> str:
    """A name for one worker's stay: who holds a lease, who claimed a refresh."""
    return uuid.uuid4().hex
