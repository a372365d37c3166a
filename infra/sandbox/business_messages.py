"""Stand-in of businessmessages.googleapis.com, with the user's phone in the same hand.

Its API is strict: it refuses what Google documents as refused, in Google's error envelope. What is wrong but perhaps
not refused by Google is kept in `violations`. Any or no Authorization is taken. Beside the base's control endpoints and
those of `controls`, each with the arguments of the `Phone` method of that name as a JSON object:

- ``POST /_phone/open`` and ``POST /_phone/handshake``
- ``POST /_phone/CONVERSATION/ACTION`` – say, tap, request_live_agent, typing, receipt, read, send_image, authenticate,
  answer_survey, attach_dialogflow_response, forget_context
- ``POST /_screen/CONVERSATION`` – ``{"words_only": true}``: a phone that can show no images and cards

Source: Business Messages REST reference v1.
"""

from datetime import timedelta
from typing import Any

import msgspec
from flask import Response, jsonify, request

from infra.sandbox.business_messages_lines import Screens, speaker
from infra.sandbox.business_messages_phone import BusinessMessagesOptions, Conversation, Phone
from infra.sandbox.business_messages_schema import (
    FRAMING_EVENTS,
    Event,
    Message,
    Receipt,
    Representative,
    Survey,
    check_event,
    check_message,
    objections,
)
from infra.sandbox.business_messages_writing import WritingSigns
from infra.sandbox.clock import Clock
from infra.sandbox.controls import add_controls, call_with_body, changed_options
from infra.sandbox.google_api import ApiError, Violation, answer_errors, read_body, require, rfc3339
from infra.sandbox.phone_screen import all_chips
from infra.sandbox.standin import StandIn

JsonObject = dict[str, Any]
REPLY_WINDOW = timedelta(days=30)
_SURVEY_PAUSE = timedelta(hours=24)
_PHONE_ACTIONS = (
    "say",
    "tap",
    "request_live_agent",
    "typing",
    "receipt",
    "read",
    "send_image",
    "authenticate",
    "answer_survey",
    "attach_dialogflow_response",
    "forget_context",
)


