"""Dialogflow CX as the bot: what it is asked, what its answers say."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from functions.dialogflow.cx import CxBot
from functions.dialogflow.signals import SignalRules
from functions.handoff.content import OutboundMessage
from functions.handoff.errors import ProviderRefused, ProviderUnavailable
from functions.handoff.events import BotAnswer, HandoffSignal, JsonObject
from functions.handoff.interfaces import Bot
from functions.runtime.http_client import HttpClient, Response
from tests.discovery import method_paths
from tests.discovery_schema import Discovery
from tests.loopback import Asked, Loopback, serving

FIXTURES = Path(__file__).parent / "fixtures" / "dialogflow_cx"
DIALOGFLOW, V3 = Discovery("dialogflow.v3"), "GoogleCloudDialogflowCxV3"
AGENT = "projects/p/locations/europe-west1/agents/a"
PAGE = f"{AGENT}/flows/f/pages/order"
SESSION = "0d1f6f1e-0000-5000-8000-000000000001"
KEPT: JsonObject = {"currentPage": PAGE, "parameters": {"order": "17"}}
TTL = "86400s"


def fixture(name: str) -> JsonObject:
    content: JsonObject = json.loads((FIXTURES / f"{name}.json").read_text())
    assert DIALOGFLOW.problems(f"{V3}DetectIntentResponse", content) == []
    return content


@pytest.fixture(scope="module")
def server() -> Iterator[Loopback]:
    with serving() as loopback:
        yield loopback


@pytest.fixture
def dialogflow(server: Loopback) -> Loopback:
    server.asked.clear()
    server.will_answer(200, {"responseId": "r-1", "queryResult": {}})
    return server


class _Journal:
    def __init__(self) -> None:
        self.notes: list[tuple[str, dict[str, object]]] = []

    def note(self, happening: str, **fields: object) -> None:
        self.notes.append((happening, fields))


def make_bot(
    base_url: str, agent: str = AGENT, http: HttpClient | None = None, journal: _Journal | None = None
) -> CxBot:
    client = http or HttpClient()
    return CxBot(
        client, agent, base_url, lambda url: {"X-For": url}, language="en", rules=SignalRules(), journal=journal
    )


@pytest.fixture
def bot(dialogflow: Loopback) -> Bot:
    return make_bot(dialogflow.url)


def hear(bot: Bot, text: str = "Hello", language: str = "", contexts: list[JsonObject] | None = None) -> BotAnswer:
    return bot.hear(SESSION, text, language=language, payload={"conversation": "c"}, contexts=contexts, timeout_s=2)


def tell(bot: Bot, name: str, parameters: JsonObject, contexts: list[JsonObject] | None = None) -> BotAnswer:
    return bot.hear_event(SESSION, name, parameters, language="", payload={}, contexts=contexts, timeout_s=2)


def only_call(dialogflow: Loopback) -> Asked:
    (asked,) = dialogflow.asked
    assert DIALOGFLOW.problems(f"{V3}DetectIntentRequest", asked.body) == []
    return asked


# --- what it is asked ------------------------------------------------------------------------------------------------


def test_a_turn_is_one_detect_intent_call_with_the_language_beside_the_words(bot: Bot, dialogflow: Loopback) -> None:
    hear(bot, language="de-AT")

    asked = only_call(dialogflow)
    assert asked.path == f"/v3/{AGENT}/sessions/{SESSION}:detectIntent"
    assert asked.headers["x-for"] == dialogflow.url
    assert asked.body == {
        "queryInput": {"text": {"text": "Hello"}, "languageCode": "de-AT"},
        "queryParams": {"payload": {"conversation": "c"}, "sessionTtl": TTL},
    }


def test_without_a_locale_the_configured_language_is_used(bot: Bot, dialogflow: Loopback) -> None:
    hear(bot, language="")

    assert only_call(dialogflow).body["queryInput"]["languageCode"] == "en"


def test_an_event_s_parameters_become_the_session_s(bot: Bot, dialogflow: Loopback) -> None:
    tell(bot, "CHAT_ENDED", {"reason": "no_agent"})

    assert only_call(dialogflow).body == {
        "queryInput": {"event": {"event": "CHAT_ENDED"}, "languageCode": "en"},
        "queryParams": {"sessionTtl": TTL, "parameters": {"reason": "no_agent"}},
    }


def test_what_a_sign_in_gave_is_told_under_one_name(bot: Bot, dialogflow: Loopback) -> None:
    tell(bot, "AUTHENTICATION_RESPONSE", {"code": "s3cret"})

    told = only_call(dialogflow).body["queryParams"]["parameters"]
    assert told == {"authentication_response": {"code": "s3cret"}}


def test_long_text_is_cut_at_a_word_to_what_the_bot_takes(bot: Bot, dialogflow: Loopback) -> None:
    hear(bot, "words " * 50_000)

    assert only_call(dialogflow).body["queryInput"]["text"]["text"] == ("words " * 42).strip()


def test_the_state_that_was_kept_is_given_back(bot: Bot, dialogflow: Loopback) -> None:
    hear(bot, contexts=[KEPT])

    asked = only_call(dialogflow).body["queryParams"]
    assert asked == {"payload": {"conversation": "c"}, "sessionTtl": TTL, **KEPT}


def test_an_event_s_parameters_go_over_those_that_were_kept(bot: Bot, dialogflow: Loopback) -> None:
    tell(bot, "CHAT_ENDED", {"reason": "timeout"}, [{**KEPT, "parameters": {"order": "17", "reason": "late"}}])

    asked = only_call(dialogflow).body["queryParams"]
    assert (asked["currentPage"], asked["parameters"]) == (PAGE, {"order": "17", "reason": "timeout"})


@pytest.mark.parametrize("contexts", [None, [], [{}], [{"name": "of/another/bot", "parameters": {}}]])
def test_where_nothing_was_kept_nothing_is_given_back(
    bot: Bot, dialogflow: Loopback, contexts: list[JsonObject] | None
) -> None:
    hear(bot, contexts=contexts)

    assert only_call(dialogflow).body["queryParams"].keys() == {"payload", "sessionTtl"}


@pytest.mark.parametrize(
    ("page", "is_given"),
    [
        (PAGE, True),
        (PAGE.replace("projects/p", "projects/4711"), True),
        (PAGE.replace("agents/a", "agents/b"), False),
        (PAGE.replace("agents/a", "agents/ab"), False),
        (PAGE.replace("europe-west1", "eu"), False),
        ("order", False),
        (7, False),
    ],
)
def test_only_a_page_of_this_agent_is_given_back(bot: Bot, dialogflow: Loopback, page: object, is_given: bool) -> None:
    hear(bot, contexts=[{**KEPT, "currentPage": page}])

    asked = only_call(dialogflow).body["queryParams"]
    assert ("currentPage" in asked, asked["parameters"]) == (is_given, {"order": "17"})


@pytest.mark.parametrize("status", [400, 404])
def test_a_page_that_is_refused_is_left_out_and_the_words_are_heard(
    bot: Bot, dialogflow: Loopback, status: int
) -> None:
    refused: tuple[int, JsonObject, dict[str, str]] = (
        status,
        {"error": {"code": status, "status": "INVALID_ARGUMENT"}},
        {},
    )
    dialogflow.answers = [refused, (200, {"queryResult": {"match": {"matchType": "INTENT"}}}, {})]

    hear(bot, contexts=[KEPT])

    first, second = (asked.body for asked in dialogflow.asked)
    assert first["queryParams"].pop("currentPage") == PAGE
    assert first == second


@pytest.mark.parametrize(("status", "contexts"), [(400, None), (400, [{"parameters": {"a": 1}}]), (403, [KEPT])])
def test_what_is_refused_for_another_reason_is_not_asked_again(
    bot: Bot, dialogflow: Loopback, status: int, contexts: list[JsonObject] | None
) -> None:
    dialogflow.will_answer(status, {})

    with pytest.raises(ProviderRefused):
        hear(bot, contexts=contexts)

    assert len(dialogflow.asked) == 1


def test_what_may_have_been_heard_is_not_asked_again(bot: Bot, dialogflow: Loopback) -> None:
    dialogflow.will_answer(503, {"error": {"code": 503, "status": "UNAVAILABLE"}})

    with pytest.raises(ProviderUnavailable) as raised:
        hear(bot, contexts=[KEPT])

    assert (raised.value.provider, raised.value.error_type) == ("dialogflow", "UNAVAILABLE")
    assert len(dialogflow.asked) == 1


class _RecordingHttp(HttpClient):
    """Answers without a network, so that calls to Google's real hosts can be seen."""

    def __init__(self) -> None:
        self.urls: list[str] = []

    def request(self, provider: str, method: str, url: str, **_given: Any) -> Response:
        self.urls.append(url)
        return Response(200, {"queryResult": {}}, {})


