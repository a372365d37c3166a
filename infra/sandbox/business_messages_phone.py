"""The user's phone: opens conversations, writes, taps, sends pictures, signs in, reads; what arrives it shows.

Whatever the user does leaves as the webhook Google documents for it. What can't be done, since nothing on the screen
asks for it, is refused.

Source: Business Messages, "Receive messages", "Receive events", "Message receipts", UserMessage reference.
"""

import secrets
import threading
import uuid
from collections.abc import Callable
from typing import Any

from infra.sandbox.business_messages_outbox import BusinessMessagesOptions, Outbox
from infra.sandbox.business_messages_pictures import WEEK_S, Pictures
from infra.sandbox.business_messages_screen import Conversation, find_survey, was_asked_to_sign_in
from infra.sandbox.clock import Clock
from infra.sandbox.controls import as_bytes
from infra.sandbox.deeds import Deeds, noted
from infra.sandbox.google_api import ApiError, require, rfc3339
from infra.sandbox.phone_screen import find_chip, kind_of, postback_of, unread

__all__ = ["BusinessMessagesOptions", "Conversation", "Phone"]

JsonObject = dict[str, Any]
TYPING_SPELLINGS: dict[str, tuple[JsonObject, JsonObject]] = {
    "bool": ({"isTyping": True}, {"isTyping": False}),
    "string": ({"isTyping": "true"}, {"isTyping": "false"}),
    "missing": ({"isTyping": True}, {}),
}
"""How "typing" and "not typing" have been seen or documented; how `false` is written is not documented."""
_CHIP_TYPES = {"reply": "REPLY", "action": "ACTION"}


