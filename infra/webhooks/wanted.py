"""Which LiveChat webhooks a deployment needs, and how one that was registered is known again.

LiveChat lists neither the secret nor the additional data of a webhook. So its description holds a fingerprint of
everything it was registered with. A description can be read by whoever may list webhooks: the fingerprint is made so
that a secret can't be tried out on it.

Source: LiveChat Configuration API 3.6, register_webhook.
"""

import hashlib
import hmac
import json

import msgspec

from functions.handoff.events import JsonObject
from infra.deploy.parts import LABEL

API_VERSION = "3.6"
KIND = "license"  # of all chats of the licence, whether a LiveChat bot is online or not
MARK = LABEL[1]
"""Starts the description of every webhook of ours; one without it is somebody else's and is left alone."""

ADDITIONAL_DATA = ("chat_properties",)  # they say which app started the chat
_MY_CHATS: JsonObject = {"only_my_chats": True}
_BY_OTHERS: JsonObject = {**_MY_CHATS, "source_type": ["other_clients", "system"]}

FILTERS: dict[str, JsonObject] = {
    "incoming_chat": _MY_CHATS,
    "incoming_event": _BY_OTHERS,
    "event_updated": {**_BY_OTHERS, "author_type": "agent"},
    "event_deleted": _BY_OTHERS,
    "events_marked_as_seen": _BY_OTHERS,
    "user_added_to_chat": _MY_CHATS,
    "user_removed_from_chat": _MY_CHATS,
    "chat_transferred": _MY_CHATS,
    "chat_deactivated": _MY_CHATS,
}
"""What the functions read, by action. What we do ourselves as the customer (writing, marking as read) is left out by
`source_type`. There is no `author_type` for new events: system messages have numbers, too, and without them would look
like gaps. Of changed ones only those of agents' events come."""

_SCRYPT = {"n": 2**14, "r": 8, "p": 1, "dklen": 32}
_SHOWN_DIGITS = 32


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook as it should be registered, all but its secret."""

    action: str
    url: str
    filters: JsonObject
    description: str


def wanted_webhooks(url: str, client_id: str, key: bytes) -> list[Wanted]:
    """The webhooks to register, one for each action.

    Args:
        url: of the function livechat_webhook.
        client_id: of the app that owns them.
        key: see `fingerprint_key`.
    """
    return [
        Wanted(action=action, url=url, filters=filters, description=_description(action, url, filters, client_id, key))
        for action, filters in FILTERS.items()
    ]


def fingerprint_key(webhook_secret: str, client_secret: str) -> bytes:
    """What the fingerprints of a secret are made with.

    The app's client secret, which nobody who can list webhooks learns from them, goes into it: without it, no guess at
    a short `webhook_secret` can be tried.
    """
    pepper = hashlib.sha256(client_secret.encode()).digest()
    return hashlib.scrypt(webhook_secret.encode(), salt=pepper, **_SCRYPT)


def _description(action: str, url: str, filters: JsonObject, client_id: str, key: bytes) -> str:
    registered = [API_VERSION, KIND, action, url, filters, ADDITIONAL_DATA, client_id]
    content = json.dumps(registered, sort_keys=True).encode()
    return f"{MARK} {hmac.new(key, content, hashlib.sha256).hexdigest()[:_SHOWN_DIGITS]}"
