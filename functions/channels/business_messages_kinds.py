"""Business Messages, from the user to us: what each kind of webhook says. Pure; one reader a kind, in `READERS`.

Source: developers.google.com/business-communications/business-messages: REST reference v1 (UserMessage,
SuggestionResponse, Receipts, SurveyResponse), guides "receive messages" and "message receipts", as of 2024-11; the
sample payloads of google-business-communications/business-messages-test-framework.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

from functions.channels.attachment_places import find_place, read_places
from functions.channels.business_messages_bot import parse_dialogflow_response
from functions.channels.business_messages_fields import Delivery, event_id, source_at
from functions.channels.webhook_fields import (
    MAX_EVENT_ID_CHARACTERS,
    MAX_TEXT_CHARACTERS,
    MAX_URL_CHARACTERS,
    digest,
    wrong,
)
from functions.handoff.content import Media
from functions.handoff.errors import FileRefused
from functions.handoff.events import (
    HandoffAsked,
    HandoffSignal,
    InboundEvent,
    JsonObject,
    ReturnAsked,
    UserAction,
    UserMessage,
    UserReceipt,
)
from functions.handoff.json_fields import is_true, object_at, objects_at, text_at

_MAX_PARAMETER_CHARACTERS = 4_000
_MAX_DETAIL_CHARACTERS = 1_000
_MAX_RECEIPTS = 50
_PLAIN_URL = re.compile(r"https?://[!-~]+", re.IGNORECASE)  # ASCII, as a signed address is
_SURVEY_FIELDS = (
    *("survey", "rating", "createTime", "surveyQuestionId", "questionType", "questionIndex", "totalQuestionCount"),
    *("questionResponseText", "questionResponsePostbackData", "surveyTriggerSource"),
)
_SURVEY_DETAILS = {  # what agents may see → the first of these that was given
    "rating": ("rating",),
    "answer": ("questionResponseText", "questionResponsePostbackData"),
    "question": ("surveyQuestionId",),
}

Reader = Callable[[Delivery, JsonObject], InboundEvent | str]
"""The event that a payload is, or the name under which it is ignored.

Raises:
    WebhookRejected: 400, a field that must be there can't be used; names it, and nothing else of the body.
