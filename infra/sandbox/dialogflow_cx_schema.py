"""What one may send to Dialogflow CX, and what its fulfilment webhook may answer; an unknown field is refused by name.

Source: Dialogflow v3 discovery document: DetectIntentRequest, QueryParameters, WebhookResponse; their docstrings in
google-cloud-dialogflow-cx 2.9.0 (session ids of 36 characters, sessionTtl up to a day, forbidden webhookHeaders). No
limit of a text's length is documented any more; the older one, 256 characters, is kept.
"""

import re
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from infra.sandbox.dialogflow_cx_messages import ResponseMessage, check_messages
from infra.sandbox.google_api import ApiError, exactly_one_of, require

JsonObject = dict[str, Any]
SESSION = re.compile(
    r"(?P<agent>projects/(?P<project>[^/]+)/locations/(?P<location>[^/]+)/agents/(?P<id>[^/]+))"
    r"(/environments/[^/]+)?/sessions/(?P<session>[^/]+)"
)
DEFAULT_LIFE_S = 30 * 60.0
_MAX_LIFE_S = 24 * 3600.0
_MAX_ID_CHARS = 36
_FORBIDDEN_HEADERS = {
    "host",
    "content-length",
    "connection",
    "from",
    "user-agent",
    "accept-encoding",
    "if-modified-since",
    "if-none-match",
    "x-forwarded-for",
}


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class TextInput(_Strict, frozen=True):
    text: Annotated[str, Meta(min_length=1, max_length=256)]


class EventInput(_Strict, frozen=True):
    """Its parameters are the session's: `queryParams.parameters`."""

    event: Annotated[str, Meta(min_length=1)]


class IntentInput(_Strict, frozen=True):
    intent: Annotated[str, Meta(min_length=1)]


class QueryInput(_Strict, frozen=True):
    """Audio, DTMF and results of tools are not played here."""

    languageCode: Annotated[str, Meta(min_length=1)]
    text: TextInput | None = None
    event: EventInput | None = None
    intent: IntentInput | None = None


Heard = TextInput | EventInput | IntentInput


class LatLng(_Strict, frozen=True):
    latitude: float = 0.0
    longitude: float = 0.0


class QueryParameters(_Strict, frozen=True):
    """What is only for models, search and other sides of CX is taken and has no effect."""

    timeZone: str = ""
    geoLocation: LatLng | None = None
    sessionEntityTypes: list[JsonObject] = []
    payload: JsonObject = {}
    parameters: JsonObject = {}
    parameterScope: str = ""
    currentPage: str = ""
    disableWebhook: bool = False
    analyzeQueryTextSentiment: bool = False
    webhookHeaders: dict[str, str] = {}
    flowVersions: list[str] = []
    channel: str = ""
    sessionTtl: Annotated[str, Meta(pattern=r"^\d+(\.\d{1,9})?s$")] | None = None
    endUserMetadata: JsonObject = {}
    llmModelSettings: JsonObject = {}
    searchConfig: JsonObject = {}
    populateDataStoreConnectionSignals: bool = False

    @property
    def life_s(self) -> float:
        """How long the session is to live after this turn."""
        return float(self.sessionTtl[:-1]) if self.sessionTtl else DEFAULT_LIFE_S


class DetectIntentRequest(_Strict, frozen=True):
    queryInput: QueryInput
    queryParams: QueryParameters = QueryParameters()
    responseView: (
        Literal[
            "DETECT_INTENT_RESPONSE_VIEW_UNSPECIFIED",
            "DETECT_INTENT_RESPONSE_VIEW_FULL",
            "DETECT_INTENT_RESPONSE_VIEW_BASIC",
            "DETECT_INTENT_RESPONSE_VIEW_DEFAULT",
        ]
        | None
    ) = None


class FulfillmentResponse(_Strict, frozen=True):
    messages: list[ResponseMessage] = []
    mergeBehavior: Literal["MERGE_BEHAVIOR_UNSPECIFIED", "APPEND", "REPLACE"] = "APPEND"


class SessionInfo(_Strict, frozen=True):
    """Of an answer `session` is ignored."""

    session: str = ""
    parameters: JsonObject = {}


class ParameterInfo(_Strict, frozen=True):
    displayName: str
    required: bool = False
    state: Literal["PARAMETER_STATE_UNSPECIFIED", "EMPTY", "INVALID", "FILLED"] = "PARAMETER_STATE_UNSPECIFIED"
    value: Any = None
    justCollected: bool = False


class FormInfo(_Strict, frozen=True):
    parameterInfo: list[ParameterInfo] = []


class PageInfo(_Strict, frozen=True):
    """Of an answer the page is ignored; what it says of a form has no effect here."""

    currentPage: str = ""
    displayName: str = ""
    formInfo: FormInfo | None = None


class WebhookResponse(_Strict, frozen=True):
    fulfillmentResponse: FulfillmentResponse | None = None
    pageInfo: PageInfo | None = None
    sessionInfo: SessionInfo | None = None
    payload: JsonObject | None = None
    targetPage: str | None = None
    targetFlow: str | None = None


def agent_of(session: str) -> str:
    """The agent of a session.

    Raises:
        ApiError: INVALID_ARGUMENT, `session` is no session name, or its id is too long.
    """
    match = SESSION.fullmatch(session)
    if match is None:
        raise ApiError("INVALID_ARGUMENT", f"Malformed session name: {session}.")
    require(len(match["session"]) <= _MAX_ID_CHARS, f"The session id is longer than {_MAX_ID_CHARS} characters.")
    return match["agent"]


def check_agent(agent: str, known: tuple[str, ...]) -> None:
    """Raises `ApiError` for an agent that is none of the `known` ones (none known: all are), or elsewhere."""
    if not known or agent in known:
        return
    if _without_region(agent) in map(_without_region, known):
        raise ApiError("FAILED_PRECONDITION", f"{agent} is not in this region.")
    raise ApiError("NOT_FOUND", f"{agent} does not exist.")


def _without_region(agent: str) -> str:
    return re.sub(r"/locations/[^/]+", "", agent)


def check_request(asked: DetectIntentRequest) -> Heard:
    """What is to be heard.

    Raises:
        ApiError: INVALID_ARGUMENT for what the types alone don't tell.
    """
    given = asked.queryParams
    require(0 < given.life_s <= _MAX_LIFE_S, f"sessionTtl must be longer than 0s and at most {_MAX_LIFE_S:.0f}s.")
    forbidden = [name for name in given.webhookHeaders if name.lower() in _FORBIDDEN_HEADERS]
    require(not forbidden, f"webhookHeaders must not set {', '.join(forbidden)}.")
    heard: Heard = getattr(asked.queryInput, exactly_one_of(asked.queryInput, "text", "event", "intent"))
    return heard


def check_webhook_response(response: WebhookResponse) -> None:
    """Raises `ApiError` INVALID_ARGUMENT for what the types alone don't tell."""
    if response.fulfillmentResponse:
        check_messages(response.fulfillmentResponse.messages)
    require(not (response.targetPage and response.targetFlow), "At most one of targetPage, targetFlow may be set.")
