"""Stand-in of dialogflow.googleapis.com (v2, Dialogflow ES) with a small agent that calls its fulfilment webhook.

Strict about requests; what the fulfilment webhook answers wrongly is kept in `violations`. Any or no Authorization is
taken. Control endpoints: see `dialogflow_standin`.

Source: Dialogflow v2 REST (discovery document): projects.agent.sessions.detectIntent and its kin.
"""

import uuid
from typing import Any

import msgspec
from flask import Response, jsonify

from infra.sandbox.clock import Clock
from infra.sandbox.dialogflow_agent import HANDOFF, BotOptions
from infra.sandbox.dialogflow_es_messages import IntentMessage
from infra.sandbox.dialogflow_es_result import contexts, merge, query_result, set_only
from infra.sandbox.dialogflow_es_schema import (
    Context,
    DetectIntentRequest,
    EventInput,
    FollowupEvent,
    Heard,
    QueryParameters,
    TextInput,
    check_messages,
    check_request,
    check_session,
    is_reserved_context,
)
from infra.sandbox.dialogflow_es_session import Session, Turn, activate, hear_event, hear_text, refresh, say
from infra.sandbox.dialogflow_es_webhook import call_webhook, read_response
from infra.sandbox.dialogflow_standin import BotStandIn
from infra.sandbox.dialogflow_webhook import Caller, Fulfilment, WebhookOptions
from infra.sandbox.google_api import ApiError, read_body
from infra.sandbox.google_identity import GoogleIdentityStandIn

JsonObject = dict[str, Any]


class DialogflowOptions(BotOptions, frozen=True, kw_only=True):
    """How the agent is set up. `answers`: to exactly this text it says these messages, and nothing else."""

    answers: dict[str, list[IntentMessage]] = msgspec.field(default_factory=dict)
    webhook: WebhookOptions = WebhookOptions()


class DialogflowStandIn(BotStandIn):
    """Dialogflow ES with any number of sessions and agents. `google` signs its identity tokens."""

    options: DialogflowOptions

    def __init__(
        self,
        options: DialogflowOptions | None = None,
        clock: Clock | None = None,
        google: GoogleIdentityStandIn | None = None,
    ) -> None:
        super().__init__(options or DialogflowOptions(), clock)
        self.sessions: dict[str, Session] = {}
        self._caller = Caller(self.clock, self.wire, read_response, google)
        self.app.add_url_rule("/v2/<path:target>", view_func=self._detect_intent, methods=["POST"])

    def check_options(self, options: DialogflowOptions) -> None:
        """Raises `ApiError` INVALID_ARGUMENT for a message of no kind, or of several."""
        for messages in options.answers.values():
            check_messages(messages)

    def forget_sessions(self) -> None:
        """Forget what is known of all sessions."""
        self.sessions.clear()

    def _detect_intent(self, target: str) -> Response:
        name, _, method = target.rpartition(":")
        if method != "detectIntent":
            raise ApiError("NOT_FOUND", f"Method {method!r} is not played here.")
        asked, _ = read_body(DetectIntentRequest)
        heard = check_request(name, asked)
        with self.lock:
            turn = self._hear(name, asked.queryParams, heard)
            result = query_result(name, self.sessions[name], turn, heard)
        answer: JsonObject = {"responseId": str(uuid.uuid4()), "queryResult": result}
        if turn.intent.calls_webhook and self.options.webhook.url:
            self._fulfil(name, answer, asked)
        self._record(name, asked.queryParams, heard, answer)
        return jsonify(answer)

    def _hear(self, name: str, given: QueryParameters, heard: Heard) -> Turn:
        now = self.clock.time()
        session = self.sessions.setdefault(name, Session())
        refresh(session, now)
        if given.resetContexts:
            session.contexts = {}
        self._activate(name, given.contexts)
        for context in given.contexts:
            if is_reserved_context(_context_id(context)):
                self.note("reserved context set by the caller", context.name)
        if isinstance(heard, TextInput):
            answer = self.options.answers.get(heard.text)
            return say(session, msgspec.to_builtins(answer), now) if answer else hear_text(session, heard.text, now)
        return hear_event(session, self.options, heard.name, heard.parameters, now)

    def _activate(self, name: str, contexts: list[Context]) -> None:
        for context in contexts:
            lifespan, parameters = context.lifespanCount, context.parameters
            activate(self.sessions[name], _context_id(context), lifespan, parameters, self.clock.time())

    # --- fulfilment ---

    def _fulfil(self, name: str, answer: JsonObject, asked: DetectIntentRequest) -> None:
        done = self._call_webhook(name, answer, asked.queryParams.payload, asked.queryParams.webhookHeaders)
        result = answer["queryResult"]
        answer["webhookStatus"] = done.status
        result["diagnosticInfo"] = {"webhook_latency_ms": round(done.seconds * 1000)}
        if done.problem:
            result["diagnosticInfo"]["webhook_error"] = done.problem
        if done.response is None:
            return
        with self.lock:
            self._activate(name, done.response.outputContexts or [])
            if done.response.followupEventInput:
                self._follow_up(name, result, done.response.followupEventInput)
            else:
                merge(result, done.response)
            result.update(set_only(outputContexts=contexts(name, self.sessions[name])))

    def _follow_up(self, name: str, result: JsonObject, event: FollowupEvent) -> None:
        session, heard = self.sessions[name], EventInput(name=event.name, languageCode=result["languageCode"])
        turn = hear_event(session, self.options, event.name, event.parameters, self.clock.time())
        result.clear()
        result.update(query_result(name, session, turn, heard))

    def _call_webhook(self, name: str, answer: JsonObject, payload: JsonObject, headers: dict[str, str]) -> Fulfilment:
        body = {
            "responseId": answer["responseId"],
            "session": name,
            "queryResult": answer["queryResult"],
            "originalDetectIntentRequest": {"payload": payload},
        }
        done = call_webhook(self._caller, self.options.webhook, body, headers)
        self.record_call(name, answer["responseId"], done)
        return done

    def call_alone(self, name: str, asked: JsonObject) -> Fulfilment:
        """Call the webhook as in a turn of that session that asks for a person, without such a turn."""
        check_session(name)
        heard = TextInput(text=asked.get("text", "talk to a person"), languageCode="en")
        with self.lock:
            session = self.sessions.setdefault(name, Session())
            turn = Turn(HANDOFF, HANDOFF.texts[0], asked.get("parameters", {"department": ""}))
            result = query_result(name, session, turn, heard)
        answer = {"responseId": str(uuid.uuid4()), "queryResult": result}
        return self._call_webhook(name, answer, asked.get("payload", {}), {})

    # --- the record ---

    def _record(self, name: str, given: QueryParameters, heard: Heard, answer: JsonObject) -> None:
        what: JsonObject = msgspec.to_builtins(heard)
        if isinstance(heard, EventInput):
            what["event"] = what.pop("name")
        turn = {
            "responseId": answer["responseId"],
            **what,
            "payload": given.payload,
            "contexts": msgspec.to_builtins(given.contexts),
            "intent": answer["queryResult"]["intent"]["displayName"],
            "result": answer["queryResult"],
            "webhookStatus": answer.get("webhookStatus"),
        }
        self.record_turn(name, turn)


def _context_id(context: Context) -> str:
    return context.name.rpartition("/contexts/")[2]
