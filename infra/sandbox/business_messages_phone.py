"""The user's phone: opens conversations, writes, taps, types, and shows what arrives.

Whatever the user does leaves as the webhook Google documents for it, signed with the partner key.

Source: Business Messages, "Receive messages", "Receive events", "Message receipts", UserMessage reference.
"""

import base64
import hashlib
import hmac
import secrets
import threading
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from infra.sandbox.business_messages_schema import Suggestion, chip_label
from infra.sandbox.clock import Clock
from infra.sandbox.google_api import ApiError, rfc3339
from infra.sandbox.webhook_sender import Sending, WebhookSender

JsonObject = dict[str, Any]
TYPING_SPELLINGS: dict[str, tuple[JsonObject, JsonObject]] = {
    "bool": ({"isTyping": True}, {"isTyping": False}),
    "string": ({"isTyping": "true"}, {"isTyping": "false"}),
    "missing": ({"isTyping": True}, {}),
}
"""How "typing" and "not typing" have been seen or documented; how `false` is written is not documented."""


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


class Conversation(msgspec.Struct):
    """One user's conversation.

    `used`: ids taken → the content they were taken for. `present`: people joined and not left, by display name.
    """

    id: str
    context: JsonObject | None
    last_user_at: datetime
    transcript: list[JsonObject] = []
    used: dict[str, JsonObject] = {}
    present: dict[str, int] = {}
    chips: list[Suggestion] = []
    chips_of: str = ""
    dialogflow_response: JsonObject | None = None
    last_survey_at: datetime | None = None


