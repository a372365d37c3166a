"""What leaves the users' phones: each deed in Business Messages' envelope, signed with the partner key.

Source: Business Messages, "Receive messages", "Set your webhook", UserMessage reference.
"""

import base64
import hashlib
import hmac
import secrets
import uuid
from collections.abc import Callable
from typing import Any

import msgspec

from infra.sandbox.business_messages_screen import Conversation
from infra.sandbox.clock import Clock
from infra.sandbox.google_api import rfc3339
from infra.sandbox.webhook_sender import Sending, WebhookSender

JsonObject = dict[str, Any]


class BusinessMessagesOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the stand-in behaves.

    `strict_framing`: refuse (400) a HUMAN message without JOINED, a LEFT without JOINED, a framing event that is not
    HUMAN; Google is not known to refuse them. Recorded as violations either way. `auto_receipts`: the phone sends
    DELIVERED for each message. `supports_surveys`: whether the phone can show surveys.
    """

    partner_key: str = "example-client-token"
    agent: str = "brands/1111/agents/2222"
    custom_agent_id: str = "live-agent-handoff"
    strict_framing: bool = True
    auto_receipts: bool = False
    supports_surveys: bool = True
    sending: Sending = Sending()


class Outbox:
    """Delivers what users do; the delivery goes on beside the deed (`sender.settle` waits for it).

    Args:
        options: answers the stand-in's options as they are now.
    """

    def __init__(self, options: Callable[[], BusinessMessagesOptions], clock: Clock) -> None:
        self._options = options
        self._clock = clock
        self.sender = WebhookSender("business-messages", lambda: options().sending, self.signature, clock)

    def post(
        self, talk: Conversation, kind: str, content: JsonObject, *, with_context: bool, with_request_id: bool = True
    ) -> JsonObject:
        """Send one kind of payload, beside `dialogflowResponse` if one waits for a message; answers the body."""
        options = self._options()
        body: JsonObject = {"agent": options.agent, "conversationId": talk.id}
        if options.custom_agent_id:
            body["customAgentId"] = options.custom_agent_id
        if with_request_id:
            body["requestId"] = str(uuid.uuid4())
        body[kind] = content
        if kind == "message" and talk.dialogflow_response is not None:
            body["dialogflowResponse"], talk.dialogflow_response = talk.dialogflow_response, None
        if with_context and talk.context is not None:
            body["context"] = talk.context
        body["sendTime"] = rfc3339(self._clock.now())
        self.sender.post(kind, body)
        return body

    def handshake(self, client_token: str) -> bool:
        """Post the secret that the webhook is to answer; `client_token` "" = the right one."""
        secret = secrets.token_hex(16)
        body = {"clientToken": client_token or self._options().partner_key, "secret": secret}
        status, _, answer = self.sender.send_plain(body)
        return status == 200 and answer == secret

    def signature(self, data: bytes) -> dict[str, str]:
        """The header that proves a body."""
        digest = hmac.new(self._options().partner_key.encode(), data, hashlib.sha512).digest()
        return {"X-Goog-Signature": base64.b64encode(digest).decode()}
