"""What the stand-ins of both Dialogflows share: their record, their options, and a webhook called outside any turn.

Beside the base's control endpoints and those of `controls`:

- ``POST /_webhook_alone`` – ``{"session": NAME, "text", "payload", "parameters"}`` calls the fulfilment webhook
  outside any turn
"""

from typing import Any

import msgspec
from flask import Response, jsonify, request

from infra.sandbox.clock import Clock
from infra.sandbox.controls import add_controls, changed_options
from infra.sandbox.dialogflow_webhook import Fulfilment
from infra.sandbox.google_api import Violation, answer_errors, rfc3339
from infra.sandbox.standin import StandIn

JsonObject = dict[str, Any]


class BotStandIn(StandIn):
    """A Dialogflow with any number of sessions. `turns`: every turn heard, per session name.

    `violations`: what the fulfilment webhook answered wrongly, and what callers should not do. `options` is a struct
    with `answers` and a `webhook`.
    """

    def __init__(self, options: Any, clock: Clock | None) -> None:
        super().__init__("dialogflow", clock)
        self.options = options
        self.turns: dict[str, list[JsonObject]] = {}
        self.violations: list[Violation] = []
        self.webhook_calls: list[JsonObject] = []
        answer_errors(self.app)
        self.app.add_url_rule("/_webhook_alone", view_func=self._webhook_alone, methods=["POST"])
        add_controls(self)

    def change_options(self, **changes: Any) -> None:
        """Replace options from here on; nested ones are merged (`webhook={"url": …}`)."""
        options = changed_options(self.options, changes)
        self.check_options(options)
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
        self.forget_sessions()
        self.turns.clear()
        self.violations.clear()
        self.webhook_calls.clear()

    # --- what each of them does in its own way -----------------------------------------------------------------------

    def check_options(self, options: Any) -> None:
        """Raises `ApiError` for options that the types alone don't refuse."""
        raise NotImplementedError

    def forget_sessions(self) -> None:
        """Forget what is known of all sessions."""
        raise NotImplementedError

    def call_alone(self, name: str, asked: JsonObject) -> Fulfilment:
        """Call the webhook as in a turn of that session that asks for a person, without such a turn."""
        raise NotImplementedError

    # --- the record --------------------------------------------------------------------------------------------------

    def record_turn(self, name: str, turn: JsonObject) -> None:
        """Keep a turn."""
        with self.lock:
            self.turns.setdefault(name, []).append({"at": rfc3339(self.clock.now()), **turn})

    def record_call(self, name: str, response_id: str, done: Fulfilment) -> None:
        """Keep a call of the webhook."""
        call = {"session": name, "responseId": response_id, "http_status": done.http_status}
        with self.lock:
            self.webhook_calls.append(call | {"status": done.status, "answer": done.body})
            if done.problem:
                self.note("invalid webhook answer", done.problem)

    def note(self, rule: str, detail: str) -> None:
        """Keep a violation."""
        self.violations.append(Violation(rfc3339(self.clock.now()), rule, detail))

    def _webhook_alone(self) -> Response:
        asked = request.get_json()
        done = self.call_alone(asked["session"], asked)
        return jsonify({"http_status": done.http_status, "status": done.status, "answer": done.body})
