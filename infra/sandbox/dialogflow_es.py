"""Stand-in of dialogflow.googleapis.com (v2, Dialogflow ES) with a small agent that calls its fulfilment webhook.

Strict about requests; what the fulfilment webhook answers wrongly is kept in `violations`. Any or no Authorization is
taken. Beside the base's control endpoints and those of `controls`:

- ``POST /_webhook_alone`` – ``{"session": NAME, "text", "payload"}`` calls the fulfilment webhook outside any turn

Source: Dialogflow v2 REST (discovery document): projects.agent.sessions.detectIntent and its kin.
"""

import uuid
from typing import Any

import msgspec
from flask import Response, jsonify, request

from infra.sandbox.clock import Clock
from infra.sandbox.controls import add_controls, changed_options
from infra.sandbox.dialogflow_es_agent import (
    HANDOFF,
    INTENTS,
    RETURN,
    USER_EVENTS,
    Session,
    Turn,
    activate,
    hear_event,
    hear_text,
    refresh,
    say,
)
from infra.sandbox.dialogflow_es_intent import Intent
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
from infra.sandbox.dialogflow_es_webhook import Fulfilment, WebhookOptions, call_webhook
from infra.sandbox.google_api import ApiError, Violation, answer_errors, read_body, rfc3339
from infra.sandbox.standin import StandIn

JsonObject = dict[str, Any]


class DialogflowOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the agent is set up. Without `knows_return_event` it meets `return_event` with a fallback answer.

    `knows_user_events`: the same for sign-in and survey answers. `answers`: to exactly this text it says these
    messages, and nothing else.
    """

    return_event: str = "AGENT_CHAT_ENDED"
    knows_return_event: bool = True
    knows_user_events: bool = True
    answers: dict[str, list[IntentMessage]] = {}
    webhook: WebhookOptions = WebhookOptions()


class DialogflowStandIn(StandIn):
    """Dialogflow ES with any number of sessions. `turns`: every turn heard, per session name."""

    def __init__(self, options: DialogflowOptions | None = None, clock: Clock | None = None) -> None:
        super().__init__("dialogflow", clock)
        self.options = options or DialogflowOptions()
        self.sessions: dict[str, Session] = {}
        self.turns: dict[str, list[JsonObject]] = {}
        self.violations: list[Violation] = []
        self.webhook_calls: list[JsonObject] = []
        answer_errors(self.app)
        self.app.add_url_rule("/v2/<path:target>", view_func=self._detect_intent, methods=["POST"])
        self.app.add_url_rule("/_webhook_alone", view_func=self._webhook_alone, methods=["POST"])
        add_controls(self)

    def change_options(self, **changes: Any) -> None:
        """Replace options from here on; nested ones are merged (`webhook={"url": …}`)."""
        options = changed_options(self.options, changes)
        for messages in options.answers.values():
            check_messages(messages)
        self.options = options

    def state(self) -> JsonObject:
        """Sessions with their turns, webhook calls, violations."""
        with self.lock:
            return {
                "sessions": {name: {"turns": list(turns)} for name, turns in self.turns.items()},
                "webhook_calls": list(self.webhook_calls),
                "violations": msgspec.to_builtins(self.violations),
            }

    def reset(self) -> None:
        """Forget all sessions."""
        self.sessions.clear()
        self.turns.clear()
        self.violations.clear()
        self.webhook_calls.clear()

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
                self._note("reserved context set by the caller", context.name)
        if isinstance(heard, TextInput):
            answer = self.options.answers.get(heard.text)
            return say(session, msgspec.to_builtins(answer), now) if answer else hear_text(session, heard.text, now)
        return hear_event(session, self._intents(), heard.name, heard.parameters, now)

    def _intents(self) -> tuple[Intent, ...]:
        hidden = (RETURN,) if self.options.knows_user_events else (RETURN, *USER_EVENTS)
        others = tuple(intent for intent in INTENTS if intent not in hidden)
        if not self.options.knows_return_event:
            return others
        return (msgspec.structs.replace(RETURN, events=(self.options.return_event,)), *others)

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
        turn = hear_event(session, self._intents(), event.name, event.parameters, self.clock.time())
        result.clear()
        result.update(query_result(name, session, turn, heard))

    def _call_webhook(self, name: str, answer: JsonObject, payload: JsonObject, headers: dict[str, str]) -> Fulfilment:
        body = {
            "responseId": answer["responseId"],
            "session": name,
            "queryResult": answer["queryResult"],
            "originalDetectIntentRequest": {"payload": payload},
        }
        done = call_webhook(self.options.webhook, body, headers, self.clock, self.wire)
        with self.lock:
            call = {"session": name, "responseId": answer["responseId"], "http_status": done.http_status}
            self.webhook_calls.append(call | {"status": done.status, "answer": done.body})
            if done.problem:
                self._note("invalid webhook answer", done.problem)
        return done

    def _webhook_alone(self) -> Response:
        asked = request.get_json()
        name, heard = asked["session"], asked.get("text", "talk to a person")
        check_session(name)
        with self.lock:
            session = self.sessions.setdefault(name, Session())
            turn = Turn(HANDOFF, HANDOFF.texts[0], asked.get("parameters", {"department": ""}))
            result = query_result(name, session, turn, TextInput(text=heard, languageCode="en"))
        answer = {"responseId": str(uuid.uuid4()), "queryResult": result}
        done = self._call_webhook(name, answer, asked.get("payload", {}), {})
        return jsonify({"http_status": done.http_status, "status": done.status, "answer": done.body})

    # --- the record ---

    def _record(self, name: str, given: QueryParameters, heard: Heard, answer: JsonObject) -> None:
        what: JsonObject = msgspec.to_builtins(heard)
        if isinstance(heard, EventInput):
            what["event"] = what.pop("name")
        turn = {
            "at": rfc3339(self.clock.now()),
            "responseId": answer["responseId"],
            **what,
            "payload": given.payload,
            "contexts": msgspec.to_builtins(given.contexts),
            "intent": answer["queryResult"]["intent"]["displayName"],
            "result": answer["queryResult"],
            "webhookStatus": answer.get("webhookStatus"),
        }
        with self.lock:
            self.turns.setdefault(name, []).append(turn)

    def _note(self, rule: str, detail: str) -> None:
        self.violations.append(Violation(rfc3339(self.clock.now()), rule, detail))


def _context_id(context: Context) -> str:
    return context.name.rpartition("/contexts/")[2]