_GLOBAL = "https://dialogflow.googleapis.com"


@pytest.mark.parametrize(
    ("agent", "base_url", "host"),
    [
        ("projects/p/locations/global/agents/a", f"{_GLOBAL}/", _GLOBAL),
        (AGENT, _GLOBAL, "https://europe-west1-dialogflow.googleapis.com"),
        (f"{AGENT}/environments/live", _GLOBAL, "https://europe-west1-dialogflow.googleapis.com"),
        ("projects/p/locations/eu/agents/a", _GLOBAL, "https://eu-dialogflow.googleapis.com"),
        (AGENT, "https://proxy.shop.example/df", "https://proxy.shop.example/df"),
    ],
)
def test_an_agent_is_asked_at_the_host_of_its_region(agent: str, base_url: str, host: str) -> None:
    http = _RecordingHttp()

    hear(make_bot(base_url, agent, http))

    path = f"{agent}/sessions/{SESSION}"
    assert http.urls == [f"{host}/v3/{path}:detectIntent"]
    assert any(re.fullmatch(pattern, path) for pattern in method_paths("dialogflow.v3", "detectIntent"))


# --- what its answers say --------------------------------------------------------------------------------------------


def test_an_answer_with_a_handoff_is_read_whole(bot: Bot, dialogflow: Loopback) -> None:
    dialogflow.will_answer(200, fixture("answer__handoff"))

    answer = hear(bot)

    own = {"order": "17", "size": "", "department": "sales"}
    assert answer == BotAnswer(
        messages=(OutboundMessage("Connecting you"),),
        handoff=HandoffSignal("bot", {"order": "17", "department": "billing"}, "escalate"),
        intent="escalate",
        parameters=own,
        contexts=({"currentPage": PAGE, "parameters": own},),
    )