"""


# --- words, chips, pictures ------------------------------------------------------------------------------------------


def _read_status(delivery: Delivery, status: JsonObject) -> InboundEvent | str:
    """`requestedLiveAgent` first: a fixture carries it beside `isTyping`, though the reference makes them exclusive.

    Typing changes come as true, "true", false, or by leaving the field out.
    """
    if is_true(status.get("requestedLiveAgent")):
        return HandoffAsked(id=event_id(delivery), source_at=source_at(delivery, status), signal=HandoffSignal("user"))
    unknown = sorted(status.keys() - {"isTyping", "requestedLiveAgent", "createTime"})
    return f"userStatus.{unknown[0]}" if unknown else "typing"


def _read_message(delivery: Delivery, message: JsonObject) -> InboundEvent | str:
    """A picture is a text, too: a signed storage.googleapis.com URL, good for seven days, with nothing to mark it."""
    text = message.get("text")
    if not isinstance(text, str):
        raise wrong("message.text", "a string")
    picture = _find_picture(text.strip(), delivery.attachment_hosts)
    if picture:
        return _said(delivery, message, picture.url, None, (picture,))
    return _said(delivery, message, text, None)


def _find_picture(text: str, hosts: Sequence[str]) -> Media | None:
    """What lies at an address that is the whole of the text, if it is one of the hosts that files may be fetched from.

    Whoever writes such an address by hand gets the same; every other link is words.
    """
    if len(text) > MAX_URL_CHARACTERS or not _PLAIN_URL.fullmatch(text):
        return None
    try:
        _, target = find_place(text, read_places(hosts))
    except FileRefused:
        return None
    return Media(text) if target.partition("?")[0] != "/" else None


def _read_suggestion(delivery: Delivery, response: JsonObject) -> InboundEvent | str:
    """Its kind (`type` in the reference, `suggestionType` in guide and fixture; values unpublished) changes nothing."""
    for name in ("text", "postbackData"):
        if not isinstance(response.get(name, ""), str):
            raise wrong(f"suggestionResponse.{name}", "a string")
    postback = text_at(response, "postbackData")
    return _said(delivery, response, text_at(response, "text") or postback, postback or None)


def _said(
    delivery: Delivery, payload: JsonObject, text: str, postback: str | None, files: tuple[Media, ...] = ()
) -> InboundEvent | str:
    if not text.strip():
        return "empty"
    message_id, said_at = event_id(delivery, text_at(payload, "messageId")), source_at(delivery, payload)
    if any(words.strip().casefold() in delivery.return_keywords for words in (text, postback) if words):
        return ReturnAsked(id=message_id, source_at=said_at, text=text[:MAX_TEXT_CHARACTERS])
    heard = parse_dialogflow_response(object_at(delivery.body, "dialogflowResponse"), delivery.read_payload)
    return UserMessage(
        id=message_id,
        source_at=said_at,
        text=text[:MAX_TEXT_CHARACTERS],
        postback=postback[:MAX_TEXT_CHARACTERS] if postback else None,
        files=files,
        bot_answer=heard.answer,
        answered=heard.was_shown,
    )


# --- what is no message ----------------------------------------------------------------------------------------------


def _read_authentication(delivery: Delivery, response: JsonObject) -> InboundEvent | str:
    """How a sign-in ended. Its code buys the user's token, so it goes into the parameters and nowhere else.

    One that is too long is left out: cut, it would be worth nothing.
    """
    problem = object_at(response, "errorDetails")
    given = {
        "code": text_at(response, "code"),
        "redirect_uri": text_at(response, "redirect_uri"),
        "error": text_at(problem, "error"),
        "error_description": text_at(problem, "errorDescription"),
    }
    given = {name: value for name, value in given.items() if value.strip() and len(value) <= _MAX_PARAMETER_CHARACTERS}
    details = {"outcome": "failed" if "error" in given or "code" not in given else "succeeded"}
    if "error" in given and "code" not in given:
        details["error"] = given["error"][:_MAX_DETAIL_CHARACTERS]
    return UserAction(
        id=event_id(delivery),
        source_at=source_at(delivery, response),
        action="authentication",
        parameters=given,
        details=details,
    )


def _read_survey(delivery: Delivery, response: JsonObject) -> InboundEvent | str:
    """The answer to one question of a survey; one that says nothing is ignored."""
    given = {name: _bounded(response.get(name)) for name in _SURVEY_FIELDS}
    given = {name: value for name, value in given.items() if value is not None}
    found = {name: next((one for one in fields if one in given), "") for name, fields in _SURVEY_DETAILS.items()}
    details = {name: str(given[field])[:_MAX_DETAIL_CHARACTERS] for name, field in found.items() if field}
    if not details.keys() & {"rating", "answer"}:
        return "surveyResponse"
    return UserAction(
        id=event_id(delivery),
        source_at=source_at(delivery, response),
        action="survey",
        parameters=given,
        details=details,
    )


def _bounded(value: Any) -> str | int | float | None:
    """A text, cut, or a number; None for all else. Which of the two a rating is, no source says."""
    if isinstance(value, str):
        return value[:_MAX_PARAMETER_CHARACTERS] if value.strip() else None
    return value if isinstance(value, int | float) else None


def _read_receipts(delivery: Delivery, payload: JsonObject) -> InboundEvent | str:
    """Several per delivery, and no `requestId`. Where any was READ only those count: what was read was delivered.

    Of too many the last are kept. The same receipts again are the same event, however often they come.
    """
    receipts = objects_at(payload, "receipts")
    for receipt_type in ("READ", "DELIVERED"):
        names = [text_at(one, "message") for one in receipts if one.get("receiptType") == receipt_type]
        found = [_find_message_id(delivery, name) for name in names]
        message_ids = tuple(dict.fromkeys(one for one in found if one))[-_MAX_RECEIPTS:]
        if message_ids:
            return UserReceipt(
                id=digest([receipt_type, *sorted(message_ids)]),
                source_at=source_at(delivery, payload),
                message_ids=message_ids,
                read=receipt_type == "READ",
            )
    return IGNORED_RECEIPTS


def _find_message_id(delivery: Delivery, name: str) -> str:
    """The id in "conversations/c/messages/m", "" for one of another conversation or none that we would send."""
    start = f"conversations/{delivery.conversation_id}/messages/"
    message_id = name.removeprefix(start)
    is_ours = name.startswith(start) and message_id.strip() and "/" not in message_id
    return message_id if is_ours and len(message_id) <= MAX_EVENT_ID_CHARACTERS else ""


IGNORED_RECEIPTS = "receipt"
READERS: dict[str, Reader] = {  # the first that is an event is what the webhook says
    "userStatus": _read_status,
    "message": _read_message,
    "suggestionResponse": _read_suggestion,
    "authenticationResponse": _read_authentication,
    "surveyResponse": _read_survey,
    "receipts": _read_receipts,
}
