"""One detectIntent call over REST, of either Dialogflow: the host that has the agent, the caller's authorisation.

Source: Dialogflow v2 and v3 REST references, revision 20261106; regional hosts as observed in public callers.
"""

import re
from collections.abc import Callable, Iterable
from typing import TypeVar
from urllib.parse import quote

import msgspec

from functions.dialogflow.answers import query_result
from functions.handoff.events import JsonObject
from functions.handoff.interfaces import DIALOGFLOW
from functions.handoff.text import cut_at_word
from functions.runtime.http_client import HttpClient

DEFAULT_BASE_URL = "https://dialogflow.googleapis.com"
MAX_STATE_BYTES = 64_000
"""So much of a bot's state is kept with the conversation."""
_MAX_TEXT_CHARACTERS = 256
_Kept = TypeVar("_Kept")


class DetectIntent:
    """Asks one agent.

    Args:
        version: of the API, "v2" or "v3".
        agent: its resource name.
        base_url: scheme, host and optional path prefix; the default one becomes the host of the agent's region.
        authorize: gives the headers for calls to a base URL.
    """

    def __init__(
        self, http: HttpClient, version: str, agent: str, base_url: str, authorize: Callable[[str], dict[str, str]]
    ) -> None:
        self._http = http
        self._version = version
        self._base_url = _regional(base_url.rstrip("/"), agent)
        self._authorize = authorize

    def ask(self, session_path: str, query: JsonObject, parameters: JsonObject, timeout_s: float) -> JsonObject:
        """The `queryResult` of one turn; query parameters that are empty are left out.

        Raises:
            ProviderUnavailable: no answer, throttled, failing, or our credentials are refused.
            ProviderRefused: the agent does not exist, can't be asked, is in another region, or is not ours.
        """
        answer = self._http.request(
            DIALOGFLOW,
            "POST",
            f"{self._base_url}/{self._version}/{session_path}:detectIntent",
            headers=self._authorize(self._base_url),
            json_body={"queryInput": query, "queryParams": {name: one for name, one in parameters.items() if one}},
            timeout_s=timeout_s,
        )
        return query_result(answer)


def _regional(base_url: str, agent: str) -> str:
    """The host that has the agent: a wrong one refuses it."""
    location = re.match(r"projects/[^/]+/locations/([^/]+)/", agent)
    if base_url != DEFAULT_BASE_URL or location is None or location[1] == "global":
        return base_url
    return f"https://{location[1]}-dialogflow.googleapis.com"


def heard(text: str) -> str:
    """What a bot hears of a text: its first 256 characters, cut at a word.

    ES takes no more; for CX no limit is stated, and its older documents name the same one.
    """
    # Cut roughly first: a text can be a megabyte, and only its beginning is looked at.
    return cut_at_word(text[: 4 * _MAX_TEXT_CHARACTERS], _MAX_TEXT_CHARACTERS)


def escaped(session: str) -> str:
    """A session's id as the last part of a path."""
    return quote(session, safe="")


def with_room(ones: Iterable[_Kept], max_bytes: int = MAX_STATE_BYTES) -> list[_Kept]:
    """Those that there is room for, in order; one that is too large is left out."""
    kept: list[_Kept] = []
    left = max_bytes
    for one in ones:
        size = len(msgspec.json.encode(one))
        if size <= left:
            kept.append(one)
            left -= size
    return kept
