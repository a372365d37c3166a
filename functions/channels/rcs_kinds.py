"""RCS for Business, from the user to us: what each kind of webhook says. Pure; one reader a kind.

Source: developers.google.com/business-communications/rcs-business-messaging: REST reference v1 (UserMessage, UserFile,
FileInfo, SuggestionResponse, UserEvent, ServerEvent), guides "receive messages" and "receive events", as of 2026-04.
"""

import math
import re
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import quote

from functions.channels import rcs_ids
from functions.channels.rcs_chips import ASK_FOR_PERSON
from functions.channels.rcs_keywords import find_subscription
from functions.channels.webhook_fields import (
    MAX_CONTEXT_CHARACTERS,
    MAX_EVENT_ID_CHARACTERS,
    MAX_TEXT_CHARACTERS,
    MAX_URL_CHARACTERS,
    find_time,
    wrong,
)
from functions.handoff.content import Media
from functions.handoff.events import (
    HandoffAsked,
    HandoffSignal,
    InboundEvent,
    JsonObject,
    MessageExpired,
    ReturnAsked,
    Subscription,
    SubscriptionWord,
    UserMessage,
    UserReceipt,
)
from functions.handoff.json_fields import object_at, text_at

_URL = re.compile(r"https?://[!-~]+", re.IGNORECASE)
_MAP = "https://www.google.com/maps/search/?api=1&query="
_PLACES_AFTER_POINT = 6  # a tenth of a metre


class Delivery(NamedTuple):
    """What one webhook holds, with what is needed to read it. `event_id`: its id, as `rcs_ids` makes it."""

    content: JsonObject
    event_id: str
    phone: str
    received_at: datetime
    return_keywords: Collection[str]
    with_receipts: bool

    @property
    def source_at(self) -> datetime:
        """When it was sent, else when it arrived."""
        return find_time(text_at(self.content, "sendTime")) or self.received_at


Reader = Callable[[Delivery], InboundEvent | str]
"""The event that it is, or the name under which it is ignored.

Raises:
    WebhookRejected: 400, a field that must be there can't be used; names it, and nothing else of the body.
"""


# --- messages --------------------------------------------------------------------------------------------------------


def _read_text(delivery: Delivery) -> InboundEvent | str:
    """A phone writes a word by itself when its owner unsubscribes: the core finds out whether it did."""
    text = delivery.content["text"]
    if not isinstance(text, str):
        raise wrong("text", "a string")
    wanted = find_subscription(text, delivery.phone)
    if wanted is not None:
        return SubscriptionWord(id=delivery.event_id, source_at=delivery.source_at, text=text.strip(), wanted=wanted)
    return _said(delivery, text)


def _read_suggestion(delivery: Delivery) -> InboundEvent | str:
    """A tapped chip. Its `type` (reply or action) changes nothing: whoever taps has said what stands on it."""
    response = delivery.content["suggestionResponse"]
    if not isinstance(response, dict):
        raise wrong("suggestionResponse", "an object")
    for name in ("text", "postbackData"):
        if not isinstance(response.get(name, ""), str):
            raise wrong(f"suggestionResponse.{name}", "a string")
    postback = text_at(response, "postbackData")
    if postback == ASK_FOR_PERSON:
        return HandoffAsked(id=delivery.event_id, source_at=delivery.source_at, signal=HandoffSignal("user"))
    return _said(delivery, text_at(response, "text") or postback, postback or None)


def _read_file(delivery: Delivery) -> InboundEvent | str:
    """A file by its address; its name, type and size as far as they are told."""
    payload = object_at(delivery.content["userFile"], "payload")
    url = text_at(payload, "fileUri").strip()
    if len(url) > MAX_URL_CHARACTERS or not _URL.fullmatch(url):
        raise wrong("userFile.payload.fileUri", "an address")
    media = Media(
        url,
        name=text_at(payload, "fileName")[:MAX_CONTEXT_CHARACTERS],
        mime_type=text_at(payload, "mimeType")[:MAX_CONTEXT_CHARACTERS],
        size_bytes=_size(payload.get("fileSizeBytes")),
    )
    return _said(delivery, url, files=(media,))