def test_a_fallback_is_recognised(bot: Bot, dialogflow: Loopback) -> None:
    dialogflow.will_answer(200, fixture("answer__fallback"))

    answer = hear(bot)

    assert answer.is_fallback
    assert answer.messages == (OutboundMessage("Say that again?"),)


_MATCH_TYPES = DIALOGFLOW.schemas[f"{V3}Match"]["properties"]["matchType"]["enum"]


@pytest.mark.parametrize("match_type", _MATCH_TYPES)
def test_only_what_was_not_understood_is_a_fallback(bot: Bot, dialogflow: Loopback, match_type: str) -> None:
    dialogflow.will_answer(200, {"queryResult": {"match": {"matchType": match_type}}})

    assert hear(bot).is_fallback == (match_type in {"NO_MATCH", "NO_INPUT"})


@pytest.mark.parametrize("page", ["END_SESSION", "END_FLOW", "END_FLOW_WITH_HUMAN_ESCALATION"])
def test_where_a_session_ends_nothing_goes_on(bot: Bot, dialogflow: Loopback, page: str) -> None:
    ended = {"currentPage": {"name": f"{AGENT}/flows/f/pages/{page}"}}
    dialogflow.will_answer(200, {"queryResult": {**ended, "parameters": {"order": "17"}}})

    answer = hear(bot)

    assert answer.contexts == ({"currentPage": "", "parameters": {"order": "17"}},)


def test_state_too_large_to_keep_is_left_out(bot: Bot, dialogflow: Loopback) -> None:
    parameters = {"large": "x" * 64_000, "small": "x"}
    long = {"name": f"{AGENT}/flows/f/pages/{'x' * 1_000}"}
    dialogflow.will_answer(200, {"queryResult": {"parameters": parameters, "currentPage": long}})

    assert hear(bot).contexts == ({"currentPage": "", "parameters": {"small": "x"}},)


def test_a_parameter_that_was_removed_is_not_kept(bot: Bot, dialogflow: Loopback) -> None:
    dialogflow.will_answer(200, {"queryResult": {"parameters": {"gone": None, "none": 0}}})

    assert hear(bot).contexts == ({"currentPage": "", "parameters": {"none": 0}},)


def test_an_empty_answer_is_silence(bot: Bot) -> None:
    assert hear(bot) == BotAnswer()


def test_an_unknown_kind_of_message_is_noted_by_its_name(dialogflow: Loopback) -> None:
    journal = _Journal()
    messages = [{"hologram": {}, "channel": "x"}, {"text": {}, "more": 1}, {"bad name": {}}, {"toolCall": {}}]
    dialogflow.will_answer(200, {"queryResult": {"responseMessages": messages}})

    hear(make_bot(dialogflow.url, journal=journal))

    assert journal.notes == [("bot_message_ignored", {"kinds": ["hologram"]})]
