"""What one may send to Dialogflow ES, and what its fulfilment webhook may answer; an unknown field is refused by name.

Source: Dialogflow v2 discovery document: DetectIntentRequest, QueryParameters, Context, WebhookResponse.
"""

import re
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from infra.sandbox.dialogflow_es_messages import MESSAGE_KINDS, IntentMessage
from infra.sandbox.google_api import exactly_one_of, require

JsonObject = dict[str, Any]
SESSION = re.compile(
    r"projects/(?P<project>[^/]+)(/locations/(?P<location>[^/]+))?/agent"
    r"(/environments/[^/]+/users/(?P<user>[^/]+))?/sessions/(?P<session>[^/]+)"
)
_CONTEXT_ID = re.compile(r"[a-zA-Z0-9_\-%]{1,250}")
_RESERVED_CONTEXT = re.compile(r"(?i)__system_counters__|.*_id_dialog_context|.*_dialog_params_size")
_MAX_ID_CHARS = 36


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class TextInput(_Strict, frozen=True):
    text: Annotated[str, Meta(min_length=1, max_length=256)]
    languageCode: Annotated[str, Meta(min_length=1)]


class EventInput(_Strict, frozen=True):
    name: Annotated[str, Meta(min_length=1)]
    languageCode: Annotated[str, Meta(min_length=1)]
    parameters: JsonObject = {}


class FollowupEvent(_Strict, frozen=True):
    """An EventInput whose language is ignored."""

    name: Annotated[str, Meta(min_length=1)]
    languageCode: str = ""
    parameters: JsonObject = {}


class QueryInput(_Strict, frozen=True):
    """Audio is not played here."""

    text: TextInput | None = None
    event: EventInput | None = None


Heard = TextInput | EventInput


class Context(_Strict, frozen=True):
    name: str
    lifespanCount: Annotated[int, Meta(ge=0, lt=2**31)] = 0
    parameters: JsonObject = {}


class LatLng(_Strict, frozen=True):
    latitude: float = 0.0
    longitude: float = 0.0


class SentimentConfig(_Strict, frozen=True):
    analyzeQueryTextSentiment: bool = False


class QueryParameters(_Strict, frozen=True):
    timeZone: str = ""
    geoLocation: LatLng | None = None
    contexts: list[Context] = []
    resetContexts: bool = False
    sessionEntityTypes: list[JsonObject] = []
    payload: JsonObject = {}
    sentimentAnalysisRequestConfig: SentimentConfig | None = None
    webhookHeaders: dict[str, str] = {}
    platform: str = ""


class DetectIntentRequest(_Strict, frozen=True):
    queryInput: QueryInput
    queryParams: QueryParameters = QueryParameters()


class WebhookResponse(_Strict, frozen=True):
    """v2 only: `liveAgentHandoff` and `endInteraction` are v2beta1 fields. A string may not be null."""

    fulfillmentText: str = ""
    fulfillmentMessages: list[IntentMessage] | None = None
    source: str = ""
    payload: JsonObject | None = None
    outputContexts: list[Context] | None = None
    followupEventInput: FollowupEvent | None = None
    sessionEntityTypes: list[JsonObject] | None = None


def check_session(session: str) -> None:
    """Raises `ApiError` INVALID_ARGUMENT when `session` is no session name, or an id in it is too long."""
    match = SESSION.fullmatch(session)
    require(match, f"Malformed session name: {session}.")
    for part in ("session", "user"):
        value = match[part] if match else None
        require(len(value or "") <= _MAX_ID_CHARS, f"The {part} id is longer than {_MAX_ID_CHARS} characters.")


def check_contexts(session: str, contexts: list[Context]) -> None:
    """Raises `ApiError` INVALID_ARGUMENT for a context that is not of `session`, or whose id is not legal."""
    for context in contexts:
        owner, _, context_id = context.name.rpartition("/contexts/")
        is_own = owner.rpartition("/sessions/")[2] == session.rpartition("/sessions/")[2]
        require(is_own and SESSION.fullmatch(owner), f"Context {context.name!r} does not belong to {session}.")
        require(_CONTEXT_ID.fullmatch(context_id), f"Illegal context id in {context.name!r}.")


def check_request(session: str, asked: DetectIntentRequest) -> Heard:
    """What is to be heard.

    Raises:
        ApiError: INVALID_ARGUMENT for what the types alone don't tell.
    """
    check_session(session)
    check_contexts(session, asked.queryParams.contexts)
    heard: Heard = getattr(asked.queryInput, exactly_one_of(asked.queryInput, "text", "event"))
    return heard


def check_webhook_response(session: str, response: WebhookResponse) -> None:
    """Raises `ApiError` INVALID_ARGUMENT for what the types alone don't tell."""
    check_messages(response.fulfillmentMessages or [])
    check_contexts(session, response.outputContexts or [])


def check_messages(messages: list[IntentMessage]) -> None:
    """Raises `ApiError` INVALID_ARGUMENT for a message of no kind, or of several."""
    for message in messages:
        exactly_one_of(message, *MESSAGE_KINDS)


def is_reserved_context(context_id: str) -> bool:
    """Tell whether Dialogflow keeps that context id for itself; it asks not to use those."""
    return _RESERVED_CONTEXT.fullmatch(context_id) is not None
