"""The fulfilment webhook of Dialogflow: verifies and reads calls, builds answers, those of ES itself. Pure.

The caller's payload (`originalDetectIntentRequest`) is not read: a conversation is found by its session alone.

Source: Dialogflow v2 REST reference (WebhookRequest, WebhookResponse), guide "fulfillment", as of 2026-11.
"""

import base64
import binascii
import hmac
from collections.abc import Iterable, Mapping

from functions.dialogflow.cx_webhook import answer_cx, is_cx_call, parse_cx_call
from functions.dialogflow.fulfilment import FulfilmentCall, session_of, turn_of, wrong
from functions.dialogflow.signals import SignalRules, find_signal
from functions.handoff.errors import WebhookRejected
from functions.handoff.events import JsonObject
from functions.handoff.json_fields import clean_json, object_at, text_at


def verify(headers: Mapping[str, str], tokens: Iterable[str]) -> None:
    """Let pass only calls that carry one of `tokens` (the current one and the one before), in any of three forms.

    `Authorization: Bearer TOKEN`, the password of basic auth with any user, or `X-Webhook-Token: TOKEN`. Dialogflow may
    put an identity token of its own into Authorization, so one right form suffices.

    Raises:
        WebhookRejected: 401, none of them is right.
    """
    accepted = [token.encode() for token in tokens if token]
    given = [one.encode("utf-8", "surrogatepass") for one in _given_tokens(headers)]
    if not any(hmac.compare_digest(one, token) for one in given for token in accepted):
        raise WebhookRejected(401, "token", "no form of the webhook token is right")


def _given_tokens(headers: Mapping[str, str]) -> list[str]:
    by_name = {name.lower(): value for name, value in headers.items()}
    scheme, _, credentials = by_name.get("authorization", "").strip().partition(" ")
    password = _password(credentials) if scheme.lower() == "basic" else ""
    bearer = credentials.strip() if scheme.lower() == "bearer" else ""
    return [bearer, password, by_name.get("x-webhook-token", "").strip()]


def _password(credentials: str) -> str:
    """The password of basic auth, "" when it is malformed."""
    try:
        return base64.b64decode(credentials.strip(), validate=True).decode().partition(":")[2]
    except (binascii.Error, ValueError):
        return ""


def parse_webhook(body: object, rules: SignalRules) -> FulfilmentCall:
    """Read one fulfilment call, already verified; its shape says which Dialogflow it is from.

    Raises:
        WebhookRejected: 400, a field that must be there is missing, too long or of the wrong type, or the fields of ES
            and CX are mixed; the message names it.
    """
    call = clean_json(body)
    if not isinstance(call, dict):
        raise wrong("the body", "a JSON object")
    return parse_cx_call(call, rules) if is_cx_call(call) else _parse_es_call(call, rules)


def _parse_es_call(call: JsonObject, rules: SignalRules) -> FulfilmentCall:
    session_id, agent = session_of(call, "session")
    response_id = turn_of(call, "responseId")
    if not isinstance(call.get("queryResult"), dict):
        raise wrong("queryResult", "an object")
    result = object_at(call, "queryResult")
    return FulfilmentCall(
        session_id=session_id,
        response_id=response_id,
        agent=agent,
        signal=find_signal(result, rules),
        language=text_at(result, "languageCode"),
    )


def answer(call: FulfilmentCall, text: str = "", *, is_awaited: bool = False) -> JsonObject:
    """A WebhookResponse that says `text`, or with "" leaves the bot's own responses as they are.

    Args:
        call: what is answered.
        text: what the user is told.
        is_awaited: a worker of ours waits for this turn. With ES the signal is in the turn's answer anyway; with CX a
            tag is not, so the answer says it.
    """
    if call.is_cx:
        return answer_cx(text, call.signal if is_awaited else None)
    return {"fulfillmentText": text} if text else {}
