"""Dialogflow ES as the bot: one detectIntent per turn, over REST.

Source: Dialogflow v2 REST reference (projects.agent.sessions.detectIntent), revision 20261106.
"""

import re
from collections.abc import Callable, Sequence

from functions.dialogflow.detect_intent import DetectIntent, escaped, heard, with_room
from functions.dialogflow.es_messages import find_unknown_kinds, parse_messages
from functions.dialogflow.signals import MAX_INTENT_CHARACTERS, SignalRules, context_id, find_signal, is_active
from functions.handoff.events import BotAnswer, JsonObject
from functions.handoff.interfaces import Journal
from functions.handoff.json_fields import object_at, objects_at, text_at
from functions.runtime.http_client import HttpClient

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
        journal: told of kinds of messages that are not known.
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
        journal: Journal | None = None,
    ) -> None:
        self._journal = journal
        self._api = DetectIntent(http, "v2", agent, base_url, authorize)
        self._agent = agent
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
        query = {"text": {"text": heard(text), "languageCode": language or self._language}}
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
        result = self._api.ask(path, query, given, timeout_s)
        if self._journal and (unknown := find_unknown_kinds(result)):
            self._journal.note("bot_message_ignored", kinds=unknown)
        return _parse_answer(result, self._rules)


def _session_path(agent: str, session: str) -> str:
    user = "users/-/" if "/environments/" in agent else ""
    return f"{agent}/{user}sessions/{escaped(session)}"


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
        contexts=tuple(with_room(one for one in objects_at(result, "outputContexts") if _is_worth_keeping(one, rules))),
    )


def _is_worth_keeping(context: JsonObject, rules: SignalRules) -> bool:
    """Tell whether a context is to be had again after a person: the author's, alive, no secret, no call for one."""
    name = context_id(context)
    left_out = {"", _SECRET_CONTEXT, *(one.lower() for one in rules.contexts)}
    return name not in left_out and is_active(context) and not _RESERVED_CONTEXTS.fullmatch(name)
