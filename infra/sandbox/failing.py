"""How each provider fails when it does: at which paths, with what body. For all who make stand-ins fail. Pure."""

from typing import Any

JsonObject = dict[str, Any]
LIVECHAT, CHANNEL, RCS, DIALOGFLOW, TASKS = "livechat", "business-messages", "rcs", "dialogflow", "cloud-tasks"
API_PATHS = {
    LIVECHAT: "^/v[0-9.]+/(customer|agent)/action/|^/v2/",
    CHANNEL: "^/v1/conversations/",
    RCS: "^/v1/phones/",
    DIALOGFLOW: "^/v[23]/",
    TASKS: "^/v2/",
}
"""By stand-in: the calls that the functions make to it."""

_LIVECHAT_TYPES = {429: "too_many_requests", 500: "internal", 503: "service_unavailable"}
_GOOGLE_STATUSES = {429: "RESOURCE_EXHAUSTED", 500: "INTERNAL", 503: "UNAVAILABLE"}


def refusal(standin: str, status: int) -> JsonObject:
    """The body of an answer with that HTTP status (429, 500 or 503), in the provider's own shape.

    Source: LiveChat Customer Chat API 3.6, "Errors" (the types; their HTTP statuses are not documented); Google API
    design guide, errors.
    """
    if standin == LIVECHAT:
        return {"error": {"type": _LIVECHAT_TYPES[status], "message": "not now"}}
    return {"error": {"code": status, "message": "not now", "status": _GOOGLE_STATUSES[status]}}
