"""LiveChat's webhooks → neutral events: who sent it, is it ours, and what does it say. Pure: it calls nobody.

Source: LiveChat Configuration API 3.6, webhooks: the only proof of origin is `secret_key` in the body.
"""

import hmac
from collections.abc import Sequence
from datetime import datetime

import msgspec

from functions.handoff.errors import WebhookRejected
from functions.handoff.events import DeskEvent, JsonObject
from functions.livechat.actions import READERS
from functions.livechat.mapping import text_in
from functions.livechat.notices import LIFECYCLE_PREFIX, Ignored, Notice, Seen, need

__all__ = ["LIFECYCLE_PREFIX", "ParsedWebhook", "parse_webhook"]

_ACTION_SHOWN = 100  # characters of an unknown action's name that go into logs


class ParsedWebhook(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook that is LiveChat's.

    Attributes:
        action: LiveChat's name of it, cut to a loggable length.
        chat_id: the chat it is about; "" where it does not say.
        event: what it means to the core, or None.
        seen_up_to: an agent (`seen_by`) has read everything up to that moment; then there is no event.
        ignored: why it means nothing to the core; "" when it does.
        ours: LiveChat says that our app started the chat.
    """

    action: str
    chat_id: str = ""
    event: DeskEvent | None = None
    seen_up_to: datetime | None = None
    seen_by: str = ""
    ignored: str = ""
    ours: bool = False


def parse_webhook(
    body: object,
    *,
    accepted_secrets: Sequence[str],
    client_id: str,
    organization_id: str,
    received_at: datetime,
) -> ParsedWebhook:
    """Verify and read one webhook.

    Args:
        body: the JSON value that came.
        accepted_secrets: the `secret_key` given at registration, and the one before it.
        client_id: our app's.
        organization_id: our licence's.
        received_at: stands for the time where LiveChat gives none; aware, UTC.

    Raises:
        WebhookRejected: 401, not sent by LiveChat; 400, a documented field of an action we know is missing or of the
            wrong type: the message names it.
    """
    if not isinstance(body, dict):
        raise WebhookRejected(400, "field", "the body is not an object")
    _check_secret(body.get("secret_key"), accepted_secrets)
    action: str = need(body, "action", str)
    reader = READERS.get(action)
    about = ParsedWebhook(action=action[:_ACTION_SHOWN], chat_id=_chat_id(body), ours=_started_by(body) == client_id)
    if reader is None:
        return _ignored(about, f"action {about.action}")
    if need(body, "organization_id", str) != organization_id:
        return _ignored(msgspec.structs.replace(about, ours=False), "other organization")
    try:
        found = reader(Notice(action, need(body, "payload", dict), received_at))
    except RecursionError:
        raise WebhookRejected(400, "field", "payload is too deep") from None
    if isinstance(found, Ignored):
        return _ignored(about, found.reason)
    if isinstance(found, Seen):
        return msgspec.structs.replace(about, seen_up_to=found.up_to, seen_by=found.agent_id)
    return msgspec.structs.replace(about, event=found)


def _ignored(about: ParsedWebhook, reason: str) -> ParsedWebhook:
    return msgspec.structs.replace(about, ignored=reason)


def _check_secret(given: object, accepted: Sequence[str]) -> None:
    proof = given.encode("utf-8", "surrogatepass") if isinstance(given, str) else b""
    matches = [hmac.compare_digest(proof, one.encode()) for one in accepted]
    if not proof or not any(matches):
        raise WebhookRejected(401, "secret", "secret_key is missing or wrong")


def _chat_id(body: JsonObject) -> str:
    return text_in(body, "payload", "chat_id") or text_in(body, "payload", "chat", "id")


def _started_by(body: JsonObject) -> str:
    """The client id of the app that started the chat, in the additional data or in the chat itself."""
    return text_in(body, "additional_data", "chat_properties", "source", "client_id") or text_in(
        body, "payload", "chat", "properties", "source", "client_id"
    )
