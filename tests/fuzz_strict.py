"""What providers would not take of a call to them, as strictly as the stand-ins are. Pure."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import unquote

import msgspec

from infra.sandbox import dialogflow_cx_schema as cx
from infra.sandbox import dialogflow_es_schema as es
from infra.sandbox import rcs_schema as rcs
from infra.sandbox.business_messages_schema import Message, as_read, check_message
from infra.sandbox.google_api import ApiError
from tests.discovery_schema import Discovery

Params = Mapping[str, str]
_Check = Callable[[str, Params, Any], Iterator[str]]
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*")
_UUID = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}")
_AT = datetime(2026, 1, 2, tzinfo=UTC)


def problems(path: str, params: Params, body: Any) -> list[str]:
    """All that is wrong with a call to a channel or a bot; nothing of one to anybody else."""
    checks = (check for where, check in _CHECKS if where.fullmatch(path))
    return [problem for check in checks for problem in _all_of(check, path, params, body)]


def _all_of(check: _Check, path: str, params: Params, body: Any) -> Iterator[str]:
    try:
        yield from check(path, params, body)
    except (msgspec.ValidationError, ApiError) as e:
        yield str(e)


# --- the channels ----------------------------------------------------------------------------------------------------


def _of_business_message(_path: str, _params: Params, body: Any) -> Iterator[str]:
    message = msgspec.convert(body, Message)
    check_message(message)
    if not as_read(message).strip():
        yield "an empty message"
    yield from _of_id(message.messageId)


def _of_business_messages_event(_path: str, params: Params, _body: Any) -> Iterator[str]:
    yield from _of_id(params.get("eventId", ""))


def _of_rcs_message(path: str, params: Params, body: Any) -> Iterator[str]:
    yield from _of_rcs_call(path, params, "messageId")
    message = msgspec.convert(body, rcs.Message)
    rcs.check_message(message, len(json.dumps(body).encode()))
    yield from rcs.objections(message, _AT)


def _of_rcs_event(path: str, params: Params, body: Any) -> Iterator[str]:
    yield from _of_rcs_call(path, params, "eventId")
    rcs.check_event(msgspec.convert(body, rcs.Event))


def _of_rcs_call(path: str, params: Params, name: str) -> Iterator[str]:
    rcs.check_number(unquote(path.split("/")[3]))
    yield from _of_id(params.get(name, ""))
    yield from (f"an unknown parameter {unknown}" for unknown in params.keys() - {name, "agentId"})
    if params.get("agentId") == "":
        yield "an agent without a name"


def _of_id(given: str) -> Iterator[str]:
    if not _UUID.fullmatch(given):
        yield f"{given[:60]!r} is no UUID"


# --- the bots --------------------------------------------------------------------------------------------------------


@cache
def _discovery(version: str) -> Discovery:
    return Discovery(f"dialogflow.{version}")


def _of_turn(path: str, _params: Params, body: Any) -> Iterator[str]:
    version = path.split("/")[1]
    yield from _discovery(version).problems(_REQUEST[version], body)
    language = _CHECK_TURN[version](unquote(path).partition(f"/{version}/")[2].removesuffix(":detectIntent"), body)
    if not _LANGUAGE.fullmatch(language):
        yield f"no language {language[:40]!r}"


def _check_es(session: str, body: Any) -> str:
    es.check_session(session)
    heard = es.check_request(session, msgspec.convert(body, es.DetectIntentRequest))
    return str(getattr(heard, "languageCode", ""))


def _check_cx(session: str, body: Any) -> str:
    cx.agent_of(session)
    asked = msgspec.convert(body, cx.DetectIntentRequest)
    cx.check_request(asked)
    return asked.queryInput.languageCode


_REQUEST = {
    "v2": "GoogleCloudDialogflowV2DetectIntentRequest",
    "v3": "GoogleCloudDialogflowCxV3DetectIntentRequest",
}
_CHECK_TURN: dict[str, Callable[[str, Any], str]] = {"v2": _check_es, "v3": _check_cx}
_CHECKS: list[tuple[re.Pattern[str], _Check]] = [
    (re.compile(r"/v1/conversations/[^/]+/messages"), _of_business_message),
    (re.compile(r"/v1/conversations/[^/]+/events"), _of_business_messages_event),
    (re.compile(r"/v1/phones/[^/]+/agentMessages"), _of_rcs_message),
    (re.compile(r"/v1/phones/[^/]+/agentEvents"), _of_rcs_event),
    (re.compile(r"/v[23]/.*:detectIntent"), _of_turn),
]
