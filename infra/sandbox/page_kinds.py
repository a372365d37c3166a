"""What an exchange on the wire is called in the trace, in the providers' own words, and what of it says little."""

import base64
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from infra.sandbox.wire import Exchange

BUSINESS_MESSAGES, RCS = "business-messages", "rcs"
LIVECHAT, DIALOGFLOW, CLOUD_TASKS = "livechat", "dialogflow", "cloud-tasks"
_QUIET = {
    *("receipts", "userStatus typing", "receipt READ", "receipt DELIVERED", "TYPING_STARTED", "TYPING_STOPPED"),
    *("events_marked_as_seen", "mark_events_as_seen", "update_event_properties"),
    *("IS_TYPING", "READ", "DELIVERED"),
    *("routing_status_set", "customer_session_fields_updated", "health"),
}


def kind_of(exchange: Exchange) -> str:
    """What happens in it: "message", "incoming_event", "send_event filled_form", "detectIntent text"."""
    words = _WORDS.get((exchange.wire, exchange.inward), _by_path)
    return " ".join(filter(None, words(exchange))) or exchange.kind or urlsplit(exchange.url).path


def is_quiet(kind: str) -> bool:
    """Signs of reading and writing, agents' status: what would drown the rest."""
    return kind in _QUIET


def at(value: Any, *names: str) -> Any:
    """What lies at the end of these names in nested JSON objects; "" where nothing does."""
    for name in names:
        value = value.get(name, "") if isinstance(value, dict) else ""
    return value


def opened(body: Any) -> Any:
    """The data in an envelope of RCS for Business; None where there is none."""
    try:
        return json.loads(base64.b64decode(str(at(body, "message", "data")), validate=True))
    except (ValueError, RecursionError):
        return None


def _by_path(exchange: Exchange) -> list[str]:
    return [exchange.method, urlsplit(exchange.url).path]


# --- to the functions ------------------------------------------------------------------------------------------------


def _from_phone(exchange: Exchange) -> list[str]:
    status = at(exchange.body, "userStatus")
    if exchange.kind == "userStatus":
        return ["userStatus", "requestedLiveAgent" if at(status, "requestedLiveAgent") else "typing"]
    return [exchange.kind]


def _from_rcs_phone(exchange: Exchange) -> list[str]:
    data = opened(exchange.body)
    return [str(at(data, "eventType") or exchange.kind)]


def _from_livechat(exchange: Exchange) -> list[str]:
    event_type = at(exchange.body, "payload", "event", "type")
    return [exchange.kind, event_type if exchange.kind == "incoming_event" else ""]


# --- by the functions ------------------------------------------------------------------------------------------------


def _to_phone(exchange: Exchange) -> list[str]:
    resource = urlsplit(exchange.url).path.rpartition("/")[2]
    if exchange.method == "GET":
        return ["fetch a file"]
    if resource == "events":
        return [str(at(exchange.body, "eventType"))]
    if resource == "receipt":
        return ["receipt", str(at(exchange.body, "receiptType"))]
    if resource != "messages":
        return [resource.removesuffix("s")]
    content = next((name for name in ("richCard", "image") if at(exchange.body, name)), "message")
    return [content, str(at(exchange.body, "representative", "representativeType"))]


def _to_rcs_phone(exchange: Exchange) -> list[str]:
    if exchange.method == "GET":
        return ["fetch a file"]
    if event := at(exchange.body, "eventType"):
        return [str(event)]
    content = at(exchange.body, "contentMessage")
    return [next((name for name in ("richCard", "contentInfo") if at(content, name)), "message")]


_ACCOUNTS = {"/v2/token": "renew the agent token", "/v2/customer/token": "customer token"}


def _to_livechat(exchange: Exchange) -> list[str]:
    path = urlsplit(exchange.url).path
    if path in _ACCOUNTS:
        return [_ACCOUNTS[path]]
    action = path.rpartition("/action/")[2]
    return [action if "/action/" in path else "fetch a file", str(at(exchange.body, "event", "type"))]


def _to_dialogflow(exchange: Exchange) -> list[str]:
    query = at(exchange.body, "queryInput")
    event = at(query, "event", "name")
    return [re.sub(r".*:", "", exchange.url), f"event {event}" if event else "text"]


def _to_tasks(_exchange: Exchange) -> list[str]:
    return ["create a task"]


_WORDS: dict[tuple[str, bool], Callable[[Exchange], list[str]]] = {
    (BUSINESS_MESSAGES, True): _from_phone,
    (BUSINESS_MESSAGES, False): _to_phone,
    (RCS, True): _from_rcs_phone,
    (RCS, False): _to_rcs_phone,
    (LIVECHAT, True): _from_livechat,
    (LIVECHAT, False): _to_livechat,
    (DIALOGFLOW, True): lambda exchange: [exchange.kind],
    (DIALOGFLOW, False): _to_dialogflow,
    (CLOUD_TASKS, True): lambda exchange: [exchange.kind],
    (CLOUD_TASKS, False): _to_tasks,
}
