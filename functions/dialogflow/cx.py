"""Dialogflow CX as the bot: one detectIntent per turn, over REST.

Source: Dialogflow v3 REST reference (projects.locations.agents.sessions.detectIntent), revision 20261106.
"""

import re
import time
from collections.abc import Callable, Sequence

from functions.dialogflow.agents import agent_of
from functions.dialogflow.cx_messages import find_unknown_kinds, parse_messages
from functions.dialogflow.cx_signals import SIGN_IN, find_signal, own_parameters
from functions.dialogflow.detect_intent import DetectIntent, escaped, heard, with_room
from functions.dialogflow.signals import MAX_INTENT_CHARACTERS, SignalRules
from functions.handoff.errors import ProviderRefused
from functions.handoff.events import BotAnswer, JsonObject
from functions.handoff.interfaces import Journal
from functions.handoff.json_fields import object_at, text_at
from functions.runtime.http_client import HttpClient

_SESSION_TTL = "86400s"  # a day, the longest there is; half an hour without
_NOT_UNDERSTOOD = {"NO_MATCH", "NO_INPUT"}
_MAX_PAGE_CHARACTERS = 1_000
_ENDED = re.compile(r".*/(END_SESSION|END_FLOW[^/]*)")  # symbolic pages: nothing goes on from there
_NOT_FOR_THIS_STATE = {400, 404}
_LEAST_TIMEOUT_S = 1.0


class CxBot:
    """Implements `interfaces.Bot`. What is kept of a turn (`contexts`) is one record: its page and its parameters.

    Args:
        agent: `projects/P/locations/L/agents/A`, with `/environments/E` behind it for a published version (otherwise
            the draft answers).
        base_url: scheme, host and optional path prefix; the default one becomes the host of the agent's region.
        authorize: gives the headers for calls to a base URL.
        language: used where the channel knows none.
        rules: not looked at here: tags come with webhook calls, never with an answer.
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
        rules: SignalRules,  # noqa: ARG002 - the same for every bot
        journal: Journal | None = None,
    ) -> None:
        self._journal = journal
        self._api = DetectIntent(http, "v3", agent, base_url, authorize)
        self._agent = agent
        self._language = language

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
            ProviderRefused: the agent does not exist, is in another region, or is not ours.
        """
        query = {"text": {"text": heard(text)}, "languageCode": language or self._language}
        return self._detect(session, query, payload, self._revived(contexts), timeout_s)

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
        """Tell the bot that something happened; its parameters become the session's. Raises as `hear` does."""
        query = {"event": {"event": name}, "languageCode": language or self._language}
        state = self._revived(contexts)
        told = {SIGN_IN: parameters} if name.lower() == SIGN_IN else parameters
        state["parameters"] = {**object_at(state, "parameters"), **told}
        return self._detect(session, query, payload, state, timeout_s)

    def _revived(self, contexts: Sequence[JsonObject] | None) -> JsonObject:
        """The state that was kept, as query parameters; a page of another agent would only be refused."""
        kept = next(iter(contexts or ()), {})
        page = text_at(kept, "currentPage")
        is_ours = _without_project(page) == _without_project(self._agent)
        return {"currentPage": page if is_ours else "", "parameters": object_at(kept, "parameters")}

    def _detect(
        self, session: str, query: JsonObject, payload: JsonObject, state: JsonObject, timeout_s: float
    ) -> BotAnswer:
        """One turn; where the state can't be had again (the page was deleted), the turn without the page."""
        deadline = time.monotonic() + timeout_s
        path = f"{self._agent}/sessions/{escaped(session)}"
        given = {"payload": payload, "sessionTtl": _SESSION_TTL, **state}
        try:
            result = self._api.ask(path, query, given, timeout_s)
        except ProviderRefused as refused:
            left_s = deadline - time.monotonic()
            if not state["currentPage"] or refused.status not in _NOT_FOR_THIS_STATE or left_s < _LEAST_TIMEOUT_S:
                raise
            result = self._api.ask(path, query, {**given, "currentPage": ""}, left_s)
        if self._journal and (unknown := find_unknown_kinds(result)):
            self._journal.note("bot_message_ignored", kinds=unknown)
        return _parse_answer(result)


def _without_project(path: str) -> str:
    """Its location and id; a project has a number beside its name."""
    return agent_of(path).partition("/locations/")[2]


def _parse_answer(result: JsonObject) -> BotAnswer:
    match = object_at(result, "match")
    parameters = own_parameters(object_at(result, "parameters"))
    return BotAnswer(
        messages=parse_messages(result),
        handoff=find_signal(result),
        is_fallback=text_at(match, "matchType") in _NOT_UNDERSTOOD,
        intent=text_at(object_at(match, "intent"), "displayName")[:MAX_INTENT_CHARACTERS],
        parameters=parameters,
        contexts=_kept(text_at(object_at(result, "currentPage"), "name"), parameters),
    )


def _kept(page: str, parameters: JsonObject) -> tuple[JsonObject, ...]:
    """The state to be had again after a person, as far as there is room; none where there is nothing in it."""
    goes_on = len(page) <= _MAX_PAGE_CHARACTERS and not _ENDED.fullmatch(page)
    record = {"currentPage": page if goes_on else "", "parameters": dict(with_room(parameters.items()))}
    return (record,) if any(record.values()) else ()