class BusinessMessagesStandIn(StandIn):
    """Business Messages for any number of conversations of one brand agent. `phone` is the users' side."""

    def __init__(self, options: BusinessMessagesOptions | None = None, clock: Clock | None = None) -> None:
        super().__init__("business-messages", clock)
        self.options = options or BusinessMessagesOptions()
        self.phone = Phone(lambda: self.options, self.clock, self.lock)
        self._noted: list[Violation] = []
        self._writing = WritingSigns(self.clock)
        self._screens = Screens()
        answer_errors(self.app)
        self._add_routes()

    def change_options(self, **changes: Any) -> None:
        """Replace options from here on; nested ones are merged (`sending={"twice": 0.5}`)."""
        self.options = changed_options(self.options, changes)
        self.phone.sender.reseed()

    @property
    def violations(self) -> list[Violation]:
        """What was noted so far, and every sign of writing that is stuck now."""
        with self.lock:
            return [*self._noted, *self._writing.stuck()]

    def transcript(self, conversation: str) -> list[JsonObject]:
        """What the user sees, in order of arrival."""
        with self.lock:
            return list(self.phone.get(conversation).transcript)

    def state(self) -> JsonObject:
        """Conversations with their transcripts, violations, webhook deliveries."""
        with self.lock:
            return {
                "conversations": {key: self._as_seen(talk) for key, talk in self.phone.conversations.items()},
                "violations": msgspec.to_builtins(self.violations),
                "deliveries": self.phone.sender.deliveries(),
            }

    def reset(self) -> None:
        """Forget all conversations, violations and deliveries."""
        self.phone.sender.clear()
        self.phone.conversations.clear()
        self._noted.clear()
        self._writing.clear()
        self._screens = Screens()

    def stop(self) -> None:
        """Stop delivering and answering."""
        self.phone.sender.stop()
        super().stop()

    def _add_routes(self) -> None:
        base = "/v1/conversations/<conversation>"
        add = self.app.add_url_rule
        add(f"{base}/messages", view_func=self._create_message, methods=["POST"])
        add(f"{base}/events", view_func=self._create_event, methods=["POST"])
        add(f"{base}/surveys", view_func=self._create_survey, methods=["POST"])
        add(f"{base}/messages/<message>/receipt", view_func=self._update_receipt, methods=["PATCH"])
        add("/_screen/<conversation>", view_func=self._change_screen, methods=["POST"])
        add("/_phone/open", view_func=self._phone_open, methods=["POST"])
        add("/_phone/handshake", view_func=self._phone_handshake, methods=["POST"])
        add("/_phone/<conversation>/<action>", view_func=self._phone_action, methods=["POST"])
        self.phone.pictures.serve_by(self)
        add_controls(self)

    # --- the API ---

    def _create_message(self, conversation: str) -> Response:
        message, raw = read_body(Message, query=("forceFallback",))
        check_message(message)
        with self.lock:
            talk = self._writable(conversation)
            self._claim(talk, f"messages/{message.messageId}", raw)
            voice = message.representative
            if voice.representativeType == "HUMAN" and not talk.present.get(voice.displayName):
                self._break_rule(talk, f"messages/{message.messageId}", "HUMAN message without REPRESENTATIVE_JOINED")
            line = self._screens.line(talk.id, message, raw, forced=request.args.get("forceFallback") == "true")
            for rule in objections(message):
                self._note(talk, f"messages/{message.messageId}", rule)
            talk.used[f"messages/{message.messageId}"] = raw
            talk.put(self._as_shown(line), [] if "as_fallback" in line else all_chips(raw))
            self._writing.end(talk.id)
        if self.options.auto_receipts:
            self.phone.receipt(conversation, [message.messageId], receipt_type="DELIVERED")
        return jsonify({"name": f"conversations/{conversation}/messages/{message.messageId}", **raw})

    def _create_event(self, conversation: str) -> Response:
        event, raw = read_body(Event, query=("eventId",))
        event_id = request.args.get("eventId", "")
        check_event(event, event_id)
        with self.lock:
            talk = self._writable(conversation)
            self._claim(talk, f"events/{event_id}", raw)
            if event.eventType in FRAMING_EVENTS and event.representative:
                self._frame(talk, event, event.representative, f"events/{event_id}")
            else:
                self._writing.note(talk.id, event)
            talk.used[f"events/{event_id}"] = raw
        return jsonify({**raw, "name": f"conversations/{conversation}/events/{event_id}"})

    def _create_survey(self, conversation: str) -> Response:
        read_body(Survey, query=("surveyId",))
        survey_id = request.args.get("surveyId", "")
        require(survey_id, "Query parameter surveyId is required.")
        with self.lock:
            talk = self._writable(conversation)
            self._claim(talk, f"surveys/{survey_id}", {})
            if not self.options.supports_surveys:
                raise ApiError("FAILED_PRECONDITION", "The user's client does not support surveys.")
            now = self.clock.now()
            if talk.last_survey_at and now - talk.last_survey_at < _SURVEY_PAUSE:
                raise ApiError("RESOURCE_EXHAUSTED", "A survey was sent in this conversation within 24 hours.")
            talk.last_survey_at = now
            talk.used[f"surveys/{survey_id}"] = {}
            self._show(talk, {"kind": "survey", "id": survey_id})
        return jsonify({"name": f"conversations/{conversation}/surveys/{survey_id}"})

    def _update_receipt(self, conversation: str, message: str) -> Response:
        _, raw = read_body(Receipt)
        with self.lock:
            talk = self._writable(conversation)
            line = next(
                (line for line in talk.transcript if line.get("id") == message and line["from"] == "user"), None
            )
            if line is None:
                raise ApiError("NOT_FOUND", "The user sent no such message.")
            line["receipt"] = raw["receiptType"]
        return jsonify({"name": f"conversations/{conversation}/messages/{message}/receipt", **raw})

    # --- its rules ---

    def _writable(self, conversation: str) -> Conversation:
        talk = self.phone.conversations.get(conversation)
        if talk is None:
            raise ApiError("PERMISSION_DENIED", "The conversation does not exist or the agent may not write in it.")
        if self.clock.now() - talk.last_user_at > REPLY_WINDOW:
            raise ApiError("PERMISSION_DENIED", "The user's last message is more than 30 days old.")
        return talk

    def _claim(self, talk: Conversation, name: str, raw: JsonObject) -> None:
        if name not in talk.used:
            return
        if talk.used[name] != raw:
            self._note(talk, name, "id reused for different content")
        raise ApiError("ALREADY_EXISTS", f"conversations/{talk.id}/{name} already exists.")

    def _frame(self, talk: Conversation, event: Event, voice: Representative, name: str) -> None:
        joins = event.eventType == "REPRESENTATIVE_JOINED"
        if voice.representativeType != "HUMAN":
            self._break_rule(talk, name, f"{event.eventType} of a representative that is not HUMAN")
        if not joins and not talk.present.get(voice.displayName):
            self._break_rule(talk, name, "REPRESENTATIVE_LEFT without REPRESENTATIVE_JOINED")
        present = talk.present.get(voice.displayName, 0) + (1 if joins else -1)
        talk.present[voice.displayName] = max(present, 0)
        self._show(talk, {"kind": "event", "event": event.eventType, **speaker(voice)})

    def _break_rule(self, talk: Conversation, name: str, rule: str) -> None:
        self._note(talk, name, rule)
        require(not self.options.strict_framing, f"{rule}.")

    def _note(self, talk: Conversation, name: str, rule: str) -> None:
        self._noted.append(Violation(rfc3339(self.clock.now()), rule, f"conversations/{talk.id}/{name}"))

    # --- the screen ---

    def _show(self, talk: Conversation, line: JsonObject) -> None:
        talk.transcript.append(self._as_shown(line))

    def _as_shown(self, line: JsonObject) -> JsonObject:
        return {"at": rfc3339(self.clock.now()), "from": "brand", **line}

    def _as_seen(self, talk: Conversation) -> JsonObject:
        present = [name for name, times in talk.present.items() if times]
        seen = {"context": talk.context, "present": present, "transcript": list(talk.transcript)}
        return seen | self._writing.of(talk.id)

    # --- control ---

    def _change_screen(self, conversation: str) -> Response:
        with self.lock:
            call_with_body(self._screens.change, self.phone.get(conversation).id)
        return jsonify({})

    def _phone_open(self) -> Response:
        return jsonify({"conversationId": call_with_body(self.phone.open)})

    def _phone_handshake(self) -> Response:
        return jsonify({"ok": call_with_body(self.phone.handshake)})

    def _phone_action(self, conversation: str, action: str) -> Response:
        if action not in _PHONE_ACTIONS:
            raise ApiError("NOT_FOUND", f"A phone can: {', '.join(_PHONE_ACTIONS)}.")
        return jsonify({"sent": call_with_body(getattr(self.phone, action), conversation)})
