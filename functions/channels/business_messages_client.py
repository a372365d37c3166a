"""Business Messages, from us to the user: messages, joined and left, typing, surveys and read receipts.

Everything but a survey and a receipt carries its representative.

Source: developers.google.com/business-communications/business-messages, REST reference v1 (conversations.messages,
conversations.events, conversations.surveys), guide "send messages", as of 2024-11.
"""

import re
import time
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any
from urllib.parse import quote

from functions.channels.business_messages import NAME
from functions.channels.business_messages_content import compose
from functions.channels.business_messages_typing import typing_shown
from functions.handoff.content import OutboundMessage
from functions.handoff.errors import ProviderError, ProviderRefused, ProviderUnavailable
from functions.handoff.events import JsonObject
from functions.handoff.interfaces import CHANNEL, Voice
from functions.handoff.json_fields import object_at, text_at
from functions.runtime.http_client import HttpClient, Response

_TYPING_TIMEOUT_S = 0.8
_PLAIN_TEXT = {"text", "fallback"}
_NO_SURVEY = {"FAILED_PRECONDITION", "RESOURCE_EXHAUSTED", "PERMISSION_DENIED"}
_RETRYABLE = {  # error name → whether it is certain that nothing was delivered
    "RESOURCE_EXHAUSTED": True,
    # Credentials are the operator's to mend, and the user's words must not be lost until then.
    "UNAUTHENTICATED": True,
    "ABORTED": False,
    "CANCELLED": False,
    "DEADLINE_EXCEEDED": False,
    "INTERNAL": False,
    "UNAVAILABLE": False,
    "UNKNOWN": False,
}
_NAME_OF_STATUS = {  # for answers without Google's envelope
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    408: "DEADLINE_EXCEEDED",
    409: "ALREADY_EXISTS",
    429: "RESOURCE_EXHAUSTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


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
        self._http = http
        self._base_url = base_url.rstrip("/")
        self._authorize = authorize

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
            plain_id = str(uuid.uuid5(uuid.UUID(message_id), "plain"))
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

        return typing_shown(show)

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
        """Make one call. `circuit`: what is refused all day without harm must not hold back the messages."""
        conversation = quote(address["conversationId"], safe="")
        try:
            answer = self._http.request(
                circuit,
                method,
                f"{self._base_url}/v1/conversations/{conversation}/{path}",
                headers=self._authorize(self._base_url),
                params=params,
                json_body=body,
                timeout_s=timeout_s,
            )
        except ProviderUnavailable as e:
            raise ProviderUnavailable(
                CHANNEL, e.error_type, status=e.status, undelivered=e.undelivered, retry_after_s=e.retry_after_s
            ) from e
        _check(answer)


def _representative(voice: Voice) -> JsonObject:
    """Who speaks; without it messages are accepted and never shown."""
    fields = {
        "representativeType": voice.representative,
        "displayName": voice.name,
        "avatarImage": voice.avatar_url,
    }
    return {name: value for name, value in fields.items() if value}


# --- answers ---------------------------------------------------------------------------------------------------------


def _check(answer: Response) -> None:
    """Pass what succeeded, now or earlier with the same id."""
    if 200 <= answer.status < 300:
        return
    error = _error_name(answer.body) or _NAME_OF_STATUS.get(answer.status, f"HTTP_{answer.status}")
    if error == "ALREADY_EXISTS":
        return
    if error in _RETRYABLE or answer.status >= 500:
        raise ProviderUnavailable(
            CHANNEL,
            error,
            status=answer.status,
            undelivered=_RETRYABLE.get(error, False),
            retry_after_s=answer.retry_after_s,
        )
    raise ProviderRefused(CHANNEL, error, status=answer.status)


def _error_name(body: Any) -> str:
    """Google's own name of the error, "" when the answer is not in Google's envelope."""
    name = text_at(object_at(body, "error"), "status")
    return name if re.fullmatch(r"[A-Z_]{1,40}", name) else ""
