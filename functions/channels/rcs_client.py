"""RCS for Business, from us to the user: messages, joined and left in words, typing and read marks.

Source: developers.google.com/business-communications/rcs-business-messaging, REST reference v1 (phones.agentMessages,
phones.agentEvents), guides "send messages" and "send events", as of 2026-04.
"""

import time
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from urllib.parse import quote

from functions.channels.google_calls import GoogleCalls
from functions.channels.rcs_content import compose, named
from functions.channels.rcs_ids import NAME, find_message_id, more_id, read_mark_id
from functions.channels.typing_sign import typing_shown
from functions.handoff.content import OutboundMessage
from functions.handoff.errors import ProviderRefused
from functions.handoff.events import JsonObject
from functions.handoff.ids import in_words_id
from functions.handoff.interfaces import CHANNEL, Voice
from functions.handoff.json_fields import text_at
from functions.runtime.http_client import HttpClient

_TYPING_TIMEOUT_S = 0.8
_TYPING_FADES_AFTER_S = 15.0  # shown for about 20 s
_BOT = Voice("BOT")


class RcsChannel:
    """Implements `interfaces.Channel`. `address` is `{"phone", "agentId"}`, as the webhook gives it.

    An id sent before is ignored by Google, without a word: that is what makes the calls repeatable.

    Raises (all calls but `compose` and `thinking`):
        ProviderUnavailable: out of reach, throttled, failing, or our credentials are refused (UNAUTHENTICATED).
        ProviderRefused: "unreachable": the phone has no RCS (any more), or the agent is not launched with its carrier;
            PERMISSION_DENIED: the agent is not launched; or the message is not acceptable.

    Args:
        base_url: scheme, host and optional path prefix; a regional host is another one of these.
        authorize: gives the headers for calls to a base URL.
        name_prefix: whether the name of a person stands in front of every text of theirs.
        traffic_type: `messageTrafficType` of every message.
        ttl_s: seconds until a message that has not arrived is revoked; 0 leaves that to Google.
    """

    name = NAME

    def __init__(
        self,
        http: HttpClient,
        base_url: str,
        authorize: Callable[[str], dict[str, str]],
        *,
        name_prefix: bool = True,
        traffic_type: str = "SERVICEREQUEST",
        ttl_s: int = 0,
    ) -> None:
        self._google = GoogleCalls(http, base_url, authorize)
        self._has_name_prefix = name_prefix
        self._frame = {"messageTrafficType": traffic_type, **({"ttl": f"{ttl_s}s"} if ttl_s else {})}

    def compose(self, message: OutboundMessage, voice: Voice) -> list[JsonObject]:
        """The parts that show the message, in order; see `rcs_content`."""
        return compose(message, with_name=self._is_named(voice))

    def send_message(
        self, address: JsonObject, part: JsonObject, voice: Voice, *, message_id: str, timeout_s: float
    ) -> None:
        """Show one part of `compose`. Repeatable by `message_id` (a UUID).

        One that is refused (400) and is more than plain text is shown in words, under an id made from this one: done
        again, the first is refused again and the second is there already.
        """
        deadline = time.monotonic() + timeout_s
        content, words = part["contentMessage"], text_at(part, "fallback")
        try:
            self._send(address, content, voice, message_id, timeout_s)
        except ProviderRefused as e:
            if e.status != 400 or content.keys() <= {"text"} or not words.strip():
                raise
            self._send(address, {"text": words}, voice, in_words_id(message_id), deadline - time.monotonic())

    def send_framing(
        self,
        address: JsonObject,
        voice: Voice,  # noqa: ARG002 - the line holds the name
        *,
        left: bool,  # noqa: ARG002 - the line says it
        line: OutboundMessage,
        event_id: str,
        timeout_s: float,
    ) -> None:
        """Say that a person joined or left. Repeatable by `event_id` (a UUID)."""
        deadline = time.monotonic() + timeout_s
        for number, part in enumerate(self.compose(line, _BOT)):
            message_id = more_id(event_id, f"part:{number}") if number else event_id
            self.send_message(address, part, _BOT, message_id=message_id, timeout_s=deadline - time.monotonic())

    def thinking(self, address: JsonObject, voice: Voice) -> AbstractContextManager[None]:  # noqa: ARG002 - all alike
        """Show that somebody is writing, from 0.7 s on until the block ends; the sign then fades. Never raises."""

        def show() -> None:
            self._tell(address, {"eventType": "IS_TYPING"}, str(uuid.uuid4()), _TYPING_TIMEOUT_S, "rcs_typing")

        return typing_shown(show, again_s=_TYPING_FADES_AFTER_S)

    def send_survey(self, address: JsonObject, *, survey_id: str, timeout_s: float) -> bool:  # noqa: ARG002
        """There are none: nobody is asked."""
        return False

    def send_read(self, address: JsonObject, message_id: str, *, timeout_s: float) -> None:
        """Show that the user's message was read; `message_id` is that of its event."""
        phones_id = find_message_id(message_id)
        if not phones_id:
            return
        mark_id = read_mark_id(text_at(address, "agentId"), address["phone"], message_id)
        body = {"eventType": "READ", "messageId": phones_id}
        self._tell(address, body, mark_id, timeout_s, "rcs_receipts")

    def _is_named(self, voice: Voice) -> bool:
        return self._has_name_prefix and voice.representative == "HUMAN"

    def _send(self, address: JsonObject, content: JsonObject, voice: Voice, message_id: str, timeout_s: float) -> None:
        if "text" in content and self._is_named(voice):
            content = {**content, "text": named(content["text"], voice.name)}
        body = {"contentMessage": content, **self._frame}
        self._call("rcs", address, "agentMessages", body, timeout_s, messageId=message_id)

    def _tell(self, address: JsonObject, body: JsonObject, event_id: str, timeout_s: float, circuit: str) -> None:
        self._call(circuit, address, "agentEvents", body, timeout_s, eventId=event_id)

    def _call(
        self, circuit: str, address: JsonObject, what: str, body: JsonObject, timeout_s: float, **params: str
    ) -> None:
        """Make one call. `circuit`: what is refused all day without harm must not hold back the messages."""
        agent_id = text_at(address, "agentId")
        path = f"/v1/phones/{quote(address['phone'], safe='+')}/{what}"
        query = {**params, **({"agentId": agent_id} if agent_id else {})}
        try:
            self._google.call(circuit, "POST", path, body, timeout_s, params=query)
        except ProviderRefused as e:
            if e.status == 404:
                raise ProviderRefused(CHANNEL, "unreachable", status=404) from e
            raise
