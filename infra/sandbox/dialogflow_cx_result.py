"""How the Dialogflow CX stand-in writes a turn down: as QueryResult, and as WebhookRequest.

As in all of Google's JSON, what is empty or false is left out.

Source: Dialogflow v3 discovery document: QueryResult, Match, WebhookRequest; google-cloud-dialogflow-cx 2.9.0 (when
which field is filled).
"""

from typing import Any

from infra.sandbox.dialogflow_cx_schema import EventInput, Heard, TextInput, agent_of
from infra.sandbox.dialogflow_cx_session import FLOW_ID, PAGES, Session, Turn
from infra.sandbox.dialogflow_intent import Intent

JsonObject = dict[str, Any]
_SURE, _QUITE_SURE = 1.0, 0.9


def page_name(name: str, page: str) -> str:
    """The resource name of a page, for a session's name."""
    return f"{agent_of(name)}/flows/{FLOW_ID}/pages/{page}"


def find_page(name: str, target: str) -> str | None:
    """The id of the page that a page's or flow's resource name means; None when there is none in that agent."""
    if target == f"{agent_of(name)}/flows/{FLOW_ID}":
        return "START_PAGE"
    return next((page for page in PAGES if page_name(name, page) == target), None)


def query_result(name: str, session: Session, turn: Turn, heard: Heard, language: str) -> JsonObject:
    """The QueryResult of a turn in the session of that resource name, which is on the turn's target page by now."""
    matched = _intent(name, turn.intent) if turn.match_type in ("INTENT", "DIRECT_INTENT") else {}
    return {
        **_heard(heard),
        "languageCode": language,
        "responseMessages": list(turn.messages),
        "currentPage": {"name": page_name(name, session.page), "displayName": PAGES[session.page]},
        "currentFlow": {"name": f"{agent_of(name)}/flows/{FLOW_ID}", "displayName": "Default Start Flow"},
        "intentDetectionConfidence": _confidence(turn),
        "match": set_only(
            matchType=turn.match_type,
            confidence=_confidence(turn),
            intent=matched if turn.match_type == "INTENT" else None,
            event=turn.event,
            parameters=turn.found,
            resolvedInput=heard.text if isinstance(heard, TextInput) else "",
        ),
        **set_only(parameters=dict(session.parameters), intent=matched),
    }


def webhook_request(name: str, session: Session, turn: Turn, heard: Heard, language: str) -> JsonObject:
    """The WebhookRequest of a turn, as the session is before it leaves its page; without response id and payload."""
    found = {key: {"originalValue": str(value), "resolvedValue": value} for key, value in turn.found.items()}
    matched = _intent(name, turn.intent)
    return {
        **_heard(heard),
        "languageCode": language,
        "fulfillmentInfo": {"tag": turn.intent.action},
        "intentInfo": {
            "lastMatchedIntent": matched["name"],
            "displayName": matched["displayName"],
            "confidence": _confidence(turn),
            **set_only(parameters=found),
        },
        "pageInfo": {"currentPage": page_name(name, session.page), "displayName": PAGES[session.page]},
        "sessionInfo": {"session": name, **set_only(parameters=dict(session.parameters))},
        "messages": list(turn.messages),
        "languageInfo": {
            "inputLanguageCode": language,
            "resolvedLanguageCode": language,
            "confidenceScore": _SURE,
        },
    }


def set_only(**fields: Any) -> JsonObject:
    """The fields that are neither empty nor false."""
    return {name: value for name, value in fields.items() if value}


def _heard(heard: Heard) -> JsonObject:
    if isinstance(heard, TextInput):
        return {"text": heard.text}
    return {"triggerEvent": heard.event} if isinstance(heard, EventInput) else {"triggerIntent": heard.intent}


def _confidence(turn: Turn) -> float:
    return _QUITE_SURE if turn.match_type == "INTENT" else _SURE


def _intent(name: str, intent: Intent) -> JsonObject:
    return {"name": f"{agent_of(name)}/intents/{intent.id}", "displayName": intent.name}
