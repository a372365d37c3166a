"""Stand-in of rcsbusinessmessaging.googleapis.com (RCS for Business), with the users' phones in the same hand.

Its API is strict: it refuses what Google documents as refused, in Google's error envelope, and silently swallows what
comes under an id that is taken (`swallowed`). What is wrong but perhaps not refused by Google is kept in `violations`.
Any or no Authorization is taken; that an agent nobody knows is answered with PERMISSION_DENIED is ours. Beside the
base's control endpoints and those of `controls`, each with the arguments of the `Phone` method of that name as a JSON
object:

- ``POST /_phone/open``, ``POST /_phone/handshake``, ``POST /_phone/launch_notice``
- ``POST /_phone/CONVERSATION/ACTION`` – say, tap, request_live_agent, send_file, send_image, send_location,
  send_unknown, typing, receipt, read, subscribe, unsubscribe, change, server_event

Source: RCS for Business REST reference v1, "Send messages", "Send events", "Revoke messages".
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from flask import Response, jsonify, request

from infra.sandbox.clock import Clock
from infra.sandbox.controls import add_controls, call_with_body, changed_options
from infra.sandbox.google_api import ApiError, Violation, answer_errors, read_body, require, rfc3339
from infra.sandbox.phone_screen import all_chips
from infra.sandbox.rcs_conversation import Conversation, Held
from infra.sandbox.rcs_files import fetch
from infra.sandbox.rcs_ids import Ids, Swallowed
from infra.sandbox.rcs_lines import message_line
from infra.sandbox.rcs_outbox import RcsOptions
from infra.sandbox.rcs_phone import Phone
from infra.sandbox.rcs_schema import (
    RICH,
    Event,
    Message,
    check_event,
    check_id,
    check_message,
    check_number,
    end_of_life,
    objections,
)
from infra.sandbox.standin import StandIn

__all__ = ["RcsOptions", "RcsStandIn"]

JsonObject = dict[str, Any]
_PHONE_ACTIONS = (
    "say",
    "tap",
    "request_live_agent",
    "send_file",
    "send_image",
    "send_location",
    "send_unknown",
    "typing",
    "receipt",
    "read",
    "subscribe",
    "unsubscribe",
    "change",
    "server_event",
)


@dataclass(frozen=True)
class _Call:
    """Who sends what to whom."""

    agent: str
    number: str
    id: str
    name: str
    raw: JsonObject
    at: datetime


class RcsStandIn(StandIn):
    """RCS for Business for any number of phones and agents. `phone` is the users' side."""

    def __init__(self, options: RcsOptions | None = None, clock: Clock | None = None) -> None:
        super().__init__("rcs", clock)
        self.options = options or RcsOptions()
        self.phone = Phone(lambda: self.options, self.clock, self.lock)
        self.violations: list[Violation] = []
        self._ids = Ids()
        answer_errors(self.app)
        self._add_routes()

    def change_options(self, **changes: Any) -> None:
        """Replace options from here on; nested ones are merged (`sending={"twice": 0.5}`)."""
        self.options = changed_options(self.options, changes)
        self.phone.sender.reseed()

    @property
    def swallowed(self) -> list[Swallowed]:
        """What was silently ignored, since its id was taken."""
        with self.lock:
            return list(self._ids.swallowed)

    def transcript(self, conversation: str) -> list[JsonObject]:
        """What the user sees, in order of arrival."""
        with self.lock:
            return list(self.phone.get(conversation).transcript)

    def state(self) -> JsonObject:
        """Conversations with their transcripts, violations, what was swallowed, webhook deliveries."""
        with self.lock:
            return {
                "conversations": {key: self._as_seen(talk) for key, talk in self.phone.conversations.items()},
                "violations": msgspec.to_builtins(self.violations),
                "swallowed": msgspec.to_builtins(self._ids.swallowed),
                "deliveries": self.phone.sender.deliveries(),
            }

    def reset(self) -> None:
        """Forget all phones, violations, ids and deliveries."""
        self.phone.clear()
        self.violations.clear()
        self._ids.clear()

    def stop(self) -> None:
        """Stop delivering and answering."""
        self.phone.stop()
        super().stop()

    def _add_routes(self) -> None:
        base = "/v1/phones/<number>"
        add = self.app.add_url_rule
        add(f"{base}/agentMessages", view_func=self._create_message, methods=["POST"])
        add(f"{base}/agentMessages/<message_id>", view_func=self._revoke_message, methods=["DELETE"])
        add(f"{base}/agentEvents", view_func=self._create_event, methods=["POST"])
        add("/_phone/open", view_func=self._phone_open, methods=["POST"])
        add("/_phone/handshake", view_func=self._phone_handshake, methods=["POST"])
        add("/_phone/launch_notice", view_func=self._phone_launch_notice, methods=["POST"])
        add("/_phone/<path:conversation>/<action>", view_func=self._phone_action, methods=["POST"])
        self.phone.files.serve_by(self)
        add_controls(self)

    # --- the API -----------------------------------------------------------------------------------------------------

    def _create_message(self, number: str) -> Response:
        message, raw = read_body(Message, query=("messageId", "agentId"))
        check_message(message, len(request.get_data()))
        call = self._call(number, "messageId", "agentMessages", raw)
        ends_at = end_of_life(message, call.at)
        if self.options.fetch_files:
            fetch(message.contentMessage)
        with self.lock:
            if not self._is_ignored(call):
                talk = self._reachable(call)
                self._check_message(call, talk, message)
                self._ids.take(call.agent, call.id, call.name, raw)
                line, chips = message_line(call.id, raw), all_chips(raw["contentMessage"])
                self.phone.handsets.take(talk, Held(line, chips, call.at, ends_at))
        expiry = {"expireTime": rfc3339(ends_at)} if ends_at else {}
        shown = {key: value for key, value in raw.items() if key != "ttl"}
        return jsonify({"name": call.name, "sendTime": rfc3339(call.at), **shown, **expiry})

    def _create_event(self, number: str) -> Response:
        event, raw = read_body(Event, query=("eventId", "agentId"))
        check_event(event)
        call = self._call(number, "eventId", "agentEvents", raw)
        with self.lock:
            if not self._is_ignored(call):
                talk = self._reachable(call)
                self._ids.take(call.agent, call.id, call.name, raw)
                self._take_event(call, talk, event)
        return jsonify({"name": call.name, "sendTime": rfc3339(call.at), **raw})

    def _revoke_message(self, number: str, message_id: str) -> Response:
        read_body(dict[str, Any], query=("agentId",))
        with self.lock:
            talk = self.phone.handsets.find(self._agent(), number)
            if not (talk and talk.take_back(message_id)):
                raise ApiError("NOT_FOUND", "The message was delivered already, or was never sent.")
        return jsonify({})

    # --- its rules ---------------------------------------------------------------------------------------------------

    def _agent(self) -> str:
        agent = request.args.get("agentId", "")
        require(agent, "Query parameter agentId is required.")
        if agent not in self.options.agents:
            raise ApiError("PERMISSION_DENIED", f"The caller may not act for agent {agent}.")
        return agent

    def _call(self, number: str, id_name: str, collection: str, raw: JsonObject) -> _Call:
        agent, id_ = self._agent(), request.args.get(id_name, "")
        check_number(number)
        check_id(id_, id_name)
        return _Call(agent, number, id_, f"phones/{number}/{collection}/{id_}", raw, self.clock.now())

    def _is_ignored(self, call: _Call) -> bool:
        ignored = self._ids.ignored(call.agent, call.id, call.name, call.raw, call.at)
        if ignored and not ignored.same:
            self._note(call, "id reused for different content")
        return bool(ignored)

    def _reachable(self, call: _Call) -> Conversation:
        options, device = self.options, self.phone.handsets.devices.get(call.number)
        if call.agent in options.unlaunched and call.number not in options.testers:
            raise ApiError("PERMISSION_DENIED", "The agent is not launched, and the user is not among its testers.")
        if device is None or not device.reachable:
            raise ApiError("NOT_FOUND", "The user can't be reached by RCS.")
        return self.phone.handsets.with_agent(call.agent, call.number)

    def _check_message(self, call: _Call, talk: Conversation, message: Message) -> None:
        is_rich = any(getattr(message.contentMessage, name) for name in RICH)
        device = self.phone.handsets.devices[call.number]
        require(not (is_rich and device.words_only), "The user's device does not support this kind of message.")
        is_unsaid = call.agent in self.options.multi_use and not message.messageTrafficType
        require(not is_unsaid, "messageTrafficType is required of a multi-use agent.")
        for rule in objections(message, call.at):
            self._note(call, rule)
        if talk.is_unwanted(call.at):
            self._note(call, "message to a user who unsubscribed")

    def _take_event(self, call: _Call, talk: Conversation, event: Event) -> None:
        if event.eventType == "IS_TYPING":
            if event.messageId:
                self._note(call, "messageId of an event that is not READ")
            if self.phone.handsets.devices[call.number].online:  # never queued
                talk.sign_at = call.at
                talk.writing.append({"at": rfc3339(call.at), "event": event.eventType})
            return
        line = next((one for one in talk.transcript if one.get("id") == event.messageId and one["from"] == "user"), {})
        if not line:
            self._note(call, "READ for a message the user did not send")
        line["receipt"] = event.eventType

    def _note(self, call: _Call, rule: str) -> None:
        self.violations.append(Violation(rfc3339(call.at), rule, f"{call.agent}: {call.name}"))

    def _as_seen(self, talk: Conversation) -> JsonObject:
        return {
            "agent": talk.agent,
            "number": talk.number,
            "transcript": list(talk.transcript),
            "held": [held.id for held in talk.held],
            "is_writing": talk.is_writing(self.clock.now()),
            "writing": list(talk.writing),
        }

    # --- control -----------------------------------------------------------------------------------------------------

    def _phone_open(self) -> Response:
        return jsonify({"conversation": call_with_body(self.phone.open)})

    def _phone_handshake(self) -> Response:
        return jsonify({"ok": call_with_body(self.phone.handshake)})

    def _phone_launch_notice(self) -> Response:
        return jsonify({"sent": call_with_body(self.phone.launch_notice)})

    def _phone_action(self, conversation: str, action: str) -> Response:
        if action not in _PHONE_ACTIONS:
            raise ApiError("NOT_FOUND", f"A phone can: {', '.join(_PHONE_ACTIONS)}.")
        return jsonify({"sent": call_with_body(getattr(self.phone, action), conversation)})
