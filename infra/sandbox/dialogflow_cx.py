"""Stand-in of dialogflow.googleapis.com (v3, Dialogflow CX): the bot of the ES one, with pages instead of contexts.

Strict about requests; what the fulfilment webhook answers wrongly is kept in `violations`. Any or no Authorization is
taken. Control endpoints: see `dialogflow_standin`.

Source: Dialogflow v3 REST (discovery document): projects.locations.agents.sessions.detectIntent and its kin.
"""

import uuid
from typing import Any

import msgspec
from flask import Response, jsonify

from infra.sandbox.clock import Clock
from infra.sandbox.dialogflow_agent import HANDOFF, BotOptions
from infra.sandbox.dialogflow_cx_messages import ResponseMessage, check_messages, written
from infra.sandbox.dialogflow_cx_result import find_page, query_result, set_only, webhook_request
from infra.sandbox.dialogflow_cx_schema import (
    DetectIntentRequest,
    EventInput,
    Heard,
    QueryParameters,
    TextInput,
    WebhookResponse,
    agent_of,
    check_agent,
    check_request,
)
from infra.sandbox.dialogflow_cx_session import (
    ALL_INTENTS,
    END_SESSION,
    START_PAGE,
    Session,
    Turn,
    hear_event,
    hear_intent,
    hear_text,
    say,
)
from infra.sandbox.dialogflow_cx_webhook import call_webhook, read_response
from infra.sandbox.dialogflow_intent import Intent
from infra.sandbox.dialogflow_standin import BotStandIn
from infra.sandbox.dialogflow_webhook import Caller, Fulfilment, WebhookOptions
from infra.sandbox.google_api import ApiError, read_body, require
from infra.sandbox.google_identity import GoogleIdentityStandIn

JsonObject = dict[str, Any]


class DialogflowCxOptions(BotOptions, frozen=True, kw_only=True):
    """How the agent is set up. `agents`: resource names of those that are here; none: any.

    `answers`: to exactly this text it says these messages, and nothing else. Without `hands_off` it leaves it to its
    webhook to ask for a person; without `ends_session` asking for one does not end the session.
    """

    agents: tuple[str, ...] = ()
    answers: dict[str, list[ResponseMessage]] = msgspec.field(default_factory=dict)
    webhook: WebhookOptions = WebhookOptions()
    hands_off: bool = True
    ends_session: bool = True


