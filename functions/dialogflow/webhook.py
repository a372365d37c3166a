"""Dialogflow ES's fulfilment webhook: verifies and reads calls, builds answers. Pure.

The caller's payload (`originalDetectIntentRequest`) is not read: a conversation is found by its session alone.

Source: Dialogflow v2 REST reference (WebhookRequest, WebhookResponse), guide "fulfillment", as of 2026-11.
"""

import base64
import binascii
import hmac
from collections.abc import Iterable, Mapping

import msgspec

from functions.dialogflow.signals import SignalRules, find_signal
from functions.handoff.errors import WebhookRejected
from functions.handoff.events import HandoffSignal, JsonObject
from functions.handoff.json_fields import clean_json, object_at, text_at

_MAX_ID_CHARACTERS = 200


class FulfilmentCall(msgspec.Struct, frozen=True, kw_only=True):
    """One call of the bot: in which session, for which turn, and whether it asks for a person.

    `response_id` is the same that the caller of detectIntent gets for this turn.
    """

    session_id: str
    response_id: str
    signal: HandoffSignal | None = None
    language: str = ""
    is_cx: bool = False


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
    """Read one fulfilment call, already verified.

    Raises:
        WebhookRejected: 400, `session`, `responseId` or `queryResult` is missing, too long or of the wrong type; the
            message names it.
    """
    call = clean_json(body)
    if not isinstance(call, dict):
        raise _wrong("the body", "a JSON object")
    session_id = text_at(call, "session").rsplit("/", 1)[-1]  # console calls have other paths before it
    if not session_id:
        raise _wrong("session", "the path of a session")
    if not 0 < len(text_at(call, "responseId")) <= _MAX_ID_CHARACTERS:
        raise _wrong("responseId", f"a string of 1 to {_MAX_ID_CHARACTERS} characters")
    if not isinstance(call.get("queryResult"), dict):
        raise _wrong("queryResult", "an object")
    result = object_at(call, "queryResult")
    return FulfilmentCall(
        session_id=session_id,
        response_id=text_at(call, "responseId"),
        signal=find_signal(result, rules),
        language=text_at(result, "languageCode"),
    )


def answer(text: str = "") -> JsonObject:
    """A WebhookResponse that says `text`, or with "" leaves the intent's own responses as they are."""
    return {"fulfillmentText": text} if text else {}


def _wrong(field: str, expected: str) -> WebhookRejected:
    return WebhookRejected(400, "field", f"{field} must be {expected}")
