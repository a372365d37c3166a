"""Business Messages, from us to the user: messages, joined and left, typing, surveys and read receipts.

Everything but a survey and a receipt carries its representative.

Source: developers.google.com/business-communications/business-messages, REST reference v1 (conversations.messages,
conversations.events, conversations.surveys), guide "send messages", as of 2024-11.
"""

import time
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from urllib.parse import quote

from functions.channels.business_messages import NAME
from functions.channels.business_messages_content import compose
from functions.channels.google_calls import GoogleCalls
from functions.channels.typing_sign import typing_shown
from functions.handoff.content import OutboundMessage
from functions.handoff.errors import ProviderError, ProviderRefused
from functions.handoff.events import JsonObject
from functions.handoff.ids import in_words_id
from functions.handoff.interfaces import CHANNEL, Voice
from functions.handoff.json_fields import text_at
from functions.runtime.http_client import HttpClient

_TYPING_TIMEOUT_S = 0.8
_PLAIN_TEXT = {"text", "fallback"}
_NO_SURVEY = {"FAILED_PRECONDITION", "RESOURCE_EXHAUSTED", "PERMISSION_DENIED"}


class BusinessMessagesChannel:
    """Implements `interfaces.Channel`. `address` is `{"conversationId"}`, as the webhook gives it.

    An id sent before is answered ALREADY_EXISTS, which is success: that is what makes the calls repeatable.

    Raises (all calls but `compose` and `thinking`):
        ProviderUnavailable: out of reach, throttled, failing, or our credentials are refused (UNAUTHENTICATED).
        ProviderRefused: the message is not acceptable, or PERMISSION_DENIED: the conversation is unknown, or the
            agent may not write in it.

    Args:
        base_url: scheme, host and optional path prefix.
        authorize: gives the headers for calls to a base URL.
    """

    name = NAME

    def __init__(self, http: HttpClient, base_url: str, authorize: Callable[[str], dict[str, str]]) -> None:
        self._google = GoogleCalls(http, base_url, authorize)

    def compose(self, message: OutboundMessage, voice: Voice) -> list[JsonObject]:  # noqa: ARG002 - sent beside it
        """The bodies that show the message, in order; see `business_messages_content`."""
        return compose(message)

    def send_message(
        self, address: JsonObject, part: JsonObject, voice: Voice, *, message_id: str, timeout_s: float
    ) -> None:
        """Show one part of `compose`. Repeatable by `message_id` (a UUID).

        One that is refused (400) and is more than plain text is shown as its fallback, under an id made from this one:
        done again, the first is refused again and the second is there already.
        """
        deadline = time.monotonic() + timeout_s
        try:
            self._send(address, part, voice, message_id, timeout_s)
        except ProviderRefused as e:
            words = text_at(part, "fallback")
            if e.status != 400 or part.keys() <= _PLAIN_TEXT or not words.strip():
                raise
            plain_id = in_words_id(message_id)
            self._send(address, {"text": words, "fallback": words}, voice, plain_id, deadline - time.monotonic())

    def send_framing(
        self,
        address: JsonObject,
        voice: Voice,
        *,
        left: bool,
        line: OutboundMessage,  # noqa: ARG002 - for channels without such an event
        event_id: str,
        timeout_s: float,
    ) -> None:
        """Show that a person joined or left. Repeatable by `event_id`."""
        body = {
            "eventType": "REPRESENTATIVE_LEFT" if left else "REPRESENTATIVE_JOINED",
            "representative": {**_representative(voice), "representativeType": "HUMAN"},
        }
        self._call("POST", address, "events", body, timeout_s, params={"eventId": event_id})

    def thinking(self, address: JsonObject, voice: Voice) -> AbstractContextManager[None]:
        """Show that somebody is writing, from 0.7 s on until the block ends. Never raises."""

        def show(event_type: str) -> None:
            body = {"eventType": event_type, "representative": _representative(voice)}
            params = {"eventId": str(uuid.uuid4())}
            self._call("POST", address, "events", body, _TYPING_TIMEOUT_S, params=params, circuit="channel_typing")

        return typing_shown(lambda: show("TYPING_STARTED"), lambda: show("TYPING_STOPPED"))

    def send_survey(self, address: JsonObject, *, survey_id: str, timeout_s: float) -> bool:
        """Ask how it was; False where that can't be: a phone without surveys, one asked within 24 hours."""
        params = {"surveyId": survey_id}
        try:
            self._call("POST", address, "surveys", {}, timeout_s, params=params, circuit="channel_surveys")
        except ProviderError as e:
            if e.error_type in _NO_SURVEY:
                return False
            raise
        return True

    def send_read(self, address: JsonObject, message_id: str, *, timeout_s: float) -> None:
        """Show that the user's message was read; not for an id that is no step of a path."""
        if message_id in {"", ".", ".."}:
            return
        path = f"messages/{quote(message_id, safe='')}/receipt"
        self._call("PATCH", address, path, {"receiptType": "READ"}, timeout_s, circuit="channel_receipts")

    def _send(self, address: JsonObject, part: JsonObject, voice: Voice, message_id: str, timeout_s: float) -> None:
        body = {"messageId": message_id, "representative": _representative(voice), **part}
        self._call("POST", address, "messages", body, timeout_s)

    def _call(
        self,
        method: str,
        address: JsonObject,
        path: str,
        body: JsonObject,
        timeout_s: float,
        *,
        params: dict[str, str] | None = None,
        circuit: str = CHANNEL,
    ) -> None:
        conversation = quote(address["conversationId"], safe="")
        path = f"/v1/conversations/{conversation}/{path}"
        self._google.call(circuit, method, path, body, timeout_s, params=params)


def _representative(voice: Voice) -> JsonObject:
    """Who speaks; without it messages are accepted and never shown."""
    fields = {
        "representativeType": voice.representative,
        "displayName": voice.name,
        "avatarImage": voice.avatar_url,
    }
    return {name: value for name, value in fields.items() if value}