def _size(value: Any) -> int:
    """A number, or one in a text, as Google's JSON writes 64 bits; 0 for anything else."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 18:
        return int(value)
    return max(value, 0) if isinstance(value, int) and not isinstance(value, bool) else 0


def _read_location(delivery: Delivery) -> InboundEvent | str:
    """A place in words: its coordinates, and where a map shows it. A coordinate that is 0 may be left out."""
    location = delivery.content["location"]
    if not isinstance(location, dict) or not {"latitude", "longitude"} & location.keys():
        raise wrong("location", "an object with latitude and longitude")
    place = ",".join((_coordinate(location, "latitude", 90), _coordinate(location, "longitude", 180)))
    return _said(delivery, f"{place.replace(',', ', ')}\n{_MAP}{quote(place, safe='')}")


def _coordinate(location: JsonObject, name: str, limit: int) -> str:
    value = location.get(name, 0)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.fabs(value) <= limit:
        raise wrong(f"location.{name}", f"a number from {-limit} to {limit}")
    whole, _, rest = f"{round(value, _PLACES_AFTER_POINT) + 0.0:.{_PLACES_AFTER_POINT}f}".partition(".")
    return f"{whole}.{rest.rstrip('0')}".rstrip(".")


def _said(
    delivery: Delivery, text: str, postback: str | None = None, files: tuple[Media, ...] = ()
) -> InboundEvent | str:
    if not text.strip():
        return "empty"
    if any(words.strip().casefold() in delivery.return_keywords for words in (text, postback) if words):
        return ReturnAsked(id=delivery.event_id, source_at=delivery.source_at, text=text[:MAX_TEXT_CHARACTERS])
    return UserMessage(
        id=delivery.event_id,
        source_at=delivery.source_at,
        text=text[:MAX_TEXT_CHARACTERS],
        postback=postback[:MAX_TEXT_CHARACTERS] if postback else None,
        files=files,
    )


# --- events ----------------------------------------------------------------------------------------------------------


def _read_receipt(delivery: Delivery) -> InboundEvent | str:
    if not delivery.with_receipts:
        return "receipt"
    is_read = delivery.content["eventType"] == "READ"
    return UserReceipt(
        id=delivery.event_id, source_at=delivery.source_at, message_ids=_message_ids(delivery), read=is_read
    )


def _read_subscription(delivery: Delivery) -> InboundEvent | str:
    is_wanted = delivery.content["eventType"] == "SUBSCRIBE"
    return Subscription(id=delivery.event_id, source_at=delivery.source_at, wanted=is_wanted)


def _read_expired(delivery: Delivery) -> InboundEvent | str:
    return MessageExpired(id=delivery.event_id, source_at=delivery.source_at, message_ids=_message_ids(delivery))


def _message_ids(delivery: Delivery) -> tuple[str, ...]:
    message_id = text_at(delivery.content, "messageId")
    if not 0 < len(message_id) <= MAX_EVENT_ID_CHARACTERS:
        raise wrong("messageId", "the id of a message")
    return (message_id,)


MESSAGES: dict[str, Reader] = {  # the first that is an event is what the webhook says
    "suggestionResponse": _read_suggestion,
    "userFile": _read_file,
    "location": _read_location,
    "text": _read_text,
}
EVENTS: dict[str, Reader] = {  # by eventType
    "DELIVERED": _read_receipt,
    "READ": _read_receipt,
    "IS_TYPING": lambda _: "typing",
    "SUBSCRIBE": _read_subscription,
    "UNSUBSCRIBE": _read_subscription,
    "TTL_EXPIRATION_REVOKED": _read_expired,
    # The message may have arrived: there is nothing to tell anybody.
    "TTL_EXPIRATION_REVOKE_FAILED": lambda _: "ttl_revoke_failed",
}


def event_id_of(content: JsonObject) -> str:
    """What stays the same when the webhook comes again; ids of different kinds never meet.

    Args:
        content: as it came: cleaned of what a store does not take, two ids could become one.
    """
    message_id, event_id, event_type = (text_at(content, name) for name in ("messageId", "eventId", "eventType"))
    if message_id and event_type not in EVENTS:  # of an event it is the id of another message
        return rcs_ids.inbound_id(rcs_ids.MESSAGE, message_id)
    if event_id:
        return rcs_ids.inbound_id(event_type if event_type in EVENTS else "event", event_id)
    return rcs_ids.id_of_content(content)