class Phone:
    """The phones of all users; each conversation is one user on one phone.

    Methods that send answer the webhook's body; the delivery goes on beside them (`sender.settle` waits for it).
    `deeds`: what the users did, but for single receipts.

    Raises:
        ApiError: NOT_FOUND for a conversation nobody opened, or a chip, sign-in or survey that is not there.
    """

    def __init__(self, options: Callable[[], BusinessMessagesOptions], clock: Clock, lock: threading.RLock) -> None:
        self._clock = clock
        self._lock = lock
        self._outbox = Outbox(options, clock)
        self.sender = self._outbox.sender
        self.pictures = Pictures(clock)
        self.deeds = Deeds(clock)
        self.conversations: dict[str, Conversation] = {}

    def open(
        self, *, name: str = "Michael", locale: str = "en", conversation_id: str = "", context: JsonObject | None = None
    ) -> str:
        """Open a conversation (or that one again) and answer its id. `context` adds to the webhook's context object.

        An empty `name` leaves out userInfo.
        """
        moment = self.deeds.begin()
        full: JsonObject = {"entryPoint": "PLACESHEET", "resolvedLocale": locale}
        if name:
            full["userInfo"] = {"displayName": name, "userDeviceLocale": locale}
        key = conversation_id or str(uuid.uuid4())
        with self._lock:
            talk = self.conversations.setdefault(key, Conversation(key, last_user_at=self._clock.now()))
            talk.context = full | (context or {})
            talk.last_user_at = self._clock.now()
        self.deeds.note(moment, "open", key, {"name": name, "locale": locale, "context": context or {}})
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

    @noted
    def say(self, conversation: str, text: str) -> JsonObject:
        """Write a message."""
        return self._message(self.get(conversation), text, {"text": text})

    @noted
    def send_image(
        self,
        conversation: str,
        url: str = "",
        *,
        content: bytes | str = b"",
        mime_type: str = "image/jpeg",
        expires_s: int = WEEK_S,
    ) -> JsonObject:
        """Send a picture: it arrives as text that is nothing but a signed URL.

        `content` (a text: in base64) can be fetched there until it expires. With neither, the address has Google's form
        and leads nowhere.
        """
        talk = self.get(conversation)
        if content:
            url = self.pictures.upload(as_bytes(content), mime_type, expires_s)
        url = url or (
            f"https://storage.googleapis.com/business-messages-us/1/{secrets.token_urlsafe(18)}"
            f"?x-goog-algorithm=GOOG4-RSA-SHA256&x-goog-expires={expires_s}&x-goog-signature={secrets.token_hex(32)}"
        )
        return self._message(talk, url, {"image": url})

    @noted
    def tap(self, conversation: str, label: str, *, postback: str = "", type_field: str = "type") -> JsonObject:
        """Tap the chip with that label ("liveAgentRequest" for that one) under the newest message or on any card.

        `postback`: of several with that label the one that carries this. `type_field`: the reference names it "type",
        the guide "suggestionType".
        """
        with self._lock:
            talk = self.get(conversation)
            message_id, chip = find_chip(talk, label, postback) or ("", {})
        kind = kind_of(chip)
        if kind == "liveAgentRequest":
            return self._ask_for_person(conversation, with_context=False)
        if kind not in _CHIP_TYPES:
            raise ApiError("NOT_FOUND", f"There is no chip {label!r} to tap under the newest message or on a card.")
        answer: JsonObject = {
            "message": f"conversations/{conversation}/messages/{message_id}",
            "postbackData": postback_of(chip),
            "text": label,
            "createTime": self._now(),
            type_field: _CHIP_TYPES[kind],
        }
        self._show(talk, {"kind": "tap", "text": label})
        return self._outbox.post(talk, "suggestionResponse", answer, with_context=True)

    @noted
    def request_live_agent(self, conversation: str, *, with_context: bool = False) -> JsonObject:
        """Ask for a person, by the chip or Google's own menu."""
        return self._ask_for_person(conversation, with_context=with_context)

    def _ask_for_person(self, conversation: str, *, with_context: bool) -> JsonObject:
        talk = self.get(conversation)
        self._show(talk, {"kind": "live_agent_request", "text": ""})
        status = {"requestedLiveAgent": True, "createTime": self._now()}
        return self._outbox.post(talk, "userStatus", status, with_context=with_context)

    @noted
    def typing(self, conversation: str, *, on: bool, spelling: str = "bool") -> JsonObject:
        """Begin or end typing, in one of `TYPING_SPELLINGS`."""
        began, ended = TYPING_SPELLINGS[spelling]
        status = (began if on else ended) | {"createTime": self._now()}
        return self._outbox.post(self.get(conversation), "userStatus", status, with_context=False)

    def receipt(self, conversation: str, message_ids: list[str], receipt_type: str = "READ") -> JsonObject:
        """Tell that messages were DELIVERED or READ, whether they are on the screen or not."""
        return self._receipts(self.get(conversation), [(one, receipt_type) for one in message_ids])

    @noted
    def read(self, conversation: str, *, with_delivered: bool = False) -> JsonObject:
        """Read all that is on the screen: READ for each message that was not read yet; {} where there is none.

        `with_delivered`: DELIVERED for each of them, too, before it in the same webhook.
        """
        talk = self.get(conversation)
        with self._lock:
            lines = unread(talk)
            for line in lines:
                line["read"] = True
        kinds = ("DELIVERED", "READ") if with_delivered else ("READ",)
        return self._receipts(talk, [(line["id"], kind) for line in lines for kind in kinds]) if lines else {}

    @noted
    def authenticate(
        self,
        conversation: str,
        *,
        code: str = "",
        error: str = "",
        error_description: str = "",
        redirect_uri: str = "https://shop.example/signed-in",
    ) -> JsonObject:
        """Sign in where a chip asked for it, with what came of it: a code, or else an error."""
        talk = self.get(conversation)
        require(bool(code) != bool(error), "One of code and error must be given.")
        if not was_asked_to_sign_in(talk):
            raise ApiError("NOT_FOUND", "No message asked this user to sign in.")
        problem = {"error": error, "errorDescription": error_description}
        answer = {"redirect_uri": redirect_uri} | ({"code": code} if code else {"errorDetails": problem})
        return self._outbox.post(talk, "authenticationResponse", answer, with_context=True)

    @noted
    def answer_survey(
        self,
        conversation: str,
        survey_id: str = "",
        rating: str = "",
        text: str = "",
        *,
        question: str = "GOOGLE_DEFINED_CSAT",
        index: int = 1,
        total: int = 1,
    ) -> JsonObject:
        """Answer a question, once, of a survey that was sent (by default the newest that waits): a webhook each."""
        with self._lock:
            talk = self.get(conversation)
            survey = find_survey(talk, survey_id, question)
            if survey is None:
                raise ApiError("NOT_FOUND", "No such survey waits for an answer on this phone.")
            survey.setdefault("answers", {})[question] = rating or text
        answer = {
            "survey": f"conversations/{conversation}/surveys/{survey['id']}",
            "rating": rating,
            "createTime": self._now(),
            "surveyQuestionId": question,
            "questionResponseText": text,
            "questionIndex": index,
            "totalQuestionCount": total,
        }
        return self._outbox.post(talk, "surveyResponse", answer, with_context=True)

    def attach_dialogflow_response(self, conversation: str, response: JsonObject) -> None:
        """Let Google's native Dialogflow integration answer the next message: `dialogflowResponse` beside it."""
        self.get(conversation).dialogflow_response = response

    def handshake(self, *, client_token: str = "") -> bool:
        """Save the webhook URL, as the console does; True when the webhook answered with the bare secret."""
        return self._outbox.handshake(client_token)

    def _receipts(self, talk: Conversation, receipts: list[tuple[str, str]]) -> JsonObject:
        """All in one webhook, which has no requestId."""
        start = f"conversations/{talk.id}/messages/"
        given = [{"message": start + message_id, "receiptType": kind} for message_id, kind in receipts]
        body = {"receipts": given, "createTime": self._now()}
        return self._outbox.post(talk, "receipts", body, with_context=False, with_request_id=False)

    def _message(self, talk: Conversation, text: str, shown: JsonObject) -> JsonObject:
        message_id = str(uuid.uuid4())
        name = f"conversations/{talk.id}/messages/{message_id}"
        body = {"messageId": message_id, "name": name, "text": text, "createTime": self._now()}
        self._show(talk, {"kind": "message", "id": message_id, **shown})
        return self._outbox.post(talk, "message", body, with_context=True)

    def _show(self, talk: Conversation, line: JsonObject) -> None:
        with self._lock:
            talk.last_user_at = self._clock.now()
            talk.put({"at": self._now(), "from": "user", **line})

    def _now(self) -> str:
        return rfc3339(self._clock.now())
