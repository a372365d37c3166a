"""Business Messages, from us to the user: sends messages and the joined/left events, each with its representative.

Source: developers.google.com/business-communications/business-messages, REST reference v1 (conversations.messages,
conversations.events), guide "send messages", as of 2024-11.
"""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from functions.channels.business_messages import NAME
from functions.handoff.errors import ProviderRefused, ProviderUnavailable
from functions.handoff.events import JsonObject, OutboundMessage, Suggestion
from functions.handoff.interfaces import CHANNEL, Voice
from functions.handoff.json_fields import object_at, text_at
from functions.handoff.text import cut_at_word
from functions.runtime.http_client import HttpClient, Response

_MAX_SUGGESTIONS = 13
_MAX_LABEL_CHARACTERS = 25
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

    Raises (both calls):
        ProviderUnavailable: out of reach, throttled, failing, or our credentials are refused (UNAUTHENTICATED).
        ProviderRefused: the message is not acceptable, or PERMISSION_DENIED: the conversation is unknown, or the
            agent may not write in it.

    Args:
        base_url: scheme, host and optional path prefix.
        authorize: gives the headers for calls to a base URL.
    """

    name = NAME
    text_limit = 3072

    def __init__(self, http: HttpClient, base_url: str, authorize: Callable[[str], dict[str, str]]) -> None:
        self._http = http
        self._base_url = base_url.rstrip("/")
        self._authorize = authorize

    def send_message(
        self, address: JsonObject, message: OutboundMessage, voice: Voice, *, message_id: str, timeout_s: float
    ) -> None:
        """Show one message; a blank one is not sent, as the API has none. Repeatable by `message_id`."""
        if not message.text.strip():
            return
        body: JsonObject = {
            "messageId": message_id,
            "representative": _representative(voice),
            "text": message.text,
            "fallback": message.text,
        }
        suggestions = _suggestions(message.suggestions)
        if suggestions:
            body["suggestions"] = suggestions
        self._post(address, "messages", body, {}, timeout_s)

    def send_framing(
        self,
        address: JsonObject,
        voice: Voice,
        *,
        left: bool,
        line: str,  # noqa: ARG002 - for channels without such an event
        event_id: str,
        timeout_s: float,
    ) -> None:
        """Show that a person joined or left. Repeatable by `event_id`."""
        body = {
            "eventType": "REPRESENTATIVE_LEFT" if left else "REPRESENTATIVE_JOINED",
            "representative": {**_representative(voice), "representativeType": "HUMAN"},
        }
        self._post(address, "events", body, {"eventId": event_id}, timeout_s)

    def _post(
        self, address: JsonObject, collection: str, body: JsonObject, params: dict[str, str], timeout_s: float
    ) -> None:
        conversation = quote(address["conversationId"], safe="")
        answer = self._http.request(
            CHANNEL,
            "POST",
            f"{self._base_url}/v1/conversations/{conversation}/{collection}",
            headers=self._authorize(self._base_url),
            params=params,
            json_body=body,
            timeout_s=timeout_s,
        )
        _check(answer)


def _representative(voice: Voice) -> JsonObject:
    """Who speaks; without it messages are accepted and never shown."""
    fields = {
        "representativeType": voice.representative,
        "displayName": voice.name,
        "avatarImage": voice.avatar_url,
    }
    return {name: value for name, value in fields.items() if value}


# --- chips -----------------------------------------------------------------------------------------------------------


def _suggestions(suggestions: tuple[Suggestion, ...]) -> list[JsonObject]:
    """The chips the API would take: one that lacks what it needs would have the whole message refused."""
    made = (_CHIPS[one.kind](one) for one in suggestions if one.kind in _CHIPS)
    return [chip for chip in made if chip][:_MAX_SUGGESTIONS]


def _reply(chip: Suggestion) -> JsonObject | None:
    if not chip.text.strip():
        return None
    return {"reply": {"text": _label(chip.text), "postbackData": chip.postback or chip.text}}


def _open_url(chip: Suggestion) -> JsonObject | None:
    if not re.match(r"https?://", chip.url):
        return None
    return _action(chip, chip.url, {"openUrlAction": {"url": chip.url}})


def _dial(chip: Suggestion) -> JsonObject | None:
    if not chip.phone.strip():
        return None
    return _action(chip, chip.phone, {"dialAction": {"phoneNumber": chip.phone}})


def _action(chip: Suggestion, target: str, action: JsonObject) -> JsonObject:
    text = chip.text.strip() or target
    return {"action": {"text": _label(text), "postbackData": chip.postback or text, **action}}


_CHIPS: dict[str, Callable[[Suggestion], JsonObject | None]] = {
    "reply": _reply,
    "open_url": _open_url,
    "dial": _dial,
    "live_agent": lambda _: {"liveAgentRequest": {}},  # has no fields: its label is Google's
}


def _label(text: str) -> str:
    text = " ".join(text.split())
    if len(text) <= _MAX_LABEL_CHARACTERS:
        return text
    return cut_at_word(text, _MAX_LABEL_CHARACTERS - 1) + "…"


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
