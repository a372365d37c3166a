"""Dialogflow ES as the bot: one detectIntent per turn, over REST.

Source: Dialogflow v2 REST reference (projects.agent.sessions.detectIntent), revision 20261106.
"""

import re
from collections.abc import Callable, Sequence
from urllib.parse import quote

import msgspec

from functions.dialogflow.answers import query_result
from functions.dialogflow.es_messages import parse_messages
from functions.dialogflow.signals import MAX_INTENT_CHARACTERS, SignalRules, context_id, find_signal, is_active
from functions.handoff.events import BotAnswer, JsonObject
from functions.handoff.interfaces import DIALOGFLOW
from functions.handoff.json_fields import object_at, objects_at, text_at
from functions.handoff.text import cut_at_word
from functions.runtime.http_client import HttpClient

DEFAULT_BASE_URL = "https://dialogflow.googleapis.com"
_MAX_TEXT_CHARACTERS = 256
_MAX_CONTEXTS_BYTES = 64_000  # they are kept with the conversation
_RESERVED_CONTEXTS = re.compile(r"__system_counters__|.*_id_dialog_context|.*_dialog_params_size")
_SECRET_CONTEXT = "authentication_response"  # an event's parameters may be a context of its name; here they sign in


class EsBot:
    """Implements `interfaces.Bot`.

    Args:
        agent: `projects/P/agent` or `projects/P/locations/L/agent`, with `/environments/E` behind it for a published
            version (otherwise the draft answers).
        base_url: scheme, host and optional path prefix; the default one becomes the host of the agent's region.
        authorize: gives the headers for calls to a base URL.
        language: used where the channel knows none.
        rules: what means hand-off, beside what always does.
    """

    def __init__(
        self,
        http: HttpClient,
        agent: str,
        base_url: str,
        authorize: Callable[[str], dict[str, str]],
        *,
        language: str,
        rules: SignalRules,
    ) -> None:
        self._http = http
        self._agent = agent
        self._base_url = _regional(base_url.rstrip("/"), agent)
        self._authorize = authorize
        self._language = language
        self._rules = rules

    def hear(
        self,
        session: str,
        text: str,
        *,
        language: str,
        payload: JsonObject,
        contexts: Sequence[JsonObject] | None,
        timeout_s: float,
    ) -> BotAnswer:
        """Give the bot what the user wrote; it hears the first 256 characters, cut at a word.

        Raises:
            ProviderUnavailable: no answer, throttled, failing, or our credentials are refused.
            ProviderRefused: the agent does not exist, is not trained, is in another region, or is not ours.
        """
        # Cut roughly first: a text can be a megabyte, and only its beginning is looked at.
        heard = cut_at_word(text[: 4 * _MAX_TEXT_CHARACTERS], _MAX_TEXT_CHARACTERS)
        query = {"text": {"text": heard, "languageCode": language or self._language}}
        return self._detect(session, query, payload, contexts, timeout_s)

    def hear_event(
        self,
        session: str,
        name: str,
        parameters: JsonObject,
        *,
        language: str,
        payload: JsonObject,
        contexts: Sequence[JsonObject] | None,
        timeout_s: float,
    ) -> BotAnswer:
        """Tell the bot that something happened. Raises as `hear` does."""
        event = {"name": name, "parameters": parameters, "languageCode": language or self._language}
        return self._detect(session, {"event": event}, payload, contexts, timeout_s)

    def _detect(
        self,
        session: str,
        query: JsonObject,
        payload: JsonObject,
        contexts: Sequence[JsonObject] | None,
        timeout_s: float,
    ) -> BotAnswer:
        path = _session_path(self._agent, session)
        given: JsonObject = {"payload": payload, "contexts": [_revived(context, path) for context in contexts or ()]}
        if contexts is not None:
            given["resetContexts"] = True  # those that led to a person would lead there again in every turn
        answer = self._http.request(
            DIALOGFLOW,
            "POST",
            f"{self._base_url}/v2/{path}:detectIntent",
            headers=self._authorize(self._base_url),
            json_body={"queryInput": query, "queryParams": {name: value for name, value in given.items() if value}},
            timeout_s=timeout_s,
        )
        return _parse_answer(query_result(answer), self._rules)


def _regional(base_url: str, agent: str) -> str:
    """The host that has the agent: a wrong one refuses it."""
    location = re.match(r"projects/[^/]+/locations/([^/]+)/", agent)
    if base_url != DEFAULT_BASE_URL or location is None or location[1] == "global":
        return base_url
    return f"https://{location[1]}-dialogflow.googleapis.com"


def _session_path(agent: str, session: str) -> str:
    user = "users/-/" if "/environments/" in agent else ""
    return f"{agent}/{user}sessions/{quote(session, safe='')}"


def _revived(context: JsonObject, session_path: str) -> JsonObject:
    """A context as it was, alive for at least this turn, in this session."""
    lifespan = context.get("lifespanCount")
    return {
        "name": f"{session_path}/contexts/{context_id(context)}",
        "lifespanCount": max(1, int(lifespan)) if isinstance(lifespan, int | float) else 1,
        "parameters": object_at(context, "parameters"),
    }


def _parse_answer(result: JsonObject, rules: SignalRules) -> BotAnswer:
    intent = object_at(result, "intent")
    name = text_at(intent, "displayName")[:MAX_INTENT_CHARACTERS]
    return BotAnswer(
        messages=parse_messages(result),
        handoff=find_signal(result, rules),
        is_fallback=intent.get("isFallback") is True or text_at(result, "action") == "input.unknown",
        intent=name,
        parameters=object_at(result, "parameters"),
        contexts=_kept([one for one in objects_at(result, "outputContexts") if _is_worth_keeping(one, rules)]),
    )


def _kept(contexts: list[JsonObject]) -> tuple[JsonObject, ...]:
    """Those that there is room for; one that is too large is left out."""
    kept: list[JsonObject] = []
    left = _MAX_CONTEXTS_BYTES
    for context in contexts:
        size = len(msgspec.json.encode(context))
        if size <= left:
            kept.append(context)
            left -= size
    return tuple(kept)


def _is_worth_keeping(context: JsonObject, rules: SignalRules) -> bool:
    """Tell whether a context is to be had again after a person: the author's, alive, no secret, no call for one."""
    name = context_id(context)
    left_out = {"", _SECRET_CONTEXT, *(one.lower() for one in rules.contexts)}
    return name not in left_out and is_active(context) and not _RESERVED_CONTEXTS.fullmatch(name)