class Phone:
    """The phones of all users; each conversation is one user on one phone.

    Methods that send answer the webhook's body; the delivery goes on beside them (`sender.settle` waits for it).

    Raises:
        ApiError: NOT_FOUND for a conversation nobody opened or a chip that is not on the screen.
    """

    def __init__(self, options: Callable[[], BusinessMessagesOptions], clock: Clock, lock: threading.RLock) -> None:
        self._options = options
        self._clock = clock
        self._lock = lock
        self.conversations: dict[str, Conversation] = {}
        self.sender = WebhookSender("business-messages", lambda: options().sending, self._signature, clock)

    def open(
        self, *, name: str = "Michael", locale: str = "en", conversation_id: str = "", context: JsonObject | None = None
    ) -> str:
        """Open a conversation (or that one again) and answer its id. `context` adds to the webhook's context object.

        An empty `name` leaves out userInfo.
        """
        full: JsonObject = {"entryPoint": "PLACESHEET", "resolvedLocale": locale}
        if name:
            full["userInfo"] = {"displayName": name, "userDeviceLocale": locale}
        key = conversation_id or str(uuid.uuid4())
        with self._lock:
            talk = self.conversations.setdefault(key, Conversation(key, None, self._clock.now()))
            talk.context = full | (context or {})
            talk.last_user_at = self._clock.now()
        return key

    def forget_context(self, conversation: str) -> None:
        """Send no context any more: Google warns that it can be missing."""
        self.get(conversation).context = None

    def get(self, conversation: str) -> Conversation:
        """The conversation, or `ApiError` NOT_FOUND."""
        with self._lock:
            if conversation not in self.conversations:
                raise ApiError("NOT_FOUND", "No such conversation on any phone.")
            return self.conversations[conversation]

    def say(self, conversation: str, text: str) -> JsonObject:
        """Write a message."""
        return self._message(conversation, text, {"text": text})

    def send_image(self, conversation: str, url: str = "") -> JsonObject:
        """Send a picture: it arrives as text that is nothing but a signed URL."""
        url = url or (
            f"https://storage.googleapis.com/business-messages-us/1/{secrets.token_urlsafe(18)}"
            f"?x-goog-algorithm=GOOG4-RSA-SHA256&x-goog-expires=604800&x-goog-signature={secrets.token_hex(32)}"
        )
        return self._message(conversation, url, {"image": url})

    def tap(self, conversation: str, label: str, *, type_field: str = "type") -> JsonObject:
        """Tap the chip with that label under the newest message ("liveAgentRequest" for that one).

        `type_field`: the reference names it "type", the guide "suggestionType".
        """
        with self._lock:
            talk = self.get(conversation)
            chip = next((chip for chip in talk.chips if chip_label(chip) == label), None)
            message = talk.chips_of
        if chip and chip.liveAgentRequest:
            return self.request_live_agent(conversation)
        labelled = chip and (chip.reply or chip.action)
        if not labelled:
            raise ApiError("NOT_FOUND", f"There is no chip {label!r} to tap under the newest message.")
        answer: JsonObject = {
            "message": f"conversations/{conversation}/messages/{message}",
            "postbackData": labelled.postbackData,
            "text": label,
            "createTime": self._now(),
            type_field: "REPLY" if chip and chip.reply else "ACTION",
        }
        self._show(talk, {"kind": "tap", "text": label})
        return self._post(talk, "suggestionResponse", answer, with_context=True)

    def request_live_agent(self, conversation: str, *, with_context: bool = False) -> JsonObject:
        """Ask for a person, by the chip or Google's own menu."""
        talk = self.get(conversation)
        self._show(talk, {"kind": "live_agent_request", "text": ""})
        status = {"requestedLiveAgent": True, "createTime": self._now()}
        return self._post(talk, "userStatus", status, with_context=with_context)

    def typing(self, conversation: str, *, on: bool, spelling: str = "bool") -> JsonObject:
        """Begin or end typing, in one of `TYPING_SPELLINGS`."""
        began, ended = TYPING_SPELLINGS[spelling]
        status = (began if on else ended) | {"createTime": self._now()}
        return self._post(self.get(conversation), "userStatus", status, with_context=False)

    def receipt(self, conversation: str, message_ids: list[str], receipt_type: str = "READ") -> JsonObject:
        """Tell that messages were DELIVERED or READ, all in one webhook, which has no requestId."""
        names = [f"conversations/{conversation}/messages/{message_id}" for message_id in message_ids]
        receipts = [{"message": name, "receiptType": receipt_type} for name in names]
        body = {"receipts": receipts, "createTime": self._now()}
        return self._post(self.get(conversation), "receipts", body, with_context=False, request_id=None)

    def answer_survey(self, conversation: str, survey_id: str, rating: str, text: str = "") -> JsonObject:
        """Answer the first question of a survey."""
        answer = {
            "survey": f"conversations/{conversation}/surveys/{survey_id}",
            "rating": rating,
            "createTime": self._now(),
            "surveyQuestionId": "GOOGLE_DEFINED_CSAT",
            "questionResponseText": text,
            "questionIndex": 1,
            "totalQuestionCount": 1,
        }
        return self._post(self.get(conversation), "surveyResponse", answer, with_context=True)

    def attach_dialogflow_response(self, conversation: str, response: JsonObject) -> None:
        """Let Google's native Dialogflow integration answer the next message: `dialogflowResponse` beside it."""
        self.get(conversation).dialogflow_response = response

    def handshake(self, *, client_token: str = "") -> bool:
        """Save the webhook URL, as the console does; True when the webhook answered with the bare secret."""
        secret = secrets.token_hex(16)
        body = {"clientToken": client_token or self._options().partner_key, "secret": secret}
        status, _, answer = self.sender.send(body, signed=False)
        return status == 200 and answer == secret

    def _message(self, conversation: str, text: str, shown: JsonObject) -> JsonObject:
        talk = self.get(conversation)
        message_id = str(uuid.uuid4())
        name = f"conversations/{conversation}/messages/{message_id}"
        body = {"messageId": message_id, "name": name, "text": text, "createTime": self._now()}
        self._show(talk, {"kind": "message", "id": message_id, **shown})
        return self._post(talk, "message", body, with_context=True)

    def _show(self, talk: Conversation, line: JsonObject) -> None:
        with self._lock:
            talk.last_user_at = self._clock.now()
            talk.transcript.append({"at": self._now(), "from": "user", **line})
            talk.chips, talk.chips_of = [], ""

    def _post(
        self, talk: Conversation, key: str, content: JsonObject, *, with_context: bool, request_id: str | None = ""
    ) -> JsonObject:
        options = self._options()
        body: JsonObject = {"agent": options.agent, "conversationId": talk.id}
        if options.custom_agent_id:
            body["customAgentId"] = options.custom_agent_id
        if request_id is not None:
            body["requestId"] = request_id or str(uuid.uuid4())
        body[key] = content
        if key == "message" and talk.dialogflow_response is not None:
            body["dialogflowResponse"], talk.dialogflow_response = talk.dialogflow_response, None
        if with_context and talk.context is not None:
            body["context"] = talk.context
        body["sendTime"] = self._now()
        self.sender.post(key, body)
        return body

    def _signature(self, data: bytes) -> dict[str, str]:
        digest = hmac.new(self._options().partner_key.encode(), data, hashlib.sha512).digest()
        return {"X-Goog-Signature": base64.b64encode(digest).decode()}

    def _now(self) -> str:
        return rfc3339(self._clock.now())