class DialogflowCxStandIn(BotStandIn):
    """Dialogflow CX with any number of sessions. `google` signs its identity tokens."""

    options: DialogflowCxOptions

    def __init__(
        self,
        options: DialogflowCxOptions | None = None,
        clock: Clock | None = None,
        google: GoogleIdentityStandIn | None = None,
    ) -> None:
        super().__init__(options or DialogflowCxOptions(), clock)
        self.sessions: dict[str, Session] = {}
        self._caller = Caller(self.clock, self.wire, read_response, google)
        self.app.add_url_rule("/v3/<path:target>", view_func=self._detect_intent, methods=["POST"])

    def check_options(self, options: DialogflowCxOptions) -> None:
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
        check_agent(agent_of(name), self.options.agents)
        asked, _ = read_body(DetectIntentRequest)
        heard, given, language = check_request(asked), asked.queryParams, asked.queryInput.languageCode
        response_id = str(uuid.uuid4())
        with self.lock:
            turn = self._hear(name, given, heard)
            request = webhook_request(name, self.sessions[name], turn, heard, language)
        request |= {"detectIntentResponseId": response_id, "payload": given.payload}
        done = self._fulfil(name, turn, given, request)
        with self.lock:
            result = self._close(name, turn, done, heard, language)
        self._record(name, given, asked, turn, {"responseId": response_id, "result": result})
        return jsonify({"responseId": response_id, "queryResult": result, "responseType": "FINAL"})

    def _hear(self, name: str, given: QueryParameters, heard: Heard) -> Turn:
        page = find_page(name, given.currentPage) if given.currentPage else None
        require(page or not given.currentPage, f"{given.currentPage!r} is no page of this agent.")
        intent = None if isinstance(heard, TextInput | EventInput) else self._named(name, heard.intent)
        session = self.sessions.setdefault(name, Session())
        session.refresh(self.clock.time(), given.life_s)
        if page == END_SESSION:
            self.note("a session to begin at its end", given.currentPage)
        if page:
            session.replace_state(page, {})
        session.change_parameters(given.parameters)
        turn = self._matched(session, heard, given, intent)
        return self._handed_off(turn) if turn.hands_off else turn

    def _matched(self, session: Session, heard: Heard, given: QueryParameters, intent: Intent | None) -> Turn:
        if intent:
            return hear_intent(session, intent)
        if isinstance(heard, EventInput):
            return hear_event(session, heard.event, given.parameters, self.options)
        text = heard.text if isinstance(heard, TextInput) else ""
        answer = self.options.answers.get(text)
        return say(written(answer)) if answer else hear_text(session, text)

    def _named(self, name: str, intent: str) -> Intent:
        owner, _, intent_id = intent.rpartition("/intents/")
        if owner != agent_of(name) or intent_id not in ALL_INTENTS:
            raise ApiError("NOT_FOUND", f"{intent!r} is no intent of this agent.")
        return ALL_INTENTS[intent_id]

    def _handed_off(self, turn: Turn) -> Turn:
        asked = {"liveAgentHandoff": {"metadata": dict(turn.found)}, "responseType": "HANDLER_PROMPT"}
        return msgspec.structs.replace(
            turn,
            messages=[*turn.messages, asked] if self.options.hands_off else turn.messages,
            target=END_SESSION if self.options.ends_session else turn.target,
        )

    # --- fulfilment ---

    def _fulfil(self, name: str, turn: Turn, given: QueryParameters, request: JsonObject) -> Fulfilment | None:
        if not turn.intent.calls_webhook or not self.options.webhook.url or given.disableWebhook:
            return None
        return self._call_webhook(name, request, given.webhookHeaders)

    def _call_webhook(self, name: str, request: JsonObject, headers: dict[str, str]) -> Fulfilment:
        counting, calls = call_webhook(self._caller, self.options.webhook, name, request, headers)
        for done in calls:
            self.record_call(name, request["detectIntentResponseId"], done)
        return counting

    def call_alone(self, name: str, asked: JsonObject) -> Fulfilment:
        """Call the webhook as in a turn of that session that asks for a person, without such a turn."""
        agent_of(name)
        given = {key: value for key, value in asked.get("parameters", {}).items() if value}
        text = {"text": {"text": list(HANDOFF.texts)}, "responseType": "HANDLER_PROMPT"}
        turn = Turn(HANDOFF, "INTENT", [text], START_PAGE, given)
        heard = TextInput(text=asked.get("text", "talk to a person"))
        with self.lock:
            session = self.sessions.setdefault(name, Session())
            request = webhook_request(name, session, self._handed_off(turn), heard, "en")
        request |= {"detectIntentResponseId": str(uuid.uuid4()), "payload": asked.get("payload", {})}
        return self._call_webhook(name, request, {})

    def _close(self, name: str, turn: Turn, done: Fulfilment | None, heard: Heard, language: str) -> JsonObject:
        """The turn's result, with the session on the page that it leads to."""
        session = self.sessions.setdefault(name, Session())
        session.page = turn.target
        response: WebhookResponse = (done.response if done else None) or WebhookResponse()
        session.change_parameters(response.sessionInfo.parameters if response.sessionInfo else {})
        session.page = find_page(name, response.targetPage or response.targetFlow or "") or session.page
        result = query_result(name, session, turn, heard, language)
        result["responseMessages"] = _merged(turn.messages, response)
        if done:
            result["webhookStatuses"] = [done.status if done.response is None else {}]
            result["webhookPayloads"] = [response.payload or {}]
            result["diagnosticInfo"] = {"webhook_latency_ms": round(done.seconds * 1000)}
        if session.page == END_SESSION:
            result["responseMessages"].append({"endInteraction": {}})
            session.replace_state(START_PAGE, {})
        return result

    # --- the record ---

    def _record(
        self, name: str, given: QueryParameters, asked: DetectIntentRequest, turn: Turn, answer: JsonObject
    ) -> None:
        result = answer["result"]
        heard = {"text": result.get("text"), "event": result.get("triggerEvent")}
        statuses = result.get("webhookStatuses")
        turn_heard = {
            **set_only(**heard, triggerIntent=result.get("triggerIntent")),
            "languageCode": asked.queryInput.languageCode,
            "parameters": given.parameters,
            "payload": given.payload,
            "contexts": [{"currentPage": given.currentPage, "parameters": given.parameters}] * bool(given.currentPage),
            "intent": turn.intent.name,
            **answer,
            "webhookStatus": statuses[-1] if statuses else None,
        }
        self.record_turn(name, turn_heard)


def _merged(messages: list[JsonObject], response: WebhookResponse) -> list[JsonObject]:
    """The messages said so far, with those of the webhook behind them or in their place."""
    said = response.fulfillmentResponse
    if said is None:
        return list(messages)
    kept = [] if said.mergeBehavior == "REPLACE" else messages
    return [*kept, *written(said.messages)]
